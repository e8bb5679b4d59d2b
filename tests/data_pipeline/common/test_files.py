import pytest

from data_pipeline.common import files


def test_a_file_is_complete_or_absent(tmp_path):
    path = tmp_path / 'file.txt'
    path.write_text('old')
    with pytest.raises(RuntimeError), files.atomic_write(path) as part:
        part.write_text('half')
        raise RuntimeError
    assert path.read_text() == 'old'
    with files.atomic_write(path) as part:
        part.write_text('new')
    assert path.read_text() == 'new' and list(tmp_path.iterdir()) == [path]
