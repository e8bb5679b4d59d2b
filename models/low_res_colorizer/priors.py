"""The priors that `--prior` chooses from: what the colorizer learns of the colors from the outline alone.

In training the pixels before a pixel tell most of its color, so by itself the PixelCNN learns slowly which colors an
outline has. A prior has a loss of its own (our choice, after ColTran, 2102.04432, section 4.1). Its color goes to the
PixelCNN and to the consensus. All classes have the same interface:

  SIZE: number of outputs of the prior's head for a pixel.
  __init__(outputs): outputs [..., SIZE] of any number of pixels.
  color(): the colors that the prior suggests, [..., 3] in [-1, 1].
  loss(pixels): of true pixels [..., 3] in [-1, 1]: [...].

train/README.md compares them.
"""

import numpy as np
import tensorflow as tf

from models.low_res_colorizer import likelihoods, logistic_mixture


class L1:
    """A color by L1 regression, which is the median of the colors that are possible.

    Example:
      >>> L1(tf.zeros([1, L1.SIZE])).color().shape
      TensorShape([1, 3])
    """

    SIZE = 3
    _WEIGHT = 10.  # beside the PixelCNN's loss in bits; our choice

    def __init__(self, outputs):
        self._color = tf.tanh(tf.cast(outputs, tf.float32))

    def color(self):
        return self._color

    def loss(self, pixels):
        return self._WEIGHT * tf.reduce_mean(tf.abs(self._color - pixels), axis=-1)


class Coarse:
    """A softmax over 8 x 8 x 8 coarse colors (ColTran, 2102.04432, section 4.1). Its color is each channel's median.

    Example:
      >>> Coarse(tf.zeros([1, Coarse.SIZE])).color().numpy().tolist()
      [[0.0, 0.0, 0.0]]
    """

    _BINS = 8  # of each channel
    SIZE = _BINS ** 3

    def __init__(self, outputs):
        self._logits = tf.cast(outputs, tf.float32)

    def color(self):
        bins = self._BINS
        joint = tf.reshape(tf.nn.softmax(self._logits), [*tf.unstack(tf.shape(self._logits))[:-1], bins, bins, bins])
        channels = [tf.reduce_sum(joint, axis=[axis for axis in (-3, -2, -1) if axis != channel])
                    for channel in (-3, -2, -1)]
        share = tf.stack(channels, axis=-2)
        below = tf.cumsum(share, axis=-1, exclusive=True)
        # The median lies in the last bin below which there is at most a half; the colors in a bin are taken as even.
        inside = tf.clip_by_value((.5 - below) / tf.maximum(share, 1e-6), 0., 1.)
        middle = tf.reduce_sum(tf.cast(below < .5, tf.int32), axis=-1, keepdims=True) - 1
        inside = tf.gather(inside, middle, batch_dims=share.shape.rank - 1)
        return ((tf.cast(middle, tf.float32) + inside) / bins * 2 - 1)[..., 0]

    def loss(self, pixels):
        levels = tf.minimum(tf.cast((pixels + 1) / 2 * self._BINS, tf.int32), self._BINS - 1)
        number = tf.reduce_sum(levels * [self._BINS ** 2, self._BINS, 1], axis=-1)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(number, self._logits)
        return likelihoods.bits_per_dim(-loss)


class L1AndCoarse:
    """The color of `L1`, with the softmax of `Coarse` as the main loss, from which the features learn colors sooner.

    A softmax learns from every picture how likely a color is. L1 learns a color only once it is likelier than not.

    Example:
      >>> L1AndCoarse(tf.zeros([1, L1AndCoarse.SIZE])).color().shape
      TensorShape([1, 3])
    """

    SIZE = L1.SIZE + Coarse.SIZE
    _SHARE = .1  # of the loss of `L1` (our choice); with all of it a cast is learned more slowly

    def __init__(self, outputs):
        color, logits = tf.split(outputs, [L1.SIZE, Coarse.SIZE], axis=-1)
        self._l1, self._coarse = L1(color), Coarse(logits)

    def color(self):
        return self._l1.color()

    def loss(self, pixels):
        return self._SHARE * self._l1.loss(pixels) + self._coarse.loss(pixels)


class Mixture:
    """The logistic mixture by maximum likelihood, as for the pixels themselves. Its color is the median of draws.

    Example:
      >>> Mixture(tf.zeros([1, 2, 2, Mixture.SIZE])).color().shape
      TensorShape([1, 2, 2, 3])
    """

    _MIXTURES, _DRAWS = 5, 31
    SIZE, _NOISE = logistic_mixture.LogisticMixture.sizes(_MIXTURES)

    def __init__(self, outputs):
        self._mixture = logistic_mixture.LogisticMixture(outputs[..., None, :])

    def color(self):
        noise = np.random.default_rng(0).uniform(size=[self._DRAWS, self._NOISE]).astype(np.float32)
        draws = self._mixture.sample(tf.constant(noise))
        return tf.sort(draws, axis=-2)[..., self._DRAWS // 2, :]

    def loss(self, pixels):
        return likelihoods.bits_per_dim(self._mixture.log_prob(pixels[..., None, :])[..., 0])


PRIORS = {'l1_coarse': L1AndCoarse, 'l1': L1, 'coarse': Coarse, 'mixture': Mixture}
