"""How every program starts and ends."""

from absl import app

from data_pipeline.common import errors


def run(main):
    """Parses the flags and runs a program's main function.

    A `UserError` or an OSError ends the program with one line on standard error and exit status 1. Any other exception
    is a bug and keeps its traceback.

    Args:
      main: function without arguments; a program takes flags only.
    """

    def guarded(argv):
        if len(argv) > 1:
            raise app.UsageError(f'unexpected argument: {argv[1]}')
        try:
            main()
        except (errors.UserError, OSError) as error:
            raise SystemExit(f'error: {error}') from error

    app.run(guarded)
