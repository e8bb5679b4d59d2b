r"""Trains networks a few steps under the strategy that the flags ask for; run by test_strategies as a process.

  python -m tests.train.train_networks --data DATA --workdir DIR --preset tiny --steps 10 --strategy mirrored \
      --networks background_detector,polishing_network

Each network's run folder is one below --workdir.
"""

import pathlib

import tf_keras as keras
from absl import flags

from models import background_detector, low_res_colorizer, polishing_network
from train import common


def main():
    small, low_res = {'image_size': 32}, {'image_size': 32, 'low_res_size': 4}  # smaller pictures are traced sooner
    workdir = pathlib.Path(common.FLAGS.workdir)
    keras.utils.set_random_seed(1)
    detector = background_detector.BackgroundDetector.from_preset(common.FLAGS.preset, **small)
    for network, sizes, options in (
            # References are of a device's own share of the batch.
            (low_res_colorizer.LowResColorizer, low_res | {'sees_references': False}, {}),
            (background_detector.BackgroundDetector, small, {}),
            (polishing_network.PolishingNetwork, low_res,
             {'detect_background': detector.masks, 'adversarial_weight': .01})):
        if network.NAME not in common.FLAGS.networks:
            continue
        keras.utils.set_random_seed(common.FLAGS.seed)
        model = network.from_preset(common.FLAGS.preset, **sizes)
        common.train(model, common.adam(), workdir=workdir / network.NAME, **options)


if __name__ == '__main__':
    common.define_flags(batch_size=8, learning_rate=1e-3)
    flags.DEFINE_list('networks', None, 'Names of the networks to train.', required=True)
    common.run(main)
