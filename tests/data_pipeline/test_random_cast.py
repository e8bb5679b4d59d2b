import dataclasses
import itertools

import numpy as np
import pytest
from PIL import Image

from data_pipeline import synthetic_cast, synthetic_comic, synthetic_page
from data_pipeline.drawn import canvas, clothes, episode, hair, marks
from tests import programs

_EPISODES = [episode.draw(seed, number) for seed in (0, 7) for number in range(1, 11)]


def test_a_cast_depends_on_seed_and_episode_only():
    assert episode.draw(5, 1) == episode.draw(5, 1)
    assert episode.draw(5, 1).cast != episode.draw(5, 2).cast != episode.draw(6, 1).cast
    one, two, other = (synthetic_comic.draw_panel(5, number, 2, size=96, cast='random') for number in (1, 1, 2))
    np.testing.assert_array_equal(one.color, two.color)
    assert (one.line_art != other.line_art).any()


def test_a_new_cast_is_that_of_all_episodes_of_a_seed():
    one, two, other = (episode.draw_new(seed, number) for seed, number in ((5, 1), (5, 2), (6, 1)))
    assert len(one.cast) == 6 and one == two and one.cast != other.cast != synthetic_cast.CAST
    panels = [synthetic_comic.draw_panel(5, 1, number, size=96, cast='new') for number in range(1, 9)]
    grounds = {tuple(np.median(panel.color[panel.background], axis=0)) for panel in panels}
    assert len(grounds) == len(panels)  # every panel has its own
    hair = {place.who: tuple(np.median(panel.color[panel.mask(place.who, 'hair')], axis=0)) for panel in panels
            for place in panel.places if panel.mask(place.who, 'hair').sum() > 20}
    assert len(hair) > 2
    assert all(np.abs(np.subtract(color, one.cast[who].hair)).max() < 3 for who, color in hair.items())


def test_characters_of_one_cast_differ_in_style_and_colors():
    for shared in _EPISODES:
        assert 4 <= len(shared.cast) <= 6
        for style in ('hair_style', 'top_style'):
            assert len({getattr(who, style) for who in shared.cast}) == len(shared.cast)
        for color in ('hair', 'top'):
            for one, two in itertools.combinations(shared.cast, 2):
                assert np.linalg.norm(np.subtract(getattr(one, color), getattr(two, color))) >= 50


def test_hair_and_tops_have_all_hues():
    for color in ('hair', 'top'):
        colors = np.uint8([[getattr(who, color) for shared in _EPISODES for who in shared.cast]])
        hues = np.array(Image.fromarray(colors).convert('HSV'))[..., 0] // 43
        assert np.bincount(hues.ravel(), minlength=6).min() >= 5


def test_hats_leave_no_room_for_other_marks():
    worn = [[mark for mark in who.marks if mark in marks.GROUPS['worn']] for shared in _EPISODES
            for who in shared.cast if hair.STYLES[who.hair_style].hat]
    assert worn and not any(worn)


@pytest.mark.parametrize('attribute, styles', [('hair_style', hair.STYLES), ('top_style', clothes.TOPS),
                                               ('legs_style', clothes.LEGS), ('jaw', synthetic_cast.JAWS),
                                               ('marks', [(), *((name,) for name in marks.MARKS)])])
def test_lines_tell_styles_apart(attribute, styles):
    drawings = []
    for style in styles:
        layers = canvas.Layers.blank(192, 128, (255, 255, 255))
        who = dataclasses.replace(synthetic_cast.CAST[0], **{attribute: style})
        synthetic_cast.draw_character(canvas.Canvas(layers, 256), np.random.default_rng(0), who, (.5, .45), .19, 0, 0)
        drawings.append(layers.reduced().line < 128)
    for one, two in itertools.combinations(drawings, 2):
        assert (one != two).sum() > 12


@pytest.mark.parametrize('cast', synthetic_comic.CASTS)
def test_masks_are_on_what_can_be_seen_of_hair_and_tops(cast):
    sizes = []
    for number in range(1, 13):
        panel = synthetic_comic.draw_panel(7, 1, number, size=256, cast=cast)
        characters = episode.CASTS[cast](7, 1).cast
        paper = (panel.line_art == 255) & ~panel.background
        for place in panel.places:
            for part in ('hair', 'top'):
                mask = panel.mask(place.who, part)
                near = np.abs(panel.color - np.float64(getattr(characters[place.who], part))).max(axis=-1) <= 2
                assert not (mask & ~(near & paper)).any()
                sizes.append((mask.sum(), (near & paper).sum()))
        assert np.isin(panel.parts, [1 + 2 * place.who + k for place in panel.places for k in (0, 1)] + [0]).all()
    found, all_of_color = np.sum(sizes, axis=0)
    assert found > .95 * all_of_color  # others may have the same color


def test_heads_are_at_their_places():
    for number in range(1, 9):
        panel = synthetic_comic.draw_panel(0, 2, number, size=256, cast='random')
        for place in panel.places:
            y, x = np.nonzero(panel.mask(place.who, 'hair'))
            away = np.hypot(x - place.center[0], y - place.center[1]) / place.radius
            assert .4 < np.median(away) < 1.9


def test_some_panels_share_their_background():
    grounds = {cast: {(number, _ground(synthetic_comic.draw_panel(3, number, panel, size=64, cast=cast)))
                      for number in range(1, 5) for panel in range(1, 9)} for cast in synthetic_comic.CASTS}
    assert len(grounds['fixed']) == 32
    assert 8 < len(grounds['random']) < 30


def _ground(panel):
    """Returns the most frequent color of a panel's background."""
    colors, counts = np.unique(panel.color[panel.background], axis=0, return_counts=True)
    return tuple(colors[counts.argmax()].tolist())


def test_pages_show_the_cast_of_their_episode(tmp_path):
    programs.run_here('data_pipeline.synthetic_comic', '--output', tmp_path, '--episodes', 2, '--pages', 2, '--seed', 4,
                      '--width', 400, '--layout', 'grid', '--cast', 'random')
    for number, name in ((1, 'ep001'), (2, 'ep002')):
        shared = episode.draw(4, number)
        pages = [np.array(Image.open(tmp_path / name / f'0{k}.colour.png')) for k in (1, 2)]
        page = synthetic_page.draw_page(4, 1000 * number + 2, width=400, layout='grid', episode=shared)
        np.testing.assert_array_equal(pages[1], page.color)
        shown = set(map(tuple, np.unique(np.reshape(pages, (-1, 3)), axis=0).tolist()))
        assert {who.hair for who in shared.cast} <= shown
        assert not {who.hair for who in synthetic_cast.CAST} & shown


def test_panels_of_a_random_cast_are_written(tmp_path):
    programs.run_here('data_pipeline.synthetic_comic', '--output', tmp_path, '--episodes', 2, '--panels', 1, '--size',
                      96, '--seed', 4, '--cast', 'random')
    panel = synthetic_comic.draw_panel(4, 2, 1, size=96, cast='random')
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / 'ep002/01.colour.png')), panel.color)
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / 'ep002/01.line.png')), panel.line_art)
