import pytest

pytest.importorskip('apache_beam')

# ruff: noqa: E402
from data_pipeline.beam import shared_folder
from tests.data_pipeline.beam import remote_files


@pytest.fixture(params=['', remote_files.SCHEME])
def place(request, tmp_path):
    """A shared folder on this machine, and one at an address."""
    return shared_folder.SharedFolder(f'{request.param}{tmp_path}/a/{"out" if request.param else "[out]"}')


def test_two_who_write_one_file_leave_one_whole_file(place):
    with place.run():
        with place.write('x.txt') as one, place.write('x.txt') as other:
            one.write_text('the same')
            assert place.read('x.txt') is None
            other.write_text('the same')
        assert place.read('x.txt') == b'the same'
    assert place.names() == ['x.txt']


def test_what_fails_or_is_killed_leaves_nothing(place):
    with pytest.raises(ValueError, match='no'), place.run(), place.write('x.txt') as part:
        part.write_text('half')
        raise ValueError('no')
    place.write_text('.parts/left', 'by a run that was killed')
    with place.run():
        assert place.read('.parts/left') is None
    assert not place.names()


def test_files_are_found_read_and_deleted(place):
    place.write_text('x.txt', '1')
    place.write_text('b/c/y.txt', '2')
    assert place.is_file('b/c/y.txt') and not place.is_file('y.txt') and place.read('b/c/y.txt') == b'2'
    assert place.names()[-2:] == ['b', 'x.txt']
    place.delete('x.txt')
    assert not place.is_file('x.txt') and place.read('x.txt') is None
