import numpy as np
import pytest

from eval.evaluation import metrics


@pytest.fixture
def scene():
    """Two rooms, a red and a blue one, divided by a line."""
    outline = np.full((100, 100), 255, np.uint8)
    outline[:, 50] = 0
    truth = np.zeros((100, 100, 3), np.uint8)
    truth[:, :50], truth[:, 51:] = (200, 40, 40), (40, 40, 200)
    return outline, truth


def test_distances(scene, rng):
    _, truth = scene
    assert metrics.l1(truth, truth) == 0 and metrics.ssim(truth, truth) == pytest.approx(1)
    assert metrics.l1(np.uint8(truth + 51), truth) == pytest.approx(.4)
    assert metrics.psnr(np.uint8(truth + 51), truth) == pytest.approx(20 * np.log10(5), rel=1e-4)
    assert metrics.psnr(truth, truth) == 100  # infinite otherwise
    noise = rng.integers(0, 256, truth.shape, np.uint8)
    assert metrics.ssim(noise, truth) < .2


def test_colorfulness_of_gray_is_zero_and_of_red_and_green_that_of_the_definition(rng):
    gray = np.repeat(rng.integers(0, 256, (20, 20, 1), np.uint8), 3, axis=-1)
    assert metrics.colorfulness(gray) == 0
    half = np.zeros((2, 2, 3), np.uint8)
    half[0], half[1] = (255, 0, 0), (0, 255, 0)
    assert metrics.colorfulness(half) == pytest.approx(255 + .3 * 127.5)


def test_region_spread_is_of_regions_that_are_flat_in_truth(scene):
    outline, truth = scene
    assert metrics.region_spread(truth, truth, outline) == 0
    image = truth.copy()
    image[::2, :50] += 20  # half of the pixels of the left room are 20 levels off, so that it deviates by 10
    assert metrics.region_spread(image, truth, outline) == pytest.approx(10 * 50 / 99, rel=1e-6)
    truth = truth.copy()
    truth[::2, :50] += 20  # now the left room is no longer flat, and does not count
    assert metrics.region_spread(image, truth, outline) == 0
    assert metrics.region_spread(image, truth, np.zeros_like(outline)) is None


def test_background_spread_takes_the_truth_or_the_largest_region_at_the_border(scene):
    outline, image = scene
    image = image.copy()
    image[::2, :50] += 20
    right = np.zeros((100, 100), bool)
    right[:, 51:] = True
    assert metrics.background_spread(image, outline, right) == 0
    assert metrics.background_spread(image, outline) == pytest.approx(10)
    assert metrics.background_spread(image, np.zeros_like(outline)) is None


def test_diversity_and_overlap():
    images = np.zeros((2, 4, 4, 3), np.uint8)
    images[1] = 20
    assert metrics.diversity(images) == 10
    one, two = np.zeros((2, 2), bool), np.zeros((2, 2), bool)
    assert metrics.intersection_over_union(one, two) == 1
    one[0], two[:, 0] = True, True
    assert metrics.intersection_over_union(one, two) == pytest.approx(1 / 3)
