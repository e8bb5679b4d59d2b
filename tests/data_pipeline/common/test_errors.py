import pytest
import tensorflow as tf

from data_pipeline.common import errors


def test_tensorflows_errors_become_errors_that_name_the_path(tmp_path):
    path = tmp_path / 'nowhere' / 'a.tfrecord'
    with pytest.raises(errors.UserError, match=f'^{path}: .*No such file'), errors.tensorflow_files(path):
        tf.io.read_file(str(path))
    with pytest.raises(errors.UserError, match='^a file: the disk is full$'), errors.tensorflow_files('a file'):
        raise tf.errors.ResourceExhaustedError(None, None, '\nthe disk is full\nat an address in C++')


def test_other_exceptions_pass(tmp_path):
    with pytest.raises(ValueError, match='^a bug$'), errors.tensorflow_files(tmp_path):
        raise ValueError('a bug')
