"""The one kind of error that a program reports in one line: something that the user can correct."""

import contextlib

import tensorflow as tf


class UserError(Exception):
    """The user gave something that cannot be used. The message says in one line what, and why.

    Every other exception, except OSError, is a bug: it keeps its traceback.
    """


@contextlib.contextmanager
def tensorflow_files(path):
    """Turns TensorFlow's errors into UserErrors while TensorFlow reads or writes files.

    TensorFlow reports a full disk or a damaged file by exceptions of its own, which are not OSErrors.

    Args:
      path: the file or folder that the message names.
    Raises:
      UserError: in place of any `tf.errors.OpError`.
    """
    try:
        yield
    except tf.errors.OpError as error:
        reason = str(error.message).strip().splitlines() or [type(error).__name__]
        raise UserError(f'{path}: {reason[0]}') from error
