"""A stand-in for TensorFlow Serving: its generated PredictionService, over the C runtime that it runs models with."""

import concurrent.futures
import contextlib

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc

from tests.eval.serving import c_runtime


class ServedModel:
    """An exported model in the C runtime.

    Attributes:
      meta_graph: MetaGraphDef.
    """

    def __init__(self, folder):
        self.meta_graph = saved_model_pb2.SavedModel.FromString((folder / 'saved_model.pb').read_bytes()).meta_graphs[0]
        self._runtime = c_runtime.SavedModel(folder)

    def predict(self, signature, **inputs):
        """Runs a signature: arrays in, {name: array} out. Raises what `c_runtime` raises."""
        definition = self.meta_graph.signature_def[signature]
        feeds = {definition.inputs[name].name: value for name, value in inputs.items()}
        results = self._runtime.run(feeds, [tensor.name for tensor in definition.outputs.values()])
        return dict(zip(definition.outputs, results, strict=True))

    def answer(self, request):
        """PredictRequest -> PredictResponse."""
        inputs = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
        response = predict_pb2.PredictResponse(model_spec=request.model_spec)
        for name, value in self.predict(request.model_spec.signature_name, **inputs).items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
        return response


class _Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, answer, inputs):
        self._answer, self._inputs = answer, inputs

    def GetModelMetadata(self, request, context):
        signatures = get_model_metadata_pb2.SignatureDefMap()
        for name in self._inputs:
            signatures.signature_def['serving_default'].inputs[name].name = name
        response = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=request.model_spec)
        response.metadata['signature_def'].Pack(signatures)
        return response

    def Predict(self, request, context):
        try:
            return self._answer(request)
        except RuntimeError as error:
            code, message = error.args
            codes = {status.value[0]: status for status in grpc.StatusCode}
            context.abort(codes[code], message)


@contextlib.contextmanager
def serving(answer, inputs=('outline', 'hints', 'seed', 'temperature', 'background', 'references', 'chapter')):
    """Serves a function of PredictRequest to PredictResponse, which may raise RuntimeError(code, message).

    `inputs` are the names of the inputs of `serving_default`.

    Yields:
      'host:port'
    """
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(_Service(answer, inputs), server)
    port = server.add_insecure_port('localhost:0')
    server.start()
    try:
        yield f'localhost:{port}'
    finally:
        server.stop(None)


def controls(count, seed=0, temperature=.8, background=(-1, -1, -1)):
    """Makes the inputs beside the pictures and hints of a batch. A picture's seed is `seed` plus its number.

    There are no references.
    """
    return {'seed': np.arange(seed, seed + count, dtype=np.int64),
            'temperature': np.full(count, temperature, np.float32),
            'background': np.tile(np.float32(background), (count, 1)), 'references': np.zeros(0, object),
            'chapter': np.zeros(0, np.int64)}
