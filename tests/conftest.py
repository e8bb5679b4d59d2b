"""What several tests need: drawn panels, a prepared data folder, tiny trained networks, and their exported model."""

import fcntl
import os

os.environ.setdefault('TF_NUM_INTRAOP_THREADS', '1')  # every core has a test of its own; read by TensorFlow at import

# ruff: noqa: E402
import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from PIL import Image

from data_pipeline import prepare, synthetic_comic
from data_pipeline.outlines import outline
from eval.serving import saved_model
from models import background_detector, comic_colorizer, low_res_colorizer, polishing_network
from tests.eval.serving import stand_in_server


@pytest.fixture(scope='session')
def made_once(tmp_path_factory):
    """Makes a folder once for all workers: function of its name and of `make`, which writes into a folder."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if 'PYTEST_XDIST_WORKER' in os.environ else base

    def made_once(name, make):
        folder, part = base / name, base / f'{name}.part'
        with (base / f'{name}.lock').open('w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                part.mkdir()
                make(part)
                part.rename(folder)
        return folder

    return made_once


@pytest.fixture(scope='session')
def panels():
    """Panels 1 to 6 of an episode."""
    return [synthetic_comic.draw_panel(0, 1, number, size=256) for number in range(1, 7)]


@pytest.fixture(scope='session')
def batch(panels):
    """Four panels as the networks see them."""
    line_art = np.stack([p.line_art for p in panels[:4]])[..., None].astype(np.float32)
    color = np.stack([p.color for p in panels[:4]]).astype(np.float32)
    return {'outline': tf.constant(outline.to_ink(line_art)), 'color': tf.constant(color / 127.5 - 1),
            'seeds': tf.constant([[0, k] for k in range(4)]), 'group': tf.constant([5, 5, 5, 6], tf.int64),
            'known': tf.constant([True, True, False, True])}


@pytest.fixture(scope='session')
def comics(tmp_path_factory, panels):
    """A folder of colored panels: six episodes of two."""
    folder = tmp_path_factory.mktemp('comics')
    for number, panel in enumerate(panels + panels):
        path = folder / f'ep{number // 2:02d}' / f'{number:02d}.png'
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(panel.color).save(path)
    return folder


@pytest.fixture(scope='session')
def data(made_once, comics):
    """A prepared data folder with examples in both splits."""
    return made_once('data', lambda folder: prepare.prepare([comics], folder, validation_percent=40))


@pytest.fixture(scope='session')
def tiny_weights(made_once):
    """A folder with the three networks at preset `tiny`, untrained, the same in every run."""

    def make(folder):
        keras.utils.set_random_seed(0)
        for network in (low_res_colorizer.LowResColorizer, background_detector.BackgroundDetector,
                        polishing_network.PolishingNetwork):
            network.from_preset('tiny').save_pretrained(folder)

    return made_once('weights', make)


@pytest.fixture(scope='session')
def exported(made_once, tiny_weights):
    """The version folder of the exported model."""
    folder = made_once('comic_colorizer', lambda folder: saved_model.export(
        comic_colorizer.ComicColorizer.from_pretrained([tiny_weights]), folder))
    return folder / '1'


@pytest.fixture(scope='session')
def served(exported):
    """The exported model in TensorFlow's C runtime."""
    return stand_in_server.ServedModel(exported)


@pytest.fixture(scope='session')
def pretrained():
    """The folder of the shipped weights."""
    return comic_colorizer.PRETRAINED


@pytest.fixture
def rng():
    return np.random.default_rng(0)
