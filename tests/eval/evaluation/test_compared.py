import types

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline.common import errors
from eval.evaluation import compared, held_out_sets

SIZE = 16
TRUE_COLOR, SAMPLED_COLOR = 204, 51


@pytest.fixture
def examples():
    """Two pictures of one color without lines, whose backgrounds are the left half and the upper half."""
    backgrounds = np.zeros((2, SIZE, SIZE), bool)
    backgrounds[0, :, :SIZE // 2] = backgrounds[1, :SIZE // 2] = True
    paper, truth = np.full((SIZE, SIZE), 255, np.uint8), np.full((SIZE, SIZE, 3), TRUE_COLOR, np.uint8)
    return [held_out_sets.Example(str(number), paper, paper, truth, background)
            for number, background in enumerate(backgrounds)]


@pytest.fixture
def colorizer():
    """Stands for a `ComicColorizer`: it samples one color, detects no background, and shows its mask in red."""

    def low_resolution(outline, seeds, temperature):
        return {'low_res': tf.fill([outline.shape[0], 2, 2, 3], SAMPLED_COLOR / 127.5 - 1)}

    def polish(outline, low_res, masks):
        assert masks.shape[-1] == 3
        colors = tf.broadcast_to(tf.reduce_mean(low_res, axis=[1, 2], keepdims=True), [*outline.shape[:3], 3])
        return tf.concat([2 * masks[..., :1] - 1, colors[..., 1:]], axis=-1)

    return types.SimpleNamespace(
        low_resolution=low_resolution, low_res_size=2, polishing_network=types.SimpleNamespace(polish=polish),
        background_detector=types.SimpleNamespace(masks=lambda outline: tf.zeros([*outline.shape[:3], 3])))


@pytest.mark.parametrize('true_low_res', [False, True])
@pytest.mark.parametrize('true_mask', [False, True])
def test_an_ablation_has_the_truth_in_place_of_what_it_replaces(true_low_res, true_mask, colorizer, examples):
    images = compared.Ablation(colorizer, true_low_res, true_mask).images(examples, np.arange(2), 1.)
    for example, image in zip(examples, images, strict=True):
        np.testing.assert_array_equal(image[..., 0] == 255, example.background & true_mask)
        assert abs(image[..., 1:].astype(int) - (TRUE_COLOR if true_low_res else SAMPLED_COLOR)).max() <= 1


def test_an_ablation_polishes_with_the_network_it_is_given(colorizer, examples):
    white = types.SimpleNamespace(polish=lambda outline, low_res, masks: tf.ones([2, SIZE, SIZE, 3]))
    assert (compared.Ablation(colorizer, polishing=white).images(examples, np.arange(2), 1.) == 255).all()


def test_the_true_mask_is_not_used_where_a_background_is_not_known(colorizer, examples):
    examples[1] = held_out_sets.Example('unknown', examples[1].drawing, examples[1].fitted, examples[1].truth)
    assert compared.Ablation(colorizer, true_mask=True).images(examples, np.arange(2), 1.) is None
    assert compared.Ablation(colorizer).images(examples, np.arange(2), 1.) is not None


def test_the_figures_that_only_the_comic_system_has(examples):
    mask = np.zeros((2, SIZE, SIZE), np.uint8)
    mask[:, :, :SIZE // 2] = 255  # equals the first background, and a third of the union with the second

    def colorize(drawings, seeds, temperature):
        colors = np.where(np.asarray(seeds) < 1000, 10, 30)[:, None, None, None]
        return {'image': np.broadcast_to(np.uint8(colors), (2, SIZE, SIZE, 3)),
                'background_mask': mask if seeds[0] < 1000 else 0 * mask}

    bits = types.SimpleNamespace(bits_per_dim=lambda data: tf.reduce_mean(data['color'], axis=[1, 2, 3]))
    comic = compared.Comic(types.SimpleNamespace(
        colorize=colorize, colorizer=types.SimpleNamespace(low_res_colorizer=bits)))
    seeds = np.arange(2)
    images = comic.images(examples, seeds, 1.)
    first, second = comic.more_figures(examples, images, seeds, 1.)
    assert (first['mask_iou'], second['mask_iou']) == (1, pytest.approx(1 / 3))
    assert first['diversity'] == second['diversity'] == 10
    assert first['bits_per_dim'] == pytest.approx(TRUE_COLOR / 127.5 - 1)


def test_folders_without_weights_are_named(tmp_path):
    with pytest.raises(errors.UserError, match=f'no weights of any model in {tmp_path}'):
        compared.load([str(tmp_path)], None)
