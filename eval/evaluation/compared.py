"""The models that `eval.evaluate` compares, behind one interface: examples go in, pictures come out."""

import sys

import numpy as np
import tensorflow as tf

from data_pipeline.common import errors
from data_pipeline.outlines import line_art
from data_pipeline.pictures import colors
from eval import systems
from eval.evaluation import metrics
from models import comic_colorizer, polishing_network
from models.ops import resize


class Comic:
    """The comic system as it is, with the figures that only it has.

    Attributes:
      system: the `LocalSystem`.

    Example:
      >>> from eval.systems import LocalSystem
      >>> model = Comic(LocalSystem('comic', ['models/pretrained']))  # model.images(batch, seeds, temperature)
    """

    def __init__(self, system):
        self.system = system
        colorizer = system.colorizer.low_res_colorizer
        self._bits = tf.function(colorizer.bits_per_dim, reduce_retracing=True, autograph=False)

    def images(self, batch, seeds, temperature):
        """Colors a batch of `Example`s: uint8 [B, S, S, 3]."""
        result = self.system.colorize(np.stack([example.fitted for example in batch]), seeds, temperature)
        self._masks = result['background_mask'] > 127
        return with_lines(result['image'], batch)

    def more_figures(self, batch, images, seeds, temperature):
        """Computes further figures of the batch that was colored last: for each picture {name: figure}."""
        masks = self._masks
        others = self.images(batch, seeds + 1_000_000, temperature)
        bits = self._bits({'outline': np.stack([example.ink for example in batch]),
                           'color': np.stack([example.color for example in batch])}).numpy()
        return [{'diversity': metrics.diversity(np.stack(pair)), 'bits_per_dim': float(bits[k]),
                 'mask_iou': None if batch[k].background is None else metrics.intersection_over_union(
                     masks[k], batch[k].background)}
                for k, pair in enumerate(zip(images, others, strict=True))]


class Ablation:
    """The comic system with some parts replaced, to measure what each part loses.

    Args:
      colorizer: a `ComicColorizer`.
      true_low_res: whether the true low-resolution colors replace the sampled ones.
      true_mask: whether the true mask replaces the detected one.
      polishing: another polishing network, or None.

    Example:
      >>> from eval.evaluation import held_out_sets
      >>> batch = list(held_out_sets.drawn('flat', count=1, seed=0, size=256))
      >>> colorizer = comic_colorizer.ComicColorizer.from_pretrained('models/pretrained')
      >>> Ablation(colorizer, true_low_res=True, true_mask=True).images(batch, seeds=None, temperature=None).shape
      (1, 256, 256, 3)
    """

    def __init__(self, colorizer, true_low_res=False, true_mask=False, polishing=None):
        self._colorizer, self._true_low_res, self._true_mask = colorizer, true_low_res, true_mask
        self._polish = tf.function((polishing or colorizer.polishing_network).polish, autograph=False)
        self._sample, self._detect = (tf.function(f, reduce_retracing=True, autograph=False) for f in (
            colorizer.low_resolution, colorizer.background_detector.masks))

    def images(self, batch, seeds, temperature):
        """Colors a batch of `Example`s: uint8 [B, S, S, 3], or None if a truth that it needs is not known."""
        if self._true_mask and any(example.background is None for example in batch):
            return None
        ink = np.stack([example.ink for example in batch])
        masks = self._detect(ink)
        if self._true_mask:
            true = np.float32([example.background for example in batch])[..., None]
            masks = tf.concat([true] + [tf.zeros_like(true)] * (masks.shape[-1] - 1), axis=-1)
        if self._true_low_res:
            truth = np.stack([example.color for example in batch])
            low_res = resize.low_resolution(truth, self._colorizer.low_res_size)
        else:
            low_res = self._sample(ink, seeds, temperature)['low_res']
        return with_lines(np.uint8(colors.to_levels(self._polish(ink, low_res, masks))), batch)


class Baseline:
    """A system that the comic system is compared with.

    Attributes:
      system: the `LocalSystem`.

    Example:
      >>> from models.baselines.pix2pix import Pix2Pix
      >>> Pix2Pix.from_preset('tiny').save_pretrained(folder)
      >>> model = Baseline(systems.LocalSystem('pix2pix', [folder]))  # model.images(batch, seeds, temperature)
    """

    def __init__(self, system):
        self.system = system

    def images(self, batch, seeds, temperature):
        """Colors a batch of `Example`s: uint8 [B, S, S, 3]."""
        fitted = np.stack([example.fitted for example in batch])
        return with_lines(self.system.colorize(fitted, seeds, temperature)['image'], batch)


def with_lines(images, batch):
    """Lays the drawings of a batch of `Example`s over colors [B, S, S, 3]: uint8 [B, S, S, 3]."""
    return line_art.lay_over(images, [example.drawing[..., None] for example in batch]).numpy()


def load(weight_folders, ablation):
    """Loads all models whose weights are in the folders, and says which are left out.

    Args:
      weight_folders: folders of weights; each network is loaded from the first that holds it.
      ablation: folder of a polishing network trained with --nobackground, or None.
    Returns:
      ({name: model}, side of their pictures in pixels).
    Raises:
      UserError: the folders hold no model.
    """
    models = {}
    for name in systems.SYSTEMS:
        try:
            system = systems.LocalSystem(name, weight_folders)
        except errors.UserError as error:
            print(f'{name} is left out: {error}', file=sys.stderr)
            continue
        size = system.size
        if name != 'comic':
            models[name] = Baseline(system)
            continue
        whole = system.colorizer
        one_draft = comic_colorizer.ComicColorizer(
            whole.low_res_colorizer, whole.background_detector, whole.polishing_network, drafts=1)
        models |= {'comic': Comic(system), 'comic_true_low_res': Ablation(whole, true_low_res=True),
                   'comic_true_mask': Ablation(whole, true_mask=True),
                   'comic_true_both': Ablation(whole, true_low_res=True, true_mask=True),
                   'comic_one_draft': Ablation(one_draft)}
        if ablation:
            polishing = polishing_network.PolishingNetwork.from_pretrained(ablation)
            models['comic_no_background'] = Ablation(whole, polishing=polishing)
    if not models:
        raise errors.UserError(f'no weights of any model in {", ".join(map(str, weight_folders))}')
    return models, size
