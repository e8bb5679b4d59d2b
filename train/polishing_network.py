r"""Trains the polishing network, on the masks of a trained background detector.

  python -m train.polishing_network --data data/real --workdir runs/pn --background_detector runs/bd --steps 5000

--nobackground trains the paper's ablation (figure 2), which sees nothing of the background. --adversarial_weight adds a
PatchGAN; 0.01 is pix2pix's weight.

Writes a run folder (train/README.md) with polishing_network.h5 and polishing_network.json. Reports L1 in [-1, 1] units;
validation hides the whole background, as coloring does.
"""

import tf_keras as keras
from absl import flags

from models import background_detector, polishing_network
from train import common


def main():
    keras.utils.set_random_seed(common.FLAGS.seed)
    folder = common.FLAGS.background_detector
    detector = background_detector.BackgroundDetector.from_pretrained(folder)
    model = polishing_network.PolishingNetwork.from_preset(
        common.FLAGS.preset, background_model=detector.config.background_model,
        sees_background=common.FLAGS.background)
    common.train(model, common.adam(beta_1=.5), inputs={'background_detector': f'{folder}/{detector.NAME}.h5'},
                 detect_background=detector.masks, adversarial_weight=common.FLAGS.adversarial_weight)


if __name__ == '__main__':
    common.define_flags(batch_size=8, learning_rate=5e-4)
    flags.DEFINE_string('background_detector', None, 'Run folder of the trained detector.', required=True)
    flags.DEFINE_bool('background', True, "Show the network the background's mask and color.")
    common.define_adversarial_weight(0.)
    common.run(main)
