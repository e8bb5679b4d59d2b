"""Low-resolution colorizer: samples a 32x32 picture from an outline (paper, section 2, "closely follows" PixColor).

Conditioning and adaptation networks and the gated PixelCNN are PixColor's (1705.07208, appendix) without transfer
learning; the likelihood is PixelCNN++'s logistic mixture, as the paper found necessary on a small data set.
"""

import itertools

import tensorflow as tf
import tf_keras as keras

from models import consensus, gated_pixelcnn, likelihood, network, one_by_one, polyak_average, resolution

_DRAWS = 31  # of every pixel given the outline alone, to learn what that suggests


class GroupNorm(keras.layers.Layer):
    """Group normalization (1803.08494): each picture by itself, so that small batches of mixed sources do no harm.

    Our choice in the place of PixColor's batch normalization. Keras's own layer is several times as slow on a CPU.

    Args:
      groups: of channels, normalized together over all positions.
    """

    def __init__(self, groups=4, **kwargs):
        super().__init__(**kwargs)
        self._groups = groups

    def build(self, shape):
        self._scale = self.add_weight('scale', [shape[-1]], initializer='ones')
        self._offset = self.add_weight('offset', [shape[-1]], initializer='zeros')
        super().build(shape)

    def call(self, x):
        """[B, H, W, C] -> the same."""
        grouped = [-1, self._groups, x.shape[-1] // self._groups]

        def group_mean(channel_means):  # [B, C] -> [B, G, 1]
            return tf.reduce_mean(tf.reshape(channel_means, grouped), axis=-1, keepdims=True)

        mean = group_mean(tf.reduce_mean(x, axis=[1, 2]))
        variance = group_mean(tf.reduce_mean(tf.square(x), axis=[1, 2])) - tf.square(mean)
        scale = tf.reshape(self._scale, grouped[1:]) * tf.math.rsqrt(tf.maximum(variance, 0.) + 1e-5)
        offset = tf.reshape(self._offset, grouped[1:]) - mean * scale
        channels = [-1, 1, 1, x.shape[-1]]
        return x * tf.reshape(scale, channels) + tf.reshape(offset, channels)


class ResidualBlock(keras.layers.Layer):
    """A bottleneck of ResNet (1512.03385): 1x1, 3x3, 1x1 to four times the filters, and a shortcut."""

    def __init__(self, filters, stride=1, dilation=1, projects=False, **kwargs):
        super().__init__(**kwargs)
        self._body = keras.Sequential([
            keras.layers.Conv2D(filters, 1, activation='relu'),
            keras.layers.Conv2D(filters, 3, strides=stride, dilation_rate=dilation, padding='same', use_bias=False),
            GroupNorm(), keras.layers.ReLU(),
            keras.layers.Conv2D(4 * filters, 1)])
        self._stride = stride
        self._shortcut = keras.layers.Conv2D(4 * filters, 1) if projects else None

    def call(self, x):
        # Sliced first, which is the same: oneDNN crashes in the gradient of a 1x1 convolution with stride 2.
        shortcut = x if self._stride == 1 else x[:, ::self._stride, ::self._stride]
        if self._shortcut:
            shortcut = self._shortcut(shortcut)
        return tf.nn.relu(self._body(x) + shortcut)


def conditioning_network(preset):
    """Residual network of stride 8: outline [B, 256, 256, 1] -> features [B, 32, 32, F] (PixColor, figure 2)."""
    first = preset.conditioning_filters[0]
    layers = [keras.layers.Conv2D(first, 7, strides=2, padding='same', use_bias=False),
              GroupNorm(), keras.layers.ReLU()]
    dilations = itertools.cycle(preset.conditioning_dilations)
    last = len(preset.conditioning_blocks) - 1  # the published network keeps its stride in this stage
    stages = zip(preset.conditioning_blocks, preset.conditioning_filters, strict=True)
    for stage, (blocks, filters) in enumerate(stages):
        layers += [ResidualBlock(filters, stride=2 if k == 0 and stage != last else 1,
                                 dilation=next(dilations) if stage == last else 1, projects=k == 0)
                   for k in range(blocks)]
    return keras.Sequential(layers + [keras.layers.Conv2D(preset.adaptation_filters, 1)], name='conditioning_network')


def adaptation_network(preset):
    """Three 3x3 convolutions over the features and the shrunken outline: [B, L, L, F + 1] -> [B, L, L, F]."""
    return keras.Sequential([keras.layers.Conv2D(preset.adaptation_filters, 3, padding='same', activation='relu')
                             for _ in range(3)], name='adaptation_network')


class LowResColorizer(network.Network):
    """p(picture [B, L, L, 3] | outline [B, S, S, 1]), trained by maximum likelihood.

    Our choice: every pixel is also predicted from the outline alone, with a loss of its own (after ColTran, 2102.04432,
    section 4.1), and the PixelCNN only corrects this prior, which it sees. A pixel's neighbours would give its colour
    away in training; so the networks learn the colours themselves, and samples do not only copy.

    Once it is compiled, a Polyak average of the weights is kept in training (`average`).
    """

    NAME, OBJECTIVE = 'low_res_colorizer', 'bits_per_dim'

    def __init__(self, preset, **kwargs):
        super().__init__(preset, ['bits_per_dim', 'prior_bits_per_dim'], **kwargs)
        self.conditioning_network = conditioning_network(preset)
        self.adaptation_network = adaptation_network(preset)
        self.likelihood = likelihood.LIKELIHOODS[preset.likelihood]
        parameters, self._noise_size = self.likelihood.sizes(preset.mixtures)
        self.pixelcnn = gated_pixelcnn.GatedPixelCNN(
            preset.pixelcnn_blocks, preset.pixelcnn_filters, preset.pixelcnn_hidden, parameters, preset.dropout,
            sees_picture=preset.context == 'full')
        self._prior_head = keras.Sequential([
            keras.layers.Dense(preset.pixelcnn_hidden, activation='relu'), keras.layers.Dense(parameters)])

    def build_weights(self):
        size, low = self.preset.image_size, self.preset.low_res_size
        self((tf.zeros([1, size, size, 1]), tf.zeros([1, low, low, 3])))

    def condition(self, outline):
        """outline [B, S, S, 1] -> what the PixelCNN is conditioned on: [B, L, L, F + P], features and the prior.

        The prior is the parameters of every pixel's distribution given the outline alone.
        """
        if self.preset.outline == 'blank':
            outline = tf.zeros_like(outline)
        features, small = self.conditioning_network(outline), resolution.shrink(outline, self.preset.low_res_size)
        features = self.adaptation_network(tf.concat([features, tf.cast(small, features.dtype)], axis=-1))
        return tf.concat([features, self._prior_head(features)], axis=-1)

    def call(self, inputs):
        """(outline [B, S, S, 1], low_res [B, L, L, 3]) -> parameters of every pixel's distribution [B, L, L, P]."""
        outline, low_res = inputs
        return self._parameters(self.condition(outline), low_res)

    def _parameters(self, condition, low_res, seeds=None):
        """`call` from the condition. seeds: int [B, 2], of the pictures' dropout; without them, none."""
        return self._prior(condition) + self.pixelcnn(low_res, condition, seeds)

    def _prior(self, condition):
        return condition[..., self.preset.adaptation_filters:]

    def log_prob(self, outline, low_res):
        """Log-likelihood of pictures on the grid, nats: [B]."""
        return self._whole_log_prob(self.condition(outline), low_res)

    def _whole_log_prob(self, condition, low_res):
        """`log_prob` from the condition."""
        return tf.reduce_sum(self._log_prob(self._parameters(condition, low_res), low_res), axis=[1, 2])

    def _log_prob(self, parameters, low_res):
        """Log-likelihood of every pixel given those before it, nats: [B, L, L, P], [B, L, L, 3] -> [B, L, L]."""
        return self.likelihood(parameters, self.pixelcnn.neighbours(low_res)).log_prob(low_res)

    def noise(self, seeds, drafts=1):
        """The noise of each picture's samples, from its own seed: int64 [B] -> [B * drafts, L, L, N]."""
        numbers = tf.tile(tf.range(drafts, dtype=tf.int64), tf.shape(seeds))
        return tf.map_fn(self._noise_of, tf.stack([tf.repeat(seeds, drafts), numbers], axis=-1),
                         fn_output_signature=tf.float32)

    def _noise_of(self, seed):
        """The noise of one sample: int64 [2] -> [L, L, N]."""
        size = self.preset.low_res_size
        return self.likelihood.noise(tf.random.stateless_uniform([size, size, self._noise_size], seed, alg='philox'))

    def sample(self, outline, seeds, temperature=1., xla=False):
        """Samples pictures; each depends on its own outline and seed only, not on its batch.

        Args:
          outline: [B, S, S, 1].
          seeds: int64 [B].
          temperature: float [B] or scalar; below 1 the samples are calmer and more alike.
          xla: compile with XLA, faster after the first call for each batch size. The pictures may then depend on the
            batch size by rounding.
        Returns:
          (low_res [B, L, L, 3] on the grid, its log-likelihood in nats [B]).
        """
        noise = self.noise(seeds)
        if xla:
            whole = tf.function(lambda outline, *rest: self._paint(self.condition(outline), *rest), jit_compile=True)
            return whole(outline, noise, temperature)
        return self._paint(one_by_one.one_by_one(self.condition, outline), noise, temperature)

    def consensus(self, outline, seeds, temperature=1., drafts=1, xla=False):
        """Colours pictures by the consensus of several samples; see `consensus`.

        Args:
          drafts: how many samples; the consensus of one is what `sample` gives.
          outline, seeds, temperature, xla, and what is returned: as of `sample`.
        """
        low = self.preset.low_res_size
        always = tf.stack([self._noise_of([number, -1]) for number in range(_DRAWS)])  # the same for all pictures

        def foresee(outline):
            condition = self.condition(outline)
            draws = self.likelihood(self._prior(condition)[:, None]).sample(always[None])
            return {'condition': condition, 'suggested': consensus.suggestion(draws)}

        foreseen = one_by_one.one_by_one(foresee, outline)
        condition, suggested = foreseen['condition'], foreseen['suggested']
        temperatures = tf.repeat(tf.broadcast_to(temperature, tf.shape(seeds)), drafts)

        def paint(*inputs):  # compiled without the drafts' own likelihoods, which nobody asks for
            return self._paint(*inputs)[0]

        paint = tf.function(paint, jit_compile=True) if xla else paint
        samples = paint(tf.repeat(condition, drafts, axis=0), self.noise(seeds, drafts), temperatures)

        def agree(condition, suggested, samples):
            low_res = consensus.nearest(samples, suggested)
            return {'low_res': low_res, 'log_prob': self._whole_log_prob(condition, low_res)}

        agreed = one_by_one.one_by_one(agree, condition, suggested, tf.reshape(samples, [-1, drafts, low, low, 3]))
        return agreed['low_res'], agreed['log_prob']

    def _paint(self, condition, noise, temperature):
        """`sample` from what the PixelCNN is conditioned on and the noise."""
        prior = self._prior(condition)

        def draw(correction, neighbours, row, column):
            pixel = self.likelihood(prior[:, row, column] + correction, neighbours)
            return pixel.sample(noise[:, row, column], temperature)

        low_res, corrections = self.pixelcnn.sample(condition, draw)
        return low_res, tf.reduce_sum(self._log_prob(prior + corrections, low_res), axis=[1, 2])

    def compile(self, *args, **kwargs):
        super().compile(*args, **kwargs)
        self.average = polyak_average.PolyakAverage(self.trainable_variables, self.optimizer.iterations)

    def training_state(self):
        return super().training_state() | {'average': self.average.variables}

    def train_step(self, data):
        """One step of maximum likelihood on {'outline', 'colour', 'seeds'}."""
        with tf.GradientTape() as tape:
            bits, prior_bits = self._bits(data, data['seeds'])
            loss = tf.reduce_mean(bits + prior_bits)
        self.descend(tape, (loss, self.trainable_variables))
        self.average.update()
        return self.step_values(loss=loss, bits_per_dim=bits, prior_bits_per_dim=prior_bits)

    def test_step(self, data):
        bits, prior_bits = self._bits(data)
        return self.validation_values(bits_per_dim=bits, prior_bits_per_dim=prior_bits)

    def bits_per_dim(self, data):
        """Bits for each number of the true pictures, [B]. data: {'outline', 'colour'}."""
        return self._bits(data)[0]

    def _bits(self, data, seeds=None):
        """Bits for each number of the true pictures, from all that precedes it and from the outline alone: two [B]."""
        low_res = resolution.low_resolution(data['colour'], self.preset.low_res_size)
        condition = self.condition(data['outline'])
        log_probs = (self._log_prob(self._parameters(condition, low_res, seeds), low_res),
                     self.likelihood(self._prior(condition)).log_prob(low_res))
        return [tf.reduce_mean(likelihood.bits_per_dim(log_prob), axis=[1, 2]) for log_prob in log_probs]
