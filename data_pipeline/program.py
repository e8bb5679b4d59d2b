"""How programs begin and end: what cannot be used ends them with one clear line and a non-zero exit."""

import concurrent.futures

import tensorflow as tf
from absl import app


def run(main):
    """Runs a program's main function, which takes no arguments: all are flags."""

    def guarded(argv):
        if len(argv) > 1:
            raise app.UsageError(f'unexpected argument: {argv[1]}')
        try:
            main()
        except (ValueError, OSError, tf.errors.OpError, concurrent.futures.BrokenExecutor) as error:
            raise SystemExit(f'error: {error}') from error

    app.run(guarded)
