"""Draws the characters and the props of `synthetic_comic`.

A character is drawn around its head: the head's center is the origin, its radius is the unit, and y points down.
"""

import dataclasses

import numpy as np

from data_pipeline.drawn import clothes, hair, marks, shapes
from data_pipeline.drawn.shapes import even, mirrored, open_curve, oval, smooth

_DARK, _WHITE, _BLUSH, _LIPS = (38, 32, 44), (255, 255, 255), (244, 166, 156), (196, 72, 78)


@dataclasses.dataclass(frozen=True)
class Character:
    """A character: its style, which shows in line art who it is, and its colors (RGB).

    Attributes:
      name: name of the character.
      hair_style: one of `hair.STYLES`.
      hair, skin, top, trim, legs, blush: its colors.
      top_style: one of `clothes.TOPS`.
      legs_style: one of `clothes.LEGS`.
      marks: names of its `marks.MARKS`.
      jaw: one of JAWS.
      eyes: width and height of the eyes, relative to the usual ones.
      wide, tall: width and height of the body, relative to the usual one. The head is the same for all.

    Example:
      >>> CAST[0].name, CAST[0].hair_style, CAST[0].hair
      ('Mina', 'long', (92, 58, 46))
    """

    name: str
    hair_style: str
    hair: tuple
    skin: tuple
    top_style: str
    top: tuple
    trim: tuple
    legs: tuple
    blush: tuple = _BLUSH
    legs_style: str = 'trousers'
    marks: tuple = ()
    jaw: str = 'round'
    eyes: tuple = (1., 1.)
    wide: float = 1.
    tall: float = 1.


CAST = (
    Character('Mina', 'long', (92, 58, 46), (250, 220, 196),
              'hoodie', (64, 170, 164), (240, 240, 232), (70, 84, 130)),
    Character('Jun', 'spiky', (58, 72, 128), (244, 206, 170),
              'stripes', (226, 78, 74), (250, 240, 230), (96, 98, 112)),
    Character('Bo', 'bun', (206, 204, 214), (236, 196, 170),
              'cardigan', (150, 104, 176), (244, 214, 120), (120, 100, 110), marks=('glasses',)),
    Character('Theo', 'curly', (226, 128, 52), (252, 226, 206),
              'jacket', (104, 160, 72), (238, 206, 84), (150, 116, 80)),
    Character('Suri', 'tails', (242, 142, 172), (198, 146, 108),
              'collar', (62, 90, 168), (252, 250, 246), (232, 200, 212)),
    Character('Otto', 'bald', (140, 88, 52), (224, 172, 134),
              'overalls', (74, 128, 196), (246, 196, 70), (74, 128, 196)),
)

# The lower half of the face: its right half, from the ear to the chin.
JAWS = {'round': [(.8, .55), (.35, .94), (0, 1.02)], 'pointed': [(.76, .5), (.24, .96), (0, 1.12)],
        'square': [(.88, .55), (.56, .94), (0, 1.)], 'full': [(.95, .5), (.55, .96), (0, 1.06)]}
_SKULL = [(0, -1), (.68, -.78), (.96, -.1)]
_NECK = .7  # where bodies start, whatever their size


def draw_character(canvas, rng, who, at, radius, tilt, index):
    """Draws a character. Pose, expression and direction are random.

    Args:
      canvas: `Canvas`.
      rng: `np.random.Generator`.
      who: `Character`.
      at: (x, y) of the head's center in units.
      radius: of the head in units.
      tilt: of the head, in radians.
      index: index of the character in its cast, which numbers its parts (`shapes.part_number`).
    """
    side = rng.choice([-1, 1])
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    pieces = [hair.STYLES[who.hair_style], *(marks.MARKS[name] for name in who.marks)]

    def head(points):
        return np.asarray(points) * (side, 1) @ turn.T * radius + at

    def body(points):
        return (np.asarray(points) * (who.wide, who.tall) + (0, _NECK * (1 - who.tall))) * (side, 1) * radius + at

    def draw(parts, place):
        shapes.draw(canvas, parts, place, radius, who, index)

    top = clothes.TOPS[who.top_style]
    draw(top.behind, body)
    draw([shape for piece in pieces for shape in piece.behind], head)
    draw(clothes.LEGS[who.legs_style], body)
    draw(_arms_and_torso(rng, top), body)
    draw(top.shapes, body)
    draw([shapes.area('skin', even(_SKULL + JAWS[who.jaw])),
          *(shapes.area('skin', oval(x * .97, .12, .15, .2)) for x in (-1, 1))], head)
    look, mood, thin = rng.uniform(-.06, .06), rng.choice(['smile', 'open', 'flat', 'oh']), .05 * radius
    _eyes(canvas, rng, who, head, thin, look, mood)
    draw([shape for piece in pieces[1:] for shape in piece.face], head)
    canvas.stroke(head(open_curve([(look, .3), (look + .06, .42), (look - .02, .45)])), .7 * thin)  # the nose
    draw(pieces[0].face, head)
    _mouth(canvas, head, thin, look, mood)
    draw([shape for piece in pieces for shape in piece.front], head)


def _arms_and_torso(rng, top):
    """Makes the neck, the arms in a pose and the torso: list of `Shape`."""
    result = [shapes.area('skin', mirrored([(0, .7), (.27, .7), (.27, 1.35), (0, 1.45)]))]
    pose = rng.choice(['down', 'wave', 'hips'])
    for x in (-1, 1):
        if pose == 'wave' and x == 1:
            arm, hand = [(x * .85, 1.62), (x * 1.75, 1.9), (x * 1.9, .9)], (x * 1.92, .66)
        elif pose == 'hips':
            arm, hand = [(x * .85, 1.62), (x * 1.6, 2.2), (x * 1.0, 2.85)], (x * .92, 2.9)
        else:
            arm, hand = [(x * .88, 1.62), (x * 1.2, 2.3), (x * 1.22, 2.95)], (x * 1.22, 3.14)
        arm = open_curve(arm)
        result.append(shapes.area('skin', oval(*hand, .25, .25)))
        if top.sleeves < 1:
            result.append(shapes.tube('skin', arm, .36))
        if top.sleeves:
            result.append(shapes.tube(top.base, arm[:round(top.sleeves * len(arm))], .46))
    torso = [(0, 1.22), (.35, 1.22), (.8, 1.36), (1.02, 1.7), (.92, 2.4), (.95, 3.3), (0, 3.36)]
    return [*result, shapes.area(top.base, mirrored(torso))]


def _eyes(canvas, rng, who, head, thin, look, mood):
    """Draws eyes with blush and brows."""
    wide, high = who.eyes
    for x in (-.38, .38):
        canvas.tint(head(oval(x * 1.45, .42, .17, .09)), who.blush)
        if mood == 'open' and rng.random() < .4:
            canvas.stroke(head(oval(x, .2, .15, .14, np.pi, 2 * np.pi)), thin)
        else:
            canvas.fill(head(oval(x + look, .16, .105 * wide, .17 * high)), _DARK, width=0)
            canvas.stroke(head(oval(x + look, .16, .1 * wide, .165 * high)), .4 * thin)
            canvas.fill(head(oval(x + look + .03, .09, .038, .05)), _WHITE, width=0)
        lift = -.28 if mood in ('oh', 'open') else -.2
        brow = [(x - .17, lift + .04), (x, lift - .03), (x + .17, lift + .03)]
        canvas.stroke(head(open_curve(brow)), thin)


def _mouth(canvas, head, thin, look, mood):
    if mood == 'smile':
        canvas.stroke(head(oval(look, .55, .24, .14, .15, np.pi - .15)), thin)
    elif mood == 'open':
        canvas.fill(head(mirrored([(0, .56), (.24, .58), (.16, .76), (0, .8)]) + (look, 0)), _LIPS)
    elif mood == 'oh':
        canvas.fill(head(oval(look, .68, .1, .12)), _LIPS)
    else:
        canvas.stroke(head([(look - .16, .66), (look + .16, .66)]), thin)


def draw_prop(canvas, rng, at, size):
    """Draws a plant, a lamp, a cat or a mug on a stool, which stands at `at` and is `size` high."""
    kind = rng.choice(['plant', 'lamp', 'cat', 'mug'])

    def place(points):
        return np.asarray(points) * size + at

    if kind == 'plant':
        for x, y in ((-.42, -1.05), (.42, -1.05), (0, -1.3), (-.25, -.8), (.25, -.8)):
            leaf = [(0, -.5), (x * .5 - .12, (y - .5) / 2), (x, y), (x * .5 + .12, (y - .4) / 2)]
            canvas.fill(place(smooth(leaf)), (86, 168, 92))
        canvas.fill(place(mirrored([(0, -.6), (.34, -.6), (.26, 0), (0, 0)])), (206, 118, 78))
        canvas.fill(place(mirrored([(0, -.66), (.4, -.66), (.4, -.5), (0, -.5)])), (206, 118, 78))
    elif kind == 'lamp':
        canvas.tube(place([(0, -.9), (0, -.05)]), .06 * size, (120, 112, 120))
        canvas.fill(place(mirrored([(0, -.08), (.26, -.08), (.3, 0), (0, 0)])), (120, 112, 120))
        canvas.fill(place(mirrored([(0, -1.4), (.22, -1.4), (.46, -.8), (0, -.8)])), (250, 222, 130))
    elif kind == 'cat':
        fur, pale = (236, 150, 72), (252, 232, 206)
        canvas.tube(place(smooth([(.3, -.12), (.62, -.25), (.55, -.65)], closed=False)), .13 * size, fur)
        canvas.fill(place(smooth([(0, -.72), (.28, -.55), (.38, -.05), (0, 0), (-.38, -.05), (-.28, -.55)])), fur)
        canvas.fill(place(smooth([(0, -.5), (.16, -.3), (0, -.08), (-.16, -.3)])), pale)
        for x in (-1, 1):
            canvas.fill(place(np.array([(.1, -1.05), (.36, -1.28), (.38, -.8)]) * (x, 1)), fur)
        canvas.fill(place(oval(0, -.82, .4, .32)), fur)
        for x in (-.15, .15):
            canvas.fill(place(oval(x, -.84, .045, .07)), _DARK, width=0)
            canvas.stroke(place([(x * 1.7, -.72), (x * 3., -.68)]), .004)
        canvas.stroke(place([(-.08, -.68), (0, -.72), (.08, -.68)]), .005)
        for x in (-.1, 0, .1):
            canvas.stroke(place([(x, -1.12), (x, -1.)]), .006)
    else:  # a mug on a stool
        for x in (-.3, .3):
            canvas.tube(place([(x * .8, -.6), (x, 0)]), .08 * size, (170, 122, 84))
        canvas.fill(place(mirrored([(0, -.72), (.45, -.72), (.45, -.58), (0, -.58)])), (170, 122, 84))
        canvas.tube(place(oval(.24, -.93, .13, .12, -1.5, 1.5)), .05 * size, (236, 240, 244))
        canvas.fill(place(mirrored([(0, -1.15), (.24, -1.15), (.2, -.72), (0, -.72)])), (236, 240, 244))
        canvas.fill(place(mirrored([(0, -1.), (.23, -1.), (.22, -.88), (0, -.88)])), (88, 146, 200))
