"""References: colored pictures whose colors the colorizer takes over where it recognizes things (our choice).

Every place, one of the L x L places of a picture, has a key that follows from the outline around it. A place of the
picture to color looks at the places of the references: the more alike the keys, the more it looks there. The learned
`nowhere` competes with all of them. So the references' colors are the components of a mixture:

    p(color) = sum over places i of w_i Laplace(color; color of i) + w_nowhere / 8,   w = softmax(similarity)

Its likelihood teaches the keys (a pointer mixture; pointer networks are of 1506.03134). Attention that only feeds the
other networks learns next to nothing.

An encoded reference is float32 [L, L, K + 4]: of each place its key (length 1), its color in [-1, 1], and its log
weight: 0 for a reference that the user gives; see `PREVIOUS`, `BESIDE`, `HINTED` and `ABSENT`.
"""

import math
import typing

import tensorflow as tf
import tf_keras as keras

from data_pipeline.pictures import colors
from models.ops import hints as hints_ops
from models.ops import noise

# All numbers are our choice.
PREVIOUS = -1.  # log weight of a picture that was colored before; colors that the user gives count more
BESIDE = -4.  # the same, where the user gives references: the picture may show what they do not
HINTED = .5  # the same, where the user gave a hint
ABSENT = -1e9  # log weight of a place that is not there; it fills up references
REFERENCES = 16  # the most references of a picture
_EVEN = .2  # standard deviation of the colors looked at, at which they tell half of what one color does
_CORRECTION = 16  # filters of what corrects the confidence
_RANGE = 8.  # most absolute value of its inputs, which are logarithms
_SCALE = .12  # of the Laplace distribution of a color
_FASTER = 20.  # how much faster than other weights the numbers of the mixture are learned
_SURE = .6  # confidence from which on a color is laid over entirely
_LEAST = .3  # confidence below which a place counts as not recognized
_USE = 3  # of a picture's seeds; dropout and hints have 0 to 2
_RIGHT = .2  # distance from the truth, below which a color that was found is right
RUN = 4  # pictures of training that follow each other, as references of each other; a power of 2
_TURNED = 1 / 3  # share of these runs whose hues are rotated
# Of training pictures: the share whose references the rest of the network does not see, and the share whose references
# are of another run of pictures.
_WITHOUT, _STRANGE = .3, .15


class Looked(typing.NamedTuple):
    """What places [..., N] saw in references.

    Attributes:
      total: [..., N], the sum of the weights.
      sums: [..., N, 5], sums with the third powers of the weights: of these, of the colors, and of the colors' squares.
        Things that are alike blur less with them.
      best: int32 [..., N], number of the place with the most weight.
      most: [..., N], this weight.
      size: [..., 1], how many places there are, by their own weights, in pictures.

    Example:
      >>> matching = Matching(filters=8, key_size=4)
      >>> keys = matching(tf.zeros([1, 32, 32, 9]))
      >>> matching.look(flat(keys), flat(absent(keys))).total.shape
      TensorShape([1, 1024])
    """

    total: tf.Tensor
    sums: tf.Tensor
    best: tf.Tensor
    most: tf.Tensor
    size: tf.Tensor


class Matching(keras.layers.Layer):
    """Finds places of references that are like the places of a picture.

    Args:
      filters: filters of the two 3x3 convolutions.
      key_size: K, size of a key.

    Example:
      >>> Matching(filters=8, key_size=4)(tf.zeros([1, 32, 32, 9])).shape
      TensorShape([1, 32, 32, 4])
    """

    def __init__(self, filters, key_size, **kwargs):
        super().__init__(**kwargs)
        self._keys = keras.Sequential([
            keras.layers.Conv2D(filters, 3, padding='same', activation='relu'),
            keras.layers.Conv2D(filters, 3, padding='same', dilation_rate=2, activation='relu'),
            keras.layers.Conv2D(key_size, 1)])

    def build(self, shape):
        self._side = shape[1]
        self._correction = keras.Sequential([
            keras.layers.Conv2D(_CORRECTION, 3, padding='same', activation='relu', dtype='float32'),
            keras.layers.Conv2D(1, 1, kernel_initializer='zeros', dtype='float32')])
        self._correction.build([None, self._side, self._side, 3 + self._keys.layers[-1].filters])
        self._scale, self._nowhere = (
            self.add_weight(name, [], initializer=keras.initializers.Constant(first / _FASTER),
                            experimental_autocast=False)
            for name, first in (('scale', 14.), ('nowhere', -4.)))
        super().build(shape)

    def call(self, features):
        """Computes keys: features [B, L, L, F] -> float32 [B, L, L, K]."""
        return tf.math.l2_normalize(tf.cast(self._keys(features), tf.float32), axis=-1)

    def loss(self, keys, color, places):
        """Computes the mixture's loss.

        Args:
          keys: [B, N, K], of places.
          color: [B, N, 3], their true colors.
          places: [B, M, K + 4], those of the references.
        Returns:
          [B, N], in bits for each number.
        """
        weights, nowhere = self._weights(keys, places), self._weight_of_nowhere(self._size(places))
        distance = tf.add_n([tf.abs(color[:, :, None, channel] - places[:, None, :, channel - 4])
                             for channel in range(3)])
        seen = tf.reduce_sum(weights * tf.exp(-distance / _SCALE), axis=-1) / (2 * _SCALE) ** 3
        likelihood = (seen + nowhere / 8) / (tf.reduce_sum(weights, axis=-1) + nowhere)
        return -tf.math.log(likelihood) / (3 * math.log(2))

    def look(self, keys, places):
        """Lets places look at references.

        Args:
          keys: [B, N, K].
          places: [B, M, K + 4].
        Returns:
          A `Looked`.
        """
        weights, color = self._weights(keys, places), places[..., -4:-1]
        told = tf.concat([tf.ones_like(color[..., :1]), color,
                          tf.reduce_mean(tf.square(color), axis=-1, keepdims=True)], axis=-1)
        best = tf.argmax(weights, axis=-1, output_type=tf.int32)
        return Looked(tf.reduce_sum(weights, axis=-1), tf.matmul(weights * weights * weights, told), best,
                      tf.gather(weights, best, batch_dims=2), self._size(places))

    def matched(self, looked, keys):
        """Returns what the places of whole pictures saw, as spread hints are: color times confidence, then confidence.

        The confidence begins as the share of what is looked at, the rest being nowhere, and less where the colors
        differ. A small network corrects it, which `loss_of_confidence` teaches. It then is the probability that a color
        is right.

        Args:
          looked: a `Looked` of N = L * L places.
          keys: [B, L, L, K], of these places.
        Returns:
          [B, L, L, 4].
        """
        total, color, square = tf.split(looked.sums, [1, 3, 1], axis=-1)
        color, square = (tf.math.divide_no_nan(of, total) for of in (color, square))
        variance = tf.maximum(square - tf.reduce_mean(tf.square(color), axis=-1, keepdims=True), 0.) / _EVEN ** 2
        total, nowhere = looked.total[..., None], self._weight_of_nowhere(looked.size)[..., None]
        doubt = nowhere + variance * (total + nowhere)
        told = tf.concat([_log_ratio(total, doubt), _log_ratio(looked.most[..., None], total), tf.math.log1p(variance)],
                         axis=-1)
        total, doubt, told, color = (tf.reshape(of, [-1, self._side, self._side, of.shape[-1]])
                                     for of in (total, doubt, told, color))
        total *= tf.exp(self._correction(tf.concat([told, keys], axis=-1)))
        return total / (total + doubt) * tf.concat([color, tf.ones_like(total)], axis=-1)

    @staticmethod
    def loss_of_confidence(matched, color):
        """Computes the cross entropy of the confidence, as the probability that a color is right.

        Args:
          matched: see `matched`.
          color: [B, L, L, 3], the true colors.
        Returns:
          [B, L, L], in nats.
        """
        found, sure = tf.math.divide_no_nan(matched[..., :3], matched[..., 3:]), matched[..., 3]
        right = tf.reduce_mean(tf.abs(found - color), axis=-1) < _RIGHT
        return -tf.math.log(tf.where(right, sure, 1 - sure) + 1e-6)

    def color(self, low_res, keys, looked, references, chapter=None, hints=None):
        """Lays the colors of references over pictures, then hints.

        Args:
          low_res: [B, L, L, 3], the colors of the pictures without that.
          keys: [B, L, L, K].
          looked: `Looked` of all places of the pictures in `references`.
          references: [B, R, L, L, K + 4], or None.
          chapter, hints: see `LowResColorizer.consensus`.
        Returns:
          dict of low_res, reference, match and match_confidence; see `ComicColorizer.colorize`.
        """
        weight = tf.fill([*tf.unstack(tf.shape(low_res))[:-1], 1], PREVIOUS)
        if references is not None:
            given = tf.reduce_any(references[..., -1] >= 0, axis=[1, 2, 3])
            weight = tf.where(given[:, None, None, None], BESIDE, weight)
        weight = weight if hints is None else weight + (HINTED - weight) * hints[..., 3:]
        count, own = tf.shape(keys)[0], 0 if references is None else tf.shape(references)[1] * self._side ** 2

        def color(number, low_res, match, confidence):
            """Colors one picture; those before it are done."""
            seen = Looked(*(of[number, None] for of in looked))
            if chapter is not None:
                earlier = (chapter[:number] == chapter[number]) & (chapter[:number] > 0)
                places = encode(keys[:number], low_res[:number],
                                tf.where(earlier[:, None, None, None], weight[:number], ABSENT))
                places = tf.reshape(places, [1, -1, places.shape[-1]])
                seen = tf.cond(tf.reduce_any(earlier), lambda: join(
                    seen, self.look(flat(keys[number, None]), places), first=own), lambda: seen)
            matched = self.matched(seen, keys[number, None])
            laid = matched * tf.math.divide_no_nan(_strength(matched[..., 3:]), matched[..., 3:])
            its = hints_ops.lay_over(low_res[number, None], laid)
            its = its if hints is None else hints_ops.lay_over(its, hints[number, None])
            sure = matched[0, ..., 3]
            best = tf.where(sure < _LEAST, -1, tf.reshape(seen.best, sure.shape))
            return (number + 1, tf.tensor_scatter_nd_update(low_res, [[number]], colors.quantize(its)),
                    match.write(number, best), confidence.write(number, sure))

        arrays = (tf.TensorArray(dtype, count, element_shape=low_res.shape[1:3]) for dtype in (tf.int32, tf.float32))
        _, low_res, match, confidence = tf.while_loop(lambda number, *_: number < count, color, (0, low_res, *arrays))
        return {'low_res': low_res, 'reference': encode(keys, low_res, weight), 'match': match.stack(),
                'match_confidence': confidence.stack()}

    def _weights(self, keys, places):
        """How much each of N places looks at each of M: [B, N, M]; 1 at most, but more where hints are."""
        scale = _FASTER * self._scale
        keys = tf.concat([scale * keys, tf.ones_like(keys[..., :1])], axis=-1)
        others = tf.concat([places[..., :-4], places[..., -1:] - scale], axis=-1)
        return tf.exp(tf.matmul(keys, others, transpose_b=True))  # exp(scale * (similarity - 1) + log weight)

    def _size(self, places):
        """The weight of places [B, M, K + 4], in whole pictures: [B, 1]. What hints add does not count."""
        return tf.reduce_sum(tf.exp(tf.minimum(places[..., -1], 0.)), axis=-1, keepdims=True) / self._side ** 2

    def _weight_of_nowhere(self, size):
        """The weight of nowhere. It grows with the number of references, as all that is not meant does."""
        return tf.exp(_FASTER * self._nowhere) * (size + 1e-6)


def _strength(confidence):
    """How strongly colors are laid over: smoothly from 0 to 1 at `_SURE`. An L1 distance would choose 0 or 1."""
    x = tf.minimum(confidence / _SURE, 1.)
    return x * x * (3 - 2 * x)


def _log_ratio(some, others):
    """log(some / others), limited to +-`_RANGE`."""
    return tf.math.log(tf.clip_by_value(tf.math.divide_no_nan(some, others), math.exp(-_RANGE), math.exp(_RANGE)))


def join(some, others, first):
    """Joins what places saw in some references and in others, whose places have numbers from `first` on: a `Looked`."""
    best = tf.where(some.most >= others.most, some.best, others.best + first)
    return Looked(some.total + others.total, some.sums + others.sums, best, tf.maximum(some.most, others.most),
                  some.size + others.size)


def blind(keys):
    """Makes what the places of keys [B, L, L, K] saw, where there are no references: a `Looked`."""
    none = tf.zeros_like(flat(keys)[..., 0])
    return Looked(none, tf.stack([none] * 5, axis=-1), tf.cast(none, tf.int32), none, none[:, :1])


def encode(keys, color, weight=0.):
    """Encodes references: keys [B, L, L, K], colors [B, L, L, 3], log weight [B, L, L, 1] or 0 -> [B, L, L, K + 4]."""
    return tf.concat([keys, color, tf.zeros_like(color[..., :1]) + weight], axis=-1)


def flat(places):
    """Joins all places of a picture, or of its references: [B, ..., C] -> [B, N, C]."""
    return tf.reshape(places, [tf.shape(places)[0], -1, places.shape[-1]])


def present(places):
    """Leaves out what is absent at the end, since it costs time: [B, R, L, L, K + 4], the same with a smaller R."""
    there = tf.reduce_any(places[..., -1] > ABSENT, axis=[0, 2, 3])
    return places[:, :tf.reduce_max(tf.where(there, tf.range(1, tf.shape(there)[0] + 1), 0))]


def absent(keys):
    """Makes one reference for each picture that is not there: keys [B, L, L, K] -> [B, 1, L, L, K + 4]."""
    return encode(keys, tf.zeros_like(keys[..., :3]), ABSENT)[:, None]


def turn(seeds, color, known):
    """Rotates the hues of some runs of training pictures, so that only references tell their colors.

    Args:
      seeds: int [B, 2], one for each picture.
      color: [B, S, S, 3].
      known: bool [B], whether the outline can tell the colors.
    Returns:
      (color, known), changed.
    """
    number = tf.range(tf.shape(seeds)[0])
    uniform = noise.uniform(tf.gather(seeds, number - number % RUN), [2], use=_USE + 2)
    turned, angle = uniform[:, 0] < _TURNED, 2 * math.pi * uniform[:, 1, None, None]
    around_gray = tf.constant([[0., -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    rotation = tf.cos(angle) * tf.eye(3) + (1 - tf.cos(angle)) / 3 + tf.sin(angle) * around_gray
    rotated = tf.clip_by_value(tf.einsum('bijc,bdc->bijd', color, rotation), -1., 1.)
    return tf.where(turned[:, None, None, None], rotated, color), known & ~turned


def random(seeds, group, known, keys, color):
    """Takes references for training from the batch: for each picture the others of its run, if they are of its group.

    Some are of another group. On several devices, each looks at its own share of the batch, so this alone makes a step
    depend on their number.

    Args:
      seeds: int [B, 2], one for each picture.
      group: int64 [B].
      known: bool [B], whether the outline can tell the colors.
      keys: [B, L, L, K].
      color: [B, L, L, 3].
    Returns:
      ([B, 3 * L * L, K + 4]; [B, 1, 1, 1], 1 if the network is to see them, else 0).
    """
    uniform, count, shown = noise.uniform(seeds, [2], use=_USE), tf.shape(group)[0], []
    strange, number = uniform[:, 1] < _STRANGE, tf.range(count)
    for bit in range(1, RUN):  # the others of the run
        other = tf.bitwise.bitwise_xor(number, bit)
        other = tf.where(strange, other + RUN, other) % count
        alike = (tf.gather(group, other) == group) | strange
        weight = tf.where(alike & (other != number), 0., ABSENT)[:, None, None, None]
        shown.append(encode(*(tf.gather(of, other) for of in (keys, color)), weight))
    sees = (uniform[:, 0] >= _WITHOUT) | ~known
    return flat(tf.stack(shown, axis=1)), tf.cast(sees, tf.float32)[:, None, None, None]


def some(seeds, keys, color):
    """Takes every second place of every second row, which are enough for the loss of the matching.

    Args:
      seeds, keys, color: see `random`.
    Returns:
      (keys [B, N, K], colors [B, N, 3]).
    """
    side = keys.shape[1]
    corner = tf.cast(4 * noise.uniform(seeds, [1], use=_USE + 1), tf.int32)
    rows, columns = (first + tf.range(0, side, 2) for first in (corner // 2, corner % 2))
    places = tf.reshape(rows[:, :, None] * side + columns[:, None], [-1, (side // 2) ** 2])
    return [tf.gather(flat(of), places, batch_dims=1) for of in (keys, color)]
