import os
import subprocess
import sys

import pytest

PROGRAM = """
from data_pipeline.common import errors, program

def main():
    print('started')
    {body}

program.run(main)
"""


@pytest.fixture
def run(tmp_path):
    """Runs a program with a given body of `main`: returns its exit status, standard output and standard error."""
    (tmp_path / 'tensorflow.py').touch()  # an empty module: the real one takes seconds to import and prints messages

    def run(body, *arguments):
        ended = subprocess.run([sys.executable, '-c', PROGRAM.format(body=body), *arguments], capture_output=True,
                               text=True, check=False, env=os.environ | {'PYTHONPATH': str(tmp_path)})
        return ended.returncode, ended.stdout, ended.stderr

    return run


def test_a_program_that_succeeds_has_status_zero(run):
    assert run('') == (0, 'started\n', '')


@pytest.mark.parametrize('body, line', [
    ("raise errors.UserError('a.png: unusable')", 'error: a.png: unusable\n'),
    ("open('nowhere.png')", "error: [Errno 2] No such file or directory: 'nowhere.png'\n")])
def test_what_the_user_can_mend_ends_the_program_with_one_line(run, body, line):
    assert run(body) == (1, 'started\n', line)


def test_a_bug_keeps_its_traceback(run):
    status, _, said = run("[].index('x')")
    assert status != 0
    assert 'Traceback' in said and said.splitlines()[-1].startswith('ValueError: ') and 'error: ' not in said


def test_an_unexpected_argument_is_named_and_main_does_not_start(run):
    status, shown, said = run('', 'extra')
    assert (status, shown) == (1, '')
    assert said.rstrip().endswith('unexpected argument: extra') and 'Traceback' not in said
