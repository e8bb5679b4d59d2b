r"""Trains pix2pix, outline to colours in one step: the baseline.

  python -m train.pix2pix --data data/real --workdir runs/pix2pix --preset small --steps 5000

Writes pix2pix.h5 and .json (weights, preset), and what every run folder has (README, "The run folder"): L1 in [-1, 1]
units, and both sides' losses of the adversarial game.
"""

import tf_keras as keras

from models import pix2pix, presets, weights
from train import common


def main():
    keras.utils.set_random_seed(common.FLAGS.seed)
    model = weights.build(pix2pix.Pix2Pix, presets.PRESETS[common.FLAGS.preset])
    common.train(model, common.adam(beta_1=.5), adversarial_weight=common.FLAGS.adversarial_weight)


if __name__ == '__main__':
    common.define_flags(batch_size=8, learning_rate=5e-4)
    common.define_adversarial_weight(.01)
    common.run(main)
