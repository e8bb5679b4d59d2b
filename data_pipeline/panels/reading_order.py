"""Reading order of panels: rows from the top, and in a row from the left; a column of a row is read from its top."""

_SHRUNK = (.04, .08, .16, .24)  # shares of its sides by which a box is shrunk at each edge, the next if the one before
# leaves all boxes joined: gutters are slanted, pages are askew


def sort(boxes):
    """Sorts boxes by reading order.

    A box that lies in another one comes after it.

    Args:
      boxes: list of (top, left, bottom, right).
    Returns:
      List of indices.

    Example:
      >>> sort([(0, 60, 50, 100), (0, 0, 50, 50), (60, 0, 100, 100)])
      [1, 0, 2]
    """
    insets = {k: next((j for j, outer in enumerate(boxes) if j != k and _lies_in(box, outer)), None)
              for k, box in enumerate(boxes)}
    order = _sort([k for k in insets if insets[k] is None], boxes)
    for k in sorted((k for k in insets if insets[k] is not None), key=lambda k: boxes[k][:2], reverse=True):
        order.insert(order.index(insets[k]) + 1 if insets[k] in order else len(order), k)
    return order


def _lies_in(box, outer):
    """Tells whether most of a box lies in another one that is larger."""
    height = min(box[2], outer[2]) - max(box[0], outer[0])
    width = min(box[3], outer[3]) - max(box[1], outer[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return area < .7 * (outer[2] - outer[0]) * (outer[3] - outer[1]) and min(height, width) > 0 and (
        height * width > .6 * area)


def _sort(numbers, boxes):
    if len(numbers) < 2:
        return numbers
    for shrunk in _SHRUNK:
        for axis in (0, 1):  # rows first
            groups = _groups(numbers, boxes, axis, shrunk)
            if len(groups) > 1:
                return [k for group in groups for k in _sort(group, boxes)]
    return sorted(numbers, key=lambda k: boxes[k][0] + boxes[k][1])


def _groups(numbers, boxes, axis, shrunk):
    """Divides boxes into groups that lie one below the other (axis 0), or side by side (axis 1)."""

    def span(k):
        first, last = boxes[k][axis], boxes[k][axis + 2]
        inner = shrunk * (last - first)
        return first + inner, last - inner

    groups, end = [], None
    for k in sorted(numbers, key=lambda k: span(k)[0]):
        first, last = span(k)
        if end is None or first >= end:
            groups.append([])
            end = last
        groups[-1].append(k)
        end = max(end, last)
    return groups
