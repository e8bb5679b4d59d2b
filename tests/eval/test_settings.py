import dataclasses
import types
import zlib

import numpy as np
import pytest

from eval import systems
from eval.settings import Settings, weights_checksum
from models import background_detector, polishing_network

PAGE = types.SimpleNamespace(inside='ch/1.png')


def _plan(**settings):
    return Settings(**settings).plan(PAGE, 'in/ch/1')


@pytest.mark.parametrize('changed', [
    {'seed': 1}, {'temperature': .5}, {'background': np.uint8([0, 0, 0])}, {'extract_outline': True},
    {'inverted': True}, {'system': 'other weights'}], ids=str)
def test_every_setting_that_changes_the_colors_changes_the_checksum(changed):
    assert _plan(**changed)[0].settings != _plan()[0].settings
    assert _plan(**changed)[0].settings == _plan(**changed)[0].settings


def test_a_sample_has_the_checksum_of_its_seed_whatever_the_number_of_samples():
    """So a run with more samples makes only the new ones."""
    assert [result.settings for result in _plan(seed=3, samples=3)] == [
        _plan(seed=seed)[0].settings for seed in (3, 4, 5)]
    assert [result.name for result in _plan(samples=2)] == ['in/ch/1-1.png', 'in/ch/1-2.png']
    assert _plan()[0].name == 'in/ch/1.png'


def test_names_with_broken_unicode_have_a_seed():
    for name in ('\udcff.png', '\ud800.png'):
        result, = Settings().plan(types.SimpleNamespace(inside=name), 'a')
        assert 0 <= result.seed < 2 ** 32 and result.seed != zlib.crc32(b'')


def test_the_checksum_of_weights_follows_from_weights_and_configurations_alone(tiny_weights, tmp_path, system):
    checksum = weights_checksum(system.colorizer)
    assert weights_checksum(systems.LocalSystem('comic', [tiny_weights]).colorizer) == checksum
    polishing_network.PolishingNetwork.from_preset('tiny').save_pretrained(tmp_path)
    assert weights_checksum(systems.LocalSystem('comic', [tmp_path, tiny_weights]).colorizer) != checksum
    detectors = [background_detector.BackgroundDetector.from_pretrained(tiny_weights) for _ in range(2)]
    detectors[1].config = dataclasses.replace(detectors[1].config, image_size=512)
    one, other = map(weights_checksum, detectors)
    assert one != other
