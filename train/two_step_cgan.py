r"""Trains the study's naive two-step CGAN, to compare with: first its low-resolution network, then its polishing one.

  python -m train.two_step_cgan --data data/real --workdir runs/two_step --preset small --steps 5000

Takes --steps for each. Writes two_step_low_res.h5, two_step_polishing.h5 and .json beside them (weights, preset), and
in a folder of each what every run folder has (README, "The run folder"): L1 in [-1, 1] units, and both sides' losses of
the adversarial game.
"""

import tf_keras as keras

from models import presets, two_step_cgan, weights
from train import common


def main():
    for network in (two_step_cgan.LowResPix2Pix, two_step_cgan.PolishingPix2Pix):
        keras.utils.set_random_seed(common.FLAGS.seed)
        model = weights.build(network, presets.PRESETS[common.FLAGS.preset])
        print(network.NAME, flush=True)
        common.train(model, common.adam(beta_1=.5), part=network.NAME,
                     adversarial_weight=common.FLAGS.adversarial_weight)


if __name__ == '__main__':
    common.define_flags(batch_size=8, learning_rate=5e-4)
    common.define_adversarial_weight(.01)
    common.run(main)
