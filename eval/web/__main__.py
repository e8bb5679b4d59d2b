"""Opens a page in the browser to color comics on.

  python -m eval.web
  python -m eval.web --work my_work --port 8000
  python -m eval.web --host 0.0.0.0 --password 'three red foxes'

Prints the address of the page. There, an artist drops drawings, pages or a whole chapter, sees them in color, clicks on
areas to give them other colors, paints hints, corrects panels, chooses among alternatives, pins panels as references,
and saves the chapter or layers of a page.

--work is the folder in which all work is kept: one folder for each chapter. Its name is the secret part of the page's
address, behind '#'. So reloading the page, or starting the program again, loses nothing, and browsers do not see each
other's chapters. `python -m eval.colorize --flagfile=WORK/KEY/colorize.flags --output OUTPUT` makes the same pictures.

The page takes what `eval.colorize` takes, within the same limits, and at most 500 MB at a time. It loads nothing from
elsewhere, and sends nothing elsewhere.

It answers to this machine alone. With --host it answers to others, too, and asks for --password. Without one, the
program says what that risks.

--weights or --server name the system, as for `eval.colorize`.
"""

import pathlib

from absl import flags

from data_pipeline.common import program
from eval import system_flags, systems
from eval.serving import client
from eval.web import rest, server

FLAGS = flags.FLAGS


def main():
    rest.use_one_heap()
    if FLAGS.server:
        system, lines = client.RemoteSystem(FLAGS.server, FLAGS.timeout), [f'--server={FLAGS.server}']
    else:
        system = systems.LocalSystem('comic', FLAGS.weights, FLAGS.drafts)
        lines = [f'--weights={pathlib.Path(folder).absolute()}' for folder in FLAGS.weights]
        lines += [f'--drafts={FLAGS.drafts}', '--noxla']
    server.serve(system, FLAGS.work, lines, FLAGS.host, FLAGS.port, FLAGS.password)


if __name__ == '__main__':
    system_flags.define()
    flags.DEFINE_string('work', 'out/web', 'Folder that keeps the work.')
    flags.DEFINE_string('host', server.LOCAL, 'Address to listen on.')
    flags.DEFINE_integer('port', 7860, 'Port to listen on.', lower_bound=1, upper_bound=65535)
    flags.DEFINE_string('password', None, 'Password that the page asks for; any user name goes with it.')
    program.run(main)
