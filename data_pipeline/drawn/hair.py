"""Hair styles and hats of figures, in units of the head (see `data_pipeline.drawn.shapes`)."""

import dataclasses

import numpy as np

from data_pipeline.drawn.shapes import area, both, bumpy, even, line, mirrored, open_curve, oval, smooth, tube


@dataclasses.dataclass(frozen=True)
class Headpiece:
    """What a head has: its hair, or a mark such as glasses.

    Attributes:
      behind: shapes behind the body.
      face: shapes on the face, behind the mouth.
      front: shapes before the face.
      hat: whether it covers the head, so that nothing else has room on it.

    Example:
      >>> STYLES['bun'].hat, STYLES['cap'].hat, len(STYLES) >= 20
      (False, True, True)
    """

    behind: tuple | list = ()
    face: tuple | list = ()
    front: tuple | list = ()
    hat: bool = False


def _hair(points):
    return area('hair', points)


def _strand(points):
    return line(open_curve(points), .035)


def _strands(*curves):
    return [_strand(points) for points in curves]


_COMBED = even([(0, -1.1), (.75, -.9), (1.06, -.2), (1., .2), (.85, -.2), (.4, -.55), (0, -.72)])
_BANGS = mirrored([(0, -1.18), (.4, -1.13), (.75, -.98), (1., -.65), (1.1, -.25), (1.06, .3), (.9, .12), (.86, -.2),
                   (0, -.2)])
_BANGS_LINES = [line([(x, -.5), (x * 1.04, -.2)], .035) for x in (-.55, -.2, .2, .55)]
_CENTER = even([(0, -1.12), (.75, -.95), (1.1, -.25), (1.02, .4), (.88, -.05), (.6, -.5), (.08, -.92)])
_SWEPT = smooth([(-1.02, .2), (-1.1, -.45), (-.7, -1.02), (.1, -1.2), (.8, -.98), (1.12, -.3), (1.02, .3), (.9, -.1),
                 (.55, -.62), (.1, -.3), (-.5, -.22), (-.9, -.12)])
_SHORT_BACK = even([(0, -1.1), (.9, -.85), (1.17, -.1), (1.08, .7), (.7, .95), (0, .9)])
_LONG_BACK = even([(0, -1.2), (.95, -.9), (1.22, 0), (1.25, 1.1), (1.05, 1.95), (0, 1.7)])
_SIDEBURNS = both(_hair(smooth([(.8, -.5), (1.1, -.5), (1.12, .2), (.98, .55), (.84, .1)])))


def _stack(points, rx, ry, shrink=0.):
    """Makes a braid or a curl of ovals, each a bit smaller than that above it."""
    return [_hair(oval(x, y, rx * (1 - shrink * k), ry)) for k, (x, y) in enumerate(points)]


STYLES = {
    'long': Headpiece(
        behind=[_hair(_LONG_BACK)],
        front=[_hair(even([(0, -1.18), (.75, -.98), (1.1, -.3), (1.06, .5), (.92, .1), (.8, -.3), (.5, -.42),
                           (.28, -.28), (0, -.42)]))]),
    'spiky': Headpiece(
        front=[_hair([(-1.02, .05), (-1.2, -.45), (-1., -.5), (-1.05, -1.), (-.7, -.95), (-.5, -1.45), (-.15, -1.15),
                      (.2, -1.55), (.4, -1.15), (.85, -1.25), (.85, -.85), (1.2, -.75), (1.05, -.4), (1.15, -.2),
                      (1., .08), (.85, -.3), (.55, -.2), (.4, -.55), (.1, -.25), (-.15, -.55), (-.45, -.22),
                      (-.6, -.5), (-.85, -.25)])]),
    'bun': Headpiece(behind=[_hair(oval(0, -1.25, .5, .42))], front=[_hair(_COMBED)]),
    'curly': Headpiece(
        behind=[_hair(oval(.98 * np.cos(angle), -.1 + .95 * np.sin(angle), .42, .4))
                for angle in np.linspace(np.pi * .92, np.pi * 2.08, 8)],
        front=[_hair(oval(x, y, .32, .27)) for x, y in ((-.72, -.62), (-.4, -.85), (0, -.92), (.4, -.85), (.72, -.62),
                                                        (-.25, -.62), (.22, -.62))]),
    'tails': Headpiece(
        behind=both(_hair(smooth([(.85, -.55), (1.35, -.75), (1.75, -.1), (1.65, .9), (1.35, 1.35), (1.28, .6),
                                  (1.15, 0)]))),
        front=[_hair(smooth([(0, -1.1), (.72, -.92), (1.05, -.25), (.98, .15), (.8, -.35), (.3, -.62), (0, -.85),
                             (-.5, -.45), (-.85, -.3), (-.98, .15), (-1.05, -.25), (-.72, -.92)])),
               *(area('trim', oval(x * .98, -.55, .17, .17)) for x in (-1, 1))]),
    'bald': Headpiece(face=[_hair(even([(0, .5), (.55, .5), (.86, .3), (.78, .85), (.3, 1.25)]))]),
    'bob': Headpiece(
        behind=[_hair(even([(0, -1.2), (.95, -.95), (1.27, -.1), (1.36, .6), (1.2, 1.), (.7, .95), (0, .9)]))],
        front=[_hair(_BANGS), *_BANGS_LINES]),
    'straight': Headpiece(
        behind=[_hair(_LONG_BACK)],
        front=[*both(_hair([(.84, -.3), (1.14, -.4), (1.2, 1.9), (.82, 1.9)]), line([(1., .2), (1.02, 1.85)], .035)),
               _hair(_BANGS), *_BANGS_LINES]),
    'ponytail': Headpiece(
        behind=[_hair(smooth([(.3, -1.05), (.9, -1.6), (1.6, -1.45), (1.95, -.5), (1.8, .5), (1.4, 1.3), (1.42, .3),
                              (1.25, -.5)])),
                _strand([(1.1, -1.2), (1.6, -.7), (1.62, .3)])],
        front=[_hair(_COMBED), *both(_strand([(.1, -.85), (.6, -.7), (.95, -.15)])),
               area('trim', oval(.68, -1.05, .2, .17))]),
    'braids': Headpiece(
        front=[*both(*_stack([(.98 + .03 * k, .35 + .3 * k) for k in range(5)], .2, .22),
                     _hair(smooth([(.98, 1.85), (1.2, 1.85), (1.32, 2.25), (1.12, 2.15), (.92, 2.25)])),
                     area('trim', oval(1.1, 1.8, .15, .1))),
               _hair(_CENTER), line([(0, -1.1), (0, -.9)], .035)]),
    'mohawk': Headpiece(
        behind=[_hair([(-.3, -.85), (-.5, -1.4), (-.24, -1.32), (-.2, -1.75), (0, -1.45), (.2, -1.8), (.26, -1.32),
                       (.52, -1.42), (.3, -.85)])],
        front=[_hair(mirrored([(0, -1.2), (.26, -1.1), (.24, -.75), (0, -.5)])),
               *both(*(line([(x, -.72 + .3 * x), (x + .05, -.6 + .3 * x)], .03) for x in (.5, .66, .82)))]),
    'afro': Headpiece(
        behind=[_hair(bumpy(0, -.45, 1.55, 1.36, 18))],
        front=[_hair(even([(0, -1.02), (.7, -.85), (1.02, -.2), (.96, .1), (.8, -.25), (.4, -.5), (0, -.55)])),
               *_strands(*([(x, y), (x + .12, y - .1), (x + .22, y)] for x, y in
                           ((-1.2, -.4), (-.9, -1.1), (-.1, -1.4), (.6, -1.2), (1.05, -.55))))]),
    'wavy': Headpiece(
        behind=[_hair(even([(0, -1.2), (.9, -.95), (1.2, -.45), (1.42, 0), (1.22, .4), (1.5, .85), (1.26, 1.2),
                            (1.52, 1.6), (1.15, 2.), (.7, 1.85), (0, 1.8)]))],
        front=[_hair(_SWEPT), _strand([(.2, -1.), (-.2, -.65), (-.75, -.45)])]),
    'dreads': Headpiece(
        behind=both(*(tube('hair', open_curve([(.5 * x, -.7), (x, -.1), (x * 1.12, .7), (x * 1.1, end)]), .2)
                      for x, end in ((1.3, 1.15), (1.02, 1.55)))),
        front=[_hair(_COMBED), *both(*(tube('hair', open_curve([(x * .2, -.98), (x * .75, -.8), (x, -.2)]), .17)
                                       for x in (.55, 1.05)))]),
    'pixie': Headpiece(
        front=[_hair(smooth([(-1.05, .3), (-1.14, -.4), (-.75, -1.02), (0, -1.22), (.75, -1.02), (1.14, -.4),
                             (1.05, .3), (.88, -.1), (.8, -.45), (.5, -.16), (.36, -.42), (0, -.2), (-.3, -.42),
                             (-.75, -.45), (-.88, -.1)]))]),
    'slick': Headpiece(
        front=[_hair(even([(0, -1.18), (.8, -.95), (1.08, -.2), (1., .35), (.9, -.1), (.72, -.62), (0, -.8)])),
               *_strands(*([(x, -.78), (x * .9, -1.), (x * .6, -1.12)] for x in (-.62, -.35, 0, .35, .62)))]),
    'quiff': Headpiece(
        front=[_hair(smooth([(-1.02, .1), (-1.08, -.6), (-1.15, -1.2), (-.5, -1.72), (.6, -1.68), (1.3, -1.2),
                             (1.15, -.6), (1.02, .1), (.86, -.35), (.3, -.52), (-.5, -.45), (-.86, -.3)])),
               _strand([(-.85, -.75), (-.1, -1.), (.7, -1.1), (.85, -1.35), (.6, -1.4)])]),
    'buns': Headpiece(
        behind=both(_hair(oval(.85, -1.12, .5, .46)), line(oval(.88, -1.15, .26, .24, -2., 2.5), .035)),
        front=[_hair(_BANGS), *_BANGS_LINES]),
    'topknot': Headpiece(
        behind=[_hair(smooth([(-.14, -1.1), (-.36, -1.5), (-.12, -1.8), (.25, -1.75), (.34, -1.45), (.14, -1.1)]))],
        front=[_hair(even([(0, -1.15), (.5, -1.02), (.68, -.72), (.3, -.72), (0, -.62)])),
               area('trim', oval(0, -1.15, .22, .1)),
               *both(*(line([(x, -.72 + .3 * x), (x + .04, -.6 + .3 * x)], .03) for x in (.74, .86)))]),
    'bowl': Headpiece(
        front=[_hair(mirrored([(0, -1.24), (.5, -1.17), (.9, -.92), (1.15, -.5), (1.22, .1), (.9, .1), (0, -.12)])),
               *_strands(*([(x * .6, -1.05), (x * .95, -.7), (x, -.25)] for x in (-.75, -.4, 0, .4, .75)))]),
    'one eye': Headpiece(
        behind=[_hair(_SHORT_BACK)],
        front=[_hair(smooth([(-.98, .75), (-1.17, -.3), (-.75, -1.03), (.1, -1.22), (.82, -.98), (1.12, -.3),
                             (1.04, .3), (.9, -.15), (.6, -.6), (.25, -.75), (.02, -.2), (-.12, .35), (-.5, .62)])),
               *_strands([(.2, -.8), (-.3, -.4), (-.4, .4)], [(.05, -.95), (-.6, -.5), (-.75, .3)])]),
    'shaggy': Headpiece(
        behind=[_hair(mirrored([(0, -1.2), (1., -.9), (1.38, -.3), (1.15, -.05), (1.55, .5), (1.2, .5), (1.4, 1.1),
                                (.9, .95), (.8, 1.3), (0, 1.)]))],
        front=[_hair([(-1.05, .3), (-1.14, -.4), (-.75, -1.04), (0, -1.22), (.75, -1.04), (1.14, -.4), (1.05, .3),
                      (.88, -.2), (.7, .02), (.5, -.42), (.25, -.08), (.05, -.48), (-.2, -.05), (-.4, -.42),
                      (-.66, .02), (-.86, -.25)])]),
    'drills': Headpiece(
        behind=both(*_stack([(1.28 - .03 * k, -.15 + .38 * k) for k in range(5)], .42, .27, shrink=.14)),
        front=[_hair(_SWEPT), *both(area('trim', [(.95, -.6), (1.3, -.85), (1.3, -.3)]))]),
    'flipped': Headpiece(
        behind=[_hair(even([(0, -1.2), (.95, -.95), (1.2, -.1), (1.14, .6), (1.62, .95), (1.3, 1.3), (.75, 1.05),
                            (0, 1.)]))],
        front=[_hair(_CENTER), line([(0, -1.1), (0, -.9)], .035)]),
    'flame': Headpiece(
        behind=[_hair([(-1., .1), (-1.3, -.4), (-1.12, -.55), (-1.3, -1.1), (-.9, -1.05), (-.75, -1.6), (-.35, -1.4),
                       (.15, -1.85), (.3, -1.42), (.8, -1.65), (.85, -1.1), (1.28, -1.15), (1.12, -.6), (1.32, -.45),
                       (1., .1)])],
        front=[_hair(mirrored([(0, -1.05), (.7, -.88), (1.03, -.2), (.98, .1), (.8, -.5), (.45, -.75), (0, -.35)]))]),
    'side tail': Headpiece(
        front=[_hair(smooth([(.8, .35), (1.15, .2), (1.35, .8), (1.25, 1.7), (.95, 2.2), (.8, 1.6), (.95, .9)])),
               _strand([(1.08, .6), (1.12, 1.2), (1., 1.8)]), area('trim', oval(1.02, .42, .2, .13)),
               _hair(_SWEPT)]),
    'cap': Headpiece(
        behind=[_hair(_SHORT_BACK)],
        front=[*_SIDEBURNS,
               area('trim', even([(0, -1.36), (.75, -1.2), (1.14, -.6), (1.16, -.32), (0, -.4)])),
               _strand([(0, -1.34), (.12, -.9), (.1, -.42)]), area('trim', oval(0, -1.36, .12, .08)),
               area('trim', smooth([(-.4, -.42), (.5, -.5), (1.2, -.42), (1.85, -.22), (1.5, -.08), (.6, -.2),
                                    (-.2, -.22)]))],
        hat=True),
    'beanie': Headpiece(
        behind=[_hair(_SHORT_BACK)],
        front=[*_SIDEBURNS, area('trim', bumpy(0, -1.6, .28, .25, 9, .1)),
               area('trim', even([(0, -1.45), (.7, -1.25), (1.12, -.6), (1.1, -.35), (0, -.4)])),
               area('trim', mirrored([(0, -.7), (.6, -.68), (1.16, -.55), (1.18, -.22), (.6, -.32), (0, -.34)])),
               *(line([(x, -.68), (x, -.34)], .035) for x in np.linspace(-.9, .9, 8))],
        hat=True),
    'hood': Headpiece(
        behind=[area('top', even([(0, -1.42), (.95, -1.15), (1.4, -.2), (1.35, .9), (1., 1.4), (0, 1.4)]))],
        front=[_hair(even([(0, -1.1), (.75, -.88), (1., -.1), (.82, -.25), (.45, -.3), (.2, -.16), (0, -.45)])),
               *both(area('top', smooth([(0, -1.42), (.9, -1.18), (1.36, -.3), (1.3, .75), (.9, 1.2), (.98, .5),
                                         (.98, -.3), (.7, -.85), (0, -1.05)])))],
        hat=True),
    'witch hat': Headpiece(
        behind=[_hair(_LONG_BACK)],
        front=[_hair(_CENTER),
               area('trim', [(-.88, -.66), (-.5, -1.25), (-.1, -1.6), (.5, -1.86), (.42, -1.4), (.88, -.66)]),
               area('legs', [(-.9, -.62), (-.76, -.9), (.76, -.9), (.9, -.62)]),
               area('trim', oval(0, -.58, 1.7, .2))],
        hat=True),
    'straw hat': Headpiece(
        front=[*both(*_stack([(1.02, .25 + .3 * k) for k in range(4)], .2, .22)), *_SIDEBURNS,
               area('trim', mirrored([(0, -1.36), (.6, -1.32), (.78, -.6), (0, -.6)])),
               area('legs', mirrored([(0, -.88), (.72, -.88), (.78, -.6), (0, -.6)])),
               area('trim', oval(0, -.56, 1.6, .19)), *_strands([(-1.1, -.6), (0, -.48), (1.1, -.6)])],
        hat=True),
    'bandana': Headpiece(
        behind=[area('trim', [(.85, -.4), (1.7, -.5), (1.5, -.2), (1.75, .15), (.9, -.2)]), _hair(_SHORT_BACK)],
        front=[*_SIDEBURNS, area('trim', even([(0, -1.2), (.75, -1.02), (1.1, -.45), (1.06, -.22), (.5, -.48),
                                               (0, -.52)])),
               *(area((248, 246, 240), oval(x, y, .1, .1)) for x, y in ((-.6, -.75), (0, -.9), (.6, -.75)))],
        hat=True),
}
