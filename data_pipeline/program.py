"""How programs begin and end: what cannot be used ends them with one clear line and a non-zero exit."""

from absl import app


def run(main, *errors):
    """Runs a program's main function, which takes no arguments: all are flags.

    errors: exceptions that end the program with one line, beside ValueError and OSError.
    """

    def guarded(argv):
        if len(argv) > 1:
            raise app.UsageError(f'unexpected argument: {argv[1]}')
        try:
            main()
        except (ValueError, OSError, *errors) as error:
            raise SystemExit(f'error: {error}') from error

    app.run(guarded)
