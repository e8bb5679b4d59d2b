import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

from data_pipeline.common import errors
from data_pipeline.outlines import cleaning, line_art, outline
from data_pipeline.pictures import colors
from eval.serving import client, saved_model, signatures
from models import comic_colorizer, low_res_colorizer
from tests.eval.serving.stand_in_server import controls

CONFIGURATIONS = pathlib.Path(saved_model.__file__).parent
INVALID_ARGUMENT = 3
PLAIN_LOADER = """
import sys
import numpy as np
import tensorflow as tf
folder, given, output = sys.argv[1:]
model = tf.saved_model.load(folder)
inputs = dict(np.load(given, allow_pickle=True))
pictures = {'serving_default': ('outline', 'hints'), 'encoded': ('image_bytes', 'hint_bytes')}
answers = {}
for name, (picture, hints) in pictures.items():
    controls = 'seed', 'temperature', 'background', 'references', 'chapter'
    fed = {key: inputs[key] for key in (picture, *controls)} | {'hints': inputs[hints]}
    for key, value in model.signatures[name](**{key: tf.constant(value) for key, value in fed.items()}).items():
        answers[f'{name}.{key}'] = value.numpy()
np.savez(output, **answers)
assert not {'data_pipeline', 'models', 'train', 'eval'} & set(sys.modules)
"""


@pytest.fixture(scope='module')
def drawings(panels):
    """Drawings of five sizes on paper of several colors, the last white on black: uint8 [H, W, 3]."""
    sizes = (256, 256), (200, 240), (256, 100), (160, 160), (200, 256)
    papers = (255, 255, 255), (240, 225, 190), (200, 200, 200), (255, 255, 255), (255, 255, 255)
    made = [np.uint8(np.round(panel.line_art[:height, :width, None] * (np.array(paper) / 255)))
            for panel, (height, width), paper in zip(panels, sizes, papers, strict=False)]
    return [*made[:-1], 255 - made[-1]]


def _png(drawing):
    return tf.io.encode_png(drawing).numpy()


def _pngs(pictures):
    """Encodes pictures; b'' for None."""
    return np.array([b'' if picture is None else _png(picture) for picture in pictures], object)


def _inputs(drawings):
    """({inputs of `serving_default`}, {inputs of `encoded`})."""
    fitted = np.stack([line_art.fit(cleaning.clean(drawing, False)[0], 256).numpy() for drawing in drawings])[..., None]
    shared = controls(len(drawings), seed=7)
    return ({'outline': fitted, 'hints': np.zeros((0, 256, 256, 4), np.uint8), **shared},
            {'image_bytes': _pngs(drawings), 'hints': np.array([], object), **shared})


@pytest.mark.parametrize('count', [1, 5])
def test_the_c_runtime_colors_as_this_process_does(served, system, drawings, count):
    drawings = drawings[:count]
    arrays, encoded = _inputs(drawings)
    expected = system.colorize(arrays['outline'][..., 0], arrays['seed'], .8)
    result = served.predict('serving_default', **arrays)
    assert {name: (value.dtype, value.shape) for name, value in result.items()} == {
        'image': (np.uint8, (count, 256, 256, 3)), 'low_res': (np.uint8, (count, 32, 32, 3)),
        'background_mask': (np.float32, (count, 256, 256, 1)), 'background_color': (np.uint8, (count, 3)),
        'log_likelihood': (np.float32, (count,)), 'reference_bytes': (object, (count,)),
        'match': (np.int32, (count, 32, 32)), 'match_confidence': (np.float32, (count, 32, 32))}
    assert set(result['reference_bytes']) == {b''}
    assert (result['match'] == -1).all() and (result['match_confidence'] == 0).all()
    np.testing.assert_array_equal(result['low_res'], expected['low_res'])
    np.testing.assert_array_equal(result['background_mask'][..., 0] * 255, expected['background_mask'])
    np.testing.assert_array_equal(result['image'], expected['image'])
    pngs = served.predict('encoded', **encoded)['image_bytes']
    for png, image, drawing in zip(pngs, expected['image'], drawings, strict=True):
        np.testing.assert_array_equal(tf.io.decode_png(png), line_art.put_back(
            image, *cleaning.clean(drawing, False)))


def _dots(drawing):
    """Hints on a drawing: uint8 [H, W, 4]."""
    hints = np.zeros((*drawing.shape[:2], 4), np.uint8)
    hints[20:24, 30:34], hints[60, 50] = (250, 20, 10, 255), (20, 10, 250, 128)
    return hints


def test_hints_color_their_own_picture_as_in_this_process(served, system, drawings):
    drawings = drawings[:3]
    arrays, encoded = _inputs(drawings)
    plain = [served.predict(name, **inputs) for name, inputs in (('serving_default', arrays), ('encoded', encoded))]
    dots = [_dots(drawings[0]), None, _dots(drawings[2])]
    hints = np.stack([np.zeros((256, 256, 4), np.uint8) if its is None else line_art.fit_hints(its, 256).numpy()
                      for its in dots])
    arrays['hints'], encoded['hints'] = hints, _pngs(dots)
    result, pngs = served.predict('serving_default', **arrays), served.predict('encoded', **encoded)['image_bytes']
    expected = system.colorizer.colorize(
        outline.to_ink(np.float32(arrays['outline'])), arrays['seed'], np.float32(.8),
        tf.fill([3, 3], comic_colorizer.AUTOMATIC), hints)
    for name in ('image', 'low_res'):
        np.testing.assert_allclose(result[name].astype(int), colors.to_levels(expected[name]), atol=1)  # exp differs
    for k, (drawing, png) in enumerate(zip(drawings, pngs, strict=True)):
        laid_over = line_art.put_back(result['image'][k], *cleaning.clean(drawing, False))
        np.testing.assert_allclose(tf.io.decode_png(png).numpy().astype(int), laid_over, atol=1)
        has_none = dots[k] is None
        assert (png == plain[1]['image_bytes'][k]) == has_none
        for name in ('image', 'low_res', 'log_likelihood'):
            assert np.array_equal(result[name][k], plain[0][name][k]) == has_none, (k, name)
    top, left = np.argwhere(hints[0, ..., 3] > 0)[0]
    np.testing.assert_allclose(result['image'][0, top, left].astype(int), hints[0, top, left, :3], atol=1)


def test_bad_hints_get_an_error_that_says_why(served, drawings):
    arrays, encoded = _inputs(drawings[:2])
    good = _png(_dots(drawings[0]))
    for name, inputs, hints, reason in (
            ('serving_default', arrays, np.zeros((1, 256, 256, 4), np.uint8), 'every picture, or none'),
            ('serving_default', arrays, np.zeros((2, 256, 256, 3), np.uint8), r'\[2,256,256,3\] is not compatible'),
            ('serving_default', arrays, np.zeros((2, 128, 128, 4), np.uint8), r'\[2,128,128,4\] is not compatible'),
            ('encoded', encoded, [good], 'every picture, or none'),
            ('encoded', encoded, [good, good], 'must have the size of their picture'),
            ('encoded', encoded, [_png(_dots(drawings[0])[..., :3]), b''], 'must have alpha'),
            ('encoded', encoded, [b'text', b''], 'must be PNG'),
            ('encoded', encoded, [good[:100], b''], 'PNG')):
        with pytest.raises(RuntimeError, match=reason) as error:
            served.predict(name, **(inputs | {'hints': np.array(hints, getattr(hints, 'dtype', object))}))
        assert error.value.args[0] == INVALID_ARGUMENT, reason


def test_a_process_without_this_project_colors_alike(exported, served, drawings, tmp_path):
    arrays, encoded = _inputs(drawings[:2])
    np.savez(tmp_path / 'given.npz', **(encoded | arrays), hint_bytes=encoded['hints'])
    subprocess.run([sys.executable, '-c', PLAIN_LOADER, exported, tmp_path / 'given.npz', tmp_path / 'answers.npz'],
                   cwd=tmp_path, check=True)
    answers = np.load(tmp_path / 'answers.npz', allow_pickle=True)
    for name, inputs in (('serving_default', arrays), ('encoded', encoded)):
        for key, value in served.predict(name, **inputs).items():
            if key.endswith('_bytes'):
                continue
            np.testing.assert_allclose(answers[f'{name}.{key}'].astype(float), value, atol=1, err_msg=key)
    pngs = served.predict('encoded', **encoded)['image_bytes']
    for one, other in zip(answers['encoded.image_bytes'], pngs, strict=True):
        assert np.abs(tf.io.decode_png(one).numpy().astype(int) - tf.io.decode_png(other).numpy()).max() <= 1


def test_a_picture_depends_on_its_own_controls_only(served, drawings):
    arrays, _ = _inputs(drawings[:3])
    arrays |= {'temperature': np.float32([.5, 0, 1]), 'background': np.float32([[-1] * 3, [10, 200, 255], [-1] * 3])}
    together = served.predict('serving_default', **arrays)
    for k in range(3):
        alone = served.predict('serving_default', **{name: value[k:k + 1] for name, value in arrays.items()})
        assert alone.pop('reference_bytes') == b''
        for name, value in alone.items():
            np.testing.assert_allclose(value[0].astype(float), together[name][k], rtol=1e-4, atol=1, err_msg=name)
    np.testing.assert_array_equal(together['background_color'][1], (10, 200, 255))


def test_bad_requests_get_an_error_and_the_next_is_answered(served, drawings):
    arrays, encoded = _inputs(drawings[:2])
    plain = [served.predict(name, **inputs) for name, inputs in (('serving_default', arrays), ('encoded', encoded))]
    bad_controls = [{'temperature': np.float32([1, value])} for value in (-1, np.nan, np.inf)] + [
        {'background': np.float32([[0, 0, 0], value])} for value in ((256, 0, 0), (0, 0, np.nan))] + [
            {name: controls(3)[name][:count]} for name in ('seed', 'temperature', 'background')
            for count in (0, 1, 3)] + [
                {'seed': np.int64([[1], [2]])}, {'background': np.float32([[1], [2]])}]
    bad_arrays = [{'outline': np.zeros(shape, np.uint8)} for shape in (
        (2, 128, 128, 1), (2, 512, 512, 1), (2, 256, 256, 3), (256, 256, 1), (1, 256, 256, 1))]
    bad_bytes = [{'image_bytes': np.array([encoded['image_bytes'][0], value], object)} for value in (
        b'', b'text', encoded['image_bytes'][1][:300], *map(_png, (
            np.zeros((1, 1, 3), np.uint8), np.zeros((10, 8000, 3), np.uint8))))]
    for name, inputs, bad in (('serving_default', arrays, bad_arrays), ('encoded', encoded, bad_bytes)):
        for wrong in (*bad, *bad_controls, {key: value[:0] for key, value in inputs.items()}):
            with pytest.raises(RuntimeError) as error:
                served.predict(name, **(inputs | wrong))
            assert error.value.args[0] == INVALID_ARGUMENT, wrong
    again = served.predict('serving_default', **arrays), served.predict('encoded', **encoded)
    np.testing.assert_array_equal(again[0]['image'], plain[0]['image'])
    np.testing.assert_array_equal(again[1]['image_bytes'], plain[1]['image_bytes'])


def test_the_graph_has_no_python_and_xla_only_on_request(served, tiny_weights, tmp_path):
    """The graph with XLA has another context network."""
    low_res_colorizer.LowResColorizer.from_preset('tiny', context='diagonal_bilstm').save_pretrained(tmp_path)
    colorizer = comic_colorizer.ComicColorizer.from_pretrained([tmp_path, tiny_weights], xla=True)
    with_xla = signatures.signatures(colorizer)['serving_default'].get_concrete_function().graph.as_graph_def()
    for graph, has_xla in ((served.meta_graph.graph_def, False), (with_xla, True)):
        functions = graph.library.function
        operations = {node.op for nodes in [graph.node, *(f.node_def for f in functions)] for node in nodes}
        assert 'Conv2D' in operations and not {op for op in operations if 'Py' in op or 'NumpyFunction' in op}
        assert any(function.attr['_XlaMustCompile'].b for function in functions) == has_xla


def test_the_model_answers_its_warm_up_requests(exported, served):
    logs = [prediction_log_pb2.PredictionLog.FromString(record.numpy())
            for record in tf.data.TFRecordDataset(str(exported / saved_model.WARM_UP))]
    requests = [log.predict_log.request for log in logs]
    assert [request.model_spec.signature_name for request in requests] == ['serving_default', 'encoded', 'references']
    for request in requests:
        assert request.model_spec.name == client.MODEL
        assert served.answer(request).outputs


def test_configurations_parse():
    config = text_format.Parse((CONFIGURATIONS / 'models.config').read_text(),
                               model_server_config_pb2.ModelServerConfig())
    model, = config.model_config_list.config
    assert (model.name, model.base_path, model.model_platform) == (
        client.MODEL, f'/models/{client.MODEL}', 'tensorflow')
    batching = text_format.Parse((CONFIGURATIONS / 'batching_parameters.txt').read_text(), _batching_parameters())
    assert batching.max_batch_size.value >= 8  # what eval.colorize sends


def _batching_parameters():
    """Makes the class of TensorFlow Serving's BatchingParameters (session_bundle_config.proto); no package has it."""
    fields = {'max_batch_size': 1, 'batch_timeout_micros': 2, 'max_enqueued_batches': 3, 'num_batch_threads': 4}
    file = descriptor_pb2.FileDescriptorProto(
        name='batching.proto', package='tensorflow.serving', syntax='proto3',
        dependency=['google/protobuf/wrappers.proto'])
    message = file.message_type.add(name='BatchingParameters')
    for name, number in fields.items():
        message.field.add(name=name, number=number, type=descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE,
                          label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL,
                          type_name='.google.protobuf.Int64Value')
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName('tensorflow.serving.BatchingParameters'))()


def test_versions_count_up_and_are_complete_or_absent(system, tmp_path, monkeypatch):
    def save(module, folder, signatures):
        pathlib.Path(folder).mkdir()
        if not works:
            raise OSError('disk full')

    monkeypatch.setattr(tf.saved_model, 'save', save)
    works = True
    output = tmp_path / 'model'
    assert saved_model.export(system.colorizer, output, version=9).name == '9'
    assert saved_model.export(system.colorizer, output).name == '10'
    with pytest.raises(errors.UserError, match='exists already'):
        saved_model.export(system.colorizer, output, version=9)
    works = False
    with pytest.raises(OSError, match='disk full'):
        saved_model.export(system.colorizer, output)
    assert sorted(path.name for path in output.iterdir()) == ['10', '9']
