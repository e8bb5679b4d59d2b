"""Texts of contact sheets, in a font that has their characters, and not longer than a column."""

import functools
import itertools
import os
import pathlib
import re
import unicodedata

from PIL import ImageFont

_SIZE = 11  # pixels
_GAP = '...'  # stands for what is left out
_MOST = 300  # characters of a label; more never fit
_FOLDERS = ('/usr/share/fonts', '/usr/local/share/fonts', '~/.fonts', '~/.local/share/fonts',  # Linux
            '/System/Library/Fonts', '/Library/Fonts', '~/Library/Fonts',  # macOS
            '${WINDIR}/Fonts', '${LOCALAPPDATA}/Microsoft/Windows/Fonts')
# How the files' names of fonts begin, without spaces and hyphens. The first ones have Chinese, Japanese or Korean.
_FAMILIES = ('notosanscjk', 'notosansmonocjk', 'notoserifcjk', 'notosansjp', 'notosanssc', 'notosanstc', 'notosanskr',
             'sourcehan', 'wqy', 'ヒラギノ', 'hiragino', 'pingfang', 'stheiti', 'applesdgothicneo', 'yugoth', 'meiryo',
             'malgun', 'msyh', 'msjh', 'msgothic', 'simsun', 'gulim', 'batang', 'arialuni', 'ipag', 'ipaexg', 'takao',
             'vlgothic', 'nanumgothic', 'droidsansfallback', 'uming', 'ukai', 'unifont', 'dejavusans', 'notosans',
             'liberationsans', 'arial', 'segoeui')


def fit(label, number, width):
    """Makes a label that can be drawn.

    Args:
      label: str.
      number: int. If no font has all characters of the label, this number stands before what can be shown of it.
      width: the most pixels.
    Returns:
      (text, font). A label that is too long lacks its beginning.

    Example:
      >>> fit('chapter 1/page 7', number=7, width=200)[0]
      'chapter 1/page 7'
    """
    text = ''.join(c if c.isprintable() else ' ' for c in unicodedata.normalize('NFC', label[-_MOST:]))
    path = _font_for(text)
    shown = ''.join(c if _has(path, c) else '\0' for c in text)
    start, text = ('', text) if shown == text else (f'#{number} ', re.sub('\0+', _GAP, shown))
    font = _load(path)
    candidates = itertools.chain([start + text], (start + _GAP + text[k:] for k in range(1, len(text) + 1)))
    return next((text for text in candidates if font.getlength(text) <= width), ''), font


def _font_for(text):
    """Finds the first font that has all characters of a text, or the one that has most of them."""
    best, most = None, -1
    for path in _fonts():
        has = sum(_has(path, character) for character in text)
        if has > most:
            best, most = path, has
        if has == len(text):
            break
    return best


def _fonts():
    """Yields what `_load` takes: the font that comes with Pillow, and those of the system."""
    yield None
    yield from _system_fonts()


@functools.cache
def _system_fonts():
    """Lists font files of the system, one of each of `_FAMILIES` that it has."""
    best = {}
    for folder in _FOLDERS:
        for parent, _, names in os.walk(os.path.expanduser(os.path.expandvars(folder))):
            for name in names:
                plain = re.sub('[ _-]', '', unicodedata.normalize('NFC', name).lower())
                family = next((rank for rank, start in enumerate(_FAMILIES) if plain.startswith(start)), None)
                if family is not None and plain.endswith(('.ttf', '.otf', '.ttc', '.otc')):
                    font = 'regular' not in plain, len(plain), str(pathlib.Path(parent, name))
                    best[family] = min(best.get(family, font), font)
    return [path for _, (*_, path) in sorted(best.items())]


@functools.cache
def _load(path):
    """Loads a font file; None is the font that comes with Pillow, and stands in for damaged files too."""
    try:
        return ImageFont.truetype(path, _SIZE) if path else ImageFont.load_default(_SIZE)
    except OSError:
        return ImageFont.load_default(_SIZE)


@functools.cache
def _has(path, character):
    """Tells whether a font has a character: it does not draw it as it draws one that does not exist."""
    return character == ' ' or _drawn(path, character) != _drawn(path, '\U0010ffff')


def _drawn(path, character):
    mask = _load(path).getmask(character)
    return mask.size, bytes(mask)
