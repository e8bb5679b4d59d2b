import numpy as np
import pytest
from PIL import Image

from eval import contact_sheet
from tests.eval.stand_in import files, pixels

PICTURE = np.full((50, 80), 128, np.uint8)


def test_sheets_show_every_picture(tmp_path, rng):
    sheet = contact_sheet.ContactSheet(tmp_path / 'sheet.png', ('a', 'b'), rows=9)  # in two columns
    colors = rng.integers(40, 200, (19, 3), np.uint8)
    for k, color in enumerate(colors):
        sheet.add(str(k), (PICTURE, np.broadcast_to(color, (90, 60, 3))))
    sheet.flush()
    assert [p.name for p in sheet.written] == ['sheet.png', 'sheet-2.png', 'sheet-3.png']
    shown = [pixels(path).reshape(-1, 3) for path in sheet.written]
    for k, color in enumerate(colors):
        assert (shown[k // 9] == color).all(axis=1).sum() > 5000


def test_sheets_take_numbers_that_are_free_or_replace_earlier_sheets(tmp_path):
    for name in ('sheet.png', 'sheet-3.png'):
        (tmp_path / name).write_bytes(b'earlier')
    for replace, expected in ((False, ['sheet-2.png', 'sheet-4.png', 'sheet-5.png']), (True, ['sheet.png'])):
        sheet = contact_sheet.ContactSheet(tmp_path / 'sheet.png', ('a',), rows=1, replace=replace)
        for _ in expected:
            sheet.add('', [PICTURE])
        assert [path.name for path in sheet.written] == expected
    assert (tmp_path / 'sheet-3.png').read_bytes() == b'earlier'
    assert Image.open(tmp_path / 'sheet.png').size == Image.open(tmp_path / 'sheet-2.png').size


def test_a_sheet_that_cannot_be_written_does_not_keep_its_rows(tmp_path):
    (tmp_path / 'sheet.png').mkdir()
    sheet = contact_sheet.ContactSheet(tmp_path / 'sheet.png', ('a',), rows=2)
    sheet.add('1', [PICTURE])
    with pytest.raises(OSError):
        sheet.add('2', [PICTURE])
    sheet.add('3', [PICTURE])
    sheet.add('4', [PICTURE])
    assert files(tmp_path) == {'sheet-2.png'} and sheet.written == [tmp_path / 'sheet-2.png']


def test_labels_stay_in_their_column(tmp_path):
    """The longest label changes nothing beside its column."""
    sheets = [contact_sheet.ContactSheet(tmp_path / name / 'sheet.png', ('a',)) for name in ('short', 'long')]
    for sheet, label in zip(sheets, ('w', 'w' * 200 + '\n.png'), strict=True):
        for _ in range(9):  # two columns
            sheet.add(label, [PICTURE])
        sheet.flush()
    short, long = (pixels(sheet.written[0]) for sheet in sheets)
    differs = np.flatnonzero((short != long).any(axis=(0, 2)))
    left, width = 28, 176
    columns = [(left, left + width), (2 * left + width, 2 * (left + width))]
    assert len(differs) and all(any(a <= x < b for a, b in columns) for x in differs)
