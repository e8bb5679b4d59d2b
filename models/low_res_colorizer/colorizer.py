"""The network of the low-resolution colorizer (paper, section 2, "closely follows" PixColor, 1705.07208).

An outline goes through the conditioning and adaptation networks; a gated PixelCNN paints the picture pixel by pixel,
given their features. The likelihood of a pixel is PixelCNN++'s logistic mixture, which the paper found necessary on a
small data set.
"""

import tensorflow as tf
import tf_keras as keras

from models.base import network, polyak_average
from models.low_res_colorizer import conditioning, consensus, gated_pixelcnn, likelihoods
from models.low_res_colorizer.config import LowResColorizerConfig
from models.ops import per_picture, resize

_PRIOR_DRAWS = 31  # draws of the prior whose median the consensus starts from
# Weight of the prior's loss beside the PixelCNN's. Our choice; ColTran's auxiliary loss (section 4.1) has 0.01.
_PRIOR_WEIGHT = 1.


class LowResColorizer(network.Network):
    """p(picture [B, L, L, 3] | outline [B, S, S, 1]), trained by maximum likelihood.

    Our choice: the network also predicts every pixel from the outline alone, with a loss of its own (after ColTran,
    2102.04432, section 4.1). This prior is an input of the PixelCNN, which only corrects it. In training the pixels
    before a pixel tell most of its color. The prior does not see them, so it must learn the colors from the outline.

    After `compile`, training keeps a Polyak average of the weights in `average`.

    Args:
      config: a `LowResColorizerConfig`.

    Example:
      >>> colorizer = LowResColorizer.from_preset('tiny')
      >>> colorizer.log_prob(tf.zeros([1, 256, 256, 1]), tf.zeros([1, 32, 32, 3])).shape
      TensorShape([1])
    """

    NAME, CONFIG, OBJECTIVE = 'low_res_colorizer', LowResColorizerConfig, 'bits_per_dim'

    def __init__(self, config, **kwargs):
        super().__init__(config, ['bits_per_dim', 'prior_bits_per_dim'], **kwargs)
        self.conditioning_network = conditioning.conditioning_network(config)
        self.adaptation_network = conditioning.adaptation_network(config)
        self.likelihood = likelihoods.LIKELIHOODS[config.likelihood]
        parameters, self._noise_size = self.likelihood.sizes(config.mixtures)
        self.pixelcnn = gated_pixelcnn.GatedPixelCNN(
            config.pixelcnn_blocks, config.pixelcnn_filters, config.pixelcnn_hidden, parameters, config.dropout,
            sees_picture=config.autoregressive)
        self._prior_head = keras.Sequential([
            keras.layers.Dense(config.pixelcnn_hidden, activation='relu'), keras.layers.Dense(parameters)])
        size, low = config.image_size, config.low_res_size
        self((tf.zeros([1, size, size, 1]), tf.zeros([1, low, low, 3])))

    def condition(self, outline):
        """Computes what the PixelCNN is conditioned on.

        Args:
          outline: [B, S, S, 1], ink coverage in [0, 1].
        Returns:
          [B, L, L, F + P]: features, then the prior, which is the parameters of every pixel's distribution given the
          outline alone.
        """
        if not self.config.sees_outline:
            outline = tf.zeros_like(outline)
        features, small = self.conditioning_network(outline), resize.shrink(outline, self.config.low_res_size)
        features = self.adaptation_network(tf.concat([features, tf.cast(small, features.dtype)], axis=-1))
        return tf.concat([features, self._prior_head(features)], axis=-1)

    def call(self, inputs):
        """(outline [B, S, S, 1], low_res [B, L, L, 3]) -> parameters of every pixel's distribution [B, L, L, P]."""
        outline, low_res = inputs
        return self._parameters(self.condition(outline), low_res)

    def _parameters(self, condition, low_res, seeds=None):
        """`call`, given the condition. `seeds` (int [B, 2], one for each picture) turn dropout on."""
        return self._prior(condition) + self.pixelcnn(low_res, condition, seeds)

    def _prior(self, condition):
        return condition[..., self.config.adaptation_filters:]

    def log_prob(self, outline, low_res):
        """Computes the log-likelihood of pictures on the grid of 256 levels, in nats: [B]."""
        return self._picture_log_prob(self.condition(outline), low_res)

    def _picture_log_prob(self, condition, low_res):
        """`log_prob`, given the condition."""
        return tf.reduce_sum(self._pixel_log_prob(self._parameters(condition, low_res), low_res), axis=[1, 2])

    def _pixel_log_prob(self, parameters, low_res):
        """Log-likelihood of every pixel given those before it, nats: [B, L, L, P], [B, L, L, 3] -> [B, L, L]."""
        return self.likelihood(parameters, self.pixelcnn.neighbors(low_res)).log_prob(low_res)

    def noise(self, seeds, drafts=1):
        """Makes the noise of each picture's samples from the picture's own seed.

        Args:
          seeds: int64 [B].
          drafts: samples of each picture.
        Returns:
          [B * drafts, L, L, N], the drafts of a picture one after the other.
        """
        numbers = tf.tile(tf.range(drafts, dtype=tf.int64), tf.shape(seeds))
        return tf.map_fn(self._noise_of, tf.stack([tf.repeat(seeds, drafts), numbers], axis=-1),
                         fn_output_signature=tf.float32)

    def _noise_of(self, seed):
        """The noise of one sample: int64 [2] -> [L, L, N]."""
        size = self.config.low_res_size
        return self.likelihood.noise(tf.random.stateless_uniform([size, size, self._noise_size], seed, alg='philox'))

    def sample(self, outline, seeds, temperature=1., xla=False, whole=False):
        """Samples pictures. Each depends on its own outline and seed only, not on its batch.

        Args:
          outline: [B, S, S, 1], ink coverage in [0, 1].
          seeds: int64 [B].
          temperature: float [B] or scalar; 1 samples the distribution itself, lower gives calmer, more similar samples.
          xla: whether to compile with XLA. This is faster after the first call for each batch size, but a picture may
            then depend on the batch size by rounding.
          whole: see `per_picture.map_pictures`.
        Returns:
          (low_res [B, L, L, 3] on the grid of 256 levels, its log-likelihood in nats [B]).
        """
        noise = self.noise(seeds)
        if xla:
            whole = tf.function(lambda outline, *rest: self._paint(self.condition(outline), *rest), jit_compile=True)
            return whole(outline, noise, temperature)
        return self._paint(per_picture.map_pictures(self.condition, outline, whole=whole), noise, temperature)

    def consensus(self, outline, seeds, temperature=1., drafts=1, xla=False, whole=False):
        """Colors pictures by the consensus of several samples (see the module `consensus`).

        Args:
          outline, seeds, temperature, xla, whole: see `sample`.
          drafts: number of samples. The consensus of one is the sample itself.
        Returns:
          [B, L, L, 3] on the grid of 256 levels.
        """
        low = self.config.low_res_size
        prior_noise = tf.stack([self._noise_of([number, -1]) for number in range(_PRIOR_DRAWS)])  # for all pictures

        def suggest(outline):
            condition = self.condition(outline)
            draws = self.likelihood(self._prior(condition)[:, None]).sample(prior_noise[None])
            return {'condition': condition, 'suggested': consensus.suggestion(draws)}

        known = per_picture.map_pictures(suggest, outline, whole=whole)
        condition, suggested = known['condition'], known['suggested']
        temperatures = tf.repeat(tf.broadcast_to(temperature, tf.shape(seeds)), drafts)

        def paint(*inputs):  # compiled without the likelihoods of the drafts, which are not needed
            return self._paint(*inputs, drafts)[0]

        paint = tf.function(paint, jit_compile=True) if xla else paint
        samples = paint(condition, self.noise(seeds, drafts), temperatures)

        return per_picture.map_pictures(
            consensus.nearest, tf.reshape(samples, [-1, drafts, low, low, 3]), suggested, whole=whole)

    def _paint(self, condition, noise, temperature, drafts=1):
        """`sample`, given the condition [B, ...] and the noise of each draft [B * drafts, ...]."""
        prior = tf.repeat(self._prior(condition), drafts, axis=0)

        def draw(correction, neighbors, row, column):
            pixel = self.likelihood(prior[:, row, column] + correction, neighbors)
            return pixel.sample(noise[:, row, column], temperature)

        low_res, corrections = self.pixelcnn.sample(condition, draw, drafts)
        return low_res, tf.reduce_sum(self._pixel_log_prob(prior + corrections, low_res), axis=[1, 2])

    def compile(self, *args, **kwargs):
        """Prepares training, as Keras does, and begins the Polyak average."""
        super().compile(*args, **kwargs)
        self.average = polyak_average.PolyakAverage(self.trainable_variables, self.optimizer.iterations)

    def training_state(self):
        """See `Network.training_state`. Adds the average."""
        return super().training_state() | {'average': self.average.variables}

    def train_step(self, data):
        """Takes one step of maximum likelihood on {'outline', 'color', 'seeds'}."""
        with tf.GradientTape() as tape:
            bits, prior_bits = self._bits(data, data['seeds'])
            loss = tf.reduce_mean(bits + _PRIOR_WEIGHT * prior_bits)
        self.minimize(tape, (loss, self.trainable_variables))
        self.average.update()
        return self.step_values(loss=loss, bits_per_dim=bits, prior_bits_per_dim=prior_bits)

    def test_step(self, data):
        """Measures one batch of {'outline', 'color'}."""
        bits, prior_bits = self._bits(data)
        return self.validation_values(bits_per_dim=bits, prior_bits_per_dim=prior_bits)

    def bits_per_dim(self, data):
        """Computes the bits for each number of the true pictures: [B]. data: {'outline', 'color'}."""
        return self._bits(data)[0]

    def _bits(self, data, seeds=None):
        """Bits for each number of the true pictures, given the pixels before and given the outline alone: two [B]."""
        low_res = resize.low_resolution(data['color'], self.config.low_res_size)
        condition = self.condition(data['outline'])
        log_probs = (self._pixel_log_prob(self._parameters(condition, low_res, seeds), low_res),
                     self.likelihood(self._prior(condition)).log_prob(low_res))
        return [tf.reduce_mean(likelihoods.bits_per_dim(log_prob), axis=[1, 2]) for log_prob in log_probs]
