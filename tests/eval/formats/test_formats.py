import io
import zipfile
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage

from eval.formats import comic_archive, files, layered

SIZE = HEIGHT, WIDTH = 24, 32
TRANSPARENT = [kind for kind in files.SUFFIXES if kind != 'jpeg']
LAYERS = {  # from the bottom: (blend mode, is visible)
    'background mask': ('normal', False), 'colors': ('normal', True), 'lines': ('multiply', True),
    'panels': ('normal', False)}


@pytest.fixture(scope='module')
def page():
    """A page with a colored left half and a right half of paper. Black, gray and brown lines cross both."""
    lines, colors = np.full((*SIZE, 3), 255, np.uint8), np.full((*SIZE, 3), 255, np.uint8)
    lines[3:5], lines[8], lines[10] = 0, 120, (200, 100, 50)
    colors[:, :WIDTH // 2] = 90, 160, 220
    background, paper = np.zeros(SIZE, np.uint8), np.zeros(SIZE, bool)
    background[:, :4] = 255
    paper[:, WIDTH // 2:] = True
    return layered.ColoredPage(lines, colors, background, paper, [np.int32([[1, 1], [14, 1], [14, 20], [1, 20]])])


def over_white(picture):
    """Lays a picture uint8 [H, W, 3 or 4] over white: float64 [H, W, 3]."""
    picture = np.float64(picture)
    alpha = picture[..., 3:] / 255 if picture.shape[-1] == 4 else 1.
    return picture[..., :3] * alpha + 255 * (1 - alpha)


def flat(path):
    """The picture that a program sees which knows no layers."""
    if path.suffix == '.ora':
        return np.asarray(Image.open(io.BytesIO(zipfile.ZipFile(path).read('mergedimage.png'))))
    with Image.open(path) as image:
        return np.asarray(image.convert('RGB') if path.suffix == '.psd' else image)


def saved(folder, page, kind, **options):
    path = folder / f'sub/page{files.SUFFIXES[kind]}'
    files.save(path, page, kind, **options)
    return path


def psd_layers(path):
    """Reads {name: (picture RGBA, (blend mode, is visible))} from the bottom."""
    return {layer.name: (np.asarray(layer.topil().convert('RGBA')), (layer.blend_mode.name.lower(), layer.visible))
            for layer in PSDImage.open(path)}


def ora_layers(path):
    """Reads the same from OpenRaster, which has the top layer first."""
    blend_modes = {'svg:src-over': 'normal', 'svg:multiply': 'multiply'}
    with zipfile.ZipFile(path) as archive:
        return {layer.get('name'): (np.asarray(Image.open(io.BytesIO(archive.read(layer.get('src')))).convert('RGBA')),
                                    (blend_modes[layer.get('composite-op')], layer.get('visibility') == 'visible'))
                for layer in reversed(ElementTree.fromstring(archive.read('stack.xml')).findall('stack/layer'))}


READERS = {'psd': psd_layers, 'ora': ora_layers}


def test_lines_are_multiplied_over_colors_exactly():
    lines, colors = (np.dstack([levels] * 3) for levels in np.indices((256, 256)).astype(np.uint8))
    page = layered.ColoredPage(lines, colors, None, None, [])
    assert np.array_equal(page.image, np.rint(lines.astype(float) * colors / 255))


def test_ink_looks_as_the_lines_over_white(rng):
    lines = rng.integers(0, 256, (64, 64, 3), np.uint8)
    page = layered.ColoredPage(lines, lines, None, None, [])
    assert np.abs(over_white(page.ink()) - lines).max() <= 0.5


def test_black_lines_on_paper_keep_their_strength_as_alpha(page):
    gray = page.flattened(transparent=True)[8, -1]
    assert gray.tolist() == [0, 0, 0, 255 - 120]


@pytest.mark.parametrize('kind', files.SUFFIXES)
def test_a_saved_page_is_read_as_its_picture(tmp_path, page, kind):
    picture = flat(saved(tmp_path, page, kind))
    assert picture.shape == page.image.shape
    difference = np.abs(picture.astype(int) - page.image)
    assert difference.mean() < 3 if kind == 'jpeg' else difference.max() <= 1


def test_jpeg_keeps_the_color_of_each_pixel(tmp_path, page):
    with Image.open(saved(tmp_path, page, 'jpeg')) as image:
        assert {sampling[1:3] for sampling in image.layer} == {(1, 1)}  # 4:4:4


@pytest.mark.parametrize('kind', TRANSPARENT)
def test_transparent_paper_looks_the_same_over_white(tmp_path, page, kind):
    assert np.abs(over_white(flat(saved(tmp_path, page, kind, transparent=True))) - page.image).max() <= 1


@pytest.mark.parametrize('kind', ['png', 'webp', 'ora'])
def test_only_paper_without_ink_is_transparent(tmp_path, page, kind):
    alpha = flat(saved(tmp_path, page, kind, transparent=True))[..., 3]
    assert np.array_equal(alpha == 0, page.paper & (page.lines == 255).all(axis=-1))
    assert (alpha[~page.paper] == 255).all()


@pytest.mark.parametrize('kind', ['png', 'webp'])
def test_flats_have_no_lines(tmp_path, page, kind):
    assert np.array_equal(flat(saved(tmp_path, page, kind, flats=True)), page.colors)
    clear = flat(saved(tmp_path, page, kind, flats=True, transparent=True))
    assert np.array_equal(clear[..., 3] == 0, page.paper)
    assert np.array_equal(clear[..., :3][~page.paper], page.colors[~page.paper])


@pytest.mark.parametrize('kind', READERS)
def test_layers_have_their_order_blend_modes_and_visibility(tmp_path, page, kind):
    layers = READERS[kind](saved(tmp_path, page, kind))
    assert list(layers) == list(LAYERS)
    assert {name: look for name, (_, look) in layers.items()} == LAYERS


@pytest.mark.parametrize('kind', READERS)
def test_layers_hold_their_pictures(tmp_path, page, kind):
    pictures = {name: picture for name, (picture, _) in READERS[kind](saved(tmp_path, page, kind)).items()}
    assert np.array_equal(pictures['background mask'][..., :3], np.dstack([page.background] * 3))
    assert np.array_equal(over_white(pictures['colors']), page.colors)
    assert np.array_equal(over_white(pictures['lines']), page.lines)
    shown = pictures['panels'][..., 3] == 255
    assert shown[1, 1:15].all() and shown[1:21, 14].all() and not shown[3:19, 3:13].any() and not shown[:, 18:].any()


@pytest.mark.parametrize('kind', READERS)
def test_the_layers_of_lines_and_colors_are_transparent_where_paper_is(tmp_path, page, kind):
    for transparent in (False, True):
        layers = READERS[kind](saved(tmp_path, page, kind, transparent=transparent))
        assert np.array_equal(layers['colors'][0][..., 3] == 0, page.paper & transparent)
        assert np.array_equal(layers['lines'][0][..., 3] == 0, (page.lines == 255).all(axis=-1) & transparent)
        assert np.abs(over_white(layers['lines'][0]) - page.lines).max() <= .5


@pytest.mark.parametrize('transparent', [False, True])
def test_the_layers_of_a_psd_together_look_as_the_picture(tmp_path, page, transparent):
    document = PSDImage.open(saved(tmp_path, page, 'psd', transparent=transparent))
    together = np.asarray(document.composite(force=True).convert('RGBA')).astype(int)
    assert np.abs(over_white(together) - page.image).max() <= 1
    alpha = page.flattened(True)[..., 3] if transparent else 255
    assert np.abs(together[..., 3] - alpha).max() <= 1


def test_a_page_too_long_for_psd_is_an_error_with_a_reason(tmp_path):
    lines = np.full((30_001, 1, 3), 255, np.uint8)
    page = layered.ColoredPage(lines, lines, lines[..., 0], lines[..., 0] > 0, [])
    with pytest.raises(OSError, match='30000 pixels a side'):
        saved(tmp_path, page, 'psd')
    assert not list(tmp_path.rglob('*.*'))


def test_an_ora_begins_with_its_type_and_has_what_the_specification_asks_for(tmp_path, page):
    path = saved(tmp_path, page, 'ora')
    assert path.read_bytes()[30:54] == b'mimetypeimage/openraster'
    with zipfile.ZipFile(path) as archive:
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        image = ElementTree.fromstring(archive.read('stack.xml'))
        assert (image.get('w'), image.get('h')) == (str(WIDTH), str(HEIGHT))
        assert max(Image.open(io.BytesIO(archive.read('Thumbnails/thumbnail.png'))).size) <= 256


def test_the_thumbnail_of_an_ora_is_small_and_keeps_the_shape(tmp_path):
    white = np.full((300, 600, 3), 255, np.uint8)
    page = layered.ColoredPage(white, white, white[..., 0], white[..., 0] > 0, [])
    with zipfile.ZipFile(saved(tmp_path, page, 'ora')) as archive:
        assert Image.open(io.BytesIO(archive.read('Thumbnails/thumbnail.png'))).size == (256, 128)


@pytest.mark.parametrize('kind', files.SUFFIXES)
def test_own_files_are_known_again(tmp_path, page, kind):
    assert files.is_own(saved(tmp_path, page, kind))


def test_own_archives_and_sheets_are_known_again(tmp_path):
    comic_archive.write(tmp_path / 'a.cbz', [('1.png', b'1')])
    files.save_png(tmp_path / 'a.png', np.zeros(SIZE, np.uint8))
    assert files.is_own(tmp_path / 'a.cbz') and files.is_own(tmp_path / 'a.png')


def test_files_of_other_programs_are_not_own(tmp_path):
    for suffix in ('.png', '.jpg', '.webp', '.psd'):
        path = tmp_path / f'other{suffix}'
        if suffix == '.psd':
            PSDImage.new('RGB', (2, 2)).save(path)
        else:
            Image.new('RGB', (2, 2)).save(path)
        assert not files.is_own(path)
    with zipfile.ZipFile(tmp_path / 'other.cbz', 'w') as archive:
        archive.writestr('1.png', b'1')
    assert not files.is_own(tmp_path / 'other.cbz')


@pytest.mark.parametrize('content', [b'', b'PK\3\4', b'PK\3\4 damaged', b'\x89PNG\r\n\x1a\n', b'RIFF....WEBP', b'8BPS'])
def test_damaged_files_are_not_own(tmp_path, content):
    (tmp_path / 'file').write_bytes(content)
    assert files.is_own(tmp_path / 'file') is False


def test_what_is_no_file_is_not_own(tmp_path):
    for path in (tmp_path, tmp_path / 'missing', 'a\0b'):
        assert files.is_own(path) is False


@pytest.mark.parametrize('kind', files.SUFFIXES)
def test_a_file_that_cannot_be_written_leaves_the_earlier_one(tmp_path, page, kind, monkeypatch):
    def fail(path, *_):
        path.write_bytes(b'half')
        raise OSError('disk full')

    path = saved(tmp_path, page, kind)
    before = path.read_bytes()
    for writer in ('psd.write', 'ora.write', '_save_image'):
        monkeypatch.setattr(f'eval.formats.files.{writer}', fail)
    for save in (lambda: files.save(path, page, kind), lambda: files.save_png(path, page.image)):
        with pytest.raises(OSError, match='disk full'):
            save()
        assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def test_the_suffix_tells_the_format():
    names = ['a.PNG', 'a.jpg', 'b.c.JPEG', 'a.webp', 'a.tif', 'jpg', 'folder.jpg/a']
    assert [files.format_of(name) for name in names] == ['png', 'jpeg', 'jpeg', 'webp', None, None, None]


def test_an_archive_keeps_members_names_and_order(tmp_path):
    members = [('b/2.png', b'two'), ('a/1.jpg', b'one'), ('inner.cbz/é あ.webp', b'three'), ('ComicInfo.xml', b'<a/>')]
    path = tmp_path / 'new/chapter.cbz'
    comic_archive.write(path, iter(members))
    with zipfile.ZipFile(path) as archive:
        assert [(name, archive.read(name)) for name in archive.namelist()] == members
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.testzip() is None


def test_an_archive_whose_members_fail_leaves_the_earlier_one(tmp_path):
    def members(fails):
        yield '1.png', b'1'
        if fails:
            raise OSError('cannot be read')

    path = tmp_path / 'chapter.cbz'
    comic_archive.write(path, members(fails=False))
    before = path.read_bytes()
    with pytest.raises(OSError, match='cannot be read'):
        comic_archive.write(path, members(fails=True))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
