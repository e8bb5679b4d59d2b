"""Runs the programs for the tests."""

import runpy
import subprocess
import sys
import warnings
from unittest import mock

import tf_keras as keras
from absl import app, flags
from absl.testing import flagsaver


def run_here(program, *arguments):
    """Runs a program in this process, which saves the time that another process takes to start.

    Args:
      program: name of the program's module.
      arguments: of the command line; each is converted to a string.
    Raises:
      SystemExit: the program fails. Its code is the line that the program would write to standard error.
    """
    argv = [program, *map(str, arguments)]
    with (flagsaver.flagsaver(), mock.patch.object(sys, 'argv', argv), warnings.catch_warnings(),
          mock.patch.object(app, 'run', lambda main, flags_parser=flags.FLAGS: main(flags_parser(argv)))):
        warnings.simplefilter('ignore', RuntimeWarning)  # of runpy: the module was imported before
        try:
            runpy.run_module(program, run_name='__main__')
        finally:
            keras.mixed_precision.set_global_policy('float32')


def run(program, *arguments):
    """Runs a program in a process of its own: subprocess.CompletedProcess with its text."""
    return subprocess.run([sys.executable, '-m', program, *map(str, arguments)], capture_output=True, text=True,
                          check=False)
