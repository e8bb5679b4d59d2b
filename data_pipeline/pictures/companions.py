"""Pictures that belong together: NAME.line.* and NAME.mask.* beside NAME.colour.* (or NAME.color.*), any format.

NAME.hints.png beside a drawing NAME.* holds the colors that a user gives at places; see `eval.hint_files`.
"""

import re

_COLOR = re.compile(r'(.*)\.colou?r\.[^./]+$')
HINTS = re.compile(r'(.+)\.hints\.png', re.IGNORECASE)
_COMPANION = re.compile(r'(.*)\.(line|mask)\.[^./]+$')


def with_companions(found):
    """Finds the companions of every picture.

    Args:
      found: list of `pages.Page`.
    Returns:
      List of (page, {'line' or 'mask': its companion's page}), without the companions themselves and without hints.
    """
    colored = {(page.group, match[1]): page for page in found if (match := _COLOR.match(page.name))}
    companions, others = {}, []
    for page in found:
        match = _COMPANION.match(page.name)
        if match and (page.group, match[1]) in colored:
            companions.setdefault(colored[page.group, match[1]].name, {})[match[2]] = page
        elif not HINTS.fullmatch(page.name):
            others.append(page)
    return [(page, companions.get(page.name, {})) for page in others]


def family(page):
    """Returns what is the same for a picture and its companions, so that each family can be paired by itself."""
    match = _COLOR.match(page.name) or _COMPANION.match(page.name)
    return page.group, match[1] if match else page.name


def stem(page):
    """Returns a page's name without the suffix, and without '.colour' or '.color' if it has it."""
    match = _COLOR.match(page.name)
    return match[1] if match else page.name.rsplit('.', 1)[0]
