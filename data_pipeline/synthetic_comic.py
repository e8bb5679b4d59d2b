r"""Draws comics, free of rights, whose colors and masks are known, for tests, the demo and training.

  python -m data_pipeline.synthetic_comic --output comics --episodes 20 --panels 12 --seed 0 --background flat

Draws a webtoon whose cast always has the same colors, while the color of the background is random in each panel. This
is the premise of the paper (section 1). Every panel has its line art and its true background mask, and depends on
(seed, episode, number) only.

With --cast=random, each episode has a cast of its own, four to six characters that depend on (seed, episode) only. They
have any colors, and hair, clothes, bodies and marks that show in line art who they are. Some of the episode's panels
share the color of their background (`data_pipeline.drawn.episode`). With --cast=new, all episodes have one such cast of
six, which depends on the seed only: a comic of its own, to teach with train.learn.

Writes comics/ep001/01.colour.png, 01.line.png and 01.mask.png (white on the background), and so on.

  python -m data_pipeline.synthetic_comic --output comics --episodes 2 --pages 24 --width 1400

With --pages, draws whole pages of panels with balloons (`synthetic_page`), in any layout or in that of --layout. Beside
the same files it writes 01.panels.json: {"width": ..., "height": ..., "panels": [[[x, y], ...], ...]}, the panels'
polygons in pixels and in reading order. Page k of episode e is `synthetic_page.draw_page(seed, 1000 * e + k)`.
"""

import dataclasses
import json
import pathlib
import sys
import textwrap

import cv2
import numpy as np
from absl import flags
from PIL import Image

from data_pipeline import synthetic_cast, synthetic_page
from data_pipeline.common import files, program
from data_pipeline.drawn import balloons, grounds, shapes
from data_pipeline.drawn import canvas as drawn_canvas
from data_pipeline.drawn import episode as drawn_episode

FLAGS = flags.FLAGS
BACKGROUNDS = grounds.BACKGROUNDS
CASTS = tuple(drawn_episode.CASTS)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a character is on a panel.

    Attributes:
      who: index of the character in the cast.
      center: (x, y) of the head's center in pixels.
      radius: of the head in pixels.

    Example:
      >>> [place.who for place in draw_panel(seed=0, episode=1, number=1, size=128).places]
      [3, 1]
    """

    who: int
    center: tuple
    radius: float


@dataclasses.dataclass(frozen=True)
class Panel:
    """One drawn panel.

    Attributes:
      color: uint8 [S, S, 3], RGB.
      line_art: uint8 [S, S], white paper, black ink.
      background: bool [S, S].
      parts: uint8 [S, S], numbers of the hair and the top of each character (see `mask`), 0 elsewhere and on ink. They
        are on what can be seen only.
      places: tuple of `Place`, one for each character.

    Example:
      >>> panel = draw_panel(seed=0, episode=1, number=1, size=128)
      >>> panel.color.shape, panel.line_art.shape, panel.background.shape, panel.parts.dtype
      ((128, 128, 3), (128, 128), (128, 128), dtype('uint8'))
      >>> np.median(panel.color[panel.mask(panel.places[0].who, 'hair')], axis=0)  # Theo's
      array([226., 128.,  52.])
    """

    color: np.ndarray
    line_art: np.ndarray
    background: np.ndarray
    parts: np.ndarray
    places: tuple

    def mask(self, who, part):
        """Finds what can be seen of a part of a character.

        Args:
          who: index of the character in the cast.
          part: 'hair' or 'top'.
        Returns:
          bool [S, S], True where the panel shows it.
        """
        return self.parts == shapes.part_number(who, part)


def draw_panel(seed, episode, number, background='flat', size=512, cast='fixed'):
    """Draws one panel.

    Args:
      seed, episode, number: non-negative ints, which determine the panel.
      background: 'flat', 'gradient' (linear, any direction) or 'patterned' (dots or stripes).
      size: S, side of the panel in pixels.
      cast: 'fixed', the six of `synthetic_cast.CAST`; 'random', the cast of `episode.draw(seed, episode)`; or 'new',
        that of `episode.draw_new`.
    Returns:
      A `Panel`.
    """
    rng = np.random.default_rng((seed, episode, number))
    shared = drawn_episode.CASTS[cast](seed, episode)
    layers = drawn_canvas.Layers.blank(size, size, 255)
    side = layers.line.shape[0]
    ground = grounds.ground(shared.ground_rng(rng), background)
    layers.lay(cv2.resize(ground, (side, side), interpolation=cv2.INTER_CUBIC))
    canvas = drawn_canvas.Canvas(layers, unit=side)
    shot = rng.choice(['close', 'pair', 'full', 'solo'], p=[.25, .3, .2, .25])
    people = rng.permutation(len(shared.cast)).tolist()
    lean = rng.uniform(-.08, .08, 3)
    if shot == 'close':
        heads = [(rng.uniform(.38, .62), .56, .24)]
    elif shot == 'solo':
        heads = [(rng.uniform(.3, .7), .48, .145)]
    elif shot == 'pair':
        heads = [(rng.uniform(.22, .32), rng.uniform(.5, .56), .14), (rng.uniform(.68, .78), rng.uniform(.5, .56), .14)]
    else:
        heads = [(x + rng.uniform(-.04, .04), .5, .085) for x in np.linspace(.2, .8, rng.integers(2, 4))]
    if shot in ('solo', 'full') and rng.random() < .6:
        side = .14 if heads[0][0] > .5 else .86
        synthetic_cast.draw_prop(canvas, rng, (side, .97), .2 if shot == 'solo' else .16)
    for (x, y, radius), who, tilt in zip(heads, people, lean, strict=False):
        synthetic_cast.draw_character(canvas, rng, shared.cast[who], (x, y), radius, tilt, who)
    if shot == 'pair' and rng.random() < .4:
        synthetic_cast.draw_prop(canvas, rng, (.5, .98), .18)
    speakers = heads[:1 if rng.random() < .6 else 2]
    for x, y, radius in speakers:
        if rng.random() < .8:
            shift = rng.uniform(-.1, .1) if len(speakers) == 1 else .05 * np.sign(x - .5)
            _balloon(canvas, rng, (x, y - radius * 1.35), x + shift)
    result = layers.reduced()
    places = tuple(Place(who, (x * size, y * size), radius * size)
                   for (x, y, radius), who in zip(heads, people, strict=False))
    return Panel(result.color, result.line, result.front < 128, np.where(result.line == 255, result.part, 0), places)


def draw_strip(panels, gutter=40):
    """Joins panels uint8 [S, S, 3] to a webtoon strip: one below the other, with white gutters. uint8 [H, W, 3]."""
    side = panels[0].shape[1]
    strip = np.full((gutter + len(panels) * (side + gutter), side + 2 * gutter, 3), 255, np.uint8)
    for k, panel in enumerate(panels):
        top = gutter + k * (side + gutter)
        strip[top:top + side, gutter:-gutter] = panel
    return strip


def _balloon(canvas, rng, mouth, x):
    """Draws a speech balloon at the top around `x`, with its tail pointing at a head."""
    text = textwrap.fill(str(rng.choice(balloons.WORDS)), 11)
    rows = text.count('\n') + 1
    wide, high = .055 + .0125 * max(map(len, text.split('\n'))), .045 + .026 * rows
    x = float(np.clip(x, wide + .03, .97 - wide))
    y = high + rng.uniform(.025, .05)
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    body = np.stack([x + wide * np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** .75,
                     y + high * np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** .75], -1)
    reach = max(y + high + .03, min(mouth[1], y + high + .1))
    tip = np.array([[x + .6 * (mouth[0] - x), reach]])
    at = 18 + int(np.clip((x - mouth[0]) * 40, -4, 4))  # the bottom of the ellipse, towards the speaker
    canvas.fill(np.concatenate([body[:at - 2], tip, body[at + 2:]]), (255, 255, 255))
    canvas.letter((x, y), text, .043)


def draw(output, episodes, panels, seed=0, background='flat', size=512, cast='fixed'):
    """Writes a comic's panels into the folder `output`; see the module's docstring and `draw_panel`."""
    for folder, episode in _folders(output, episodes):
        for number in range(1, panels + 1):
            _save(folder / f'{number:02d}', draw_panel(seed, episode, number, background, size, cast))


def draw_pages(output, episodes, pages, seed=0, cast='fixed', **options):
    """Writes a comic's pages into the folder `output`; see the module's docstring.

    Args:
      output: path of a folder.
      episodes: number of episodes.
      pages: number of pages of each episode, 999 at most.
      seed: seed of the pages.
      cast: see `draw_panel`.
      **options: of `synthetic_page.draw_page`.
    """
    for folder, episode in _folders(output, episodes):
        shared = drawn_episode.CASTS[cast](seed, episode)
        for number in range(1, pages + 1):
            page = synthetic_page.draw_page(seed, 1000 * episode + number, episode=shared, **options)
            _save(folder / f'{number:02d}', page)
            height, width = page.line_art.shape
            truth = {'width': width, 'height': height, 'panels': [polygon.tolist() for polygon in page.panels]}
            with files.atomic_write(folder / f'{number:02d}.panels.json') as part:
                part.write_text(json.dumps(truth), encoding='utf-8')


def _folders(output, episodes):
    """Makes the episodes' folders, yields (folder, episode), and prints progress."""
    for episode in range(1, episodes + 1):
        folder = pathlib.Path(output, f'ep{episode:03d}')
        folder.mkdir(parents=True, exist_ok=True)
        yield folder, episode
        print(f'\repisode {episode} of {episodes}', end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)


def _save(stem, drawing):
    """Writes the three pictures of a `Panel` or a `Page`: STEM.colour.png and so on."""
    for kind, picture in (('colour', drawing.color), ('line', drawing.line_art),
                          ('mask', drawing.background.astype(np.uint8) * 255)):
        with files.atomic_write(f'{stem}.{kind}.png') as part:
            Image.fromarray(picture).save(part, 'PNG')


def main():
    if FLAGS.pages:
        draw_pages(FLAGS.output, FLAGS.episodes, FLAGS.pages, FLAGS.seed, FLAGS.cast, width=FLAGS.width,
                   background=FLAGS.background, layout=FLAGS.layout, askew=FLAGS.askew)
        print(f'{FLAGS.episodes * FLAGS.pages} pages in {FLAGS.output}')
    else:
        draw(FLAGS.output, FLAGS.episodes, FLAGS.panels, FLAGS.seed, FLAGS.background, FLAGS.size,
             FLAGS.cast)
        print(f'{FLAGS.episodes * FLAGS.panels} panels in {FLAGS.output}')


if __name__ == '__main__':
    flags.DEFINE_string('output', None, 'Folder to write to.', required=True)
    flags.DEFINE_integer('episodes', 10, 'Number of episodes.', lower_bound=1)
    flags.DEFINE_integer('panels', 12, 'Number of panels of each episode.', lower_bound=1)
    flags.DEFINE_integer('pages', 0, 'Number of pages of each episode. If given, pages are drawn in place of panels.',
                         lower_bound=0, upper_bound=999)
    flags.DEFINE_integer('seed', 0, 'Seed of the panels and of random casts.', lower_bound=0)
    flags.DEFINE_enum('cast', 'fixed', CASTS, 'Characters: the same six in all comics, random ones in each episode, or '
                      'six random ones in all episodes, by the seed.')
    flags.DEFINE_enum('background', 'flat', BACKGROUNDS, 'Kind of the backgrounds.')
    flags.DEFINE_integer('size', 512, 'Side of a panel in pixels.', lower_bound=64)
    flags.DEFINE_integer('width', 1400, 'Width of a page in pixels.', lower_bound=256)
    flags.DEFINE_enum('layout', None, synthetic_page.LAYOUTS, 'Layout of the pages; any if it is not given.')
    flags.DEFINE_float('askew', 0, 'Degrees by which pages are turned, as on a scanner.', lower_bound=-10,
                       upper_bound=10)
    program.run(main)
