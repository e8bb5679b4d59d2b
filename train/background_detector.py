r"""Trains the background detector, without labels.

  python -m train.background_detector --data data/real --workdir runs/bd --preset small --steps 5000

Writes background_detector.h5 and .json (weights, preset), and what every run folder has (README, "The run folder").

--foreground says where the colours of the composite's foreground come from: `own`, the detector predicts them itself
(the paper), or `low_res`, samples of the low-resolution colorizer (the study), made by `train.cross_fit`:

  python -m train.cross_fit --data data/real --workdir runs/folds --samples data/samples
  python -m train.background_detector --data data/real --samples data/samples --foreground low_res --workdir runs/bd

--background_model says what stands for a background: `mean`, its mean colour (the paper); `plane`, a linear gradient;
`regions`, the mean colours of three regions that the detector tells apart, as sky and ground.

--background_weight=1.2 counts the background's errors a fifth more: crowds, close-ups and scenery, which neither side
comes close to, then stay foreground, at a slightly higher composite_l1.

Validation reports, as L1 in [-1, 1] units: composite_l1, and for comparison foreground_l1 and background_l1, what it
would be with everything foreground or background; background_share; and background_iou, intersection over union with
the true background where the data knows it (drawn comics; 0 if none does). A mask that has collapsed to all or nothing
is warned of.
"""

import dataclasses

import tf_keras as keras
from absl import flags, logging

from models import background, background_detector, presets, weights
from train import common

_COLLAPSED = .01  # share of the smaller side


class WarnOfCollapse(keras.callbacks.Callback):
    """Warns after an epoch whose validation masks are nearly all foreground or nearly all background."""

    def on_epoch_end(self, epoch, logs=None):
        share = (logs or {}).get('val_background_share', .5)
        if min(share, 1 - share) < _COLLAPSED:
            logging.warning('the mask has collapsed: %.1f %% of the validation pixels are background after epoch %d',
                            100 * share, epoch + 1)


def main():
    if common.FLAGS.foreground == 'low_res' and not common.FLAGS.samples:
        raise ValueError('--foreground=low_res needs --samples, a folder written by train.cross_fit')
    keras.utils.set_random_seed(common.FLAGS.seed)
    preset = dataclasses.replace(presets.PRESETS[common.FLAGS.preset], foreground=common.FLAGS.foreground,
                                 background_model=common.FLAGS.background_model)
    model = weights.build(background_detector.BackgroundDetector, preset)
    common.train(model, common.adam(beta_1=.5), [WarnOfCollapse()],
                 samples=common.FLAGS.samples if preset.foreground == 'low_res' else None,
                 straight_through=common.FLAGS.straight_through, background_weight=common.FLAGS.background_weight)


if __name__ == '__main__':
    common.define_flags(batch_size=8, learning_rate=5e-4)
    flags.DEFINE_enum('foreground', 'own', ['own', 'low_res'], 'Where the foreground colours come from.')
    flags.DEFINE_string('samples', None, 'Folder written by train.cross_fit, for --foreground=low_res.')
    flags.DEFINE_enum('background_model', 'mean', sorted(background.MODELS), 'What stands for a background.')
    flags.DEFINE_bool('straight_through', False, 'Compose with hard choices, with the gradient of the relaxed ones.')
    flags.DEFINE_float('background_weight', 1., "Of the background's errors against the foreground's.", lower_bound=0.)
    common.run(main)
