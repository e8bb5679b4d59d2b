r"""Trains the polishing network, with a trained background detector run on the fly.

  python -m train.polishing_network --data data/real --workdir runs/pn --background_detector runs/bd --steps 5000

Writes polishing_network.h5 and .json (weights, preset) into the run folder after every epoch, and TensorBoard logs.
Reports L1 in [-1, 1] units, on validation with the whole background hidden, as when colouring.
"""

import dataclasses

import tf_keras as keras
from absl import flags

from models import background_detector, polishing_network, presets, weights
from train import common


def main():
    keras.utils.set_random_seed(common.FLAGS.seed)
    detector = weights.load(background_detector.BackgroundDetector, [common.FLAGS.background_detector])
    preset = dataclasses.replace(presets.PRESETS[common.FLAGS.preset],
                                 background_model=detector.preset.background_model)
    model = weights.build(polishing_network.PolishingNetwork, preset)
    common.train(model, common.adam(beta_1=.5), detect_background=detector.masks)


if __name__ == '__main__':
    common.define_flags(batch_size=8, learning_rate=5e-4)
    flags.DEFINE_string('background_detector', None, 'Run folder of the trained detector.', required=True)
    common.run(main)
