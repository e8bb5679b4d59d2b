"""Runs a SavedModel by TensorFlow's C API, out of the library in the wheel: the runtime of TensorFlow Serving.

It imports neither TensorFlow's Python nor this project, so that all answers come from the C library.
"""

import ctypes
import importlib.util
import pathlib

import numpy as np

_TYPES = {np.dtype(np.float32): 1, np.dtype(np.int32): 3, np.dtype(np.uint8): 4, np.dtype(np.int64): 9,
          np.dtype(object): 7}  # TF_DataType
_DTYPES = {number: dtype for dtype, number in _TYPES.items()}
_STRING_SIZE = 24  # of a TF_TString
_POINTERS = ('TF_NewStatus', 'TF_NewGraph', 'TF_NewSessionOptions', 'TF_LoadSessionFromSavedModel',
             'TF_GraphOperationByName', 'TF_AllocateTensor', 'TF_TensorData', 'TF_StringGetDataPointer')


class _Output(ctypes.Structure):
    _fields_ = [('operation', ctypes.c_void_p), ('index', ctypes.c_int)]


def _library():
    folder = pathlib.Path(importlib.util.find_spec('tensorflow').origin).parent
    library = ctypes.CDLL(str(folder / 'libtensorflow_cc.so.2'))
    for name in _POINTERS:
        getattr(library, name).restype = ctypes.c_void_p
    library.TF_Message.restype = ctypes.c_char_p
    for name in ('TF_Dim', 'TF_TensorByteSize', 'TF_StringGetSize'):
        getattr(library, name).restype = ctypes.c_int64
    return library


class SavedModel:
    """A SavedModel in a session of the C API. Its errors are raised as (code, message) in a RuntimeError."""

    def __init__(self, folder):
        self._tf = _library()
        self._graph = ctypes.c_void_p(self._tf.TF_NewGraph())
        tags = (ctypes.c_char_p * 1)(b'serve')
        options = ctypes.c_void_p(self._tf.TF_NewSessionOptions())
        self._session = ctypes.c_void_p(self._call(
            'TF_LoadSessionFromSavedModel', options, None, str(folder).encode(), tags, 1, self._graph, None))

    def run(self, feeds, fetches):
        """Runs the graph. feeds: {'operation:index': array}; fetches: list of 'operation:index' -> list of arrays."""
        tensors = [self._tensor(np.asarray(value)) for value in feeds.values()]
        results = (ctypes.c_void_p * len(fetches))()
        try:
            self._call('TF_SessionRun', self._session, None,
                       self._outputs(feeds), (ctypes.c_void_p * len(tensors))(*tensors), len(tensors),
                       self._outputs(fetches), results, len(fetches), None, 0, None)
            return [self._array(ctypes.c_void_p(result)) for result in results]
        finally:
            for tensor in [*tensors, *results]:
                self._tf.TF_DeleteTensor(ctypes.c_void_p(tensor))

    def _call(self, name, *arguments):
        status = ctypes.c_void_p(self._tf.TF_NewStatus())
        result = getattr(self._tf, name)(*arguments, status)
        code, message = self._tf.TF_GetCode(status), self._tf.TF_Message(status)
        self._tf.TF_DeleteStatus(status)
        if code:
            raise RuntimeError(code, message.decode(errors='replace'))
        return result

    def _outputs(self, names):
        pairs = [name.split(':') for name in names]
        return (_Output * len(pairs))(*(
            _Output(self._tf.TF_GraphOperationByName(self._graph, operation.encode()), int(index))
            for operation, index in pairs))

    def _tensor(self, array):
        dims = (ctypes.c_int64 * array.ndim)(*array.shape)
        strings = array.dtype.hasobject
        size = array.size * _STRING_SIZE if strings else array.nbytes
        tensor = self._tf.TF_AllocateTensor(_TYPES[array.dtype], dims, array.ndim, ctypes.c_size_t(size))
        data = self._tf.TF_TensorData(ctypes.c_void_p(tensor))
        if not strings:
            ctypes.memmove(data, np.ascontiguousarray(array).ctypes.data, size)
            return tensor
        for k, value in enumerate(array.flat):
            string = ctypes.c_void_p(data + k * _STRING_SIZE)
            self._tf.TF_StringInit(string)
            self._tf.TF_StringCopy(string, value, ctypes.c_size_t(len(value)))
        return tensor

    def _array(self, tensor):
        shape = [self._tf.TF_Dim(tensor, k) for k in range(self._tf.TF_NumDims(tensor))]
        dtype, data = _DTYPES[self._tf.TF_TensorType(tensor)], self._tf.TF_TensorData(tensor)
        if not dtype.hasobject:
            return np.frombuffer(ctypes.string_at(data, self._tf.TF_TensorByteSize(tensor)), dtype).reshape(shape)
        strings = [ctypes.c_void_p(data + k * _STRING_SIZE) for k in range(int(np.prod(shape)))]
        strings = [ctypes.string_at(self._tf.TF_StringGetDataPointer(s), self._tf.TF_StringGetSize(s)) for s in strings]
        return np.array(strings, object).reshape(shape)
