"""Divides pages into panels. Every function of `LAYOUTS` returns `Frame`s in reading order.

Panels are read in rows from the top, in a row from left to right. A panel of a row may be divided again: a column of
panels is read from its top, before what is to the right of it. An inset comes after the panel it lies on. Of a
double-page spread, the left page comes first, unless a panel or a row goes across both.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Frame:
    """The place of a panel.

    Attributes:
      corners: float64 [N, 2], a convex polygon (x, y) in pixels of the page, clockwise from the top left. It is the
        middle of the frame's line. Where a panel is bled off, it lies outside of the page.
      framed: False for a drawing on the page's paper.
      floor: a floor line must cross the panel.
      over: what overlaps the panel's gutter: None, 'figure' or 'balloon'.
      inset: the box of a panel that lies on this one: (left, top, right, bottom), or None.

    Example:
      >>> Frame(np.array([(10., 20.), (50., 20.), (60., 90.), (10., 80.)])).content()
      (10.0, 20.0, 50.0, 80.0)
    """

    corners: np.ndarray
    framed: bool = True
    floor: bool = False
    over: str | None = None
    inset: tuple | None = None

    @property
    def box(self):
        """(left, top, right, bottom) of the polygon, in pixels."""
        return *self.corners.min(axis=0), *self.corners.max(axis=0)

    def content(self):
        """Returns the largest upright box within a quadrangle that has its corners: (left, top, right, bottom)."""
        x, y = (np.sort(self.corners[:, k]) for k in (0, 1))
        return float(x[1]), float(y[1]), float(x[-2]), float(y[-2])


@dataclasses.dataclass(frozen=True)
class Sheet:
    """The measures of a page, in pixels.

    Attributes:
      width, height: of the page.
      scale: width of one page; of a double page, that of one of them.
      margin: from the page's edges to the panels.
      gutter: between panels.

    Example:
      >>> Sheet(width=1400, height=2000, scale=1400, margin=70, gutter=30).box
      (70, 70, 1330, 1930)
    """

    width: float
    height: float
    scale: float
    margin: float
    gutter: float

    @property
    def box(self):
        """What lies within the margins: (left, top, right, bottom)."""
        return self.margin, self.margin, self.width - self.margin, self.height - self.margin


def sheet(rng, width, height, margin=None):
    """Draws the measures of a page of `width` x `height` pixels. Gutters are 5 pixels wide at least."""
    scale = min(width, .7 * height)
    gutter = max(5., rng.uniform(.012, .032) * scale)
    return Sheet(width, height, scale, round(scale * rng.uniform(.035, .07)), round(gutter))


def frame(box, **marks):
    """Makes a rectangular `Frame` of (left, top, right, bottom)."""
    left, top, right, bottom = box
    return Frame(np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64), **marks)


def divide(box, shares, gutter, across):
    """Divides a box into a row of boxes (`across`) or a column. Edges are whole pixels.

    Args:
      box: (left, top, right, bottom).
      shares: relative sizes of the parts.
      gutter: distance between parts in pixels.
      across: True for parts side by side, False for parts one below the other.
    Returns:
      List of boxes.
    """
    first, last = (box[0], box[2]) if across else (box[1], box[3])
    ends = np.cumsum(shares) / np.sum(shares) * (last - first + gutter)
    starts = np.round(first + np.concatenate([[0], ends[:-1]]))
    stops = np.round(first + ends - gutter)
    return [(a, box[1], b, box[3]) if across else (box[0], a, box[2], b) for a, b in zip(starts, stops, strict=True)]


def _uneven(rng, count, spread=.35):
    return rng.uniform(1 - spread, 1 + spread, count)


def _rows(rng, page, box, counts, even=False):
    """Divides a box into rows of `counts` panels: list of lists of boxes."""
    rows = divide(box, np.ones(len(counts)) if even else _uneven(rng, len(counts)), page.gutter, across=False)
    return [divide(row, np.ones(count) if even else _uneven(rng, count), page.gutter, across=True)
            for row, count in zip(rows, counts, strict=True)]


def _counts(rng, page):
    """Draws the numbers of panels of the rows, not all alike."""
    counts = [int(n) for n in rng.integers(1, 4, rng.integers(2, 5))]
    if len(set(counts)) == 1:
        counts[rng.integers(len(counts))] = counts[0] % 3 + 1
    return counts


def _flat(rows, **marks):
    return [frame(box, **marks) for row in rows for box in row]


def grid(rng, page):
    """Rows of equal panels."""
    rows, columns = [(2, 2), (3, 2), (2, 3), (4, 2), (3, 3), (3, 1), (4, 1)][rng.integers(7)]
    return _flat(_rows(rng, page, page.box, [columns] * rows, even=True))


def rows(rng, page):
    """Rows of different heights with different numbers of panels."""
    return _flat(_rows(rng, page, page.box, _counts(rng, page)))


def columns(rng, page):
    """A tall panel beside a column of panels, and perhaps rows above and below."""
    bands = divide(page.box, [1, rng.uniform(1.3, 2.2)][:rng.integers(1, 3)], page.gutter, across=False)
    if rng.random() < .5:
        bands = bands[::-1]
    nested = bands[-1]
    result = []
    for band in sorted(bands, key=lambda box: box[1]):
        if band is not nested:
            result += _flat([divide(band, _uneven(rng, rng.integers(1, 4)), page.gutter, across=True)])
            continue
        sides = divide(band, [1, rng.uniform(1, 1.5)][::rng.choice([-1, 1])], page.gutter, across=True)
        count = rng.integers(2, 4)
        tall = rng.integers(2)
        for k, side in enumerate(sides):
            result += _flat([[side]] if k == tall
                            else [divide(side, _uneven(rng, count, .2), page.gutter, across=False)])
    return result


def slanted(rng, page):
    """Rows and panels with slanted gutters."""
    left, top, right, bottom = page.box
    counts = _counts(rng, page)[:3]
    heights = divide(page.box, _uneven(rng, len(counts), .2), page.gutter, across=False)
    most = .5 * min(b - t for _, t, _, b in heights) / (right - left)
    slopes = [0, *rng.uniform(-min(most, .12), min(most, .12), len(counts) - 1), 0]
    result = []
    for k, (count, (_, upper, _, lower)) in enumerate(zip(counts, heights, strict=True)):
        parts = divide((left, upper, right, lower), _uneven(rng, count, .15), page.gutter, across=True)
        limit = .35 * min(r - le for le, _, r, _ in parts) / (lower - upper)
        leans = [0, *rng.choice([-1, 1], count - 1) * rng.uniform(.06, max(.07, min(.35, limit)), count - 1), 0]
        for j, (le, _, r, _) in enumerate(parts):
            middle_x, middle_y = (left + right) / 2, (upper + lower) / 2
            edges = ((upper, slopes[k]), (lower, slopes[k + 1]))
            sides = ((le, leans[j]), (r, leans[j + 1]))
            corners = [_crossing(edges[a], sides[b], middle_x, middle_y) for a, b in ((0, 0), (0, 1), (1, 1), (1, 0))]
            result.append(Frame(np.array(corners)))
    return result


def _crossing(edge, side, middle_x, middle_y):
    """Crosses the line y = edge[0] + edge[1] * (x - middle_x) with x = side[0] + side[1] * (y - middle_y)."""
    (y, slope), (x, lean) = edge, side
    at = (x + lean * (y - slope * middle_x - middle_y)) / (1 - lean * slope)
    return at, y + slope * (at - middle_x)


def abutting(rng, page):
    """Panels without gutters, which share their border lines."""
    close = dataclasses.replace(page, gutter=0)
    return grid(rng, close) if rng.random() < .3 else rows(rng, close)


def frameless(rng, page):
    """One or two panels without a frame beside framed ones."""
    counts = _counts(rng, page)[:3]
    row = rng.integers(len(counts))
    counts[row] = int(rng.integers(2, 4))
    panels = _rows(rng, page, page.box, counts)
    bare = {(int(row), int(rng.integers(counts[row])))}
    if len(counts) > 2 and rng.random() < .3:
        other = int((row + 2) % len(counts))
        bare.add((other, int(rng.integers(counts[other]))))
    return [frame(box, framed=(k, j) not in bare) for k, part in enumerate(panels) for j, box in enumerate(part)]


def inset(rng, page):
    """A small framed panel over a corner or an edge of a large one."""
    counts = [[1], [1, 2], [2, 1], [1, 1], [1, 3], [2, 1, 2]][rng.integers(6)]
    panels = _flat(_rows(rng, page, page.box, counts))
    sizes = [np.ptp(panel.corners, axis=0).prod() for panel in panels]
    host = int(np.argmax(sizes))
    left, top, right, bottom = panels[host].box
    wide, high = (right - left) * rng.uniform(.28, .4), (bottom - top) * rng.uniform(.26, .4)
    space = max(page.gutter, .02 * page.scale)
    out = rng.random() < .4  # over the large panel's edge, else within it
    shift = -.7 * page.gutter if out else space
    x = [left + shift, right - shift - wide, rng.uniform(left + wide / 2, right - 1.5 * wide)][rng.integers(3)]
    y = [top + shift, bottom - shift - high][rng.integers(2)]
    box = tuple(np.round([x, y, x + wide, y + high]))
    below = dataclasses.replace(panels[host], inset=box)
    return panels[:host] + [below, frame(box)] + panels[host + 1:]


def overlap(rng, page):
    """Balloons and figures that overlap a gutter."""
    box = page.box
    counts = [2 if count == 3 and rng.random() < .7 else count for count in _counts(rng, page)]
    panels = _flat(_rows(rng, page, box, counts))
    below = [k for k, panel in enumerate(panels) if panel.box[1] > box[1] + 1]
    chosen = rng.permutation(below)
    overs = {int(k): over for k, over in zip(chosen, ('figure', 'balloon', 'balloon'), strict=False)}
    if rng.random() < .3:
        overs = {k: 'balloon' for k in overs}
    return [dataclasses.replace(panel, over=overs.get(k)) for k, panel in enumerate(panels)]


def floor(rng, page):
    """Wide panels that a floor line or a horizon crosses."""
    counts = [int(n) for n in rng.choice([1, 1, 2], rng.integers(2, 5))]
    return _flat(_rows(rng, page, page.box, counts), floor=True)


def bleed(rng, page):
    """A panel that runs off the page on two or three sides, or a page that is one picture."""
    beyond = .02 * page.scale  # further than the frame is wide
    if rng.random() < .15:
        return [frame((-beyond, -beyond, page.width + beyond, page.height + beyond))]
    counts = _counts(rng, page)
    row = int(rng.integers(len(counts)))
    counts[row] = 1 if rng.random() < .7 else 2
    panels = _rows(rng, page, page.box, counts)
    for j, (left, top, right, bottom) in enumerate(panels[row]):
        panels[row][j] = (-beyond if j == 0 else left, -beyond if row == 0 else top,
                          page.width + beyond if j == counts[row] - 1 else right,
                          page.height + beyond if row == len(counts) - 1 else bottom)
    return _flat(panels)


def spread(rng, page):
    """A double page: two pages whose rows differ, or a panel across both above or below a row."""
    left, top, right, bottom = page.box
    if rng.random() < .4:
        counts = [[1, 3], [3, 1], [1, 4], [2, 1, 3]][rng.integers(4)]
        return _flat(_rows(rng, page, page.box, counts))
    middle, fold = page.width / 2, max(page.gutter, page.margin / 2)
    one, two = (left, top, middle - fold, bottom), (middle + fold, top, right, bottom)
    shares = ([1, 1], [1, 1.9]) if rng.random() < .5 else ([1.6, 1, 1], [1, 1])
    result = []
    for box, share in zip((one, two), shares[::rng.choice([-1, 1])], strict=True):
        for row in divide(box, share, page.gutter, across=False):
            result += _flat([divide(row, _uneven(rng, rng.integers(1, 3)), page.gutter, across=True)])
    return result


def band(rng, width, height):
    """A part of a webtoon strip: a panel, two side by side, or a frameless drawing, with gutters above and below."""
    above, below = rng.uniform(.02, .2, 2) * min(width, height)
    side = .05 * width
    kind = rng.choice(['margins', 'bleed', 'left', 'right', 'two', 'frameless'], p=[.3, .25, .1, .1, .15, .1])
    ends = {'bleed': (-side, width + side), 'left': (side, .75 * width), 'right': (.25 * width, width - side)}
    left, right = ends.get(kind, (side, width - side))
    box = tuple(np.round([left, above, right, height - below]))
    if kind == 'two':
        return [frame(part) for part in divide(box, [1, rng.uniform(.7, 1.4)], round(side / 2), across=True)]
    over = 'balloon' if kind != 'frameless' and rng.random() < .25 else None
    return [frame(box, framed=kind != 'frameless', over=over)]


LAYOUTS = {'grid': grid, 'rows': rows, 'columns': columns, 'slanted': slanted, 'abutting': abutting,
           'frameless': frameless, 'inset': inset, 'overlap': overlap, 'floor': floor, 'bleed': bleed,
           'spread': spread}
