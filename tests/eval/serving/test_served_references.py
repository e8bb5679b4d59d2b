"""References at the server, and from the client."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipeline.outlines import cleaning, line_art
from eval import colorize
from eval.serving import client, encoded_references
from eval.settings import Settings
from tests.eval.serving import stand_in_server
from tests.eval.serving.stand_in_server import controls

INVALID_ARGUMENT = 3
OLDER = 'outline', 'hints', 'seed', 'temperature', 'background'


@pytest.fixture(scope='module')
def drawings(panels):
    """uint8 [3, 256, 256]."""
    return np.stack([panel.line_art for panel in panels[:3]])


@pytest.fixture(scope='module')
def references(system, drawings, panels):
    """Two encoded references, of the drawings 2 and 1 with colors that no network would choose."""
    colors = np.stack([panel.color for panel in panels[:2]])
    return system.encode_references(drawings[1::-1], 255 - colors[::-1])


@pytest.fixture
def remote(served):
    """A client of the exported model."""
    with stand_in_server.serving(served.answer) as address:
        yield client.RemoteSystem(address, 60)


def _inputs(drawings, references, chapter, **more):
    """Inputs of `serving_default`. `references`: for each picture a list of encoded references."""
    return controls(len(drawings)) | {
        'outline': drawings[..., None], 'hints': np.zeros((0, 256, 256, 4), np.uint8),
        'references': np.array([b''.join(encoded_references.to_strings(its)) for its in references], object),
        'chapter': np.int64(chapter)} | more


def _same(result, expected):
    """Asserts that results are the same up to rounding."""
    assert set(result) == set(expected)
    for name, value in expected.items():
        atol = 1 if value.dtype == np.uint8 else 2 / 255 if name == 'reference' else 1e-3
        if name == 'match':
            assert (result[name] == value).mean() > .99
        else:
            np.testing.assert_allclose(result[name].astype(float), value, atol=atol, err_msg=name)


def test_the_client_gives_what_the_local_system_gives(remote, system, drawings, panels, references):
    colors = np.stack([panel.color for panel in panels[:2]])
    np.testing.assert_allclose(remote.encode_references(drawings[1::-1], 255 - colors[::-1]), references, atol=1e-5)
    given = np.stack([references] * 3)
    for options, pictures_seen in (({'references': given[:, :0]}, set()), ({'chapter': [7, 7, 7]}, {0, 1}),
                                   ({'references': given[:, :1], 'chapter': [7, 0, 7]}, {0, 1})):
        expected = system.colorize(drawings[[0, 1, 0]], [1, 2, 3], .8, **options)
        assert set(expected['match'][expected['match'] >= 0] // 32**2) <= pictures_seen
        _same(remote.colorize(drawings[[0, 1, 0]], [1, 2, 3], .8, **options), expected)


def test_requests_of_unlike_references_can_be_joined(served, drawings, references):
    one, other = references[:, None]
    requests = [_inputs(drawings[:1], [references], [5]), _inputs(drawings[:1], [[]], [0]),
                _inputs(drawings[[0, 1, 0]], [one, [], other], [8, 8, 8])]
    alone = [served.predict('serving_default', **inputs) for inputs in requests]
    joined = served.predict('serving_default', **{
        name: np.concatenate([inputs[name] for inputs in requests]) for name in requests[0]})
    assert [bool(string) for string in joined['reference_bytes']] == [True, False, True, True, True]
    assert (alone[2]['match'] >= 16 * 32 * 32).any()
    for name, value in joined.items():
        expected = np.concatenate([answer[name] for answer in alone])
        if name == 'reference_bytes':
            assert [len(string) for string in value] == [len(string) for string in expected]
        else:
            # Sums over more places, if only without weight, are rounded otherwise: a level may tip over.
            tolerance = 1 if value.dtype == np.uint8 else 1e-3
            np.testing.assert_allclose(value.astype(float), expected, atol=tolerance, err_msg=name)


def test_png_takes_and_gives_references(served, drawings, references):
    png = np.array([tf.io.encode_png(drawing[..., None]).numpy() for drawing in drawings[:2]], object)
    fitted = [line_art.fit(cleaning.clean(np.stack([drawing] * 3, axis=-1), False)[0], 256) for drawing in drawings[:2]]
    inputs = _inputs(np.stack(fitted), [references, []], [0, 9])
    expected = served.predict('serving_default', **inputs)
    del inputs['outline']
    result = served.predict('encoded', **inputs | {'image_bytes': png, 'hints': np.zeros(0, object)})
    assert result['reference_bytes'].tolist() == expected['reference_bytes'].tolist()
    for given, image, drawing in zip(result['image_bytes'], expected['image'], drawings, strict=False):
        laid_over = line_art.put_back(image, *cleaning.clean(np.stack([drawing] * 3, axis=-1), False))
        np.testing.assert_array_equal(tf.io.decode_png(given), laid_over)


def test_bad_references_get_an_error_that_says_why(served, drawings, references):
    good = references[:1].tobytes()

    def with_number(value, channel):
        changed = references[:1].copy()
        changed[0, 3, 4, channel] = value
        return changed.tobytes()

    inputs = _inputs(drawings[:1], [[]], [0])
    assert served.predict('serving_default', **inputs | {'references': np.array([16 * good], object)})['image'].any()
    for strings, chapter, reason in (
            ([17 * good], [0], 'at most 16 references'), ([good[:-4]], [0], 'each of'), ([b'abc'], [0], 'each of'),
            ([with_number(np.nan, 0)], [0], 'finite'), ([with_number(np.inf, -1)], [0], 'finite'),
            ([with_number(-np.inf, -1)], [0], 'finite'), ([with_number(50, -1)], [0], 'log weights of at most 16'),
            ([with_number(3, 5)], [0], 'keys of length 1'), ([with_number(-2, -2)], [0], 'colors in -1..1'),
            ([good, good], [0], 'references for every picture'), ([good], [0, 0], 'a chapter for every picture')):
        with pytest.raises(RuntimeError, match=reason) as error:
            served.predict('serving_default', **inputs | {
                'references': np.array(strings, object), 'chapter': np.int64(chapter)})
        assert error.value.args[0] == INVALID_ARGUMENT, reason
    for count in ((0, 0), (2, 1)):
        with pytest.raises(RuntimeError, match='at least one reference') as error:
            served.predict('references', line_art=np.zeros((count[0], 256, 256, 1), np.uint8),
                           color=np.zeros((count[1], 256, 256, 3), np.uint8))
        assert error.value.args[0] == INVALID_ARGUMENT


def test_chapters_have_numbers_that_no_other_request_has(drawings):
    received = []

    def answer(request):
        received.append(tf.make_ndarray(request.inputs['chapter']).tolist())
        raise RuntimeError(13, 'no colors here')

    with stand_in_server.serving(answer) as address:
        for chapter in ([1, 0, 1], [1, 2, 0], None):
            with pytest.raises(ConnectionError, match='no colors here'):
                client.RemoteSystem(address, 10).colorize(drawings, [0] * 3, .8, chapter=chapter)
    first, second, none = received
    assert first[0] == first[2] and len({*first, *second}) == 5 and min(first + second) > 0
    assert none == [0, 0, 0]


def test_an_older_model_takes_no_references_and_colors_chapters_without(served, drawings, references, tmp_path):
    (tmp_path / 'in').mkdir()
    for number, drawing in enumerate(drawings):
        Image.fromarray(drawing).save(tmp_path / f'in/{number}.png')

    def answer(request):
        assert set(request.inputs) == set(OLDER)
        request.inputs['references'].CopyFrom(tf.make_tensor_proto(np.zeros(0, object)))
        request.inputs['chapter'].CopyFrom(tf.make_tensor_proto(np.zeros(0, np.int64)))
        return served.answer(request)

    with stand_in_server.serving(answer, OLDER) as address:
        remote = client.RemoteSystem(address, 60)
        message = f'^{address}: the model there takes no references; export it anew$'
        with pytest.raises(ConnectionError, match=message):
            remote.colorize(drawings, [0] * 3, .8, references=references[None])
        with pytest.raises(ConnectionError, match=message):
            remote.encode_references(drawings, drawings)
        assert colorize.colorize([tmp_path / 'in'], tmp_path / 'out', remote, Settings(seed=3)) == (3, 0)
        colorize.colorize([tmp_path / 'in'], tmp_path / 'alone', remote, Settings(seed=3, previous=False))
    for number in range(3):
        chapter, alone = (np.asarray(Image.open(tmp_path / f'{run}/in/{number}.png')) for run in ('out', 'alone'))
        np.testing.assert_array_equal(chapter, alone)
