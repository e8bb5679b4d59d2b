"""Finds speech balloons and captions: areas of paper that hold lettering.

It is classical, and not the background detector's task: the detector learned without labels, from squares of 256
pixels, in which lettering cannot be read. At the page's resolution lettering is easy to tell: small pieces of ink of
like size, close together, in the middle of a closed area and away from its outline. Level lines one below the other, as
roughs have them, stand for lettering. All limits are our choice, measured on drawn balloons of many scripts and on
drawings without balloons.

Not found are balloons without lettering or with a single letter, those whose outline has a gap or that letters touch,
and white letters on black. A sign or a label with lettering is taken for a caption. Lettering without an outline is no
balloon.
"""

import cv2
import numpy as np

from data_pipeline.outlines.outline import PAPER, gray

_MOST_PIXELS = 20_000_000  # larger pages are looked at in this size
_SOME_INK = 16  # levels of ink that are no line
# Least ink of a line, as a share of the ink of the darkest tenth of the inked pixels: with the first, thin letters are
# whole; with the second, small letters do not touch each other.
_LINES = .25, .55
_LARGEST = .3  # of the page: no balloon's box is larger
_RIM = 2, 4  # pixels of an outline that are taken in any case, and at most, as long as they get darker
_SAME = .9  # least share that the boxes of a balloon at two sizes of the page have in common
# Of lettering. Sizes are longest sides; the common one is that of the piece that has the middle of all contours.
_LEAST_LETTER = 5  # pixels
_MOST_PIECES = 600
_MARK = .4  # marks are smaller than this share of the common size: dots, commas, parts of letters
_MANY, _SOME = 7, 4  # letters; fewer than _MANY may be a face, fewer than _SOME may have no row
# Patterns: dots, flowers and windows are alike, hatching and dashes are straight, leaves and scribbles are in no row.
_ALIKE, _FEW_ALIKE = .15, .05  # pieces of patterns differ less than this, as a share of their mean size
_CONVEX = .75  # fewer than _SOME that are alike are a pattern if they fill more than this share of their convex hull
_STRAIGHT, _MOST_STRAIGHT = .25, .75  # width to length of a straight piece, and the most share of straight letters
_WORD = 3  # letters that are neighbors of each other; faces have pairs
_IN_WORDS, _FEW_IN_WORDS = .3, .1  # least share of the letters that are in words
_WINDING = 1.1  # contours of letters are so many times as long as twice their diagonal; those of eyes are shorter
_NEAR = .8  # the most room between neighbors, as a share of the higher one's height
_ALIGNED = .22  # the most that letters of a word are out of line, as a share of their height
_LEVEL = .1  # height to length of a line that stands for lettering
_MOST_ROWS, _UNEVEN = 8, .15  # such lines, and the most deviation of their distances, as a share of the mean
_LONG = 20, .25  # least length of such a line, in pixels and as a share of the area's width
_INSIDE = .1  # most share of the contours of pieces that lie inside of other pieces, as pupils do
# Of the area.
_TAIL = .3  # what is narrower than this share of the square root of its size is a tail or a spike, not the body
_BODY, _ROUND = .7, .8  # least share of the area that is body, and of the body's convex hull
_OFF = .15, .3  # most distance of the lettering from the body's center, as shares of its width and height
_SPAN = .08, .97  # width and height of the lettering, as shares of the body's
_COVERED = .01  # least share of the body's box that lies in the box around the lettering
# Lettering has much ink for its size, keeps away from the outline, and is even: its score is the length of strokes in a
# square of the common size, times the distance from the outline, both in common sizes, times one less the deviation of
# the letters' heights as a share of their mean. Faces score less. Few letters must score more.
_SCORE, _FEW_SCORE = .2, 1.4  # least score of many letters, and what is added for N of them, times N
_SMALL = 64  # longer side of the map that the body is measured in, pixels


def find(drawing):
    """Finds balloons and captions.

    Args:
      drawing: uint8 [H, W, 3] or [H, W], black on white.
    Returns:
      bool [H, W], True inside their outlines, lettering included, and on the inner pixels of the outlines.

    Example:
      >>> bool(find(np.full((200, 100, 3), 255, np.uint8)).any())
      False
    """
    height, width = drawing.shape[:2]
    light = drawing if drawing.ndim == 2 else gray(drawing)
    scale = min(1, (_MOST_PIXELS / (height * width)) ** .5)
    small = cv2.resize(light, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else light
    ink = _ink(light)
    lines = _lines(light, _LINES[0] * ink)
    found = np.zeros((height, width), np.uint8)
    for least in _LINES:
        small_lines = lines if small is light and least == _LINES[0] else _lines(small, least * ink)
        for outline in _balloons(small_lines):
            _fill(found, outline if scale == 1 else _at_full_size(outline, lines, scale), light, lines)
    return found > 0


def _fill(found, outline, light, lines):
    """Fills an outline in `found`, uint8 [H, W]. The inner slope of the line is part of it: it must not be tinted."""
    left, top, w, h = cv2.boundingRect(outline)
    x, y = max(0, left - _RIM[1]), max(0, top - _RIM[1])
    part = slice(y, top + h + _RIM[1]), slice(x, left + w + _RIM[1])
    light, lines = light[part], lines[part]
    inside = cv2.drawContours(np.zeros(lines.shape, np.uint8), [outline], -1, 1, cv2.FILLED, offset=(-x, -y))
    for step in range(1, _RIM[1]):  # the outline itself is the first pixel
        reached = cv2.dilate(inside, np.ones((3, 3), np.uint8)) & lines
        if step >= _RIM[0]:
            reached &= light < cv2.dilate(light * inside, np.ones((3, 3), np.uint8))
        inside |= reached
    beside = np.uint8([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    found[part] |= inside | cv2.erode(inside, beside)  # single pixels of paper in sharp corners


def _ink(light):
    """Measures how dark the ink is: levels that nine in ten inked pixels of uint8 [H, W] are less dark than."""
    inked = cv2.calcHist([light], [0], None, [256], [0, 256]).ravel()[::-1].copy()
    inked[:_SOME_INK] = 0
    return np.searchsorted(inked.cumsum(), .9 * inked.sum())


def _lines(light, least):
    """Tells where lines are, which have more than `least` levels of ink: uint8 [H, W], 1 on lines, 0 on paper."""
    return cv2.threshold(light, PAPER - 1 - max(_SOME_INK, int(least)), 1, cv2.THRESH_BINARY_INV)[1]


def _contours(lines):
    """Finds the contours of lines, and the contour that each lies in, or -1. The page's edge counts as a line."""
    framed = cv2.copyMakeBorder(lines, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    contours, tree = cv2.findContours(framed, cv2.RETR_TREE, cv2.CHAIN_APPROX_NONE, offset=(-1, -1))
    return contours, tree[0, :, 3]


def _balloons(lines):
    """Finds the outlines of balloons: list of int32 [N, 1, 2], (x, y) of the innermost pixels of their lines."""
    contours, parent = _contours(lines)
    lengths = np.array([len(contour) for contour in contours])
    depth, above = np.zeros(len(parent), int), parent
    while (above >= 0).any():
        depth += above >= 0
        above = np.where(above >= 0, parent[above], -1)
    # Contours of even depth go around pieces of ink, those of odd depth around areas of paper.
    pieces = np.flatnonzero((depth % 2 == 0) & (depth > 0))
    length_in = np.bincount(parent[pieces], lengths[pieces], len(parent))  # of all pieces in an area
    deeper = pieces[depth[pieces] > 2]
    length_inside = np.bincount(parent[parent[parent[deeper]]], lengths[deeper], len(parent))
    pieces = pieces[lengths[pieces] >= _LEAST_LETTER]
    pieces = pieces[np.argsort(parent[pieces], kind='stable')]
    areas, first, counts = np.unique(parent[pieces], return_index=True, return_counts=True)
    result = []
    for area, start, count in zip(areas, first, counts, strict=True):
        inside = pieces[start:start + count]
        _, _, w, h = cv2.boundingRect(contours[area])
        if (2 <= count <= _MOST_PIECES and w * h <= _LARGEST * lines.size
                and length_inside[area] <= _INSIDE * length_in[area]):
            boxes = np.array([cv2.boundingRect(contours[piece]) for piece in inside])
            if _stands_for_lettering(boxes, w) and _is_balloon(contours[area], boxes):
                result.append(contours[area])
                continue
            letters, size, score = _lettering(boxes, lengths[inside])
            if score > 0 and _is_balloon(contours[area], boxes):
                shapes = [contours[piece] for piece in inside[letters]]
                score *= _clearance(contours[area], shapes) / size
                if (score >= _SCORE + _FEW_SCORE / len(shapes)
                        and not _is_pattern(shapes, boxes[letters], lengths[inside[letters]])):
                    result.append(contours[area])
    return result


def _at_full_size(outline, lines, scale):
    """Finds an outline again in the lines of a page at its full size, given the one at `scale` times its size."""
    scaled = np.int32(np.rint((outline + .5) / scale - .5))
    left, top, w, h = cv2.boundingRect(scaled)
    spare = int(np.ceil(2 / scale))
    y, x = max(0, top - spare), max(0, left - spare)
    contours, parent = _contours(lines[y:top + h + spare, x:left + w + spare])
    boxes = np.array([cv2.boundingRect(contour) for contour in contours]) + [x, y, 0, 0]
    first = np.maximum(boxes[:, :2], [left, top])
    last = np.minimum(boxes[:, :2] + boxes[:, 2:], [left + w, top + h])
    common = np.maximum(last - first, 0).prod(axis=1)
    alike = common / (boxes[:, 2:].prod(axis=1) + w * h - common)
    alike[parent < 0] = 0
    best = alike.argmax()
    return contours[best] + np.int32([x, y]) if alike[best] >= _SAME else scaled


def _lettering(boxes, lengths):
    """Measures whether pieces of ink in an area are lettering.

    Args:
      boxes: int [N, 4], (left, top, width, height) in pixels.
      lengths: int [N], lengths of their contours.
    Returns:
      (letters, size, score): which pieces are letters, bool [N]; their common size in pixels; and their score without
      the distance from the outline, 0 if they are no lettering.
    """
    sizes = boxes[:, 2:].max(axis=1)
    order = np.argsort(sizes)
    size = sizes[order][np.searchsorted(lengths[order].cumsum(), lengths.sum() / 2)]
    letters = sizes > _MARK * size
    left, top, width, height = boxes[letters].T
    if len(left) < 2 or size < _LEAST_LETTER:
        return letters, size, 0.
    around = (left + width).max() - left.min(), (top + height).max() - top.min()
    written = lengths[letters].sum() / 2 * size / (around[0] * around[1])
    return letters, size, written * (1 - height.std() / height.mean())


def _stands_for_lettering(boxes, width):
    """Tells whether pieces of ink are level lines, evenly one below the other, in an area of a width in pixels."""
    left, top, length, height = boxes[np.argsort(boxes[:, 1])].T
    if len(boxes) > _MOST_ROWS or length.min() < max(_LONG[0], _LONG[1] * width):
        return False
    if (height > np.maximum(_LEVEL * length, 3)).any():
        return False
    steps, common = np.diff(top), (left + length).min() - left.max()
    return common > length.max() / 2 and steps.min() > 2 * height.max() and steps.std() <= _UNEVEN * steps.mean()


def _is_balloon(outline, boxes):
    """Tells whether an area has the shape of a balloon, and pieces of ink lie in it as lettering does.

    Args:
      outline: int32 [N, 1, 2], contour of the area.
      boxes: int [L, 4], boxes of the pieces (left, top, width, height).
    """
    area = cv2.contourArea(outline)
    corner, (w, h) = np.array(cv2.boundingRect(outline)).reshape(2, 2)
    scale = min(1, _SMALL / max(w, h))
    tail = max(3, round(_TAIL * scale * area ** .5))
    shape = np.zeros((int(h * scale) + 2 * tail + 1, int(w * scale) + 2 * tail + 1), np.uint8)
    cv2.fillPoly(shape, [np.int32((outline - corner) * scale) + tail], 1)
    body = cv2.morphologyEx(shape, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (tail, tail)))
    bodies, _ = cv2.findContours(body, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not bodies or body.sum() < _BODY * shape.sum():
        return False
    largest = max(bodies, key=cv2.contourArea)
    if cv2.contourArea(largest) < _ROUND * cv2.contourArea(cv2.convexHull(largest)):
        return False
    at, extent = np.array(cv2.boundingRect(body)).reshape(2, 2) / scale
    at += corner - tail / scale
    first, last = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    off, span = abs((first + last) / 2 - at - extent / 2) / extent, (last - first) / extent
    return (off <= _OFF).all() and span.min() >= _SPAN[0] and span.max() <= _SPAN[1] and span.prod() >= _COVERED


def _clearance(outline, letters):
    """Measures how far letters are from the outline: pixels, the 2 % that are nearest not counted."""
    left, top, w, h = cv2.boundingRect(outline)
    inside = cv2.drawContours(np.zeros((h, w), np.uint8), [outline], -1, 1, cv2.FILLED, offset=(-left, -top))
    x, y = (np.concatenate(letters)[:, 0] - [left, top]).T
    return np.percentile(cv2.distanceTransform(inside, cv2.DIST_L2, 3)[y, x], 2)


def _is_pattern(letters, boxes, lengths):
    """Tells whether pieces are a pattern, hatching or a face rather than letters.

    Args:
      letters: list of int32 [M, 1, 2], their contours.
      boxes: int [L, 4], their boxes (left, top, width, height).
      lengths: int [L], lengths of their contours.
    """
    left, top, width, height = np.float32(boxes).T
    unlike = max(of.std() / of.mean() for of in (width, height, lengths))
    sides = np.sort([cv2.minAreaRect(letter)[1] for letter in letters])
    if np.mean(sides[:, 0] < _STRAIGHT * sides[:, 1]) > _MOST_STRAIGHT:
        return True
    if len(letters) < _SOME:
        fills = [(cv2.contourArea(letter) + 1) / (cv2.contourArea(cv2.convexHull(letter)) + 1) for letter in letters]
        return unlike < _FEW_ALIKE and np.median(fills) > _CONVEX
    if unlike < (_FEW_ALIKE if len(letters) < _MANY else _ALIKE):
        return True
    in_words = np.mean(_in_words(left, top, width, height))
    if len(letters) < _MANY:
        return in_words < _FEW_IN_WORDS and np.mean(lengths / 2 / np.hypot(width, height)) < _WINDING
    return in_words < _IN_WORDS


def _in_words(left, top, width, height):
    """Tells which letters have neighbors in a line or column, and stand on one line with them: bool [N]."""
    right, bottom = left + width, top + height

    def apart(first, last):  # room between two letters along an axis; negative where they overlap
        return np.maximum(first[:, None], first[None]) - np.minimum(last[:, None], last[None])

    def words(near):  # the number of each letter's word
        word, last = np.arange(len(left)), None
        while last is None or (word != last).any():
            last = word
            word = np.where(near, word[None], word[:, None]).min(axis=1)
        return word

    def aligned(word, *edges):  # whether one of a letter's edges is in line with those of its word
        in_line = np.zeros(len(word), bool)
        for number in np.flatnonzero(np.bincount(word) >= min(_WORD, len(word))):
            own = word == number
            for edge in edges:
                in_line[own] |= np.abs(edge[own] - np.median(edge[own])) < _ALIGNED * np.median(height[own])
        return in_line

    aside, above = apart(left, right), apart(top, bottom)
    tall, wide = (np.minimum(of[:, None], of[None]) for of in (height, width))
    room = _NEAR * np.maximum(height[:, None], height[None])
    in_lines = aligned(words((aside < room) & (above < -tall / 2)), top, bottom)
    in_columns = aligned(words((above < room / 2) & (aside < -wide / 2)), (left + right) / 2)
    return in_lines if in_lines.sum() >= in_columns.sum() else in_columns
