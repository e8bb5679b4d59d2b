r"""Trains the polishing network, with a trained background detector run on the fly.

  python -m train.polishing_network --data data/real --workdir runs/pn --background_detector runs/bd --steps 5000

--nobackground trains the paper's ablation (figure 2), which sees no background information; --adversarial_weight adds a
PatchGAN (0.01 is pix2pix's).

Writes polishing_network.h5 and .json (weights, preset), and what every run folder has (README, "The run folder").
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
                                 background_model=detector.preset.background_model,
                                 polishing_background=common.FLAGS.background)
    model = weights.build(polishing_network.PolishingNetwork, preset)
    common.train(model, common.adam(beta_1=.5), detect_background=detector.masks,
                 adversarial_weight=common.FLAGS.adversarial_weight)


if __name__ == '__main__':
    common.define_flags(batch_size=8, learning_rate=5e-4)
    flags.DEFINE_string('background_detector', None, 'Run folder of the trained detector.', required=True)
    flags.DEFINE_bool('background', True, 'Whether the network sees background mask and colour.')
    common.define_adversarial_weight(0.)
    common.run(main)
