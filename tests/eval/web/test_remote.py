"""The page with TensorFlow Serving, or what stands in for it: the same pictures, and what is said if it is gone."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from eval.serving import client
from eval.web import colorist, studio
from tests.eval.serving import stand_in_server
from tests.eval.stand_in import StandIn

FILL = {'kind': 'fill', 'x': 20, 'y': 70, 'color': '#c81e28'}


class Large(StandIn):
    size = client.LowResColorizerConfig.image_size


def _answer(request):
    """Answers as a server with the stand-in's colors does."""
    given = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
    colored = Large().colorize(given['outline'][..., 0], given['seed'], given['temperature'][0], hints=given['hints'])
    response = predict_pb2.PredictResponse(model_spec=request.model_spec)
    for name, value in (colored | {'background_mask': np.float32(colored['background_mask'])[..., None] / 255}).items():
        response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
    return response


def test_a_server_colors_the_same_and_hints_are_kept_while_it_is_gone(tmp_path, work, drawing):
    work.add([drawing])
    here = studio.Studio(colorist.Colorist(Large()), tmp_path / 'saved')
    first, hinted = here.act(work, 'a.png', []), here.act(work, 'a.png', [FILL])
    work.undo('a.png')
    with stand_in_server.serving(_answer) as address:
        artist = studio.Studio(colorist.Colorist(client.RemoteSystem(address, 20)), tmp_path / 'saved')
        assert artist.act(work, 'a.png', [])['colors'] == first['colors']
        assert len(artist.alternatives(work)['found']) == 4
    with pytest.raises(OSError) as gone:
        artist.act(work, 'a.png', [FILL])
    shown = artist.show_after(gone.value, work)
    assert shown['page'] == 'a.png' and shown['note'].startswith(f'{address}: UNAVAILABLE') and shown['lines']
    with stand_in_server.serving(_answer) as address:
        again = studio.Studio(colorist.Colorist(client.RemoteSystem(address, 20)), tmp_path / 'saved')
        board = again.show(work)
    assert board['hints'] == hinted['hints'] and board['colors'] == hinted['colors'] != first['colors']
