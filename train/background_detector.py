r"""Trains the background detector, without labels.

  python -m train.background_detector --data data/real --workdir runs/bd --preset small --steps 5000

Writes a run folder (train/README.md) with background_detector.h5 and background_detector.json.

--foreground chooses the colors of the composite's foreground. `own` is the detector's own prediction (the paper).
`low_res` is a sample of the low-resolution colorizer (the study), which `train.cross_fit` makes:

  python -m train.cross_fit --data data/real --workdir runs/folds --samples data/samples
  python -m train.background_detector --data data/real --samples data/samples --foreground low_res --workdir runs/bd

--background_model chooses the colors of the composite's background. `mean` is the background's mean color (the paper).
`plane` is a linear gradient. `regions` are the mean colors of three regions that the detector tells apart, such as sky
and ground.

--background_weight=1.2 counts the background's errors a fifth more. Then parts that neither side predicts well, such as
crowds and scenery, stay foreground. composite_l1 becomes slightly higher.

Validation reports, with L1 in [-1, 1] units:
  composite_l1: the loss, with hard masks.
  foreground_l1, background_l1: the loss if everything were foreground or background.
  background_share: share of the pixels that are background.
  background_iou: intersection over union with the true background, over the pictures whose true background is known
    (drawn comics); 0 if there are none.
The program warns if the mask has collapsed to all foreground or all background.
"""

import tf_keras as keras
from absl import flags, logging

from data_pipeline.common import errors
from models import background_detector
from models.ops import background
from train import common

_COLLAPSED = .01  # least share of the pixels that foreground and background must have


class WarnOfCollapse(keras.callbacks.Callback):
    """Warns after an epoch whose validation masks are nearly all foreground or nearly all background.

    Example:
      >>> callback = WarnOfCollapse()
      >>> callback.on_epoch_end(0, {'val_background_share': .4})  # no warning: 40 % are background
    """

    def on_epoch_end(self, epoch, logs=None):
        share = (logs or {}).get('val_background_share', .5)
        if min(share, 1 - share) < _COLLAPSED:
            logging.warning('the mask has collapsed: %.1f %% of the validation pixels are background after epoch %d',
                            100 * share, epoch + 1)


def main():
    own = common.FLAGS.foreground == 'own'
    if not own and not common.FLAGS.samples:
        raise errors.UserError('--foreground=low_res needs --samples, a folder that train.cross_fit wrote')
    keras.utils.set_random_seed(common.FLAGS.seed)
    model = background_detector.BackgroundDetector.from_preset(
        common.FLAGS.preset, predicts_colors=own, background_model=common.FLAGS.background_model)
    common.train(model, common.adam(beta_1=.5), [WarnOfCollapse()], samples=None if own else common.FLAGS.samples,
                 straight_through=common.FLAGS.straight_through, background_weight=common.FLAGS.background_weight)


if __name__ == '__main__':
    common.define_flags(batch_size=8, learning_rate=5e-4)
    flags.DEFINE_enum('foreground', 'own', ['own', 'low_res'], "Colors of the composite's foreground.")
    flags.DEFINE_string('samples', None, 'Folder that train.cross_fit wrote, for --foreground=low_res.')
    flags.DEFINE_enum('background_model', 'mean', sorted(background.MODELS), "Colors of the composite's background.")
    flags.DEFINE_bool('straight_through', False, 'Compose with hard masks, with the gradient of the soft ones.')
    flags.DEFINE_float('background_weight', 1., "Weight of the background's errors against the foreground's.",
                       lower_bound=0.)
    common.run(main)
