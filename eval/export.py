r"""Exports the system as a SavedModel for TensorFlow Serving.

  python -m eval.export --weights runs/lrc --weights runs/bd --weights runs/pn --output exported/comic_colorizer

Writes a version folder such as exported/comic_colorizer/1, completely or not at all. Its number is the next one, unless
--version gives it. The folder holds the signatures `serving_default` (outlines as arrays), `encoded` (PNG or JPEG in,
PNG out) and `references`, which eval/serving/signatures.py describes, and a request for each that the server warms up
with.

--xla compiles the sampler with XLA. It then samples several times faster, but compiles for seconds at each new batch
size. Only a server that is started with --xla_cpu_compilation_enabled accepts such a model.

If nothing was exported, the exit status is 1, and one line says why.
"""

from absl import flags

from data_pipeline.common import program
from eval.serving import saved_model
from models import comic_colorizer

FLAGS = flags.FLAGS


def main():
    colorizer = comic_colorizer.ComicColorizer.from_pretrained(
        FLAGS.weights, drafts=FLAGS.drafts, xla=FLAGS.xla)
    print(saved_model.export(colorizer, FLAGS.output, FLAGS.version))


if __name__ == '__main__':
    flags.DEFINE_multi_string('weights', [str(comic_colorizer.PRETRAINED)], 'Folder of trained networks. May be '
                              'repeated: each network is loaded from the first folder that holds it.')
    flags.DEFINE_string('output', None, 'Folder of the model, which holds a folder for each version.', required=True)
    flags.DEFINE_integer('version', None, 'Number of the version; the next one by default.', lower_bound=1)
    flags.DEFINE_integer('drafts', comic_colorizer.DRAFTS, 'Number of samples that form the consensus.',
                         lower_bound=1)
    flags.DEFINE_bool('xla', False, 'Compile the sampler with XLA.')
    program.run(main)
