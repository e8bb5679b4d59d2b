"""The whole system: an outline goes in, colors come out (paper, figure 1)."""

import pathlib

import tensorflow as tf

from models import background_detector, low_res_colorizer, polishing_network
from models.low_res_colorizer import references as references_of
from models.ops import background, per_picture, resize
from models.ops import hints as hints_ops

PRETRAINED = pathlib.Path(__file__).parent / 'pretrained'  # folder of the shipped weights
AUTOMATIC = -2.  # a background color that asks for the sampled picture's own
TEMPERATURE = 1.1  # default of the sampling (our choice); above 1 samples are noisier, but areas become even later
DRAFTS = 4  # default number of samples for the consensus (our choice); the paper colors from one sample


class ComicColorizer(tf.Module):
    """The three networks in a row.

    Args:
      low_res_colorizer, background_detector, polishing_network: trained networks of equal picture sizes.
      drafts: see `LowResColorizer.consensus`.
      xla: whether to compile with XLA. It is faster after the first call for each batch size.
      whole: whether the networks take whole batches. If not, each picture passes them alone, so that its result does
        not depend on its batch, to the last bit. None: whole batches where there is a GPU or a TPU.

    Example:
      >>> colorizer = ComicColorizer.from_pretrained('models/pretrained', drafts=1)
      >>> outline, seeds = tf.zeros([1, 256, 256, 1]), tf.constant([7], tf.int64)
      >>> colorizer.colorize(outline, seeds, tf.constant(TEMPERATURE), tf.fill([1, 3], AUTOMATIC))['image'].shape
      TensorShape([1, 256, 256, 3])
    """

    NETWORKS = (low_res_colorizer.LowResColorizer, background_detector.BackgroundDetector,
                polishing_network.PolishingNetwork)

    def __init__(self, low_res_colorizer, background_detector, polishing_network, drafts=DRAFTS, xla=False,
                 whole=None):
        super().__init__()
        self.low_res_colorizer = low_res_colorizer
        self.background_detector = background_detector
        self.polishing_network = polishing_network
        self.image_size, self.low_res_size = low_res_colorizer.config.image_size, low_res_colorizer.config.low_res_size
        self._drafts, self.xla = drafts, xla
        self._whole = any(tf.config.list_logical_devices(kind) for kind in ('GPU', 'TPU')) if whole is None else whole

    @classmethod
    def from_pretrained(cls, folders, **options):
        """Loads the three networks.

        Args:
          folders: see `Network.from_pretrained`.
          options: `drafts`, `xla` and `whole`; see the class.
        Raises:
          UserError: see `Network.from_pretrained`.
        """
        return cls(*(network.from_pretrained(folders) for network in cls.NETWORKS), **options)

    def low_resolution(self, outline, seeds, temperature, spread_hints=None, references=None, chapter=None):
        """Samples low-resolution pictures with this system's settings; see `LowResColorizer.consensus`.

        Args:
          outline, seeds, temperature, references, chapter: see `colorize`.
          spread_hints: those of `hints.spread`, or None.
        Returns:
          See `LowResColorizer.consensus`.
        """
        given = {'hints': None if spread_hints is None else resize.shrink(spread_hints, self.low_res_size),
                 'references': references, 'chapter': chapter}
        return self.low_res_colorizer.consensus(outline, seeds, temperature, self._drafts, self.xla, self._whole,
                                                **{name: of for name, of in given.items() if of is not None})

    @property
    def reference_channels(self):
        """Numbers that an encoded reference has for each place."""
        return self.low_res_colorizer.config.key_size + 4

    @tf.function(reduce_retracing=True, autograph=False)
    def encode_references(self, outline, color):
        """Encodes colored pictures, for `colorize` to take colors from; see `low_res_colorizer.references`.

        Args:
          outline: float [R, S, S, 1], ink coverage in [0, 1].
          color: float [R, S, S, 3] in [-1, 1].
        Returns:
          [R, L, L, K + 4].
        """
        keys = per_picture.map_pictures(self.low_res_colorizer.keys, outline, whole=self._whole)
        return references_of.encode(keys, resize.low_resolution(color, self.low_res_size))

    @tf.function(reduce_retracing=True, autograph=False)
    def colorize(self, outline, seeds, temperature, background_color, hints=None, references=None, chapter=None):
        """Colors outlines. A picture's result depends on what is given for it alone, not on its batch.

        There is one exception: with `chapter`, a picture also depends on those before it.

        Args:
          outline: float [B, S, S, 1], ink coverage in [0, 1].
          seeds: int64 [B]. Another seed gives other colors.
          temperature: float [B] or scalar, of the sampling.
          background_color: float [B, 3] in [-1, 1], the color to paint the background with, or `AUTOMATIC`.
          hints: uint8 [B, S, S, 4], RGB, and alpha: at least 128 where the user gives a color, else 0; or None. The
            colors spread along the lines, and agree with the colors elsewhere. A hint that reaches much of the
            background sets its color; other hints make what they reach foreground.
          references: float [B, R, L, L, K + 4], encoded references of each picture, see `encode_references`; or None.
            Those that a picture does not have are 0, with the log weight `references.ABSENT`. If there are none, R may
            be 0, and they cost no time.
          chapter: int64 [B], or None. A picture takes over colors of those before it in the batch that have the same
            number. 0 is no chapter; if all are 0, they cost no time.
        Returns:
          dict of
            image: [B, S, S, 3] in [-1, 1].
            low_res: [B, L, L, 3] in [-1, 1].
            background_mask: [B, S, S, 1], 1 on the background, else 0.
            background_color: [B, 3] in [-1, 1].
          and, with references or a chapter,
            reference: [B, L, L, K + 4], the picture itself, as a reference for those after it.
            match: int32 [B, L, L], the place that each place took most from: its number in the picture's references,
              then in the batch. Place (y, x) of picture r has the number (r * L + y) * L + x. -1: it took nothing.
            match_confidence: [B, L, L] in [0, 1].
        """
        outline = tf.ensure_shape(outline, [None, self.image_size, self.image_size, 1])
        spread = [] if hints is None else [self.spread(hints, outline)]
        low = self.low_resolution(outline, seeds, temperature, *(spread or [None]), references, chapter)
        result = per_picture.map_pictures(
            self._compiled(self._finish), outline, low['low_res'], tf.ensure_shape(background_color, [None, 3]),
            *spread, whole=self._whole)
        return result | low

    def spread(self, hints, outline):
        """Spreads hints [B, S, S, 4], see `colorize`, along the lines: [B, S / 2, S / 2, 4], see `hints.spread`."""
        hints = tf.ensure_shape(hints, [None, self.image_size, self.image_size, 4])
        return per_picture.map_pictures(self._spread, hints, outline, whole=self._whole)

    @tf.function(reduce_retracing=True, autograph=False)
    def log_likelihood(self, outline, low_res, spread_hints=None):
        """Computes the log-likelihood of low-resolution pictures without references, in nats: [B]."""
        hints = [] if spread_hints is None else [resize.shrink(spread_hints, self.low_res_size)]
        return per_picture.map_pictures(self.low_res_colorizer.log_prob, outline, low_res, *hints, whole=self._whole)

    def _compiled(self, function):
        return tf.function(function, jit_compile=True, autograph=False) if self.xla else function

    @staticmethod
    def _spread(hints, outline):
        hints = hints_ops.from_pixels(hints)
        return _if_any(hints, lambda: hints_ops.spread(hints, outline), tf.zeros_like(hints))

    def _finish(self, outline, low_res, background_color, spread_hints=None):
        """Computes what `colorize` returns beside the sample."""
        masks = self.background_detector.masks(outline)
        if spread_hints is not None:
            plain = masks, background_color
            masks, background_color = _if_any(
                spread_hints, lambda: hints_ops.backgrounds(*plain, spread_hints), plain)
        image = self.polishing_network.polish(outline, low_res, masks)
        mask = background.union(masks)
        sampled = polishing_network.background_color(low_res, mask)[:, 0, 0]

        # The color that the user asks for is painted as it is, also beneath the lines. The foreground does not change.
        asked = tf.reduce_min(background_color, axis=-1, keepdims=True) >= -1
        painted = mask * tf.cast(asked, tf.float32)[:, None, None]
        image = background.composite(image, painted * background_color[:, None, None], painted)
        if spread_hints is not None:
            image = hints_ops.lay_over(image, spread_hints)
        return {'image': image, 'background_mask': mask,
                'background_color': tf.where(asked, background_color, sampled)}


def _if_any(hints, function, otherwise):
    """Calls a function if there are hints [B, H, W, 4] at all, since pictures without hints are to cost no time."""
    return tf.cond(tf.reduce_any(hints[..., 3] > 0), function, lambda: otherwise)
