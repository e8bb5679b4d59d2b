"""Coloring by an exported model in this process."""

import io
import pathlib
import pickle

import numpy as np
import tensorflow as tf

from data_pipeline.common import remote
from eval.serving import exported as exported_model


def test_an_exported_model_colors_as_its_networks_do(exported, system, panels):
    drawings = np.stack([panel.line_art for panel in panels[:2]])
    expected, result = (one.colorize(drawings, [5, 6], .8, chapter=[1, 1]) for one in (
        system, exported_model.ExportedSystem(exported)))
    assert expected.keys() == result.keys()
    for name in expected:
        np.testing.assert_allclose(result[name], expected[name], atol=1e-5, err_msg=name)


def test_the_newest_version_is_loaded_anew_where_a_model_is_sent(exported, monkeypatch):
    """A stand-in for the loading tells the files of each model."""
    monkeypatch.setattr(tf.saved_model, 'load', lambda folder: {
        path.relative_to(folder): path.read_bytes() for path in pathlib.Path(folder).rglob('*') if path.is_file()})
    first = exported_model.ExportedSystem(exported.parent)
    # At an address, its files are copied first.
    monkeypatch.setattr(remote, 'match', lambda address: [
        f'test:/{path}' for path in exported.rglob('*') if path.is_file()])
    monkeypatch.setattr(remote, 'open_binary', lambda path: io.BytesIO(
        pathlib.Path(path.removeprefix('test:/')).read_bytes()))
    there = exported_model.ExportedSystem(f'test:/{exported}')
    sent = pickle.loads(pickle.dumps(there))
    assert first.checksum == there.checksum == sent.checksum
    assert sent._model == first._model and pathlib.Path('saved_model.pb') in sent._model
