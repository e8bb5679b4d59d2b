import pytest

from data_pipeline.archives import name_encoding
from data_pipeline.common import errors

SINGLE = {
    'cp932': ['呪術廻戦 第3巻/p01.png', 'ドラえもん/カラー版.jpg', '新世紀/能登.png', 'ナルト.cbz/十話/1.png',
              '予告編.png', '東京喰種/扉絵.png', 'スキャン_001.jpg', 'うる星やつら1巻.zip/003.jpg',
              '名探偵コナン/12.png', 'ソ表.png'],
    'cp949': ['노블레스/12화/01.png', '마음의소리 100화.jpg', '외모지상주의/1.png', '여신강림/표지/1.png',
              '원피스 2권/005.jpg', '컬러/라인.png', '새폴더/그림1.png', '새 폴더/배경.png', '만화.png'],
    'gb18030': ['新建文件夹/1.jpg', '扫描0001.jpg', '一人之下/第12话/03.png', '进击的巨人/彩页.png',
                '妖精的尾巴 01/01.jpg', '草稿.png', '名侦探柯南/12.png', '全职高手/第三章.png', '图片/页1.png'],
    'big5': ['新增資料夾/1.jpg', '進擊的巨人/彩頁.png', '一人之下/03.png', '名偵探柯南/12.png'],
    'cp850': ['Astérix et Obélix/planche 1.png', 'Così fan tutte/è.png', 'À suivre/n°1.png',
              'Fußgänger/Übersicht.png', 'Corazón/niña.png', 'Märchen/Träume 2.png', 'Crème brûlée.png',
              'ÉPISODE 1/01.png'],
    'cp437': ['Tété/où.png', 'Señor/1.png', 'plain/1.png'],
    'utf_8': ['線画/1.png', '새 폴더/1.png', 'Ærø/ø1.png', 'Škoda/ž1.png', 'Đorđe.png', 'हिन्दी/1.png', 'ไทย/1.png',
              'العربية.png', '№1 Комикс.png', 'emoji😀.png', 'ﾊﾝｶｸ.png', 'café/1.png']}
LISTS = {
    'cp932': [['第01話/001.png', '第01話/002.png', '第01話/あとがき.png'],
              ['表紙.jpg', '裏表紙.jpg', '線画/1.png', '彩色/1.png']],
    'cp949': [['제1화/001.png', '제1화/002.png', '제2화/001.png'],
              ['스캔001.jpg', '스캔002.jpg', '표지.jpg', '뒷표지.jpg']],
    'gb18030': [['第一章/封面.jpg', '第一章/001.jpg', '第二章/001.jpg'],
                ['线稿/上色.png', '线稿/草图.png', '线稿/背景.png']],
    'big5': [['第一話/封面.jpg', '第一話/001.jpg', '番外篇/001.jpg'], ['線稿/上色.png', '掃描/0001.jpg', '封底.jpg']],
    'cp850': [['Épisode 1/Scène 2.png', 'Épisode 1/Générique.png'], ['Übung/Größe.png', 'Übung/weiß.png']],
    'cp437': [['año 1/niño.png', 'año 2/mañana.png']],
    'utf_8': [['第01話/001.png', 'café.png', '제1화.png'], ['01.png', '02.png', 'тетрадь/3.png']]}


@pytest.mark.parametrize('encoding', SINGLE)
def test_single_names_of_each_encoding_are_decoded(encoding):
    for name in SINGLE[encoding]:
        assert name_encoding.decode([name.encode(encoding)]) == [name]


@pytest.mark.parametrize('encoding', LISTS)
def test_lists_of_names_of_each_encoding_are_decoded(encoding):
    for names in LISTS[encoding]:
        assert name_encoding.decode([name.encode(encoding) for name in names]) == names


def test_one_clear_name_decides_for_all_names_of_an_archive():
    names = ['ｶｲ.png', '第1話/ソードの話/あらすじ.png']
    encoded = [name.encode('cp932') for name in names]
    assert name_encoding.decode(encoded[:1]) != names[:1]
    assert name_encoding.decode(encoded) == names


def test_the_encoding_that_is_asked_for_is_used():
    encoded = 'Шаман/1.png'.encode('koi8_r')
    assert name_encoding.decode([encoded], 'koi8_r') == ['Шаман/1.png']
    assert name_encoding.decode([b'a\xff.png'], 'utf_8') == ['a\ufffd.png']
    with pytest.raises(errors.UserError, match='--name_encoding=klingon: no such encoding'):
        name_encoding.decode([encoded], 'klingon')


def test_any_bytes_have_some_name(rng):
    assert name_encoding.decode([]) == []
    assert name_encoding.decode([b'']) == ['']
    for length in range(1, 60):
        name, = name_encoding.decode([rng.bytes(length)])
        assert name and name.encode()
