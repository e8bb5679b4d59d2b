r"""Exports the trained system as a SavedModel for TensorFlow Serving.

  python -m eval.export --weights runs/lrc --weights runs/bd --weights runs/pn --output exported/comic_colorizer

Writes a version folder, exported/comic_colorizer/1, with the next number unless --version says which; it is complete
or not there at all. Inside are the signatures `serving_default` (outlines as arrays) and `encoded` (PNG or JPEG in,
PNG out), which models/serving_signatures.py describes, and a request for each that the server warms up with.

--xla compiles the sampler with XLA, for a server that is started with --xla_cpu_compilation_enabled; others refuse such
a model. It samples several times faster but compiles for seconds for each batch size that it has not seen.

The exit status is 1, after one line that says why, if nothing was exported.
"""

import os
import pathlib
import tempfile

import numpy as np
import tensorflow as tf
from absl import flags
from tensorflow_serving.apis import prediction_log_pb2

from data_pipeline import program
from eval import colorize, remote_colorizer
from models import comic_colorizer, line_art, serving_signatures

FLAGS = flags.FLAGS
WARM_UP = pathlib.PurePath('assets.extra', 'tf_serving_warmup_requests')  # where TensorFlow Serving looks for it


def export(colorizer, output, version=None):
    """Writes one version folder.

    Args:
      colorizer: a `comic_colorizer.ComicColorizer`.
      output: folder of all versions.
      version: number, or None for the one after the highest there is.
    Returns:
      Path of the version folder.
    Raises:
      ValueError: the version is there already.
      OSError: it cannot be written.
    """
    output = pathlib.Path(output)
    output.mkdir(parents=True, exist_ok=True)
    if version is None:
        version = max((int(folder.name) for folder in output.iterdir() if folder.name.isdecimal()), default=0) + 1
    target = output / str(version)
    if target.exists():
        raise ValueError(f'{target} is there already')
    module = tf.Module()
    module.variables_in_use = colorizer.variables  # the networks' layers themselves would be exported one by one
    with tempfile.TemporaryDirectory(dir=output, prefix='.export-') as aside:
        folder = pathlib.Path(aside, str(version))
        tf.saved_model.save(module, str(folder), serving_signatures.signatures(colorizer))
        (folder / WARM_UP).parent.mkdir()
        with tf.io.TFRecordWriter(str(folder / WARM_UP)) as writer:
            for request in warm_up_requests(colorizer.preset.image_size):
                log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
                writer.write(log.SerializeToString())
        os.rename(folder, target)
    return target


def warm_up_requests(size):
    """A request for each signature: one drawing of a circle, as an array and as a PNG."""
    away = np.linalg.norm(np.indices((size, size)) - size / 2, axis=0)
    drawing = np.where(abs(away - size / 4) < 2, 0, line_art.PAPER).astype(np.uint8)[..., None]
    controls = {'seed': [0], 'temperature': [comic_colorizer.TEMPERATURE], 'background': [remote_colorizer.AUTOMATIC]}
    return [remote_colorizer.request('serving_default', outline=drawing[None], **controls),
            remote_colorizer.request('encoded', image_bytes=[tf.io.encode_png(drawing).numpy()], **controls)]


def main():
    colorizer = comic_colorizer.ComicColorizer.load(FLAGS.weights, FLAGS.drafts, FLAGS.xla)
    print(export(colorizer, FLAGS.output, FLAGS.version))


if __name__ == '__main__':
    flags.DEFINE_multi_string('weights', [str(colorize.PRETRAINED)], 'Folder with trained networks; may be repeated: '
                              'the first that holds a network is taken.')
    flags.DEFINE_string('output', None, 'Folder of the model, in which each version is a folder.', required=True)
    flags.DEFINE_integer('version', None, 'Number of the version; the next unless given.', lower_bound=1)
    flags.DEFINE_integer('drafts', comic_colorizer.DRAFTS, 'Samples that a picture is the consensus of.', lower_bound=1)
    flags.DEFINE_bool('xla', False, 'Compile the sampler with XLA.')
    program.run(main, tf.errors.OpError)
