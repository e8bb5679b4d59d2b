"""Coloring by an exported model in this process."""

import io
import pathlib
import pickle

import numpy as np

from data_pipeline.common import remote
from eval.serving import exported as exported_model


def test_an_exported_model_colors_as_its_networks_do_and_is_loaded_anew_where_it_is_sent(
        exported, system, panels, monkeypatch):
    drawings = np.stack([panel.line_art for panel in panels[:2]])
    given = drawings, [5, 6], .8
    first = exported_model.ExportedSystem(exported.parent)  # the newest version
    expected, result = (one.colorize(*given, chapter=[1, 1]) for one in (system, first))
    assert expected.keys() == result.keys()
    for name in expected:
        np.testing.assert_allclose(result[name], expected[name], atol=1e-5, err_msg=name)
    # At an address, its files are copied first.
    monkeypatch.setattr(remote, 'match', lambda address: [
        f'test:/{path}' for path in exported.rglob('*') if path.is_file()])
    monkeypatch.setattr(remote, 'open_binary', lambda path: io.BytesIO(
        pathlib.Path(path.removeprefix('test:/')).read_bytes()))
    there = exported_model.ExportedSystem(f'test:/{exported}')
    sent = pickle.loads(pickle.dumps(there))
    assert first.checksum == there.checksum == sent.checksum
    np.testing.assert_array_equal(sent.colorize(*given)['image'], first.colorize(*given)['image'])
