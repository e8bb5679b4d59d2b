"""How every program starts and ends."""

from absl import app, flags

from data_pipeline.common import errors

FLAGS = flags.FLAGS


def run(main):
    """Parses the flags and runs a program's main function.

    A `UserError` or an OSError ends the program with one line on standard error and exit status 1. Any other exception
    is a bug and keeps its traceback.

    Args:
      main: function without arguments; a program takes flags only.
    """
    app.run(lambda argv: _run(main, argv))


def run_also_on_beam(main):
    """Does what `run` does, for a program that Apache Beam can run, too.

    Defines the flag --runner. With it, flags that the program does not know are options of Beam.

    Args:
      main: function of a list of Beam's options, --runner among them; or of None without --runner.
    """
    flags.DEFINE_string('runner', None, 'Runner of Apache Beam, such as DirectRunner, FlinkRunner or DataflowRunner. '
                        "Flags that are not listed here are then options of Beam. Default: this machine, without Beam.")

    def with_options(argv):
        if FLAGS.runner is None:
            _run(lambda: main(None), argv)
        else:
            _run(lambda: main([f'--runner={FLAGS.runner}', *argv[1:]]), argv[:1])

    app.run(with_options, flags_parser=_parse_known)


def _run(main, argv):
    if len(argv) > 1:
        raise app.UsageError(f'unexpected argument: {argv[1]}')
    try:
        main()
    except (errors.UserError, OSError) as error:
        raise SystemExit(f'error: {error}') from error


def _parse_known(argv):
    """Parses flags. With --runner, it returns those that it does not know; without, they are errors."""
    FLAGS.set_gnu_getopt()  # so that options may have their values after a space
    try:
        rest = FLAGS(argv, known_only=True)
        if FLAGS.runner is not None or not any(argument.startswith('-') for argument in rest[1:]):
            return rest
    except flags.Error:
        pass
    FLAGS.unparse_flags()
    return app.parse_flags_with_usage(argv)  # names what is wrong
