"""Colors by a TensorFlow Serving instance, over gRPC, with the model that `eval.export` wrote."""

import functools

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc

from models.low_res_colorizer import LowResColorizerConfig

MODEL = 'comic_colorizer'  # name of the model at the server
AUTOMATIC = (-1, -1, -1)  # a background color that asks for the sampled picture's own


class RemoteSystem:
    """The system `comic` at a server, with the interface of `systems.LocalSystem`.

    Args:
      address: 'host:port' of the server's gRPC.
      timeout: seconds to wait for one answer.

    Example:
      >>> RemoteSystem('localhost:8500', timeout=60).size
      256
    """

    def __init__(self, address, timeout):
        self.size = LowResColorizerConfig.image_size
        self._address, self._timeout = address, timeout
        unlimited = [('grpc.max_send_message_length', -1), ('grpc.max_receive_message_length', -1)]
        self._service = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel(address, unlimited))

    def expect(self, pictures):
        """See `systems.LocalSystem.expect`; a server needs no preparation."""

    def colorize(self, drawings, seeds, temperature, background=None, hints=None):
        """Colors drawings; see `systems.LocalSystem.colorize`.

        Raises:
          ConnectionError: the server cannot be reached, answers with an error or with something else, or has an older
            model, which takes no hints, although there are some.
          TimeoutError: the answer takes too long.
        """
        if self._takes_hints:  # zeros for none, since a server that joins requests wants something for every picture
            pictures = {'hints': np.zeros((*drawings.shape, 4), np.uint8) if hints is None else hints}
        elif hints is None:
            pictures = {}
        else:
            raise ConnectionError(f'{self._address}: the model there takes no hints; export it anew')
        message = request('serving_default', outline=drawings[..., None], seed=seeds,
                          temperature=[temperature] * len(drawings),
                          background=[AUTOMATIC if background is None else background] * len(drawings), **pictures)
        outputs = self._ask(self._service.Predict, message).outputs
        missing = {'image', 'low_res', 'background_mask'} - set(outputs)
        if missing:
            raise ConnectionError(f'{self._address}: the answer lacks {", ".join(sorted(missing))}')
        image, low_res, mask = (tf.make_ndarray(outputs[name]) for name in ('image', 'low_res', 'background_mask'))
        return {'image': image, 'low_res': low_res, 'background_mask': np.uint8(mask[..., 0] * 255)}

    @functools.cached_property
    def _takes_hints(self):
        """Whether the model there has the input `hints`. Models of older versions have none."""
        message = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=['signature_def'])
        message.model_spec.name = MODEL
        signatures = get_model_metadata_pb2.SignatureDefMap()
        self._ask(self._service.GetModelMetadata, message).metadata['signature_def'].Unpack(signatures)
        return 'hints' in signatures.signature_def['serving_default'].inputs

    def _ask(self, method, message):
        """Calls a method of the server. Raises what `colorize` raises."""
        try:
            return method(message, timeout=self._timeout)
        except grpc.RpcError as error:
            code, reason = error.code(), (error.details() or '').strip().split('\n')[0]
            if code == grpc.StatusCode.DEADLINE_EXCEEDED:
                raise TimeoutError(f'{self._address}: no answer within {self._timeout:g} s') from error
            raise ConnectionError(f'{self._address}: {code.name}: {reason}') from error


def request(signature, *, seed, temperature, background, **pictures):
    """Makes a PredictRequest.

    Args:
      signature: name of a signature in `signatures`.
      seed, temperature, background, pictures: its inputs, arrays or lists; `pictures` are the pictures and the hints.
    Returns:
      predict_pb2.PredictRequest.
    """
    message = predict_pb2.PredictRequest()
    message.model_spec.name, message.model_spec.signature_name = MODEL, signature
    controls = {'seed': np.asarray(seed, np.int64), 'temperature': np.asarray(temperature, np.float32),
                'background': np.asarray(background, np.float32)}
    for name, value in (pictures | controls).items():
        message.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return message
