r"""Trains pix2pix, the baseline that colors an outline in one step.

  python -m train.pix2pix --data data/real --workdir runs/pix2pix --preset small --steps 5000

Writes a run folder (train/README.md) with pix2pix.h5 and pix2pix.json. Reports L1 in [-1, 1] units and the adversarial
losses of both networks.
"""

import tf_keras as keras

from models.baselines import pix2pix
from train import common


def main():
    keras.utils.set_random_seed(common.FLAGS.seed)
    model = pix2pix.Pix2Pix.from_preset(common.FLAGS.preset)
    common.train(model, common.adam(beta_1=.5), adversarial_weight=common.FLAGS.adversarial_weight)


if __name__ == '__main__':
    common.define_flags(batch_size=8, learning_rate=5e-4)
    common.define_adversarial_weight(.01)
    common.run(main)
