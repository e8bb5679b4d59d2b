"""Colors by a TensorFlow Serving instance, over gRPC, with the model that `eval.export` wrote."""

import functools
import secrets

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc

from eval.serving import encoded_references
from models.low_res_colorizer import LowResColorizerConfig
from models.low_res_colorizer.references import REFERENCES

MODEL = 'comic_colorizer'  # name of the model at the server
AUTOMATIC = (-1, -1, -1)  # a background color that asks for the sampled picture's own
_TYPES = {'seed': np.int64, 'temperature': np.float32, 'background': np.float32, 'chapter': np.int64}


class SignatureSystem:
    """The system `comic` behind the signatures of an exported model, with the interface of `systems.LocalSystem`.

    Subclasses have `_where`, which names the model's place, `_inputs`, the names of the inputs that it has, and
    `_predict`, which computes some outputs of a signature.

    Example:
      >>> SignatureSystem().size
      256
    """

    def __init__(self):
        self.size, self._side = LowResColorizerConfig.image_size, LowResColorizerConfig.low_res_size

    def expect(self, pictures):
        """See `systems.LocalSystem.expect`; a server needs no preparation."""

    def encode_references(self, drawings, pictures):
        """Encodes colored pictures as references; see `systems.LocalSystem.encode_references`.

        Raises:
          ConnectionError, TimeoutError: see `colorize`.
        """
        self._expect_input('references')
        answer, = self._predict('references', {'line_art': drawings[..., None], 'color': pictures}, 'reference_bytes')
        return encoded_references.to_arrays(answer, self._side)

    def colorize(self, drawings, seeds, temperature, background=None, hints=None, references=None, chapter=None):
        """Colors drawings; see `systems.LocalSystem.colorize`.

        A model of an older version takes no chapter. With one, but without references, it colors as if there were none,
        and what follows from references is not in the result.

        Raises:
          ConnectionError: the server cannot be reached, answers with an error or with something else, or has an older
            model, which takes no hints or no references, although there are some.
          TimeoutError: the answer takes too long.
        """
        count = len(drawings)
        for name, given in (('hints', hints), ('references', references)):
            if given is not None:
                self._expect_input(name)
        # Something for every picture where there is none, since a server that joins requests wants it.
        optional = {'hints': np.zeros((*drawings.shape, 4), np.uint8) if hints is None else hints,
                    'references': [b''] * count if references is None else encoded_references.to_strings(references),
                    'chapter': _chapter_numbers(count, references, chapter)}
        inputs = {'outline': drawings[..., None], 'seed': seeds, 'temperature': [temperature] * count,
                  'background': [AUTOMATIC if background is None else background] * count,
                  **{name: given for name, given in optional.items() if name in self._inputs}}
        has_more = 'references' in self._inputs and (references is not None or chapter is not None)
        image, low_res, mask, *more = self._predict('serving_default', inputs, 'image', 'low_res', 'background_mask', *(
            ('reference_bytes', 'match', 'match_confidence') if has_more else ()))
        pictures = {'image': image, 'low_res': low_res, 'background_mask': np.uint8(mask[..., 0] * 255)}
        if not more:
            return pictures
        first = 0 if references is None else references.shape[1]
        return pictures | {'reference': encoded_references.to_arrays(more[0], self._side),
                           'match': encoded_references.turn(more[1], REFERENCES, first).numpy(),
                           'match_confidence': more[2]}

    def _expect_input(self, name):
        """Raises ConnectionError if the model there does not have an input. Models of older versions lack some."""
        if name not in self._inputs:
            raise ConnectionError(f'{self._where}: the model there takes no {name}; export it anew')


class RemoteSystem(SignatureSystem):
    """The system `comic` at a server.

    Args:
      address: 'host:port' of the server's gRPC.
      timeout: seconds to wait for one answer.

    Example:
      >>> RemoteSystem('localhost:8500', timeout=60).size
      256
    """

    def __init__(self, address, timeout):
        super().__init__()
        self._where, self._timeout = address, timeout
        unlimited = [('grpc.max_send_message_length', -1), ('grpc.max_receive_message_length', -1)]
        self._service = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel(address, unlimited))

    def __reduce__(self):
        """Pickles the address, see `systems.LocalSystem`."""
        return RemoteSystem, (self._where, self._timeout)

    @functools.cached_property
    def _inputs(self):
        """Names of the inputs that the model there has."""
        message = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=['signature_def'])
        message.model_spec.name = MODEL
        signatures = get_model_metadata_pb2.SignatureDefMap()
        self._ask(self._service.GetModelMetadata, message).metadata['signature_def'].Unpack(signatures)
        return set(signatures.signature_def['serving_default'].inputs)

    def _predict(self, signature, inputs, *names):
        """Asks for outputs: a list of arrays. Raises what `colorize` raises."""
        outputs = self._ask(self._service.Predict, request(signature, **inputs)).outputs
        missing = set(names) - set(outputs)
        if missing:
            raise ConnectionError(f'{self._where}: the answer lacks {", ".join(sorted(missing))}')
        return [tf.make_ndarray(outputs[name]) for name in names]

    def _ask(self, method, message):
        """Calls a method of the server. Raises what `colorize` raises."""
        try:
            return method(message, timeout=self._timeout)
        except grpc.RpcError as error:
            code, reason = error.code(), (error.details() or '').strip().split('\n')[0]
            if code == grpc.StatusCode.DEADLINE_EXCEEDED:
                raise TimeoutError(f'{self._where}: no answer within {self._timeout:g} s') from error
            raise ConnectionError(f'{self._where}: {code.name}: {reason}') from error


def _chapter_numbers(count, references, chapter):
    """Makes numbers of chapters that no other request has, since the server may join requests: int64 [B].

    A picture of no chapter has 0, or, if nothing else asks for its reference, a number of its own.
    """
    if chapter is None and (references is None or references.size):
        return np.zeros(count, np.int64)
    chapter = np.zeros(count, np.int64) if chapter is None else np.asarray(chapter, np.int64)
    return 2**32 + secrets.randbits(61) + np.where(chapter > 0, chapter, -np.arange(count))


def request(signature, **inputs):
    """Makes a PredictRequest.

    Args:
      signature: name of a signature in `signatures`.
      inputs: its inputs, arrays or lists.
    Returns:
      predict_pb2.PredictRequest.
    """
    message = predict_pb2.PredictRequest()
    message.model_spec.name, message.model_spec.signature_name = MODEL, signature
    for name, value in inputs.items():
        message.inputs[name].CopyFrom(tf.make_tensor_proto(typed(name, value)))
    return message


def typed(name, value):
    """Gives an input of a signature its type: an array, or what TensorFlow makes the right tensor of."""
    return np.asarray(value, _TYPES[name]) if name in _TYPES else value
