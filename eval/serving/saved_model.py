"""Writes the system as a SavedModel for TensorFlow Serving."""

import os
import pathlib
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from data_pipeline.common import errors
from data_pipeline.outlines import outline
from eval.serving import client, encoded_references, signatures
from models import comic_colorizer

WARM_UP = pathlib.PurePath('assets.extra', 'tf_serving_warmup_requests')  # where TensorFlow Serving looks for it


def export(colorizer, output, version=None):
    """Writes one version folder, completely or not at all.

    Args:
      colorizer: a `ComicColorizer`.
      output: folder of all versions.
      version: number of the version; None for the number after the highest there is.
    Returns:
      Path of the version folder.
    Raises:
      UserError: the version exists, or TensorFlow cannot write it.
      OSError: the folder cannot be written.
    """
    output = pathlib.Path(output)
    output.mkdir(parents=True, exist_ok=True)
    if version is None:
        version = max((int(folder.name) for folder in output.iterdir() if folder.name.isdecimal()), default=0) + 1
    target = output / str(version)
    if target.exists():
        raise errors.UserError(f'{target}: exists already')
    module = tf.Module()
    module.variables_in_use = colorizer.variables  # otherwise Keras would export every layer by itself
    with tempfile.TemporaryDirectory(dir=output, prefix='.export-') as part, errors.tensorflow_files(output):
        folder = pathlib.Path(part, str(version))
        tf.saved_model.save(module, str(folder), signatures.signatures(colorizer))
        (folder / WARM_UP).parent.mkdir()
        with tf.io.TFRecordWriter(str(folder / WARM_UP)) as writer:
            for request in warm_up_requests(colorizer):
                log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
                writer.write(log.SerializeToString())
        os.rename(folder, target)
    return target


def warm_up_requests(colorizer):
    """Makes one request for each signature of a `ComicColorizer`, of a drawing of a circle.

    To be colored, it has a hint in it, and a reference: as arrays, and as PNG.
    """
    size, side = colorizer.image_size, colorizer.low_res_size
    distance = np.linalg.norm(np.indices((size, size)) - size / 2, axis=0)
    drawing = np.where(abs(distance - size / 4) < 2, 0, outline.PAPER).astype(np.uint8)[..., None]
    hints = np.where(distance < 2, 255, 0).astype(np.uint8)[..., None].repeat(4, axis=-1)
    reference = np.zeros((1, 1, side, side, colorizer.reference_channels), np.float32)
    controls = {'seed': [0], 'temperature': [comic_colorizer.TEMPERATURE], 'background': [client.AUTOMATIC],
                'references': encoded_references.to_strings(reference), 'chapter': [1]}
    return [client.request('serving_default', outline=drawing[None], hints=hints[None], **controls),
            client.request('encoded', image_bytes=[tf.io.encode_png(drawing).numpy()],
                           hints=[tf.io.encode_png(hints).numpy()], **controls),
            client.request('references', line_art=drawing[None], color=hints[None, ..., :3])]
