"""Detects the encoding of the names in an archive that does not say which it uses.

charset-normalizer ranks the encodings. But names are short, so several encodings fit. Among those that fit all names of
the archive, the one is taken whose characters are the most usual ones; of equals, the one that ranks first.
"""

import unicodedata

import charset_normalizer

from data_pipeline.common import errors

# Those of the systems that people's archives come from.
ENCODINGS = ('utf_8', 'cp932', 'cp949', 'gb18030', 'big5', 'cp437', 'cp850')
# Characters that are frequent in the languages, and in the names of comics' files.
_FREQUENT = {
    'cp932': '第話巻章回編頁表紙漫画本上下中前後版集日一人年大十二三時分月見行東西南北子女小天白',
    'cp949': '제화권편장회표지만쪽이다에의는로하을가고서한은기으년대사시를리도인스일나전상중외국왕신새폴더',
    'gb18030': '第话卷章回页册集图片漫画封面版上下中前后外传番的一是不了在人有我他这个们来大为和国地到线稿草色',
    'big5': '第話卷章回頁冊集圖片漫畫封面版上下中前後外傳番的一是不了在人有我他這個們來大為和國地到線稿草色'}
_VIETNAMESE = 'ƠơƯư'
_FREQUENT_RANK, _USUAL, _RARE, _WRONG = 0., 1., 2., 3.


def decode(encoded, encoding=None):
    """Decodes the names of an archive, which all have one encoding.

    Args:
      encoded: list of bytes.
      encoding: the encoding, or None to detect it.
    Returns:
      List of strings. Bytes that do not fit the encoding become replacement characters.
    Raises:
      UserError: Python does not know the encoding.

    Example:
      >>> decode(['第1話/表紙.png'.encode('cp932'), '第2話/01.png'.encode('cp932')])
      ['第1話/表紙.png', '第2話/01.png']
    """
    encoding = encoding or detect(encoded)
    check(encoding)
    return [name.decode(encoding, 'replace') for name in encoded]


def check(encoding):
    """Raises UserError if Python has no text encoding of this name."""
    try:
        b'a'.decode(encoding, 'replace')
    except (LookupError, ValueError) as error:
        raise errors.UserError(f'--name_encoding={encoding}: no such encoding') from error


def detect(encoded):
    """Detects the encoding that a list of bytes has: one of `ENCODINGS`."""
    ranked = [match.encoding for match in charset_normalizer.from_bytes(
        b'\n'.join(encoded), cp_isolation=list(ENCODINGS))]
    fitting = {}
    for encoding in dict.fromkeys([*ranked, *ENCODINGS]):
        try:
            text = ''.join(name.decode(encoding) for name in encoded)
        except UnicodeDecodeError:
            continue
        ranks = [(_rank(character, encoding), len(character.encode(encoding))) for character in text if character > '~']
        fitting[encoding] = sum(rank * size for rank, size in ranks) / max(1, sum(size for _, size in ranks))
    return min(fitting, key=fitting.get)  # cp437 fits all names


def _rank(character, encoding):
    """Tells how unusual a character is in texts of an encoding: from _FREQUENT_RANK to _WRONG."""
    if character in _FREQUENT.get(encoding, ''):
        return _FREQUENT_RANK
    if encoding == 'utf_8':  # few other texts are valid UTF-8, and those that are give letters from odd alphabets
        odd = '\u0180' <= character < '\u0386' and not '\u0300' <= character < '\u0370' and character not in _VIETNAMESE
        return _WRONG if odd or not unicodedata.name(character, '') else _FREQUENT_RANK
    if encoding in ('cp437', 'cp850'):
        usual = character.isalpha() and character <= '\xff'
        return _USUAL if usual else _USUAL + .5 if character in '·¿¡«»°' else _WRONG
    lead, *rest = character.encode(encoding)
    if encoding == 'cp932':
        if '\u3040' <= character <= '\u30ff':  # kana
            return _FREQUENT_RANK
        return _WRONG if not rest else _USUAL if lead <= 0x98 else _RARE  # half-width kana; the first level of kanji
    if encoding == 'cp949':
        if '\uac00' <= character <= '\ud7a3':  # syllables; the usual ones are those of KS X 1001
            return _USUAL if lead >= 0xb0 and rest[0] >= 0xa1 else _WRONG
        return _USUAL + .5 if lead in (0xa1, 0xa3) else _RARE
    if encoding == 'gb18030':
        in_gb2312 = len(rest) == 1 and lead >= 0xa1 and rest[0] >= 0xa1
        return _WRONG if not in_gb2312 else _USUAL if lead <= 0xd7 else _USUAL + .5  # the first level of characters
    return _USUAL + .2 if lead <= 0xc6 else _RARE  # Big5, which is rarer than the others
