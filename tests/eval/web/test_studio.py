"""What the artist does with a chapter, what is computed for it, and that eval.colorize makes the same pictures."""

import base64
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from data_pipeline.common import errors
from eval.web import chapter, studio, transfer, view
from tests.eval.stand_in import pixels
from tests.eval.web.conftest import draw
from tests.programs import run_here

RED, BLUE = (200, 30, 40), (20, 60, 220)


def _fill(x, color='#c81e28'):
    return {'kind': 'fill', 'x': x, 'y': 70, 'color': color}


def _picture(url):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(',')[2]))))


def _colors(board, *columns):
    return [tuple(_picture(board['colors'])[70, x].tolist()) for x in columns]


def test_a_click_colors_the_area_exactly_and_costs_one_square(tmp_path, work, artist, stand_in, drawing):
    work.add([drawing, draw(tmp_path / 'b.png', 60)])
    before = artist.show(work)
    assert len(stand_in.received) == 1 and before['page'] == 'a.png' and before['scale'] == 1
    board = artist.act(work, 'a.png', [_fill(20), {'kind': 'stroke', 'points': [[150, 70]], 'radius': 3,
                                                   'color': '#143cdc'}])
    assert _colors(board, 20, 180) == [RED, BLUE] and len(stand_in.received) == 2
    assert _picture(board['hints'])[70, 20].tolist() == [*RED, 255]
    assert artist.act(work, 'a.png', [{'kind': 'undo'}, {'kind': 'undo'}])['colors'] == before['colors']
    assert len(stand_in.received) == 2
    assert 'nothing to undo' in artist.act(work, 'a.png', [{'kind': 'undo'}])['note']


def test_a_color_given_again_replaces_the_one_before(work, artist, drawing):
    work.add([drawing])
    board = artist.act(work, 'a.png', [_fill(20, '#143cdc'), _fill(60)])
    assert _colors(board, 5, 90) == [RED, RED]


def test_colors_are_kept_in_the_palette_and_dropped(work, artist, drawing):
    work.add([drawing])
    board = artist.act(work, 'a.png', [{'kind': 'keep', 'color': color} for color in ('#c81e28', '#143cdc')])
    assert board['palette'] == ['#c81e28', '#143cdc']
    assert artist.act(work, 'a.png', [{'kind': 'drop', 'color': '#c81e28'}])['palette'] == ['#143cdc']


def test_panels_are_cut_joined_and_chosen_by_clicks(work, artist, drawing):
    work.add([drawing])
    board = artist.act(work, 'a.png', [{'kind': 'down', 'x': 100, 'y': 70}, {'kind': 'choose', 'x': 150, 'y': 70}])
    assert len(board['panels']) == 2 and board['panel'] == 1
    board = artist.act(work, 'a.png', [{'kind': 'merge', 'x': 10, 'y': 10}])
    assert len(board['panels']) == 1 and board['panel'] == 0 and work.panels('a.png', 140, 200)[0].number == 2
    artist.act(work, 'a.png', [{'kind': 'find'}])
    assert work.panels('a.png', 140, 200) is None
    assert len(artist.act(work, 'a.png', [{'kind': 'whole'}])['panels']) == 1


def test_alternatives_are_the_samples_of_the_panel_and_one_can_be_chosen(work, artist, stand_in, drawing):
    work.add([drawing])
    first = artist.show(work)
    given = artist.alternatives(work)
    found = given['found']
    assert given['page'] == 'a.png' and given['number'] == 0 and given['chosen'] == 1
    assert sorted(sample for sample, _ in found) == [1, 2, 3, 4]
    assert len({tuple(picture[70, 20]) for _, picture in found}) == 4 and len(stand_in.received) == 4
    artist.choose(work, 'a.png', 0, 3)
    chosen = artist.show(work)
    assert chosen['colors'] != first['colors'] and len(stand_in.received) == 4
    assert _colors(chosen, 20) == [tuple(dict(found)[3][70, 20])]
    items = view.alternatives(**artist.alternatives(work))
    assert [(item['key'], item['shown']) for item in items] == [(['a.png', 0, k], k == 3) for k, _ in found]
    for number, sample in ((1, 1), (0, 0), (0, 5), ('a', 1), (0, None)):
        with pytest.raises(errors.UserError):
            artist.choose(work, 'a.png', number, sample)


def test_drawings_are_saved_with_hints_and_panels_and_can_be_added_again(tmp_path, work, artist, drawing):
    work.add([drawing])
    before = artist.act(work, 'a.png', [{'kind': 'down', 'x': 100, 'y': 70}, _fill(20)])
    path = artist.save(work, studio.DRAWINGS)
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ['a.hints.png', 'a.panels.json', 'a.png']
    again = chapter.Chapter(tmp_path / 'other', chapter.new_key())
    assert again.add([str(path)]) == (['drawings.cbz/a.png'], [])
    after = artist.show(again)
    assert [after[key] for key in ('panels', 'hints')] == [before[key] for key in ('panels', 'hints')]
    assert _colors(after, 20) == [RED]


def test_saved_files_are_not_kept_for_ever(work, artist, drawing, monkeypatch):
    work.add([drawing])
    first = artist.save(work, 'png')
    assert artist.save(work, 'png').is_file() and first.is_file()
    monkeypatch.setattr(transfer, '_OLD', -1)
    assert artist.save(work, 'psd').is_file() and not first.is_file()


@pytest.mark.parametrize('action', [None, 7, {}, {'kind': 'other'}, {'kind': 'fill'}, {'kind': 'stroke'},
                                    {'kind': 'keep', 'color': 7}, {'kind': 'keep', 'color': {}}, {'kind': 'cut'},
                                    {'kind': 'across', 'x': 1e9, 'y': 0}, {'kind': 'fill', 'x': 9, 'y': 9, 'color': 7}])
def test_what_a_page_of_this_version_does_not_send_is_refused(work, artist, drawing, action):
    work.add([drawing])
    with pytest.raises(errors.UserError):
        artist.act(work, 'a.png', [action])
    assert work.hints('a.png', 140, 200) is None


@pytest.mark.parametrize('name', ['other.png', '../chapter.json', None, [], {}])
def test_a_page_that_is_not_there_is_refused(work, artist, name):
    with pytest.raises(errors.UserError):
        artist.act(work, name, [])
    for act in (artist.pin, artist.alternatives, lambda chapter: artist.save(chapter, 'png')):
        with pytest.raises(errors.UserError):
            act(work)


def test_eval_colorize_makes_the_same_pictures(tmp_path, work, artist, stand_in, drawing, monkeypatch):
    monkeypatch.setattr('eval.systems.LocalSystem', lambda *_: stand_in)
    work.add([drawing, draw(tmp_path / 'b.png', 60)])
    reference = np.kron(np.uint8([[[200, 40, 30], [250, 240, 200]], [[30, 60, 200], [0, 0, 0]]]), np.ones((60, 60, 1)))
    Image.fromarray(reference.astype(np.uint8)).save(tmp_path / 'sheet.png')
    assert work.add_references([str(tmp_path / 'sheet.png')]) == []
    work.change(background='#cfe8ff', temperature=.9)
    artist.act(work, 'a.png', [{'kind': 'down', 'x': 100, 'y': 70}, _fill(20)])
    artist.choose(work, 'a.png', 1, 2)
    work.change(shown='b.png')
    board = artist.show(work)
    saved = {kind: artist.save(work, kind) for kind in ('png', studio.CBZ)}

    def asked():  # what the networks got for each square
        return {(drawings[k].tobytes(), seeds[k], temperature, tuple(background), references is None)
                for (drawings, seeds, temperature, background), references in zip(
                    stand_in.received, stand_in.references, strict=True) for k in range(len(drawings))}

    of_page = asked()
    stand_in.received.clear()
    stand_in.references.clear()
    run_here('eval.colorize', f'--flagfile={work.folder}/colorize.flags', '--output', tmp_path / 'out')
    assert stand_in.chapters == [None] * len(stand_in.chapters)  # no panel takes over colors of earlier ones
    assert asked() <= of_page and {temperature for _, _, temperature, *_ in of_page} == {.9}
    results = {name: pixels(tmp_path / 'out/drawings' / name) for name in ('a.png', 'b.png')}
    assert results['a.png'][70, 20].tolist() == list(RED)
    np.testing.assert_array_equal(pixels(saved['png']), results['b.png'])
    with zipfile.ZipFile(saved[studio.CBZ]) as archive:
        assert archive.namelist() == ['a.png', 'b.png']
        for name, expected in results.items():
            np.testing.assert_array_equal(pixels(io.BytesIO(archive.read(name))), expected)
    shown = _picture(board['colors']).astype(int) * _picture(board['lines'])[..., None] / 255
    np.testing.assert_allclose(shown, results['b.png'], atol=.51)
