"""eval.colorize with references: files, and what was colored before in a chapter."""

import threading
import time
import zlib

import cv2
import numpy as np
import pytest

from eval import coloring, colorize, reference_bank
from eval.settings import Settings
from tests.eval.chapter import CAST, colors_of, draw_chapter, first, results_of, save
from tests.eval.stand_in import StandIn, figure, files, pixels
from tests.programs import run_here

NONE = Settings(previous=False)


def test_a_character_keeps_through_a_chapter_the_color_that_it_had_first(tmp_path, chapter, stand_in):
    colorize.colorize([chapter], tmp_path / 'out', stand_in)
    colors = colors_of(tmp_path / 'out/ch')
    assert colors == [colors[k] for k in first()] and len(set(colors)) == 5
    colorize.colorize([chapter], tmp_path / 'none', StandIn(), NONE)
    alone = colors_of(tmp_path / 'none/ch')
    assert len(set(alone)) == 10 and [alone[k] for k in set(first())] == [colors[k] for k in set(first())]


def test_a_chapter_is_colored_in_order_in_batches_that_know_those_before_them(
        tmp_path, chapter, stand_in, monkeypatch):
    def colorize_slowly(*given, colorize=stand_in.colorize, **named):
        time.sleep(.1)  # meanwhile all other drawings are read
        return colorize(*given, **named)

    monkeypatch.setattr(stand_in, 'colorize', colorize_slowly)
    colorize.colorize([chapter], tmp_path / 'out', stand_in)
    seen = np.concatenate([drawings for drawings, *_ in stand_in.received])
    fitted = {}
    for name in sorted(files(chapter)):
        one = StandIn()
        colorize.colorize([chapter / name], tmp_path / 'alone' / name, one)
        fitted[name] = one.received[0][0][0]
    np.testing.assert_array_equal(seen, np.stack(list(fitted.values())))
    assert [chapter.tolist() for chapter in stand_in.chapters] == [[1] * 4, [1] * 4, [1] * 2]
    none, *later = stand_in.references
    assert none is None and [one.shape for one in later] == [(4, 4, 8, 8, 5), (2, 8, 8, 8, 5)]


@pytest.mark.parametrize('case', ['none', 'one drawing', 'one drawing in each folder'])
def test_without_earlier_panels_the_system_gets_neither_references_nor_chapters(tmp_path, stand_in, case):
    inputs = [tmp_path / 'a', tmp_path / 'b', tmp_path / 'c']
    for folder in inputs:
        draw_chapter(folder, (1,))
    if case == 'one drawing':
        inputs = inputs[:1]
    elif case == 'none':
        inputs = [draw_chapter(tmp_path / 'ch')]
    colorize.colorize(inputs, tmp_path / 'out', stand_in, NONE if case == 'none' else Settings())
    assert {None} == set(stand_in.references) == set(stand_in.chapters)
    sizes = sorted(len(drawings) for drawings, *_ in stand_in.received)
    assert sizes == {'none': [2, 4, 4], 'one drawing': [1]}.get(case, [3])


def test_the_panels_of_one_page_are_a_chapter(tmp_path, stand_in):
    """The stand-in sees one character in all frames, since they have ink in their bottom rows."""
    page = np.full((960, 640), 255, np.uint8)
    for number in range(6):
        y, x = 20 + 310 * (number // 2), 20 + 310 * (number % 2)
        cv2.rectangle(page, (x, y), (x + 290, y + 290), 0, 5)
        cv2.circle(page, (x + 145, y + 145), 20 + 10 * number, 0, 5)
    save(tmp_path / 'a.png', page)
    colorize.colorize([tmp_path / 'a.png'], tmp_path / 'out', stand_in)
    assert [chapter.tolist() for chapter in stand_in.chapters] == [[1] * 4, [1] * 2]
    assert stand_in.seeds == [zlib.crc32(b'a') + k * 2**32 for k in range(6)]  # in reading order
    result = pixels(tmp_path / 'out/a.png')
    first = StandIn.color(stand_in.received[0][0][0], stand_in.seeds[0])
    for number in range(6):
        y, x = 20 + 310 * (number // 2), 20 + 310 * (number % 2)
        assert result[y + 20, x + 20].tolist() == first


def test_chapters_of_one_run_do_not_mix_also_if_one_lies_between_pages_of_the_other(tmp_path, stand_in):
    casts = {'in': CAST, 'in/05': CAST, 'other': CAST[::-1]}
    for name, cast in casts.items():
        draw_chapter(tmp_path / name, cast)
    colorize.colorize([tmp_path / 'in', tmp_path / 'other'], tmp_path / 'out', stand_in)
    seen = set()
    for name, cast in casts.items():
        colors = colors_of(tmp_path / 'out' / name)
        assert colors == [colors[k] for k in first(cast)]
        seen.update(colors)
    assert len(seen) == 15 and len(stand_in.chapters) == 9


def test_samples_are_chapters_of_their_own(tmp_path, chapter, stand_in):
    colorize.colorize([chapter], tmp_path / 'out', stand_in, Settings(samples=3))
    samples = [colors_of(tmp_path / 'out/ch', f'-{k}.png') for k in (1, 2, 3)]
    for seed, colors in enumerate(samples):
        assert colors == [colors[k] for k in first()]
        colorize.colorize([chapter], tmp_path / str(seed), StandIn(), Settings(seed=seed))
        assert colors == colors_of(tmp_path / str(seed) / 'ch')
    assert len({colors[0] for colors in samples}) == 3


def test_a_chapter_has_one_batch_at_a_time_and_two_chapters_have_two(tmp_path, monkeypatch, stand_in):
    folders = [draw_chapter(tmp_path / name, CAST[:8]) for name in ('a', 'b', 'c')]
    meet, going, most = threading.Barrier(2, timeout=60), [], []

    def colorize_with_another(given, seeds, *rest, colorize=stand_in.colorize, **named):
        going.append(seeds[0])
        most.append(len(set(going)) == len(going))
        if len(most) in (2, 3):  # the second and the third batch wait for each other
            meet.wait()
        going.remove(seeds[0])
        return colorize(given, seeds, *rest, **named)

    monkeypatch.setattr(stand_in, 'colorize', colorize_with_another)
    assert colorize.colorize(folders, tmp_path / 'out', stand_in) == (24, 0) and len(most) == 6
    for name in 'abc':
        colors = colors_of(tmp_path / 'out' / name)
        assert colors == [colors[k] for k in first(CAST[:8])]


def test_batches_do_not_depend_on_how_fast_pages_are_read(tmp_path, chapter, stand_in, monkeypatch):
    """Also where there is room for few pages: then batches end with the page that fills it."""
    monkeypatch.setattr(coloring, '_MOST_PIXELS', 2 * 64 * 64)
    for ahead in (1, 5):
        monkeypatch.setattr(coloring, '_READ_AHEAD', ahead)
        monkeypatch.setattr(coloring, '_UNFINISHED', ahead)
        stand_in.received.clear()
        colorize.colorize([chapter], tmp_path / str(ahead), stand_in)
        assert [len(drawings) for drawings, *_ in stand_in.received] == [2] * 5
    assert results_of(tmp_path / '1/ch') == results_of(tmp_path / '5/ch')


def test_a_batch_that_is_not_full_waits_for_its_next_page_also_where_there_is_no_room(
        tmp_path, stand_in, monkeypatch):
    """Two drawings of the outer chapter wait when those of the inner one come."""
    monkeypatch.setattr(coloring, '_MOST_PIXELS', 3 * 64 * 64)
    draw_chapter(tmp_path / 'in', CAST[:5])
    draw_chapter(tmp_path / 'in/05', CAST[:4])
    save(tmp_path / 'in/06.png', figure(5))
    assert colorize.colorize([tmp_path / 'in'], tmp_path / 'out', stand_in) == (10, 0)
    assert sorted(len(drawings) for drawings, *_ in stand_in.received) == [1, 3, 3, 3]


def test_a_character_that_comes_again_and_again_is_known_through_a_long_chapter(tmp_path, stand_in):
    cast = [1 if k % 6 == 0 else 0 for k in range(60)]
    colorize.colorize([draw_chapter(tmp_path / 'ch', cast)], tmp_path / 'out', stand_in)
    colors = colors_of(tmp_path / 'out/ch')
    assert len(set(colors[::6])) == 1 and len(set(colors)) > 40
    assert max(one.shape[1] for one in stand_in.references if one is not None) == reference_bank.EARLIER


def _reference(character, color):
    """A colored picture of a character, in a size that is no panel too small, with its line art."""
    lines = figure(character)
    colors = np.where(lines[..., None] < 128, 0, np.uint8(color)).astype(np.uint8)
    colors[:2] = 90, 200, 250
    return np.repeat(lines[..., None], 3, axis=-1), np.ascontiguousarray(colors)


@pytest.fixture
def references(tmp_path):
    for character, color in ((2, (210, 40, 130)), (5, (20, 60, 220))):
        lines, colors = _reference(character, color)
        save(tmp_path / f'refs/{character}.color.png', colors)
        save(tmp_path / f'refs/{character}.line.png', lines)
    return tmp_path / 'refs'


def _is_like(color, other):
    return np.abs(np.float32(color) - other).max() < 30


@pytest.mark.parametrize('words', [[], ['none']])
def test_drawings_take_the_colors_of_files_of_references(tmp_path, chapter, references, program, stand_in, capsys,
                                                         words):
    program(chapter, tmp_path / 'out', '--reference', references, *(f'--reference={word}' for word in words))
    colors = colors_of(tmp_path / 'out/ch')
    for color, character in zip(colors, CAST, strict=True):
        assert _is_like(color, (210, 40, 130)) == (character == 2)
        assert _is_like(color, (20, 60, 220)) == (character == 5)
    assert (colors == [colors[k] for k in first()]) == (not words)
    assert 'references: 2 panels\n' in capsys.readouterr().out
    count = {one.shape[1] for one in stand_in.references}
    if words:
        assert set(stand_in.chapters) == {None} and count == {2}
    else:
        assert count == {2, 6, 10}


def test_changed_references_make_all_results_again(tmp_path, chapter, references, stand_in):
    def colored(paths):
        return colorize.colorize([chapter], tmp_path / 'out', stand_in, references=paths)

    assert colored([references]) == (10, 0) and colored([references]) == (0, 10)
    save(references / '2.color.png', _reference(2, (40, 210, 130))[1])
    assert colored([references]) == (10, 0)
    assert colored([references / '2.color.png']) == (10, 0) and colored([]) == (10, 0)


def test_references_that_cannot_be_used_are_named_and_the_run_goes_on(tmp_path, chapter, program, stand_in, capsys):
    (tmp_path / 'refs').mkdir()
    (tmp_path / 'refs/a.png').write_bytes(b'text')
    save(tmp_path / 'refs/b.png', figure(1))
    (tmp_path / 'refs/c.zip').write_bytes(b'PK\3\4 damaged')
    program(chapter, tmp_path / 'out', '--reference', tmp_path / 'refs')
    said = capsys.readouterr().out.splitlines()
    for name, reason in (('a.png', 'not an image'), ('b.png', 'not in color'), ('c.zip', 'damaged')):
        line, = [line for line in said if f'refs/{name}' in line]
        assert line.startswith(f'left out reference refs/{name}: ') and reason in line
    assert 'references: none can be used; colored without them' in said and len(colors_of(tmp_path / 'out/ch')) == 10


def test_a_hint_for_one_panel_acts_on_those_after_it(tmp_path, chapter, stand_in):
    dot = np.zeros((64, 64, 4), np.uint8)
    dot[30:34, 8:12] = 200, 30, 41, 255
    save(chapter / '00.hints.png', dot)
    colorize.colorize([chapter], tmp_path / 'out', stand_in)
    colors = colors_of(tmp_path / 'out/ch')
    assert [colors[k] == (200, 30, 41) for k in range(10)] == [character == 1 for character in CAST]


def test_references_are_neither_colored_nor_overwritten(tmp_path, chapter, references, program, stand_in):
    references.rename(chapter / 'refs')
    program(chapter, tmp_path / 'out', '--reference', chapter / 'refs', '--extract_outline')
    assert files(tmp_path / 'out/ch') == {f'{k:02}.png' for k in range(10)}
    before = {name: (chapter / 'refs' / name).read_bytes() for name in files(chapter / 'refs')}
    save(tmp_path / 'in/2.color.png', figure(1))
    with pytest.raises(SystemExit, match='would overwrite an input'):
        program(tmp_path / 'in/2.color.png', chapter / 'refs', '--reference', chapter / 'refs/2.color.png')
    with pytest.raises(SystemExit, match='would overwrite an input'):
        program(tmp_path / 'in/2.color.png', chapter / 'refs', '--reference', chapter / 'refs')
    (tmp_path / 'linked').mkdir()
    (tmp_path / 'linked/2.color.png').symlink_to(chapter / 'refs/5.color.png')
    with pytest.raises(SystemExit, match='would overwrite an input'):
        program(tmp_path / 'in/2.color.png', tmp_path / 'linked', '--reference', chapter / 'refs')
    assert {name: (chapter / 'refs' / name).read_bytes() for name in files(chapter / 'refs')} == before


def test_what_cannot_be_a_reference_is_said_in_one_line_before_anything_is_written(tmp_path, chapter):
    for arguments, message in (
            (('--reference', tmp_path / 'nowhere'), f'--reference={tmp_path}/nowhere: no such file or folder'),
            (('--reference', chapter, '--model', 'pix2pix'), '--reference: pix2pix takes no references'),
            (('--reference', 'previous', '--model', 'pix2pix'), '--reference: pix2pix takes no references'),
            (('--explain', '--model', 'pix2pix'), '--explain: pix2pix takes no references')):
        with pytest.raises(SystemExit) as ended:
            run_here('eval.colorize', '--input', chapter, '--output', tmp_path / 'out', *arguments)
        assert ended.value.code == f'error: {message}' and not (tmp_path / 'out').exists()


def test_a_baseline_gets_no_references(tmp_path, chapter, program, stand_in):
    program(chapter, tmp_path / 'out', '--model', 'pix2pix', '--reference=none')
    program(chapter, tmp_path / 'more', '--model', 'pix2pix')
    assert {None} == set(stand_in.references) == set(stand_in.chapters)
