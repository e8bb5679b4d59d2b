import pickle

import numpy as np

from eval import settings, systems
from eval.serving import client


def test_a_picture_of_a_fixed_batch_depends_on_itself_alone(tiny_weights, panels):
    """With XLA, whatever is beside it and wherever it is in the batch, also in batches that are not full."""
    drawings, seeds = np.stack([panel.line_art for panel in panels[:3]]), np.array([7, 8, 9])
    system = systems.LocalSystem('comic', [tiny_weights], drafts=2, batch_size=3)
    system.expect(4)
    together = system.colorize(drawings, seeds, 1.1)
    turned = system.colorize(drawings[::-1], seeds[::-1], 1.1)
    alone = system.colorize(drawings[1:2], seeds[1:2], 1.1)
    for name, pictures in together.items():
        assert len(pictures) == 3 and len(alone[name]) == 1
        np.testing.assert_array_equal(pictures[::-1], turned[name])
        np.testing.assert_array_equal(pictures[1], alone[name][0])
    for options in ({}, {'whole_batches': True}):  # without XLA, picture by picture or all at once
        plain = systems.LocalSystem('comic', [tiny_weights], drafts=2, **options).colorize(drawings, seeds, 1.1)
        assert all(np.abs(pictures.astype(int) - plain[name]).mean() < 1 for name, pictures in together.items())


def test_a_few_pictures_are_not_compiled_for_and_small_batches_are_filled_up(tiny_weights, panels, monkeypatch):
    system = systems.LocalSystem('comic', [tiny_weights], drafts=1, batch_size=8)
    system.expect(3)
    assert not system.colorizer.xla
    sizes = []

    def colorize(ink, *_):
        sizes.append(len(ink))
        return {'image': np.tile(1 - 2 * ink, 3)}

    monkeypatch.setattr(system.colorizer, 'colorize', colorize)
    drawings = np.stack([panel.line_art for panel in panels[:3]])
    for count in (1, 3, 2):
        result = system.colorize(drawings[:count], range(count), 1.1)['image']
        np.testing.assert_array_equal(result[..., 0], drawings[:count])
    assert sizes == [1, 3, 3]


def test_references_are_filled_up_for_one_graph_and_places_are_numbered_as_given(tiny_weights, rng):
    system = systems.LocalSystem('comic', [tiny_weights], drafts=1)
    drawings = np.where(rng.random((3, 256, 256)) < .1, 0, 255).astype(np.uint8)
    drawings[2] = drawings[0]
    encoded = system.encode_references(drawings[:1], rng.integers(0, 256, (1, 256, 256, 3), np.uint8))
    assert encoded.shape == (1, 32, 32, system.colorizer.reference_channels)
    plain = system.colorize(drawings, [1, 2, 3], 1.)
    assert 'match' not in plain
    one = system.colorize(drawings, [1, 2, 3], 1., references=np.stack([encoded] * 3), chapter=[4, 4, 4])
    traces = system.colorizer.colorize.experimental_get_tracing_count()
    two = system.colorize(drawings, [1, 2, 3], 1., references=np.stack([encoded.repeat(2, axis=0)] * 3))
    none = system.colorize(drawings, [1, 2, 3], 1., chapter=[0, 0, 0])
    assert system.colorizer.colorize.experimental_get_tracing_count() == traces
    np.testing.assert_array_equal(none['image'], plain['image'])
    assert np.any(one['image'] != plain['image'])
    for result, first, others in ((one, 1, 2), (two, 2, 0), (none, 0, 0)):
        assert result['match'].max() < (first + others) * 1024 and result['reference'].shape[1:3] == (32, 32)


def test_a_system_that_is_sent_to_another_process_is_made_anew_there(tiny_weights):
    system = systems.LocalSystem('comic', [tiny_weights], 2, 4, True)
    sent = pickle.loads(pickle.dumps(system))
    assert settings.weights_checksum(sent.colorizer) == settings.weights_checksum(system.colorizer)
    assert sent.__reduce__() == system.__reduce__() and sent.colorizer.xla
    remote = client.RemoteSystem('localhost:8500', 7)
    assert pickle.loads(pickle.dumps(remote)).__reduce__() == remote.__reduce__()
