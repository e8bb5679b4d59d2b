r"""Trains the background detector, without labels.

  python -m train.background_detector --data data/real --workdir runs/bd --preset small --steps 5000

Writes background_detector.h5 and .json (weights, preset) into the run folder after every epoch, and TensorBoard logs.
Reports the L1 distance between composite and truth, in [-1, 1] units, and the share of pixels called background.
"""

import tf_keras as keras

from models import background_detector, presets, weights
from train import common


def main():
    keras.utils.set_random_seed(common.FLAGS.seed)
    model = weights.build(background_detector.BackgroundDetector, presets.PRESETS[common.FLAGS.preset])
    common.train(model, common.adam(beta_1=.5))


if __name__ == '__main__':
    common.define_flags(batch_size=8, learning_rate=5e-4)
    common.run(main)
