"""What the panels of an episode share: its characters, of fixed or random looks, and its scenes."""

import dataclasses

import cv2
import numpy as np

from data_pipeline import synthetic_cast
from data_pipeline.drawn import clothes, hair, marks

_SIZES = 4, 6  # characters of a random cast, least and most
_APART = 70  # least distance of two colors that must be told apart, in levels of RGB
_FANTASY = .25  # of the skins, our choice
_SKINS = np.float64([(255, 228, 208), (238, 194, 160), (206, 152, 114), (150, 102, 72), (96, 64, 48)])  # light to dark
_MARKED = {'eyes': .4, 'mouth': .2, 'cheek': .35, 'worn': .5}  # heads with a mark of each group, our choice


@dataclasses.dataclass(frozen=True)
class Episode:
    """What the panels of an episode share.

    Attributes:
      cast: tuple of `synthetic_cast.Character`.
      scenes: seeds of the grounds that several panels have.
      share: how many of the panels have one of these grounds, from 0 to 1. The others have grounds of their own.

    Example:
      >>> [who.name for who in Episode().cast], 4 <= len(draw(seed=0, episode=1).cast) <= 6
      (['Mina', 'Jun', 'Bo', 'Theo', 'Suri', 'Otto'], True)
    """

    cast: tuple = synthetic_cast.CAST
    scenes: tuple = ()
    share: float = 0.

    def ground_rng(self, rng):
        """Chooses the generator that draws the next panel's ground: that of a scene, or `rng`."""
        if self.scenes and rng.random() < self.share:
            return np.random.default_rng(rng.choice(self.scenes))
        return rng


def draw(seed, episode):
    """Draws an `Episode` with a random cast and random scenes, which depend on (seed, episode) only."""
    rng = np.random.default_rng((seed, episode, 0, 2))  # no panel, page or strip has this seed
    cast = _cast(rng, rng.integers(_SIZES[0], _SIZES[1] + 1))
    return Episode(cast, tuple(int(scene) for scene in rng.integers(2 ** 32, size=rng.integers(1, 4))),
                   rng.uniform(.2, .8))


def draw_new(seed, episode):
    """Draws an `Episode` with a random cast of six that depends on the seed only, and with random grounds."""
    del episode  # all have the same cast
    return Episode(_cast(np.random.default_rng((seed, 0, 0, 2)), _SIZES[1]))  # episodes begin with 1


# Functions of (seed, episode), by the kind of the cast.
CASTS = {'fixed': lambda seed, episode: Episode(), 'random': draw, 'new': draw_new}


def _cast(rng, count):
    """Draws so many characters with styles and colors of their own: tuple of `Character`."""
    styles = rng.permutation(list(hair.STYLES))[:count]
    tops = rng.permutation(list(clothes.TOPS))[:count]
    cast = []
    for style, top in zip(styles, tops, strict=True):
        cast.append(_character(rng, f'{style}, {top}', str(style), str(top), cast))
    return tuple(cast)


def _character(rng, name, hair_style, top_style, others):
    """Draws a `Character` whose hair and top differ from those of `others` in color."""
    skin = _skin(rng)
    hair_color = _color(rng, [skin, *(who.hair for who in others)])
    top = _color(rng, [who.top for who in others])
    trim = _color(rng, [top, hair_color])
    legs = _color(rng, [top])
    worn = []
    for group, share in _MARKED.items():
        mark = str(rng.choice(list(marks.GROUPS[group])))
        if rng.random() < share and not (group == 'worn' and hair.STYLES[hair_style].hat):
            worn.append(mark)
    return synthetic_cast.Character(
        name, hair_style, hair_color, skin, top_style, top, trim, legs, _blush(skin),
        str(rng.choice(list(clothes.LEGS))), tuple(worn), str(rng.choice(list(synthetic_cast.JAWS))),
        (rng.uniform(.75, 1.35), rng.uniform(.7, 1.2)), rng.uniform(.78, 1.25), rng.uniform(.82, 1.))


def _color(rng, others):
    """Draws a color of any hue that can be told from others: RGB."""
    for _ in range(50):
        hsv = np.uint8([[[rng.uniform(0, 180), 255 * rng.beta(1.2, 1.1), 255 * rng.uniform(.28, 1)]]])
        color = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].astype(float)
        if all(np.linalg.norm(color - other) >= _APART for other in others):
            break
    return _levels(color)


def _skin(rng):
    """Draws the color of a skin: from light to dark, or of any hue."""
    if rng.random() < _FANTASY:
        hsv = np.uint8([[[rng.uniform(0, 180), 255 * rng.uniform(.15, .5), 255 * rng.uniform(.6, 1)]]])
        return _levels(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0])
    at = rng.uniform(0, len(_SKINS) - 1)
    return _levels([np.interp(at, range(len(_SKINS)), levels) + rng.uniform(-8, 8) for levels in _SKINS.T])


def _blush(skin):
    """Mixes the color of cheeks: a redder skin."""
    return _levels(.7 * np.array(skin) + .3 * np.array([244, 90, 90]))


def _levels(color):
    """Rounds a color to levels: RGB."""
    return tuple(int(level) for level in np.clip(np.round(color), 0, 255))
