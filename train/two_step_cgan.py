r"""Trains the study's naive two-step CGAN, a baseline: first its low-resolution network, then its polishing network.

  python -m train.two_step_cgan --data data/real --workdir runs/two_step --preset small --steps 5000

Trains each network for --steps. Writes two_step_low_res.h5, two_step_polishing.h5 and a .json beside each, and a run
folder for each network below --workdir (train/README.md). Reports L1 in [-1, 1] units and the adversarial losses.
"""

import tf_keras as keras

from models.baselines import two_step_cgan
from train import common


def main():
    for network in (two_step_cgan.LowResPix2Pix, two_step_cgan.PolishingPix2Pix):
        keras.utils.set_random_seed(common.FLAGS.seed)
        print(network.NAME, flush=True)
        common.train(network.from_preset(common.FLAGS.preset), common.adam(beta_1=.5), part=network.NAME,
                     adversarial_weight=common.FLAGS.adversarial_weight)


if __name__ == '__main__':
    common.define_flags(batch_size=8, learning_rate=5e-4)
    common.define_adversarial_weight(.01)
    common.run(main)
