"""Names of files and of members of archives: their order, and what is safe to write."""

import os
import re
import unicodedata

_SYSTEM_FILES = re.compile(r'__MACOSX|\._.*|\.DS_Store|\.Trashes|\.fseventsd|\.Spotlight-V100|Thumbs\.db|desktop\.ini|'
                           '@eaDir', re.IGNORECASE)


def printable(path):
    """Makes the name of a file printable: bytes that are not UTF-8 and control characters become backslash escapes."""
    text = os.fsencode(path).decode('utf-8', 'backslashreplace')
    return re.sub(r'[\x00-\x1f\x7f]', lambda match: f'\\x{ord(match[0]):02x}', text)


def natural(name):
    """Makes a sort key for which numbers in names compare as numbers, of all scripts: 'p9' before 'p10'."""
    return [(1, 0, part.lower()) if k % 2 == 0 else (0, len(number := _digits(part).lstrip('0')), number)
            for k, part in enumerate(re.split(r'(\d+)', name))]


def _digits(number):
    """Writes a number with the digits 0 to 9. Numbers are not converted to int, which limits their length."""
    return number if number.isascii() else ''.join(str(unicodedata.decimal(digit)) for digit in number)


def left_by_system(name):
    """Tells whether a path belongs to files that systems leave behind, such as __MACOSX and Thumbs.db."""
    return any(_SYSTEM_FILES.fullmatch(part) for part in re.split(r'[/\\]', name))


def safe(member):
    """Makes the path of an archive's member safe to join to a folder: no '..', drive, leading '/', control character
    or half of a surrogate pair, which UTF-8 cannot encode.

    Args:
      member: str, with '/' or '\\' between its parts.
    Returns:
      str with '/' between its parts.
    """
    parts = [re.sub(r'[:\x00-\x1f\x7f\ud800-\udfff]', '_', part) for part in re.split(r'[/\\]', member)
             if part not in ('', '.', '..')]
    return '/'.join(parts) or 'unnamed'


def unique(names):
    """Makes names unique, on file systems that ignore case too: the second 'a.png' becomes 'a (2).png'."""
    taken, numbers, result = set(), {}, []
    for name in names:
        stem, suffix = os.path.splitext(name)
        candidate = name
        while _folded(candidate) in taken:
            numbers[name] = numbers.get(name, 1) + 1
            candidate = f'{stem} ({numbers[name]}){suffix}'
        taken.add(_folded(candidate))
        result.append(candidate)
    return result


def family(name):
    """Returns what is the same for all names that `unique` may have to tell apart, and for what it makes of them.

    So `unique` can number the names of each family by itself.

    Example:
      >>> family('ch1/A (2).png') == family('Ch1/a.png') != family('ch1/a.jpg')
      True
    """
    stem, suffix = os.path.splitext(name)
    return _folded(re.sub(r'( \(\d+\))+$', '', stem) + suffix)


def _folded(name):
    """The name as file systems compare it that ignore case and Unicode's form."""
    return unicodedata.normalize('NFC', name).casefold()
