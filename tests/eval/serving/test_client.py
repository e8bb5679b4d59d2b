import time

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis import predict_pb2

from eval import colorize
from eval.serving import client
from eval.settings import Settings
from tests import programs
from tests.eval.serving import stand_in_server

OUTLINE = np.full((1, 256, 256), 255, np.uint8)


def _colorize(address, timeout=10):
    return client.RemoteSystem(address, timeout).colorize(OUTLINE, [0], .8)


def test_files_equal_those_colored_here(served, system, panels, tmp_path):
    for number, panel in enumerate(panels[:2]):
        Image.fromarray(panel.line_art).resize((300, 200 + 200 * number)).save(tmp_path / f'{number}.png')
    inputs = [tmp_path / '0.png', tmp_path / '1.png']
    settings = Settings(seed=3, samples=2, temperature=.6, background=np.uint8([10, 200, 30]))
    colorize.colorize(inputs, tmp_path / 'local', system, settings)
    with stand_in_server.serving(served.answer) as address:
        remote = client.RemoteSystem(address, 60)
        assert colorize.colorize(inputs, tmp_path / 'remote', remote, settings) == (4, 0)
    files = sorted(path.name for path in (tmp_path / 'local').glob('*.png'))
    assert files == ['0-1.png', '0-2.png', '1-1.png', '1-2.png', 'contact_sheet.png']
    for file in files:
        local, remote = (np.asarray(Image.open(tmp_path / where / file)) for where in ('local', 'remote'))
        np.testing.assert_array_equal(remote, local, err_msg=file)


def test_sends_hints_and_zeros_for_none(served, panels):
    drawings = np.stack([panel.line_art for panel in panels[:2]])
    hints = np.zeros((2, 256, 256, 4), np.uint8)
    hints[0, 100:102, 100:102] = 200, 100, 0, 255
    expected = served.predict('serving_default', outline=drawings[..., None], hints=hints,
                              **stand_in_server.controls(2, seed=5))
    received = []

    def answer(request):
        received.append(request.inputs)
        return served.answer(request)

    with stand_in_server.serving(answer) as address:
        remote = client.RemoteSystem(address, 60)
        result = remote.colorize(drawings, [5, 6], .8, hints=hints)
        plain = remote.colorize(drawings, [5, 6], .8)
    np.testing.assert_array_equal(result['image'], expected['image'])
    np.testing.assert_array_equal(result['low_res'], expected['low_res'])
    assert (result['image'][0] != plain['image'][0]).any()
    np.testing.assert_array_equal(result['image'][1], plain['image'][1])
    np.testing.assert_array_equal(tf.make_ndarray(received[1]['hints']), 0 * hints)


def test_an_older_model_colors_without_hints_and_says_that_it_takes_none():
    received = []

    def answer(request):
        received.append(set(request.inputs))
        raise RuntimeError(13, 'no colors here')

    older = ('outline', 'seed', 'temperature', 'background')
    with stand_in_server.serving(answer, older) as address:
        with pytest.raises(ConnectionError, match='no colors here'):
            _colorize(address)
        with pytest.raises(ConnectionError, match=f'^{address}: the model there takes no hints; export it anew$'):
            client.RemoteSystem(address, 10).colorize(OUTLINE, [0], .8, hints=np.zeros((1, 256, 256, 4), np.uint8))
    assert received == [set(older)]


def test_says_what_is_wrong_with_the_server():
    def slow(_):
        time.sleep(1)

    def refuse(_):
        raise RuntimeError(3, 'bad outline\n and much more')

    with stand_in_server.serving(slow) as address, pytest.raises(
            TimeoutError, match=f'^{address}: no answer within 0.2 s$'):
        _colorize(address, timeout=.2)
    with stand_in_server.serving(refuse) as address, pytest.raises(
            ConnectionError, match=f'^{address}: INVALID_ARGUMENT: bad outline$'):
        _colorize(address)
    with stand_in_server.serving(lambda _: predict_pb2.PredictResponse()) as address, pytest.raises(
            ConnectionError, match='lacks background_mask, image, low_res'):
        _colorize(address)


def test_the_program_fails_with_one_line_where_no_server_is(panels, tmp_path):
    Image.fromarray(panels[0].line_art).save(tmp_path / 'a.png')
    with pytest.raises(SystemExit, match='^error: localhost:1: UNAVAILABLE.*$'):
        programs.run_here('eval.colorize', '--input', tmp_path / 'a.png', '--output', tmp_path / 'out',
                          '--server=localhost:1', '--timeout=5')
