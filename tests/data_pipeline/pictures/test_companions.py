import pytest

from data_pipeline.pictures import companions, pages


def _pairs(*names):
    """Tells which companions each page has: {name: {kind: name}}."""
    found = [pages.Page(name, name, 'group', name) for name in names]
    return {page.name: {kind: companion.name for kind, companion in beside.items()}
            for page, beside in companions.with_companions(found)}


@pytest.mark.parametrize('spelling', ['colour', 'color'])
def test_line_art_and_mask_belong_to_the_picture_of_their_name(spelling):
    picture = f'ep1/a.{spelling}.png'
    assert _pairs('ep1/a.line.tif', picture, 'ep1/a.mask.gif') == {
        picture: {'line': 'ep1/a.line.tif', 'mask': 'ep1/a.mask.gif'}}


def test_other_files_are_pages_of_their_own():
    names = 'ep1/a.line.png', 'ep2/a.colour.png', 'ep2/a.sketch.png', 'ep1/b.png', 'ep1/b.mask.png'
    assert _pairs(*names) == {name: {} for name in names}


def test_hints_are_no_pages():
    assert list(_pairs('ep1/a.png', 'ep1/a.hints.png', 'ep1/b.Hints.PNG')) == ['ep1/a.png']


@pytest.mark.parametrize('name, stem', [
    ('ep1/a.colour.png', 'ep1/a'), ('ep1/a.color.jpg', 'ep1/a'), ('ep1/a.png', 'ep1/a'), ('ep1/a.b.png', 'ep1/a.b')])
def test_stem_has_neither_suffix_nor_the_word_color(name, stem):
    assert companions.stem(pages.Page(name, name, 'ep1', name)) == stem


def test_line_art_of_another_group_is_no_companion():
    found = [pages.Page('1.color.png', '1.color.png', 'a', 'a/1.color.png'),
             pages.Page('1.line.png', '1.line.png', 'b', 'b/1.line.png')]
    assert companions.with_companions(found) == [(page, {}) for page in found]
