r"""Trains the low-resolution colorizer by maximum likelihood.

  python -m train.low_res_colorizer --data data/real --workdir runs/lrc --preset small --steps 10000

Writes low_res_colorizer.h5 and .json (weights, preset) into the run folder after every epoch, and TensorBoard logs.
Reports bits per dimension, on the validation groups with the Polyak average of the weights.
"""

import tf_keras as keras

from models import low_res_colorizer, presets, weights
from train import common


def main():
    keras.utils.set_random_seed(common.FLAGS.seed)
    model = weights.build(low_res_colorizer.LowResColorizer, presets.PRESETS[common.FLAGS.preset])
    common.train(model, common.adam(), callbacks=[common.ValidateAverage()])


if __name__ == '__main__':
    common.define_flags(batch_size=16, learning_rate=1e-3)
    common.run(main)
