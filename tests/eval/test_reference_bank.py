"""Which references a bank keeps."""

import numpy as np
import pytest

from eval import reference_bank

PLACES = 8 * 8


def _member(name):
    return reference_bank.member(np.zeros((8, 8, 5), np.float32), np.full((64, 64), 255, np.uint8),
                                 np.zeros((64, 64, 3), np.uint8), str(name))


def _add(bank, *panels, looks_at=None, share=1.):
    """Adds panels of one batch; a share of their places looks at the member of a name."""
    numbers = [member.name for member in bank.members]
    match = np.full((len(panels), PLACES), -1)
    if looks_at in numbers:
        match[:, :round(share * PLACES)] = numbers.index(looks_at) * PLACES + 5
    bank.add([_member(name) for name in panels], match.reshape(-1, 8, 8), np.ones((len(panels), 8, 8)))


def _names(bank):
    return [member.name for member in bank.members]


def test_a_full_bank_drops_the_oldest_of_what_nobody_looks_at():
    bank = reference_bank.Bank([], grows=True)
    for number in range(40):
        _add(bank, number)
        assert _names(bank) == [str(k) for k in range(max(0, number + 1 - reference_bank.EARLIER), number + 1)]


def test_what_later_panels_look_at_stays_and_leaves_when_they_look_no_more():
    bank = reference_bank.Bank([], grows=True)
    _add(bank, 'hero', 'extra')
    for number in range(60):
        _add(bank, number, looks_at='hero', share=.3)
    assert _names(bank)[0] == 'hero' and 'extra' not in _names(bank)
    assert len(bank.members) == reference_bank.EARLIER
    for number in range(60, 100):
        _add(bank, number)
    assert 'hero' not in _names(bank)


def test_given_references_always_stay():
    bank = reference_bank.Bank([_member('a'), _member('b')], grows=True)
    for number in range(30):
        _add(bank, number, looks_at='3')
    assert _names(bank)[:3] == ['a', 'b', '3'] and len(bank.members) == 2 + reference_bank.EARLIER
    full = reference_bank.Bank([_member(k) for k in range(16)], grows=True)
    _add(full, 'new', looks_at='7')
    assert _names(full) == [str(k) for k in range(16)]


def test_panels_of_a_batch_look_at_those_before_them_in_it():
    bank = reference_bank.Bank([_member('a')], grows=True)
    match = np.full((3, 8, 8), -1)
    match[1:] = 1 * PLACES + 3  # the first panel of the batch
    bank.add([_member(name) for name in ('first', 'second', 'third')], match, np.ones((3, 8, 8)))
    for number in range(13):
        _add(bank, number)
    assert _names(bank)[:2] == ['a', 'first'] and 'second' not in _names(bank)


@pytest.mark.parametrize('confidence', [0., 1.])
def test_confidence_counts(confidence):
    bank = reference_bank.Bank([], grows=True)
    _add(bank, 'hero')
    for number in range(20):
        match = np.zeros((1, 8, 8), int) + PLACES * (_names(bank).index('hero') if 'hero' in _names(bank) else 0)
        bank.add([_member(number)], match, np.full((1, 8, 8), confidence))
    assert ('hero' in _names(bank)) == (confidence == 1)


def test_references_are_those_of_the_members():
    given = [_member('a')._replace(encoded=np.full((8, 8, 5), 3, np.float32))]
    references = reference_bank.Bank(given, grows=True).references()
    assert references.shape == (1, 8, 8, 5) and (references == 3).all()
    assert reference_bank.Bank([], grows=True).references() is None


def test_a_bank_that_does_not_grow_keeps_what_is_given():
    bank = reference_bank.Bank([_member('a')], grows=False)
    _add(bank, 'new')
    assert _names(bank) == ['a']


def test_a_thumbnail_shows_colors_with_lines():
    drawing, color = np.full((256, 256), 255, np.uint8), np.full((256, 256, 3), (200, 30, 40), np.uint8)
    drawing[:, :128] = 0
    thumbnail = reference_bank.member(np.zeros((8, 8, 5)), drawing, color, 'a').thumbnail
    assert thumbnail.shape == (128, 128, 3) and not thumbnail[:, :64].any()
    assert (thumbnail[:, 64:] == (200, 30, 40)).all()
