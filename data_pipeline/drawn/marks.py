"""Marks of a face or a head that show who it is, in units of the head (see `data_pipeline.drawn.shapes`)."""

import numpy as np

from data_pipeline.drawn.canvas import INK
from data_pipeline.drawn.hair import Headpiece
from data_pipeline.drawn.shapes import area, both, even, line, mirrored, open_curve, oval, smooth

_THIN = .05
_PAPER = (248, 242, 228)


def _dots(*centers, radius=.035):
    return [area(INK, oval(x, y, radius, radius)) for x, y in centers]


# One mark of a group at most is on a head.
GROUPS = {
    'eyes': {
        'glasses': Headpiece(face=[*(line(oval(x, .16, .29, .29, 0, 2 * np.pi + .1), _THIN)
                                     for x in (-.38, .38)), line([(-.1, .13), (.1, .13)], _THIN)]),
        'square glasses': Headpiece(face=[*both(line([(.1, -.06), (.72, -.06), (.66, .4), (.14, .4), (.1, -.06)],
                                                     _THIN)), line([(-.1, .0), (.1, .0)], _THIN)]),
        'eyepatch': Headpiece(face=[line([(-.9, -.45), (.9, .3)], _THIN),
                                    area(INK, smooth([(.12, -.06), (.64, -.04), (.6, .34), (.38, .46), (.14, .34)]))]),
        'lashes': Headpiece(face=both(*(line([(.42 + dx, .06 + dy), (.56 + dx, -.02 + 2 * dy)], _THIN)
                                        for dx, dy in ((0, -.02), (.04, .05), (.03, .12))))),
    },
    'mouth': {
        'beard': Headpiece(face=[area('hair', even([(0, .5), (.5, .52), (.88, .1), (.84, .8), (.3, 1.22)]))]),
        'pointed beard': Headpiece(face=[area('hair', mirrored([(0, .72), (.3, .74), (.22, 1.1), (0, 1.5)]))]),
        'mustache': Headpiece(face=both(area('hair', smooth([(0, .48), (.3, .46), (.58, .62), (.3, .6), (0, .58)])))),
    },
    'cheek': {
        'freckles': Headpiece(face=_dots(*((x, y) for side in (-.55, .55)
                                           for x, y in ((side - .12, .42), (side, .5), (side + .12, .42))))),
        'scar': Headpiece(face=[line([(.3, .38), (.72, .78)], _THIN),
                                *(line([(x - .08, y + .08), (x + .08, y - .08)], _THIN)
                                  for x, y in ((.4, .48), (.52, .6), (.63, .7)))]),
        'mole': Headpiece(face=_dots((.42, .62), radius=.05)),
        'whiskers': Headpiece(face=both(*(line([(.5, y), (.85, y + dy)], _THIN)
                                          for y, dy in ((.42, -.06), (.52, 0), (.62, .06))))),
        'plaster': Headpiece(face=[area(_PAPER, [(.34, .5), (.74, .38), (.78, .54), (.38, .66)])]),
        'face paint': Headpiece(face=both(area('trim', [(.4, .42), (.6, .42), (.5, .85)]))),
    },
    'worn': {
        'earrings': Headpiece(front=both(area('trim', oval(1., .48, .11, .15)))),
        'horns': Headpiece(front=both(area('trim', smooth([(.42, -.95), (.62, -1.3), (.6, -1.75), (.98, -1.35),
                                                           (.82, -.8)])),
                                      line(open_curve([(.62, -1.25), (.78, -1.2), (.9, -1.2)]), .035))),
        'cat ears': Headpiece(front=both(area('hair', [(.3, -1.05), (.72, -1.72), (1.02, -.72)]),
                                         area('skin', [(.48, -1.08), (.7, -1.46), (.86, -.88)]))),
        'bunny ears': Headpiece(front=both(area('trim', smooth([(.2, -1.), (.22, -1.6), (.5, -1.88), (.68, -1.5),
                                                                (.56, -.95)])),
                                           line(open_curve([(.4, -1.1), (.44, -1.4), (.48, -1.65)]), .035))),
        'flower': Headpiece(front=[*(area('trim', oval(.72 + .2 * x, -.72 + .2 * y, .16, .16)) for x, y in
                                     ((0, -1), (.95, -.3), (.6, .8), (-.6, .8), (-.95, -.3))),
                                   area(_PAPER, oval(.72, -.72, .12, .12))]),
        'bow': Headpiece(front=[*both(area('trim', smooth([(.05, -1.15), (.5, -1.45), (.62, -1.1), (.5, -.82)]))),
                                area('trim', oval(0, -1.14, .15, .15))]),
        'headband': Headpiece(front=[area('trim', mirrored([(0, -.74), (.5, -.68), (1.08, -.42), (1.1, -.2),
                                                            (.5, -.46), (0, -.52)]))]),
        'headphones': Headpiece(front=[line(oval(0, -.1, 1.13, 1.2, 3.3, 6.12), .1),
                                       *both(area('trim', oval(1.1, .1, .22, .34)))]),
        'pointed ears': Headpiece(front=both(area('skin', smooth([(.86, .0), (1.5, -.4), (1.2, .2), (.92, .34)])))),
        'crown': Headpiece(front=[area('trim', mirrored([(0, -1.62), (.2, -1.22), (.42, -1.55), (.5, -1.1), (.68, -1.4),
                                                         (.68, -.82), (0, -.95)]))]),
    },
}
MARKS = {name: mark for group in GROUPS.values() for name, mark in group.items()}
