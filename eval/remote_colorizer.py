"""Colours by a TensorFlow Serving instance that serves what `export` wrote, over gRPC."""

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from models import presets

MODEL = 'comic_colorizer'  # its name at the server
AUTOMATIC = (-1, -1, -1)  # background colour: what the sampled picture has


class RemoteColorizer:
    """In the place of a `colorizers.Colorizer` of the comic system.

    Args:
      address: 'host:port' of the server's gRPC.
      timeout: seconds for one answer.
    """

    def __init__(self, address, timeout):
        self.size = presets.Preset.image_size
        self._address, self._timeout = address, timeout
        unlimited = [('grpc.max_send_message_length', -1), ('grpc.max_receive_message_length', -1)]
        self._service = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel(address, unlimited))

    def colorize(self, drawings, seeds, temperature, background=None):
        """Colours drawings; see `colorizers.Colorizer.colorize`.

        Raises:
          ConnectionError: the server is not there, or answers with an error or with something else.
          TimeoutError: it takes too long.
        """
        message = request('serving_default', outline=drawings[..., None], seed=seeds,
                          temperature=[temperature] * len(drawings),
                          background=[AUTOMATIC if background is None else background] * len(drawings))
        try:
            outputs = self._service.Predict(message, timeout=self._timeout).outputs
        except grpc.RpcError as error:
            code, reason = error.code(), (error.details() or '').strip().split('\n')[0]
            if code == grpc.StatusCode.DEADLINE_EXCEEDED:
                raise TimeoutError(f'{self._address}: no answer within {self._timeout:g} s') from error
            raise ConnectionError(f'{self._address}: {code.name}: {reason}') from error
        missing = {'image', 'low_res', 'background_mask'} - set(outputs)
        if missing:
            raise ConnectionError(f'{self._address}: the answer lacks {", ".join(sorted(missing))}')
        image, low_res, mask = (tf.make_ndarray(outputs[name]) for name in ('image', 'low_res', 'background_mask'))
        return {'image': image, 'low_res': low_res, 'background_mask': np.uint8(mask[..., 0] * 255)}


def request(signature, *, seed, temperature, background, **pictures):
    """A PredictRequest for one of `models.serving_signatures`, whose inputs it takes as arrays or lists."""
    message = predict_pb2.PredictRequest()
    message.model_spec.name, message.model_spec.signature_name = MODEL, signature
    controls = {'seed': np.asarray(seed, np.int64), 'temperature': np.asarray(temperature, np.float32),
                'background': np.asarray(background, np.float32)}
    for name, value in (pictures | controls).items():
        message.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return message
