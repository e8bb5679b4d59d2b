"""Draws what a panel of a page shows: its figures, props, floor and balloons. Figures are never stretched."""

import dataclasses
import typing

import numpy as np

from data_pipeline import synthetic_cast
from data_pipeline.drawn import balloons, grounds
from data_pipeline.drawn import canvas as drawn_canvas

# What a figure needs around its head, in radii of the head: to the left and right, above, and down to its soles.
SIDE, ABOVE, SOLES = 2.3, 1.9, 5.1
_GAP = .03  # units between balloons and what is around them


@dataclasses.dataclass(frozen=True)
class Style:
    """What all panels of a page share.

    Attributes:
      lettering: size of the lettering in pixels of the layers.
      numbers: iterator of the balloons' numbers.
      flat: the grounds are flat, so a floor may have another color.
      cast: tuple of `synthetic_cast.Character`.
      kinds: kinds of balloons, see `balloons.KINDS`.

    Example:
      >>> Style(lettering=48, numbers=iter(range(1, 256)), flat=True, cast=synthetic_cast.CAST).kinds
      ('round', 'oval', 'shout', 'thought', 'caption')
    """

    lettering: float
    numbers: typing.Iterator
    flat: bool
    cast: tuple
    kinds: tuple = balloons.KINDS


def draw(canvas, size, style, rng, floor=False, empty=False, covered=()):
    """Draws into a panel with a ground. Figures are cut by the panel's edges, balloons at times.

    Args:
      canvas: `Canvas` whose unit is the panel's shorter side.
      size: (width, height) of the panel in units.
      style: `Style`.
      rng: `np.random.Generator`.
      floor: whether a floor line or a horizon must cross the panel. Other panels have one by chance.
      empty: whether to draw no figures and no balloons.
      covered: boxes (left, top, right, bottom) in units, which other panels will cover; no balloon is there.
    """
    if floor or rng.random() < .25:
        _floor(canvas, rng, size, style.flat)
    if empty:
        return
    heads, props = _composition(rng, *size)
    heads = heads[:len(style.cast)]
    _figures(canvas, style, rng, heads, props)
    _speech(canvas, rng, size, style, heads, covered)


def draw_frameless(canvas, size, style, rng):
    """Draws whole figures on the page's paper, nothing of them cut."""
    width, height = size
    room = style.lettering / canvas.unit * 5  # for a balloon above the heads
    radius = min((height - room) / (ABOVE + SOLES), width / (2 * SIDE), .2)
    count = int(np.clip(width / (2.4 * SIDE * radius), 1, 3))
    y = height - radius * SOLES - .01
    heads = [(width / 2 + (k - (count - 1) / 2) * 2.1 * SIDE * radius, y, radius) for k in range(count)]
    _figures(canvas, style, rng, heads, [])
    x, y, radius = heads[0]
    _balloon(canvas, rng, size, style, ([(0, y - radius, width, height)], []), (x, y - 1.3 * radius), cut=False)


def draw_figure(canvas, style, rng, at, radius):
    """Draws one of the cast, its head centered at `at`, in units."""
    _figures(canvas, style, rng, [(*at, radius)], [])


def _composition(rng, width, height):
    """Places heads (x, y, radius) and props (x, y, size) for the panel's proportions."""
    aspect = width / height
    props = []
    if aspect > 1.5:
        shot = rng.choice(['group', 'close', 'lone'], p=[.5, .25, .25])
        if shot == 'group':
            count = int(np.clip(width / .6, 2, 5))
            heads = [((k + .5 + rng.uniform(-.12, .12)) * width / count, rng.uniform(.46, .54), rng.uniform(.13, .16))
                     for k in range(count)]
        elif shot == 'close':
            heads = [(x * width + rng.uniform(-.1, .1), rng.uniform(.54, .62), .24) for x in (.26, .74)]
        else:
            side = rng.choice([-1, 1])
            heads = [(width / 2 + side * width * rng.uniform(.15, .3), .48, .15)]
            props = [(width / 2 - side * width * x, .97, rng.uniform(.2, .28)) for x in (.12, .33)]
    elif aspect < .67:
        shot = rng.choice(['full', 'half', 'close'], p=[.45, .35, .2])
        if shot == 'full':
            count = 1 if rng.random() < .5 else 2
            radius = min(.2 if count == 1 else .105, (height - .45) / (ABOVE + SOLES))
            heads = [((k + .5) * width / count, height - .05 - SOLES * radius, radius) for k in range(count)]
        elif shot == 'half':
            heads = [(rng.uniform(.4, .6), height - rng.uniform(.75, .9), rng.uniform(.19, .22))]
        else:
            heads = [(rng.uniform(.4, .6), height - rng.uniform(.6, .75), rng.uniform(.26, .29))]
    else:
        shot = rng.choice(['close', 'pair', 'full', 'solo'], p=[.25, .3, .2, .25])
        if shot == 'close':
            heads = [(width * rng.uniform(.38, .62), height - .42, .24)]
        elif shot == 'solo':
            x = rng.uniform(.3, .7)
            heads = [(width * x, height - .5, .145)]
            props = [(width * (.14 if x > .5 else .86), height - .03, .2)]
        elif shot == 'pair':
            heads = [(width * rng.uniform(*x), height - rng.uniform(.45, .5), .14) for x in ((.22, .32), (.68, .78))]
        else:
            heads = [(width * x, height - .04 - SOLES * .085, .085)
                     for x in np.linspace(.2, .8, rng.integers(2, 4)) + rng.uniform(-.04, .04)]
    return heads, props


def _figures(canvas, style, rng, heads, props):
    for x, y, size in props:
        synthetic_cast.draw_prop(canvas, rng, (x, y), size)
    people = rng.permutation(len(style.cast)).tolist()
    for (x, y, radius), who in zip(heads, people, strict=False):
        synthetic_cast.draw_character(canvas, rng, style.cast[who], (x, y), radius, rng.uniform(-.08, .08), who)


def _floor(canvas, rng, size, flat):
    """Draws a floor line, a horizon or hills across the panel. The floor has a color of its own at times."""
    width, height = size
    x = np.linspace(-width, 2 * width, 120)  # a slanted panel is wider
    y = height - rng.uniform(.1, .38) + rng.uniform(-.03, .03) * (x / width - .5)
    if rng.random() < .2:
        y = y + rng.uniform(.02, .05) * np.sin(x * rng.uniform(4, 8) + rng.uniform(0, 6))
    color = grounds.any_color(rng) if flat and rng.random() < .6 else None
    canvas.horizon(np.stack([x, y], -1), color)


def _speech(canvas, rng, size, style, heads, covered):
    """Draws balloons of those who have room for one, and at times a caption in a corner."""
    taken = [(x - .8 * r, y - .8 * r, x + .8 * r, y + r) for x, y, r in heads], [*covered]
    if 'caption' in style.kinds and rng.random() < .3:
        _caption(canvas, rng, size, style, taken)
    count = rng.choice(3, p=[.15, .5, .35])
    for x, y, radius in sorted(heads, key=lambda head: rng.random())[:count]:
        _balloon(canvas, rng, size, style, taken, (x, y - radius * 1.3), cut=rng.random() < .15)


def _caption(canvas, rng, size, style, taken):
    """Draws a caption in a corner, if it is free. `taken` is two lists of boxes, see `_try`."""
    height = style.lettering / canvas.unit
    text = balloons.say(rng, 'caption', size[0] * .8, height)
    if text is None:
        return
    half = np.array(balloons.half_size(text, height, 'caption'))
    edge = 0. if rng.random() < .5 else _GAP  # on the frame or near it
    low = rng.random() < .25
    at = np.array([half[0] + edge, size[1] - half[1] - edge if low else half[1] + edge])
    if rng.random() < .3:
        at[0] = size[0] - at[0]
    _try(canvas, rng, style, taken, 'caption', at, half, text)


def _balloon(canvas, rng, size, style, taken, mouth, cut):
    """Draws a balloon above a mouth, beside what is taken. With `cut`, the frame cuts its upper part."""
    height = style.lettering / canvas.unit
    kind = str(rng.choice([kind for kind in style.kinds if kind != 'caption']))
    text = balloons.say(rng, kind, min(size[0] * .9, 22 * height), height)
    if text is None:
        return
    half = np.array(balloons.half_size(text, height, kind))
    spare = half * (1.3 if kind == 'shout' else 1.1) + height * .6  # spikes and clouds reach out; distance to frames
    for _ in range(8):
        x = mouth[0] + rng.uniform(-1, 1) * half[0]
        lowest = max(spare[1] + .06, mouth[1] - spare[1] - rng.uniform(1, 4) * height)
        at = np.array([x, rng.uniform(spare[1], lowest)])
        if size[0] > 2 * spare[0]:
            at[0] = np.clip(x, spare[0], size[0] - spare[0])
        else:
            at[0] = size[0] / 2
        if cut:
            at[1] = drawn_canvas.text_size(text, height)[1] / 2 + .5 * height
        if _try(canvas, rng, style, taken, kind, at, half, text, mouth):
            return


def _try(canvas, rng, style, taken, kind, at, half, text, mouth=None):
    """Draws a balloon if its place is free, and tells whether it was.

    `taken` is two lists of boxes: of heads, which a tail may reach, and of balloons with their tails.
    """
    height = style.lettering / canvas.unit
    body = (*(at - half - _GAP), *(at + half + _GAP))
    whole = body if mouth is None else (*body[:3], body[3] + balloons.TAIL * height)
    heads, spoken = taken
    if _meets(body, heads) or _meets(whole, spoken):
        return False
    spoken.append(whole)
    balloons.draw(canvas, rng, next(style.numbers), kind, at, text, height, mouth)
    return True


def _meets(box, others):
    left, top, right, bottom = box
    return any(left < r and le < right and top < b and t < bottom for le, t, r, b in others)
