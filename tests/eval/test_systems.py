import numpy as np
import pytest

from eval import systems


@pytest.fixture(scope='module')
def plain(tiny_weights):
    """The system without XLA, picture by picture."""
    return systems.LocalSystem('comic', [tiny_weights], drafts=2)


@pytest.mark.parametrize('batch_size, whole', [(3, False), (None, True)])
def test_a_picture_of_a_fixed_batch_depends_on_itself_alone(tiny_weights, plain, panels, batch_size, whole):
    """With XLA, whatever is beside it and wherever it is in the batch, also in batches that are not full."""
    drawings, seeds = np.stack([panel.line_art for panel in panels[:3]]), np.array([7, 8, 9])
    system = systems.LocalSystem('comic', [tiny_weights], drafts=2, batch_size=batch_size, whole_batches=whole)
    system.expect(4)
    together = system.colorize(drawings, seeds, 1.1)
    turned = system.colorize(drawings[::-1], seeds[::-1], 1.1)
    alone = system.colorize(drawings[1:2], seeds[1:2], 1.1)
    expected = plain.colorize(drawings, seeds, 1.1)
    for name, pictures in together.items():
        assert len(pictures) == 3 and len(alone[name]) == 1
        if not whole:
            np.testing.assert_array_equal(pictures[::-1], turned[name])
            np.testing.assert_array_equal(pictures[1], alone[name][0])
        assert np.abs(pictures.astype(int) - expected[name]).mean() < 1


def test_a_few_pictures_are_not_compiled_for(tiny_weights, panels):
    system = systems.LocalSystem('comic', [tiny_weights], drafts=1, batch_size=8)
    system.expect(3)
    assert not system.colorizer.xla
    assert len(system.colorize(panels[0].line_art[None], [7], 1.1)['image']) == 1
