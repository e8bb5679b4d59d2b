"""Runs that continue earlier ones in chapters, whose pages follow from those before them."""

import numpy as np
import pytest
from PIL import Image

from eval import coloring, colorize
from eval.settings import Settings
from tests.eval.chapter import colors_of, draw_chapter, results_of, save
from tests.eval.stand_in import StandIn, figure


@pytest.mark.parametrize('batch', [1, 2, 3])
def test_a_run_that_was_interrupted_gives_the_same_results(tmp_path, chapter, stand_in, monkeypatch, batch):
    def fail(*given, colorize=stand_in.colorize, **named):
        if len(stand_in.received) == batch - 1:
            raise ConnectionError('no answer')
        return colorize(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(stand_in, 'colorize', fail)
        with pytest.raises(ConnectionError):
            colorize.colorize([chapter], tmp_path / 'out', stand_in)
    done = 4 * (batch - 1)
    assert colorize.colorize([chapter], tmp_path / 'out', StandIn()) == (10 - done, done)
    colorize.colorize([chapter], tmp_path / 'at once', StandIn())
    assert results_of(tmp_path / 'out/ch') == results_of(tmp_path / 'at once/ch')
    assert colorize.colorize([chapter], tmp_path / 'out', stand_in) == (0, 10)


def test_after_a_changed_page_the_later_ones_are_made_again_and_the_earlier_ones_are_not_written(
        tmp_path, chapter, stand_in, capsys):
    out = tmp_path / 'out'
    colorize.colorize([chapter], out, stand_in)
    before = {path.name: path.stat().st_mtime_ns for path in (out / 'ch').iterdir()}
    save(chapter / '03.png', figure(6, 3))
    again = StandIn()
    assert colorize.colorize([chapter], out, again) == (7, 3)
    assert {name for name, time in before.items() if (out / 'ch' / name).stat().st_mtime_ns == time} == {
        '00.png', '01.png', '02.png'}
    assert len(again.seeds) == 10 and '[3/10] ch/02.png (no panels found: colored whole) (done before: colored for ' \
        'those after it)\n' in capsys.readouterr().out
    colorize.colorize([chapter], tmp_path / 'at once', StandIn())
    assert results_of(out / 'ch') == results_of(tmp_path / 'at once/ch')
    assert len(set(colors_of(out / 'ch')[3:5])) == 2


def test_changed_hints_and_a_page_that_is_gone_make_the_later_pages_again(tmp_path, chapter, stand_in):
    out = tmp_path / 'out'
    colorize.colorize([chapter], out, stand_in)
    dot = np.zeros((64, 64, 4), np.uint8)
    dot[30:34, 8:12] = 200, 30, 41, 255
    save(chapter / '06.hints.png', dot)
    assert colorize.colorize([chapter], out, stand_in) == (4, 6)
    (chapter / '08.png').unlink()
    assert colorize.colorize([chapter], out, stand_in) == (1, 8)
    assert colorize.colorize([chapter], out, stand_in) == (0, 9)


def test_a_result_that_is_gone_is_made_again_alone_and_a_new_last_page_too(tmp_path, chapter, stand_in):
    out = tmp_path / 'out'
    colorize.colorize([chapter], out, stand_in)
    before = results_of(out / 'ch')
    (out / 'ch/05.png').unlink()
    again = StandIn()
    assert colorize.colorize([chapter], out, again) == (1, 9)
    assert results_of(out / 'ch') == before and len(again.seeds) == 6  # what comes after it is not colored
    save(chapter / '10.png', figure(4, 11))
    assert colorize.colorize([chapter], out, StandIn()) == (1, 10)
    colors = colors_of(out / 'ch')
    assert colors[10] == colors[6] and {**before, '10.png': b''}.keys() == results_of(out / 'ch').keys()


def test_what_is_no_drawing_does_not_let_a_chapter_be_colored_in_each_run(tmp_path, chapter, stand_in, drawing):
    save(chapter / '99.png', drawing.color)
    (chapter / 'notes.txt').write_text('notes')
    assert colorize.colorize([chapter], tmp_path / 'out', stand_in) == (10, 0)
    again = StandIn()
    assert colorize.colorize([chapter], tmp_path / 'out', again) == (0, 10) and not again.received
    (tmp_path / 'out/ch/09.png').unlink()
    assert colorize.colorize([chapter], tmp_path / 'out', again) == (1, 9)


def test_results_in_the_output_are_references_of_the_chapters_that_come_after_them(
        tmp_path, chapter, program, stand_in, capsys):
    out = tmp_path / 'out'
    program(chapter, out)
    results = results_of(out / 'ch')
    for left in (10, 7):  # as if the run was interrupted after the third drawing
        stand_in.references.clear()
        program(draw_chapter(tmp_path / 'ch2'), out, '--reference', out, '--reference=none')
        assert f'{left} pictures in' in capsys.readouterr().out
        assert {one.shape[1] for one in stand_in.references} == {10} and len(colors_of(out / 'ch2')) == 10
        for number in range(3, 10):
            (out / f'ch2/{number:02}.png').unlink()
    assert results_of(out / 'ch') == results
    Image.open(out / 'ch/00.png').save(out / 'ch/00.png')  # without this program's mark
    with pytest.raises(SystemExit, match='would overwrite an input'):
        program(chapter, out, '--reference', out)


@pytest.mark.parametrize(('previous', 'left'), [(True, 2), (False, 1)])
def test_a_page_that_cannot_be_written_leaves_the_pages_after_it_to_be_made_again(
        tmp_path, stand_in, monkeypatch, previous, left):
    def colored():
        return colorize.colorize([tmp_path / 'ch'], tmp_path / 'out', stand_in, Settings(previous=previous))

    make_room = coloring.Run._make_room
    draw_chapter(tmp_path / 'ch', (1, 1, 1))
    with monkeypatch.context() as patch:
        patch.setattr(coloring.Run, '_make_room', lambda run, name: name != 'ch/01.png' and make_room(run, name))
        assert colored() == (2, 0)
    assert colored() == (left, 3 - left) and colored() == (0, 3)
