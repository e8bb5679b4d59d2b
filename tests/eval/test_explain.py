"""Sheets that show what was taken over from where."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline.common import errors
from data_pipeline.pictures import pages
from eval import colorize, explain, page_colors, reference_bank
from eval.formats import files as formats
from eval.settings import Settings
from tests import files as archives
from tests.eval.stand_in import StandIn, figure, files, pixels
from tests.pictures import encode

RED, BLUE = (200, 30, 40), (20, 60, 220)
SIDE, PLACES = 8, 64


def _member(color, name='refs/a.png'):
    """A reference of one color."""
    encoded = np.zeros((SIDE, SIDE, 5), np.float32)
    encoded[..., 1:4] = np.float32(color) / 127.5 - 1
    return reference_bank.member(encoded, np.full((64, 64), 255, np.uint8), np.full((64, 64, 3), color, np.uint8), name)


def _drawn(*boxes):
    """A page with a panel for each box of its squares; a box alone or a list of them."""
    lines = np.full((400, 400, 3), 255, np.uint8)
    squares = [page_colors.Square(number, box, np.full((64, 64), 255, np.uint8))
               for number, of in enumerate(boxes) for box in (of if isinstance(of, list) else [of])]
    return page_colors.Drawn(lines, [None] * len(boxes), None, squares, True)


def _taken(match, confidence, members):
    return explain.Taken(np.full((SIDE, SIDE), match), np.full((SIDE, SIDE), confidence, np.float32), members)


def _count(sheet, color):
    return int((np.abs(np.asarray(sheet).astype(int) - color).max(axis=-1) <= 2).sum())


@pytest.mark.parametrize(('kind', 'member', 'name'), [
    ('png', '', 'in/ch/1.explain.png'), ('webp', '', 'in/ch/1.explain.png'), ('png', 'x/1.png', 'in/ch.explain/x/1')])
def test_an_explanation_lies_beside_its_result_or_beside_its_archive(kind, member, name):
    page = (pages.Page('in/ch.cbr/x/1.png', 'x/1.png', 'in/ch.cbr', '', archive='in/ch.cbr', member=member) if member
            else pages.Page('in/ch/1.png', 'ch/1.png', 'in/ch', ''))
    (result,), = Settings(format='' if member else kind).plans([page])
    assert explain.names([result]) == {result.name: name.removesuffix('.explain.png') + '.explain.png'}


def test_no_two_explanations_have_one_name_and_none_that_of_a_result():
    found = [pages.Page(name, name, '', '') for name in ('1.png', '1.jpg', '1.explain.png', '1_.png', 'a.webp')]
    results = [result for plan in Settings(samples=1).plans(found) for result in plan]
    named = explain.names(results)
    every = [name.casefold() for name in (*named, *named.values())]
    assert len(set(every)) == 10 and all(name.endswith('.explain.png') for name in named.values())


def test_dots_are_the_surest_places_and_apart_from_each_other():
    rng = np.random.default_rng(0)
    taken = explain.Taken(rng.integers(0, 3 * 1024, (32, 32)), rng.random((32, 32)), [None] * 3)
    found = explain.dots(taken)
    assert len(found) == 8 and found[0][0] == np.unravel_index(taken.confidence.argmax(), (32, 32))
    for k, ((row, column), (number, its_row, its_column)) in enumerate(found):
        assert taken.match[row, column] == number * 1024 + its_row * 32 + its_column
        assert all(np.hypot(row - r, column - c) >= 5 for (r, c), _ in found[:k])
    assert explain.dots(taken._replace(match=np.full((32, 32), -1))) == []
    assert explain.dots(taken._replace(confidence=np.full((32, 32), .2))) == []


def test_matched_colors_lie_over_the_line_art_by_confidence():
    drawing = np.full((64, 64), 255, np.uint8)
    drawing[:, 32] = 0
    match, confidence = np.full((SIDE, SIDE), PLACES + 3), np.ones((SIDE, SIDE))
    match[0], match[1], confidence[2] = -1, 5, .5
    shown = explain.matched_colors(drawing, explain.Taken(match, confidence, [_member(RED), _member(BLUE)]))
    for row, color in ((0, (255, 255, 255)), (1, RED), (2, (138, 158, 238)), (3, BLUE)):
        assert np.abs(shown[8 * row + 4, 4].astype(int) - color).max() <= 1, row
    assert not shown[:, 32].any()


def test_a_sheet_shows_each_panel_with_the_references_that_it_looked_at():
    members = [_member(RED), _member(BLUE), _member((10, 200, 20))]
    boxes = (0, 0, 64, 64), (0, 64, 64, 128)
    one = explain.draw(_drawn(boxes[0]), [_taken(PLACES + 9, .1 + .8, members)])
    two = explain.draw(_drawn(*boxes), [_taken(PLACES + 9, .9, members), _taken(-1, 0, members)])
    assert two.width == one.width and two.height > 1.7 * one.height
    thumbnail = 64 * 64
    for sheet in (one, two):
        assert _count(sheet, BLUE) > thumbnail and _count(sheet, RED) < 200 and not _count(sheet, (10, 200, 20))
    assert one.crop((0, 0, one.width, 300)).tobytes() == two.crop((0, 0, one.width, 300)).tobytes()


def test_a_sheet_has_at_most_eight_panels_and_of_a_long_panel_the_square_that_took_most():
    members = [_member(RED), _member(BLUE)]
    box, long = (0, 0, 64, 64), [(0, 0, 64, 80), (0, 48, 64, 128)]
    eight = explain.draw(_drawn(*[box] * 8), [_taken(-1, 0, members)] * 8)
    assert explain.draw(_drawn(*[box] * 13), [_taken(-1, 0, members)] * 13).size == eight.size
    sheet = explain.draw(_drawn(long), [_taken(0, .5, members), _taken(PLACES, .9, members)])
    assert _count(sheet, BLUE) > 3000 > 300 > _count(sheet, RED)


def test_the_padding_of_a_square_takes_nothing():
    taken = _taken(0, .9, [_member(RED)]).within((0, 0, 100, 200))
    assert (taken.match[2:6] == 0).all() and (taken.match[:2] == -1).all() and (taken.match[6:] == -1).all()


@pytest.fixture
def chapter(tmp_path):
    """Five drawings; the first, the third and the fifth show one character."""
    folder = tmp_path / 'ch'
    folder.mkdir()
    for number, character in enumerate((1, 2, 1, 0, 1)):
        Image.fromarray(figure(character, number)).save(folder / f'{number}.png')
    return folder


def test_explanations_lie_beside_results_and_are_no_inputs(tmp_path, chapter, program):
    out = chapter / 'out'
    program(chapter, out, '--explain')
    assert files(out) == {f'ch/{k}{end}' for k in range(5) for end in ('.png', '.explain.png')} | {
        'contact_sheet.png', 'colorized.json'}
    assert colorize.colorize([chapter], out, StandIn(), Settings(system='comic 4 ')) == (5, 0)
    assert colorize.colorize([out], tmp_path / 'other', StandIn(), Settings(extract_outline=True)) == (5, 0)
    first = pixels(out / 'ch/0.png')[0, 0]
    counts = [_count(Image.open(out / f'ch/{k}.explain.png'), first) for k in range(5)]
    assert min(counts[2], counts[4]) > 8000 and not any(counts[k] for k in (0, 1, 3))


def test_explanations_that_are_asked_for_later_or_are_old_are_made(tmp_path, chapter):
    def colored(explains):
        return colorize.colorize([chapter], tmp_path / 'out', StandIn(), explains=explains)

    assert [colored(explains) for explains in (False, True, True)] == [(5, 0), (5, 0), (0, 5)]
    (tmp_path / 'out/ch/3.explain.png').unlink()
    assert colored(True) == (1, 4)
    Image.fromarray(figure(3, 9)).save(chapter / '4.png')
    assert [colored(explains) for explains in (False, True, True)] == [(1, 4), (1, 4), (0, 5)]


def test_an_explanation_that_a_killed_run_replaced_is_not_done(tmp_path, chapter, monkeypatch):
    """The run is killed after it replaced explanations, before it wrote the record for the next time."""
    out, snapshots = tmp_path / 'out', []

    def save_png(path, *given, save=formats.save_png):
        save(path, *given)
        if path.name.endswith('.explain.png'):
            snapshots.append((out / 'colorized.json').read_bytes())

    colorize.colorize([chapter], out, StandIn(), explains=True)
    with monkeypatch.context() as patch:
        patch.setattr(formats, 'save_png', save_png)
        colorize.colorize([chapter], out, StandIn(), Settings(seed=1), explains=True)
    (out / 'colorized.json').write_bytes(snapshots[4])
    assert colorize.colorize([chapter], out, StandIn()) == (5, 0)
    assert colorize.colorize([chapter], out, StandIn(), explains=True) == (5, 0)


def test_explanations_of_an_archive_lie_in_a_folder_beside_it(tmp_path, chapter):
    (tmp_path / 'a.cbz').write_bytes(archives.zip_file([(f'x/{k}.png', encode(figure(1, k))) for k in range(3)]))
    assert colorize.colorize([tmp_path / 'a.cbz'], tmp_path / 'out', StandIn(), explains=True) == (3, 0)
    assert files(tmp_path / 'out') == {'a.cbz', 'contact_sheet.png', 'colorized.json',
                                       *(f'a.explain/x/{k}.explain.png' for k in range(3))}
    assert colorize.colorize([tmp_path / 'a.cbz'], tmp_path / 'out', StandIn(), explains=True) == (0, 3)


def test_an_explanation_that_cannot_be_written_takes_nothing_from_the_result(tmp_path, chapter, capsys):
    (tmp_path / 'out/ch/1.explain.png').mkdir(parents=True)
    assert colorize.colorize([chapter], tmp_path / 'out', StandIn(), explains=True) == (5, 0)
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith('skipped ')]
    assert len(said) == 1 and said[0].startswith('skipped ch/1.explain.png: cannot be written (')
    assert colorize.colorize([chapter], tmp_path / 'out', StandIn()) == (0, 5)


def test_an_input_is_not_overwritten_by_an_explanation(tmp_path, chapter):
    out = tmp_path / 'out'
    (out / 'ch').mkdir(parents=True)
    (out / 'ch/1.explain.png').symlink_to(chapter / '0.png')
    with pytest.raises(errors.UserError, match='would overwrite an input'):
        colorize.colorize([chapter], out, StandIn(), explains=True)


def test_an_explanation_shows_the_references_that_the_user_gives(tmp_path, chapter, program):
    color = np.where(figure(2)[..., None] < 128, 0, np.uint8(BLUE)).astype(np.uint8)
    color[:4] = RED
    (tmp_path / 'refs').mkdir()
    Image.fromarray(color).save(tmp_path / 'refs/sheet.color.png')
    Image.fromarray(figure(2)).save(tmp_path / 'refs/sheet.line.png')
    for words in ((), ('--reference=none',)):
        program(chapter, tmp_path / 'out', '--reference', tmp_path / 'refs', '--explain', *words)
        counts = [_count(Image.open(tmp_path / f'out/ch/{k}.explain.png'), BLUE) for k in range(5)]
        assert counts[1] > 8000 and not any(counts[k] for k in (0, 2, 3, 4))


def test_there_are_explanations_without_references_too(tmp_path, chapter):
    settings = Settings(previous=False)
    assert colorize.colorize([chapter / '0.png'], tmp_path / 'out', StandIn(), settings, explains=True) == (1, 0)
    assert formats.is_own(tmp_path / 'out/0.explain.png')
