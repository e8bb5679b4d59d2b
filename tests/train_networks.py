"""Trains all networks a few steps under the strategy that the flags ask for; run by test_strategies as a process.

  python -m tests.train_networks --data DATA --workdir DIR --preset tiny --steps 10 --batch_size 8 --strategy mirrored

Each network's run folder is one below --workdir.
"""

import pathlib

import tf_keras as keras

from models import background_detector, low_res_colorizer, polishing_network, presets, two_step_cgan, weights
from train import common


def main():
    preset = presets.PRESETS[common.FLAGS.preset]
    workdir = pathlib.Path(common.FLAGS.workdir)
    keras.utils.set_random_seed(1)
    detector = weights.build(background_detector.BackgroundDetector, preset)
    for network, options in (
            (low_res_colorizer.LowResColorizer, {}), (background_detector.BackgroundDetector, {}),
            (polishing_network.PolishingNetwork, {'detect_background': detector.masks, 'adversarial_weight': 0.}),
            (two_step_cgan.PolishingPix2Pix, {'adversarial_weight': .01})):
        keras.utils.set_random_seed(common.FLAGS.seed)
        common.train(weights.build(network, preset), common.adam(), workdir=workdir / network.NAME, **options)


if __name__ == '__main__':
    common.define_flags(batch_size=8, learning_rate=1e-3)
    common.run(main)
