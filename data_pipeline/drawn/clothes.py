"""Tops and legs of figures, in units of the head (see `data_pipeline.drawn.shapes`). The neck starts at y = 0.7."""

import dataclasses

import numpy as np

from data_pipeline.drawn.shapes import area, both, even, line, mirrored, open_curve, oval, smooth, tube

_SHOES, _PAPER, _BUTTON = (92, 76, 84), (246, 244, 238), (250, 236, 190)


@dataclasses.dataclass(frozen=True)
class Top:
    """What a figure wears above the legs. Its parts tell one top from another in line art.

    Attributes:
      shapes: shapes on the torso.
      base: name of the color of the torso and the sleeves.
      sleeves: how much of the arms they cover, from 0 to 1.
      behind: shapes behind the body.

    Example:
      >>> TOPS['overalls'].base, TOPS['tank top'].sleeves, len(TOPS) >= 12
      ('trim', 0.0, True)
    """

    shapes: tuple | list = ()
    base: str = 'top'
    sleeves: float = 1.
    behind: tuple | list = ()


def _buttons(x, *heights, paint='trim', radius=.07):
    return [area(paint, oval(x, y, radius, radius)) for y in heights]


def _bow(y, paint='trim'):
    return [*both(area(paint, [(.04, y), (.38, y - .2), (.38, y + .2)])), area(paint, oval(0, y, .1, .1))]


_COLLAR = both(area('trim', [(0, 1.42), (.3, 1.18), (.72, 1.38), (.3, 1.85)]))
_SHIRT_COLLAR = both(area('top', [(0, 1.44), (.28, 1.2), (.5, 1.3), (.26, 1.7)]))
_NECK = area('skin', [(-.34, 1.2), (.34, 1.2), (0, 1.75)])
_HEART = smooth([(0, 2.2), (.14, 2.06), (.32, 2.12), (.3, 2.36), (0, 2.66), (-.3, 2.36), (-.32, 2.12), (-.14, 2.06)])
_STAR = [(reach * np.sin(turn), 2.35 - reach * np.cos(turn))
         for turn, reach in zip(np.arange(10) * np.pi / 5, (.42, .17) * 5, strict=True)]

TOPS = {
    'hoodie': Top([area('top', smooth([(-.55, 1.18), (0, 1.5), (.55, 1.18), (.62, 1.42), (0, 1.78), (-.62, 1.42)])),
                   *(line([(x, 1.72), (x * 1.3, 2.2)]) for x in (-.14, .14)),
                   area('trim', mirrored([(0, 2.5), (.45, 2.5), (.62, 3.05), (0, 3.05)]))]),
    'stripes': Top([area('trim', [(-.93, y), (.93, y), (.92, y + .2), (-.92, y + .2)])
                    for y in (1.75, 2.2, 2.65, 3.05)]),
    'cardigan': Top([area('trim', [(-.4, 1.2), (.4, 1.2), (0, 2.)]), line([(0, 2.), (0, 3.34)]),
                     *_buttons(.12, 2.25, 2.65, 3.05)]),
    'jacket': Top([area('trim', [(-.28, 1.22), (.28, 1.22), (.22, 3.34), (-.22, 3.34)]),
                   *both(area('top', [(.25, 1.2), (.62, 1.3), (.34, 1.85)]))]),
    'collar': Top([*_COLLAR, line([(-.94, 2.75), (.94, 2.75)])]),
    'overalls': Top([area('top', mirrored([(0, 1.95), (.55, 1.95), (.6, 2.5), (.94, 2.7), (.95, 3.4), (0, 3.4)])),
                     *(shape for x in (-1, 1) for shape in (tube('top', [(x * .58, 1.32), (x * .48, 2.)], .2),
                                                            area(_BUTTON, oval(x * .48, 2.04, .1, .1))))], base='trim'),
    'scarf': Top([area('trim', smooth([(.1, 1.4), (.5, 1.5), (.6, 2.5), (.56, 2.75), (.2, 2.75), (.2, 2.1)])),
                  *(line([(x, 2.62), (x, 2.84)]) for x in (.28, .39, .5)),
                  area('trim', even([(0, 1.1), (.5, 1.02), (.72, 1.3), (.5, 1.6), (0, 1.68)])),
                  line(open_curve([(-.55, 1.2), (0, 1.42), (.55, 1.2)]))]),
    'tie': Top([area('trim', [(-.1, 1.5), (.1, 1.5), (.22, 2.7), (0, 2.95), (-.22, 2.7)]),
                area('trim', [(-.14, 1.38), (.14, 1.38), (.09, 1.58), (-.09, 1.58)]), *_SHIRT_COLLAR,
                area('top', [(.42, 2.), (.78, 2.), (.76, 2.35), (.6, 2.45), (.42, 2.35)])]),
    'vest': Top([*both(area('top', [(.3, 1.22), (.75, 1.32), (.72, 1.75), (.93, 2.35), (.95, 3.34), (.05, 3.5),
                                    (.05, 2.3)]), line([(.35, 2.85), (.75, 2.8)])),
                 *_buttons(.2, 2.5, 2.8, 3.1, paint='trim', radius=.06)], base='trim'),
    'cape': Top([area('trim', mirrored([(0, 1.1), (.6, 1.12), (.75, 1.5), (.3, 1.62), (0, 1.85)])),
                 area(_PAPER, oval(0, 1.62, .16, .16)),
                 area('trim', [(-.94, 2.75), (.94, 2.75), (.94, 3.), (-.94, 3.)])],
                behind=[area('trim', even([(0, 1.1), (.9, 1.25), (1.5, 2.2), (1.9, 4.2), (1., 4.45), (0, 4.3)]))]),
    'dress': Top([area('top', mirrored([(0, 2.7), (.92, 2.7), (1.5, 4.15), (.75, 4.3), (0, 4.34)])),
                  *both(line([(.3, 2.9), (.5, 4.25)])),
                  area('trim', mirrored([(0, 2.58), (.93, 2.58), (.94, 2.8), (0, 2.8)])), *_bow(1.5)], sleeves=.45),
    'apron': Top([area('trim', mirrored([(0, 1.7), (.5, 1.7), (.55, 2.5), (.9, 2.65), (1., 3.9), (0, 4.)])),
                  *both(line([(.48, 1.7), (.32, 1.24)])),
                  area('trim', [(-.4, 2.95), (.4, 2.95), (.36, 3.4), (-.36, 3.4)])]),
    'armor': Top([area('top', mirrored([(0, 1.4), (.6, 1.42), (.85, 1.8), (.75, 2.5), (0, 2.75)])),
                  line([(0, 1.42), (0, 2.72)]), *both(line(open_curve([(.75, 2.6), (.4, 2.85), (0, 2.95)]))),
                  area('trim', mirrored([(0, 3.05), (.95, 3.), (.95, 3.34), (0, 3.4)])),
                  *both(area('trim', oval(.98, 1.6, .44, .36)), line(oval(.98, 1.6, .24, .18)))]),
    'tank top': Top([area('skin', even([(0, 1.2), (.42, 1.2), (.36, 1.6), (0, 1.75)])), area('trim', _STAR)],
                    sleeves=0.),
    'heart shirt': Top([line(open_curve([(-.34, 1.24), (0, 1.45), (.34, 1.24)])), area('trim', _HEART)], sleeves=.45),
    'sailor': Top([_NECK, *both(area('trim', [(.3, 1.18), (.85, 1.36), (.86, 1.85), (.42, 1.9), (0, 2.1), (0, 1.75)]),
                                line([(.78, 1.72), (.42, 1.76), (.06, 1.96)])), *_bow(2.1, 'legs')], sleeves=.5),
    'coat': Top([area('top', mirrored([(0, 1.6), (.94, 2.5), (1.12, 3.95), (0, 3.95)])), line([(0, 1.9), (0, 3.95)]),
                 *both(area('top', [(.05, 1.95), (.3, 1.2), (.7, 1.34), (.62, 1.75)])),
                 *(button for x in (-.3, .3) for button in _buttons(x, 2.2, 2.6, 3.3)),
                 area('trim', mirrored([(0, 2.78), (.97, 2.78), (.98, 3.02), (0, 3.02)]))]),
    'kimono': Top([area('trim', [(-.62, 1.26), (-.36, 1.2), (.5, 2.45), (.2, 2.45)]),
                   area('trim', [(.62, 1.26), (.36, 1.2), (-.5, 2.5), (-.2, 2.5)]),
                   area('top', mirrored([(0, 2.9), (.95, 2.9), (1.08, 4.5), (0, 4.5)])), line([(.2, 3.), (.35, 4.5)]),
                   area('trim', mirrored([(0, 2.4), (.94, 2.4), (.95, 3.), (0, 3.)])),
                   line([(-.94, 2.7), (.94, 2.7)])]),
    'dots': Top([area('trim', oval(x, y, .13, .13)) for y, row in
                 ((1.65, (-.5, 0, .5)), (2.1, (-.7, -.24, .24, .7)), (2.55, (-.5, 0, .5)), (3., (-.7, -.24, .24, .7)))
                 for x in row], sleeves=.45),
    'checks': Top([*(line([(x, 1.3), (x, 3.34)]) for x in (-.6, -.2, .2, .6)),
                   *(line([(-.93, y), (.93, y)]) for y in (1.75, 2.15, 2.55, 2.95)), *_COLLAR]),
    'puffer': Top([*(line(open_curve([(-.94, y), (-.45, y + .1), (0, y), (.45, y + .1), (.94, y)]))
                     for y in (1.75, 2.15, 2.55, 2.95)),
                   area('top', even([(0, 1.02), (.45, 1.05), (.5, 1.35), (0, 1.45)])),
                   area('trim', [(-.07, 1.4), (.07, 1.4), (.07, 3.34), (-.07, 3.34)])]),
    'suspenders': Top([*both(tube('trim', [(.5, 1.32), (.45, 3.3)], .16)), *_SHIRT_COLLAR, *_bow(1.5, 'legs')]),
    'sash': Top([area('trim', [(-.85, 1.4), (-.5, 1.26), (.94, 2.9), (.94, 3.3)]), *_buttons(.4, 1.6, 1.95, 2.3),
                 *both(*(line([(.82, 1.42 + .08 * k), (1.04, 1.5 + .08 * k)]) for k in range(3)))]),
    'turtleneck': Top([area('top', mirrored([(0, .98), (.36, .98), (.4, 1.42), (0, 1.48)])),
                       *(line([(x, 1.02), (x * 1.05, 1.42)]) for x in (-.2, 0, .2)),
                       area('trim', mirrored([(0, 2.), (.93, 1.9), (.92, 2.3), (.46, 2.65), (0, 2.4)]))]),
}


def _legs(paint='legs', width=.62):
    return [shape for x in (-1, 1) for shape in (tube(paint, [(x * .38, 3.1), (x * .42, 4.7)], width),
                                                 area(_SHOES, oval(x * .5, 4.86, .44, .2)))]


LEGS = {
    'trousers': _legs(),
    'slim': _legs(width=.46),
    'wide': both(area('legs', [(.02, 3.1), (.94, 3.1), (1.05, 4.8), (.08, 4.8)]), line([(.5, 3.5), (.55, 4.8)]),
                 area(_SHOES, oval(.56, 4.88, .4, .17))),
    'shorts': [*_legs('skin', width=.44), *both(area('legs', [(0, 3.1), (.94, 3.1), (.9, 3.98), (.08, 3.98)]))],
    'skirt': [*_legs('skin', width=.44), area('legs', mirrored([(0, 3.1), (.94, 3.1), (1.25, 3.95), (0, 4.02)])),
              *(line([(x * .7, 3.3), (x, 3.96)]) for x in (-.8, -.4, 0, .4, .8))],
    'boots': both(tube('legs', [(.38, 3.1), (.42, 4.4)], .5), area('trim', oval(.52, 4.86, .46, .2)),
                  area('trim', [(.12, 4.1), (.76, 4.1), (.74, 4.86), (.14, 4.86)])),
    'stockings': [*_legs('trim', width=.44), *both(*(line([(.2, y), (.62, y)]) for y in (4.05, 4.25, 4.45))),
                  area('legs', mirrored([(0, 3.1), (.94, 3.1), (1.1, 3.75), (0, 3.8)]))],
    'gown': [*_legs(width=.46), area('legs', mirrored([(0, 3.1), (.93, 3.1), (1.35, 4.75), (0, 4.85)])),
             *both(line([(.3, 3.4), (.5, 4.78)]))],
}
