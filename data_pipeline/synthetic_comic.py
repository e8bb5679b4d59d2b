r"""Draws comics, free of rights, whose colors and masks are known, for tests, the demo and training.

  python -m data_pipeline.synthetic_comic --output comics --episodes 20 --panels 12 --seed 0 --background flat

Draws a webtoon whose cast always has the same colors, while the color of the background is random in each panel. This
is the premise of the paper (section 1). Every panel has its line art and its true background mask, and depends on
(seed, episode, number) only.

Writes comics/ep001/01.colour.png, 01.line.png and 01.mask.png (white on the background), and so on.
"""

import dataclasses
import pathlib
import sys
import textwrap

import cv2
import numpy as np
from absl import flags
from PIL import Image, ImageDraw, ImageFont

from data_pipeline import synthetic_cast
from data_pipeline.common import files, program

FLAGS = flags.FLAGS
BACKGROUNDS = ('flat', 'gradient', 'patterned')
_SUPERSAMPLING = 2
_WORDS = (
    'Wait, what?', 'Not again...', 'Good morning!', 'Did you see that?', 'I knew it!', 'Shall we go?', 'Coffee first.',
    'Hmm, let me think', 'It is not my fault!', 'Look over there', 'You are late', 'Again?', 'Who ate my cake?',
    'Ha ha!', 'Run!', 'I have an idea', 'Shh...', 'That is mine', 'So pretty', 'One more time', 'Never mind', 'Really?',
    'Thank you!', 'What day is it?', 'I can explain')


@dataclasses.dataclass(frozen=True)
class Panel:
    """One drawn panel.

    Attributes:
      color: uint8 [S, S, 3], RGB.
      line_art: uint8 [S, S], white paper, black ink.
      background: bool [S, S].

    Example:
      >>> panel = draw_panel(seed=0, episode=1, number=1, size=128)
      >>> panel.color.shape, panel.line_art.shape, panel.background.shape
      ((128, 128, 3), (128, 128), (128, 128))
    """

    color: np.ndarray
    line_art: np.ndarray
    background: np.ndarray


class Canvas:
    """Draws every shape three times: on the colors, on the line art, and as foreground in the mask.

    Coordinates are (x, y) from the top left, as fractions of the panel's side. So are line widths.

    Args:
      ground: uint8 [H, W, 3], the background.
      size: side of the panel in pixels.

    Example:
      >>> canvas = Canvas(np.full((8, 8, 3), 200, np.uint8), size=64)
      >>> canvas.fill([(.25, .25), (.75, .25), (.75, .75), (.25, .75)], (255, 0, 0))
      >>> canvas.panel().color[32, 32].tolist()
      [255, 0, 0]
    """

    INK = (38, 32, 44)
    WIDTH = 0.0075

    def __init__(self, ground, size):
        self._side = size * _SUPERSAMPLING
        self._size = size
        self._color = cv2.resize(ground, (self._side, self._side), interpolation=cv2.INTER_CUBIC)
        self._line = np.full((self._side, self._side), 255, np.uint8)
        self._front = np.zeros((self._side, self._side), np.uint8)

    def fill(self, points, color, width=WIDTH):
        """Draws a closed shape with an ink outline. A shape in the color of ink is black in the line art, too."""
        at = self._at(points)
        line = 0 if color == self.INK else 255
        for image, paint in ((self._color, color), (self._line, line), (self._front, 255)):
            cv2.fillPoly(image, [at], paint, cv2.LINE_AA, shift=4)
        if width:
            self.stroke(np.concatenate([points, points[:2]]), width)

    def tint(self, points, color):
        """Draws a patch of color without a line inside a shape, such as shade or blush."""
        cv2.fillPoly(self._color, [self._at(points)], color, cv2.LINE_AA, shift=4)

    def stroke(self, points, width=WIDTH, color=INK):
        """Draws an open line of ink."""
        self._lines(points, width, color, 0)

    def tube(self, points, width, color):
        """Draws a thick line of color with an ink outline on both sides, such as an arm or a leg."""
        self._lines(points, width + 2 * self.WIDTH, self.INK, 0)
        self._lines(points, width, color, 255)

    def letter(self, center, text, height):
        """Draws lines of lettering, centered."""
        font = ImageFont.load_default(size=height * self._side)
        x, y = np.asarray(center) * self._side
        for name, paint in (('_color', self.INK), ('_line', 0)):
            picture = Image.fromarray(getattr(self, name))
            ImageDraw.Draw(picture).multiline_text((x, y), text, fill=paint, font=font, anchor='mm', align='center')
            setattr(self, name, np.array(picture))

    def panel(self):
        """Returns the drawing as a `Panel`."""
        color, line, front = (cv2.resize(image, (self._size, self._size), interpolation=cv2.INTER_AREA)
                               for image in (self._color, self._line, self._front))
        return Panel(color, line, front < 128)

    def _lines(self, points, width, color, line):
        thickness = max(1, round(width * self._side))
        for image, paint in ((self._color, color), (self._line, line), (self._front, 255)):
            cv2.polylines(image, [self._at(points)], False, paint, thickness, cv2.LINE_AA, shift=4)

    def _at(self, points):
        return np.round(np.asarray(points) * self._side * 16).astype(np.int32)


def draw_panel(seed, episode, number, background='flat', size=512):
    """Draws one panel.

    Args:
      seed, episode, number: non-negative ints, which determine the panel.
      background: 'flat', 'gradient' (linear, any direction) or 'patterned' (dots or stripes).
      size: S, side of the panel in pixels.
    Returns:
      A `Panel`.
    """
    rng = np.random.default_rng((seed, episode, number))
    canvas = Canvas(_ground(rng, background), size)
    shot = rng.choice(['close', 'pair', 'full', 'solo'], p=[.25, .3, .2, .25])
    people = rng.permutation(len(synthetic_cast.CAST))
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
        synthetic_cast.draw_character(canvas, rng, synthetic_cast.CAST[who], (x, y), radius, tilt)
    if shot == 'pair' and rng.random() < .4:
        synthetic_cast.draw_prop(canvas, rng, (.5, .98), .18)
    speakers = heads[:1 if rng.random() < .6 else 2]
    for x, y, radius in speakers:
        if rng.random() < .8:
            shift = rng.uniform(-.1, .1) if len(speakers) == 1 else .05 * np.sign(x - .5)
            _balloon(canvas, rng, (x, y - radius * 1.35), x + shift)
    return canvas.panel()


def draw_strip(panels, gutter=40):
    """Joins panels uint8 [S, S, 3] to a webtoon strip: one below the other, with white gutters. uint8 [H, W, 3]."""
    side = panels[0].shape[1]
    strip = np.full((gutter + len(panels) * (side + gutter), side + 2 * gutter, 3), 255, np.uint8)
    for k, panel in enumerate(panels):
        top = gutter + k * (side + gutter)
        strip[top:top + side, gutter:-gutter] = panel
    return strip


def _ground(rng, background):
    """Draws the background in a random color: uint8 [512, 512, 3]."""
    first = _any_color(rng)
    ground = np.broadcast_to(first, (512, 512, 3))
    y, x = np.mgrid[0:512, 0:512] / 511 - .5
    angle = rng.uniform(0, 2 * np.pi)
    along = x * np.cos(angle) + y * np.sin(angle)
    if background == 'gradient':
        t = (along - along.min()) / np.ptp(along)
        ground = first + t[..., None] * (_any_color(rng) - first)
    elif background == 'patterned':
        second = np.clip(first + rng.uniform(14, 40) * rng.choice([-1, 1]), 0, 255)
        across = y * np.cos(angle) - x * np.sin(angle)
        count = rng.uniform(6, 14)
        waves = np.cos(2 * np.pi * count * along) + (np.cos(2 * np.pi * count * across) if rng.random() < .5 else 0)
        ground = first + (1 / (1 + np.exp(-20 * (waves - .6))))[..., None] * (second - first)
    return np.clip(np.round(ground), 0, 255).astype(np.uint8)


def _any_color(rng):
    hsv = np.uint8([[[rng.uniform(0, 180), 255 * rng.beta(1.3, 1.6), 255 * rng.uniform(.45, 1)]]])
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].astype(np.float64)


def _balloon(canvas, rng, mouth, x):
    """Draws a speech balloon at the top around `x`, with its tail pointing at a head."""
    text = textwrap.fill(str(rng.choice(_WORDS)), 11)
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


def draw(output, episodes, panels, seed=0, background='flat', size=512):
    """Writes a comic's files into the folder `output`; see the module's docstring and `draw_panel`."""
    for episode in range(1, episodes + 1):
        folder = pathlib.Path(output, f'ep{episode:03d}')
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, panels + 1):
            panel = draw_panel(seed, episode, number, background, size)
            for kind, picture in (('colour', panel.color), ('line', panel.line_art),
                                  ('mask', panel.background.astype(np.uint8) * 255)):
                with files.atomic_write(folder / f'{number:02d}.{kind}.png') as part:
                    Image.fromarray(picture).save(part, 'PNG')
        print(f'\repisode {episode} of {episodes}', end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)


def main():
    draw(FLAGS.output, FLAGS.episodes, FLAGS.panels, FLAGS.seed, FLAGS.background, FLAGS.size)
    print(f'{FLAGS.episodes * FLAGS.panels} panels in {FLAGS.output}')


if __name__ == '__main__':
    flags.DEFINE_string('output', None, 'Folder to write to.', required=True)
    flags.DEFINE_integer('episodes', 10, 'Number of episodes.', lower_bound=1)
    flags.DEFINE_integer('panels', 12, 'Number of panels of each episode.', lower_bound=1)
    flags.DEFINE_integer('seed', 0, 'Seed of the panels. The cast is the same for all seeds.', lower_bound=0)
    flags.DEFINE_enum('background', 'flat', BACKGROUNDS, 'Kind of the backgrounds.')
    flags.DEFINE_integer('size', 512, 'Side of a panel in pixels.', lower_bound=64)
    program.run(main)
