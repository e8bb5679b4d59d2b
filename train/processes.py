"""Runs other programs of this project, as processes that end with this one."""

import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import time

from data_pipeline.common import errors

_ROOT = pathlib.Path(__file__).parent.parent
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1  # of linux/prctl.h
_PAUSE = .2  # seconds between two looks at a process


def run(program, flags, log, watch=lambda: False):
    """Runs a program to its end, or until it is not needed any longer.

    Args:
      program: name of its module.
      flags: {name: value}; the value may be a list, for a flag that is repeated, or None, for one that is not given.
      log: path of a file; what the program says is added.
      watch: function that is called every moment. When it returns True, the program is killed.
    Returns:
      What the program said, str.
    Raises:
      UserError: the program failed. The message holds the last line that it said.
    """
    given = [f'--{name}={value}' for name, values in flags.items() if values is not None
             for value in (values if isinstance(values, list) else [values])]
    paths = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get('PYTHONPATH')]))
    with open(log, 'a+', encoding='utf-8', errors='replace') as file:
        start = file.tell()
        process = subprocess.Popen([sys.executable, '-m', program, *given], stdin=subprocess.DEVNULL, stdout=file,
                                   stderr=file, env=os.environ | {'PYTHONPATH': paths}, preexec_fn=_end_with_parent)
        try:
            while process.poll() is None:
                if watch():
                    return ''
                time.sleep(_PAUSE)
        finally:
            process.kill()
            process.wait()
        file.seek(start)
        said = file.read()
    if process.returncode:
        last = (said.strip().splitlines() or ['it said nothing'])[-1].removeprefix('error: ')
        raise errors.UserError(f'{program}: {last} (see {log})')
    return said


def _end_with_parent():
    """Lets the kernel kill this process when its parent ends, even by a kill. Two trainings must not share a folder."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
