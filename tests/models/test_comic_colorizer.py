import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipeline import synthetic_comic
from data_pipeline.outlines import line_art, outline
from data_pipeline.pictures import colors
from models import comic_colorizer
from models.ops import resize

AUTOMATIC = np.full((2, 3), comic_colorizer.AUTOMATIC, np.float32)


def test_batch_of_two_equals_two_batches_of_one(tiny_weights, panels):
    colorizer = comic_colorizer.ComicColorizer.from_pretrained([tiny_weights])
    ink = outline.to_ink(np.stack([p.line_art for p in panels[:2]])[..., None].astype(np.float32))
    shapes = [tf.TensorSpec([None, *x.shape[1:]], x.dtype) for x in (ink, np.zeros(2, np.int64))]
    colorize = colorizer.colorize.get_concrete_function(  # traced once for both batch sizes
        *shapes, tf.TensorSpec([], tf.float32), tf.TensorSpec([None, 3], tf.float32))
    ink, temperature = tf.constant(ink), tf.constant(1.)
    both = colorize(ink, tf.constant([7, 8], tf.int64), temperature, tf.constant(AUTOMATIC))
    assert {k: v.shape.as_list() for k, v in both.items()} == {
        'image': [2, 256, 256, 3], 'low_res': [2, 32, 32, 3], 'background_mask': [2, 256, 256, 1],
        'background_color': [2, 3]}
    both['log_likelihood'] = colorizer.log_likelihood(ink, both['low_res'])
    for k in range(2):
        alone = colorize(ink[k:k + 1], tf.constant([7 + k], tf.int64), temperature, tf.constant(AUTOMATIC[:1]))
        alone['log_likelihood'] = colorizer.log_likelihood(ink[k:k + 1], alone['low_res'])
        for key, value in alone.items():
            np.testing.assert_array_equal(value[0], both[key][k], err_msg=key)


def test_the_background_takes_the_color_asked_for_and_the_foreground_stays(tiny_weights, panels):
    colorizer = comic_colorizer.ComicColorizer.from_pretrained([tiny_weights])
    drawings = np.stack([p.line_art for p in panels[:2]])
    ink = outline.to_ink(drawings[..., None].astype(np.float32))
    seeds, color = np.array([7, 8], np.int64), np.array([.25, -.5, 1], np.float32)
    masks = np.float32([p.background for p in panels[:2]])[:, None, ..., None]
    colorizer.background_detector.masks = lambda outline: tf.where(tf.reduce_all(outline == ink[:1]), *masks)
    colorizer.low_resolution = lambda outline, *_: {'low_res': tf.tile(resize.shrink(outline, 32), [1, 1, 1, 3])}
    plain = colorizer.colorize(ink, seeds, np.float32(1), AUTOMATIC)
    # The first automatic, the second in the color.
    result = colorizer.colorize(ink, seeds, np.float32(1), np.stack([AUTOMATIC[0], color]))
    np.testing.assert_array_equal(result['image'][0], plain['image'][0])
    assert np.abs(plain['image']).max() <= 1
    mask = panels[1].background
    paper = mask & (drawings[1] == 255)
    assert paper.sum() > 1000
    np.testing.assert_allclose(result['image'][1][paper], np.tile(color, (paper.sum(), 1)), atol=1e-6)
    np.testing.assert_array_equal(result['image'][1][~mask], plain['image'][1][~mask])
    np.testing.assert_allclose(result['background_color'], [plain['background_color'][0], color], atol=1e-6)


def test_the_shipped_weights_color_a_drawing_as_in_the_stored_pictures(pretrained):
    """The stored pictures are the low-resolution picture and the result, both at 64 pixels."""
    drawing = synthetic_comic.draw_panel(4, 1, 2, size=200).line_art
    ink = outline.to_ink(np.float32(line_art.fit(np.repeat(drawing[..., None], 3, -1), 256))[None, ..., None])
    colorizer = comic_colorizer.ComicColorizer.from_pretrained(pretrained)
    result = colorizer.colorize(ink, np.int64([7]), np.float32(comic_colorizer.TEMPERATURE), AUTOMATIC[:1])
    pictures = [resize.enlarge(result['low_res'], 64), resize.shrink(result['image'], 64)]
    painted = np.uint8(colors.to_levels(tf.concat(pictures, axis=2)))[0]
    stored = np.asarray(Image.open(pathlib.Path(__file__).parent / 'shipped_weights.png'))
    assert painted.shape == stored.shape == (64, 128, 3)
    assert np.abs(painted.astype(int) - stored).mean() < 1.5  # the rounding of another CPU may change some pixels


@pytest.mark.parametrize('xla', [False, True])
def test_hints_change_their_own_picture_only_and_none_at_all_change_nothing(xla, tiny_weights, panels):
    colorizer = comic_colorizer.ComicColorizer.from_pretrained([tiny_weights], drafts=1, xla=xla)
    ink = outline.to_ink(np.stack([p.line_art for p in panels[:2]])[..., None].astype(np.float32))
    seeds, hints = np.array([7, 8], np.int64), np.zeros((2, 256, 256, 4), np.uint8)
    plain = colorizer.colorize(ink, seeds, np.float32(1), AUTOMATIC)
    none = colorizer.colorize(ink, seeds, np.float32(1), AUTOMATIC, hints)
    hints[1, 100:102, 100:102] = 250, 20, 10, 255
    hinted = colorizer.colorize(ink, seeds, np.float32(1), AUTOMATIC, hints)
    rounding = 3e-6 if xla else 0  # XLA compiles the two cases by themselves
    for name, value in plain.items():
        np.testing.assert_allclose(none[name], value, rtol=0, atol=rounding, err_msg=name)
        np.testing.assert_allclose(hinted[name][0], value[0], rtol=0, atol=rounding, err_msg=name)
    np.testing.assert_allclose(colors.to_levels(hinted['image'][1, 100, 100]), (250, 20, 10), atol=1)
    likelihoods = [colorizer.log_likelihood(ink, plain['low_res'], colorizer.spread(its, ink))
                   for its in (0 * hints, hints)]
    assert likelihoods[0][0] == likelihoods[1][0] and likelihoods[0][1] != likelihoods[1][1]
