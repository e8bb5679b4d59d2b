"""Draws the cast and the props of `synthetic_comic`, whose colors are fixed.

A character is drawn around its head: the head's center is the origin, its radius is the unit, and y points down.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Character:
    """A character of the cast: its style, which shows in line art who it is, and its colors (RGB).

    Example:
      >>> CAST[0].name, CAST[0].hair_style, CAST[0].hair
      ('Mina', 'long', (92, 58, 46))
    """

    name: str
    hair_style: str  # long, spiky, bun, curly, tails or bald
    hair: tuple
    skin: tuple
    top_style: str  # hoodie, stripes, cardigan, jacket, collar or overalls
    top: tuple
    trim: tuple
    legs: tuple
    glasses: bool = False


CAST = (
    Character('Mina', 'long', (92, 58, 46), (250, 220, 196),
              'hoodie', (64, 170, 164), (240, 240, 232), (70, 84, 130)),
    Character('Jun', 'spiky', (58, 72, 128), (244, 206, 170),
              'stripes', (226, 78, 74), (250, 240, 230), (96, 98, 112)),
    Character('Bo', 'bun', (206, 204, 214), (236, 196, 170),
              'cardigan', (150, 104, 176), (244, 214, 120), (120, 100, 110), glasses=True),
    Character('Theo', 'curly', (226, 128, 52), (252, 226, 206),
              'jacket', (104, 160, 72), (238, 206, 84), (150, 116, 80)),
    Character('Suri', 'tails', (242, 142, 172), (198, 146, 108),
              'collar', (62, 90, 168), (252, 250, 246), (232, 200, 212)),
    Character('Otto', 'bald', (140, 88, 52), (224, 172, 134),
              'overalls', (74, 128, 196), (246, 196, 70), (74, 128, 196)),
)

_DARK, _WHITE, _BLUSH, _LIPS = (38, 32, 44), (255, 255, 255), (244, 166, 156), (196, 72, 78)


def smooth(points, closed=True, steps=8):
    """Draws a Catmull-Rom curve through points [N, 2]: [N * steps, 2]."""
    p = np.asarray(points, np.float64)
    if not closed:
        p = np.concatenate([p[:1] * 2 - p[1:2], p, p[-1:] * 2 - p[-2:-1]])
    before, here, after, beyond = ((np.roll(p, k, axis=0) for k in (1, 0, -1, -2)) if closed
                                   else (p[:-3], p[1:-2], p[2:-1], p[3:]))
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    curve = .5 * (2 * here + (after - before) * t + (2 * before - 5 * here + 4 * after - beyond) * t ** 2
                  + (3 * here - before - 3 * after + beyond) * t ** 3)
    curve = curve.transpose(1, 0, 2).reshape(-1, 2)
    return curve if closed else np.concatenate([curve, p[-2:-1]])


def oval(x, y, rx, ry, start=0., end=2 * np.pi):
    """Draws an ellipse, or its arc from `start` to `end` in radians, clockwise from the right: [40, 2]."""
    turn = np.linspace(start, end, 40, endpoint=end - start < 6)
    return np.stack([x + rx * np.cos(turn), y + ry * np.sin(turn)], -1)


def _mirrored(points):
    """Adds the mirror image to the right half of a symmetric shape, whose points go from top to bottom."""
    p = np.asarray(points, np.float64)
    left = p[::-1] * (-1, 1)
    return np.concatenate([p, left[left[:, 0] < 0]])


def draw_character(canvas, rng, who, at, radius, tilt):
    """Draws one of the cast, its head centered at `at`. Pose, expression and direction are random."""
    side = rng.choice([-1, 1])
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])

    def head(points):
        return np.asarray(points) * (side, 1) @ turn.T * radius + at

    def body(points):
        return np.asarray(points) * (side, 1) * radius + at

    _hair_behind(canvas, who, head)
    _body(canvas, rng, who, body, radius)
    skull = [(0, -1), (.68, -.78), (.96, -.1), (.8, .55), (.35, .94), (0, 1.02)]
    canvas.fill(head(smooth(_mirrored(skull))), who.skin)
    for x in (-1, 1):
        canvas.fill(head(oval(x * .97, .12, .15, .2)), who.skin)
    _face(canvas, rng, who, head, radius)
    _hair_in_front(canvas, who, head)


def _face(canvas, rng, who, head, radius):
    look = rng.uniform(-.06, .06)
    mood = rng.choice(['smile', 'open', 'flat', 'oh'])
    thin = .05 * radius
    for x in (-.38, .38):
        canvas.tint(head(oval(x * 1.45, .42, .17, .09)), _BLUSH)
        if mood == 'open' and rng.random() < .4:
            canvas.stroke(head(oval(x, .2, .15, .14, np.pi, 2 * np.pi)), thin)
        else:
            canvas.fill(head(oval(x + look, .16, .105, .17)), _DARK, width=0)
            canvas.stroke(head(oval(x + look, .16, .1, .165)), .02 * radius)
            canvas.fill(head(oval(x + look + .03, .09, .038, .05)), _WHITE, width=0)
        lift = -.28 if mood in ('oh', 'open') else -.2
        brow = [(x - .17, lift + .04), (x, lift - .03), (x + .17, lift + .03)]
        canvas.stroke(head(smooth(brow, closed=False)), thin)
        if who.glasses:
            canvas.stroke(head(oval(x, .16, .29, .29, 0, 2 * np.pi + .1)), thin)
    if who.glasses:
        canvas.stroke(head([(-.1, .13), (.1, .13)]), thin)
    canvas.stroke(head(smooth([(look, .3), (look + .06, .42), (look - .02, .45)], closed=False)), .035 * radius)
    if who.hair_style == 'bald':
        beard = [(0, .5), (.55, .5), (.86, .3), (.78, .85), (.3, 1.25)]
        canvas.fill(head(smooth(_mirrored(beard))), who.hair)
    if mood == 'smile':
        canvas.stroke(head(oval(look, .55, .24, .14, .15, np.pi - .15)), thin)
    elif mood == 'open':
        canvas.fill(head(_mirrored([(0, .56), (.24, .58), (.16, .76), (0, .8)]) + (look, 0)), _LIPS)
    elif mood == 'oh':
        canvas.fill(head(oval(look, .68, .1, .12)), _LIPS)
    else:
        canvas.stroke(head([(look - .16, .66), (look + .16, .66)]), thin)


def _hair_behind(canvas, who, head):
    if who.hair_style == 'long':
        fall = [(0, -1.2), (.95, -.9), (1.22, 0), (1.25, 1.1), (1.05, 1.95), (0, 1.7)]
        canvas.fill(head(smooth(_mirrored(fall))), who.hair)
    elif who.hair_style == 'tails':
        for x in (-1, 1):
            tail = [(.85, -.55), (1.35, -.75), (1.75, -.1), (1.65, .9), (1.35, 1.35), (1.28, .6), (1.15, 0)]
            canvas.fill(head(smooth(tail) * (x, 1)), who.hair)
    elif who.hair_style == 'bun':
        canvas.fill(head(oval(0, -1.25, .5, .42)), who.hair)
    elif who.hair_style == 'curly':
        for angle in np.linspace(np.pi * .92, np.pi * 2.08, 8):
            canvas.fill(head(oval(.98 * np.cos(angle), -.1 + .95 * np.sin(angle), .42, .4)), who.hair)


def _hair_in_front(canvas, who, head):
    style = who.hair_style
    if style == 'long':
        fringe = [(0, -1.18), (.75, -.98), (1.1, -.3), (1.06, .5), (.92, .1), (.8, -.3), (.5, -.42), (.28, -.28),
                  (0, -.42)]
        canvas.fill(head(smooth(_mirrored(fringe))), who.hair)
    elif style == 'spiky':
        spikes = [(-1.02, .05), (-1.2, -.45), (-1., -.5), (-1.05, -1.), (-.7, -.95), (-.5, -1.45), (-.15, -1.15),
                  (.2, -1.55), (.4, -1.15), (.85, -1.25), (.85, -.85), (1.2, -.75), (1.05, -.4), (1.15, -.2), (1., .08),
                  (.85, -.3), (.55, -.2), (.4, -.55), (.1, -.25), (-.15, -.55), (-.45, -.22), (-.6, -.5), (-.85, -.25)]
        canvas.fill(head(spikes), who.hair)
    elif style == 'bun':
        combed = [(0, -1.1), (.75, -.9), (1.06, -.2), (1., .2), (.85, -.2), (.4, -.55), (0, -.72)]
        canvas.fill(head(smooth(_mirrored(combed))), who.hair)
    elif style == 'curly':
        for x, y in ((-.72, -.62), (-.4, -.85), (0, -.92), (.4, -.85), (.72, -.62), (-.25, -.62), (.22, -.62)):
            canvas.fill(head(oval(x, y, .32, .27)), who.hair)
    elif style == 'tails':
        parted = [(0, -1.1), (.72, -.92), (1.05, -.25), (.98, .15), (.8, -.35), (.3, -.62), (0, -.85), (-.5, -.45),
                  (-.85, -.3), (-.98, .15), (-1.05, -.25), (-.72, -.92)]
        canvas.fill(head(smooth(parted)), who.hair)
        for x in (-1, 1):
            canvas.fill(head(oval(x * .98, -.55, .17, .17)), who.trim)


def _body(canvas, rng, who, body, radius):
    arm, wide = .46 * radius, 1.02
    for x in (-1, 1):
        canvas.tube(body([(x * .38, 3.1), (x * .42, 4.7)]), .62 * radius, who.legs)
        canvas.fill(body(oval(x * .5, 4.86, .44, .2)), (92, 76, 84))
    canvas.fill(body(_mirrored([(0, .7), (.27, .7), (.27, 1.35), (0, 1.45)])), who.skin)
    pose = rng.choice(['down', 'wave', 'hips'])
    for x in (-1, 1):
        if pose == 'wave' and x == 1:
            arm_points, hand = [(x * .85, 1.62), (x * 1.75, 1.9), (x * 1.9, .9)], (x * 1.92, .66)
        elif pose == 'hips':
            arm_points, hand = [(x * .85, 1.62), (x * 1.6, 2.2), (x * 1.0, 2.85)], (x * .92, 2.9)
        else:
            arm_points, hand = [(x * .88, 1.62), (x * 1.2, 2.3), (x * 1.22, 2.95)], (x * 1.22, 3.14)
        canvas.fill(body(oval(*hand, .25, .25)), who.skin)
        canvas.tube(body(smooth(arm_points, closed=False)), arm, who.trim if who.top_style == 'overalls' else who.top)
    torso = _mirrored([(0, 1.22), (.35, 1.22), (.8, 1.36), (wide, 1.7), (.92, 2.4), (.95, 3.3), (0, 3.36)])
    canvas.fill(body(torso), who.trim if who.top_style == 'overalls' else who.top)
    _top(canvas, who, body, radius)


def _top(canvas, who, body, radius):
    """Draws the parts that tell one top from another in line art."""
    if who.top_style == 'hoodie':
        canvas.fill(body(smooth([(-.55, 1.18), (0, 1.5), (.55, 1.18), (.62, 1.42), (0, 1.78), (-.62, 1.42)])), who.top)
        for x in (-.14, .14):
            canvas.stroke(body([(x, 1.72), (x * 1.3, 2.2)]))
        canvas.fill(body(_mirrored([(0, 2.5), (.45, 2.5), (.62, 3.05), (0, 3.05)])), who.trim)
    elif who.top_style == 'stripes':
        for y in (1.75, 2.2, 2.65, 3.05):
            canvas.fill(body([(-.93, y), (.93, y), (.92, y + .2), (-.92, y + .2)]), who.trim)
    elif who.top_style == 'cardigan':
        canvas.fill(body([(-.4, 1.2), (.4, 1.2), (0, 2.)]), who.trim)
        canvas.stroke(body([(0, 2.), (0, 3.34)]))
        for y in (2.25, 2.65, 3.05):
            canvas.fill(body(oval(.12, y, .07, .07)), who.trim)
    elif who.top_style == 'jacket':
        canvas.fill(body([(-.28, 1.22), (.28, 1.22), (.22, 3.34), (-.22, 3.34)]), who.trim)
        for x in (-1, 1):
            canvas.fill(body(np.array([(.25, 1.2), (.62, 1.3), (.34, 1.85)]) * (x, 1)), who.top)
    elif who.top_style == 'collar':
        for x in (-1, 1):
            canvas.fill(body(np.array([(0, 1.42), (.3, 1.18), (.72, 1.38), (.3, 1.85)]) * (x, 1)), who.trim)
        canvas.stroke(body([(-.94, 2.75), (.94, 2.75)]))
    else:  # overalls
        canvas.fill(body(_mirrored([(0, 1.95), (.55, 1.95), (.6, 2.5), (.94, 2.7), (.95, 3.4), (0, 3.4)])), who.top)
        for x in (-1, 1):
            canvas.tube(body([(x * .58, 1.32), (x * .48, 2.)]), .2 * radius, who.top)
            canvas.fill(body(oval(x * .48, 2.04, .1, .1)), (250, 236, 190))


def draw_prop(canvas, rng, at, size):
    """Draws a plant, a lamp, a cat or a mug on a stool, which stands at `at` and is `size` high."""
    kind = rng.choice(['plant', 'lamp', 'cat', 'mug'])

    def place(points):
        return np.asarray(points) * size + at

    if kind == 'plant':
        for x, y in ((-.42, -1.05), (.42, -1.05), (0, -1.3), (-.25, -.8), (.25, -.8)):
            leaf = [(0, -.5), (x * .5 - .12, (y - .5) / 2), (x, y), (x * .5 + .12, (y - .4) / 2)]
            canvas.fill(place(smooth(leaf)), (86, 168, 92))
        canvas.fill(place(_mirrored([(0, -.6), (.34, -.6), (.26, 0), (0, 0)])), (206, 118, 78))
        canvas.fill(place(_mirrored([(0, -.66), (.4, -.66), (.4, -.5), (0, -.5)])), (206, 118, 78))
    elif kind == 'lamp':
        canvas.tube(place([(0, -.9), (0, -.05)]), .06 * size, (120, 112, 120))
        canvas.fill(place(_mirrored([(0, -.08), (.26, -.08), (.3, 0), (0, 0)])), (120, 112, 120))
        canvas.fill(place(_mirrored([(0, -1.4), (.22, -1.4), (.46, -.8), (0, -.8)])), (250, 222, 130))
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
        canvas.fill(place(_mirrored([(0, -.72), (.45, -.72), (.45, -.58), (0, -.58)])), (170, 122, 84))
        canvas.tube(place(oval(.24, -.93, .13, .12, -1.5, 1.5)), .05 * size, (236, 240, 244))
        canvas.fill(place(_mirrored([(0, -1.15), (.24, -1.15), (.2, -.72), (0, -.72)])), (236, 240, 244))
        canvas.fill(place(_mirrored([(0, -1.), (.23, -1.), (.22, -.88), (0, -.88)])), (88, 146, 200))
