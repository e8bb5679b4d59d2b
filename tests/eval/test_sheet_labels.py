import struct

import pytest
from PIL import ImageFont

from eval import sheet_labels


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Makes the system one without fonts: function that installs a font with some more characters under a file name."""
    monkeypatch.setattr(sheet_labels, '_FOLDERS', (str(tmp_path),))
    caches = sheet_labels._system_fonts, sheet_labels._load, sheet_labels._has
    for cache in caches:
        cache.cache_clear()

    def install(name, characters):
        """Replaces the table of characters of Pillow's font."""
        font = ImageFont.load_default(11).font_bytes
        glyphs = [(code, code - 28) for code in range(32, 127)] + [(ord(c), 40 + k) for k, c in enumerate(characters)]
        groups = b''.join(struct.pack('>III', code, code, glyph) for code, glyph in sorted(glyphs))
        table = struct.pack('>HHHHI', 0, 1, 3, 10, 12) + struct.pack(
            '>HHIII', 12, 0, 16 + len(groups), 0, len(glyphs)) + groups
        entry = font.index(b'cmap')
        (tmp_path / name).write_bytes(
            font[:entry + 8] + struct.pack('>II', len(font), len(table)) + font[entry + 16:] + table)
        return str(tmp_path / name)

    yield install
    for cache in caches:
        cache.cache_clear()


def _all_shown(text, font):
    missing = font.getmask('\U0010ffff')
    return all(bytes(font.getmask(c)) != bytes(missing) for c in text if c != ' ')


def test_a_label_is_drawn_with_a_font_that_has_its_characters(install):
    latin, japanese = install('Arial.ttf', 'éè'), install('NotoSansCJK-Regular.ttc', '第話é')
    install('NotoSansCJK-Black.ttc', '第話é')
    install('unknown.ttf', '가')
    for label, path in (('第1話/é.png', japanese), ('é.png', japanese), ('è.png', latin)):
        text, font = sheet_labels.fit(label, 7, 500)
        assert (text, font.path) == (label, path) and _all_shown(text, font)
    text, font = sheet_labels.fit('ab', 7, 500)
    assert text == 'ab' and font.getname() == ImageFont.load_default().getname() and font.path not in (latin, japanese)
    assert sheet_labels.fit('가.png', 7, 500)[0] == '#7 ....png'


def test_the_number_stands_for_characters_that_no_font_has(install):
    for label, expected in (('第一話/001.png', '#12 .../001.png'), ('ch 第/表.png', '#12 ch .../....png')):
        text, font = sheet_labels.fit(label, 12, 500)
        assert text == expected and _all_shown(text, font)


def test_a_damaged_font_is_left_out(install, tmp_path):
    (tmp_path / 'NotoSansCJK-Regular.ttc').write_bytes(b'no font')
    good = install('wqy-zenhei.ttc', '第')
    assert sheet_labels.fit('第', 1, 500)[1].path == good


def test_a_long_label_keeps_its_end_and_the_number_and_fits(install):
    for label in ('chapter/' * 40 + '007-1.png', '第' * 20 + 'chapter/' * 40 + '007-1.png', 'W' * 5000 + '/007-1.png'):
        text, font = sheet_labels.fit(label, 7, 200)
        assert font.getlength(text) <= 200 and text.endswith('/007-1.png') and '...' in text
        assert font.getlength(text) > 150
    text, font = sheet_labels.fit('第' + 'chapter/' * 30, 7, 200)
    assert text.startswith('#7 ...') and font.getlength(text) <= 200


def test_control_characters_and_broken_unicode_are_spaces(install):
    assert sheet_labels.fit('a\nb\tc\udcff.png', 1, 500)[0] == 'a b c .png'
