"""Low-resolution colorizer: samples a 32x32 picture from an outline (paper, section 2, "closely follows" PixColor).

Conditioning and adaptation networks and the gated PixelCNN are PixColor's (1705.07208, appendix) without transfer
learning; the likelihood is PixelCNN++'s logistic mixture, as the paper found necessary on a small data set.
"""

import itertools

import tensorflow as tf
import tf_keras as keras

from models import gated_pixelcnn, likelihood, polyak_average, resolution


class ResidualBlock(keras.layers.Layer):
    """A bottleneck of ResNet (1512.03385): 1x1, 3x3, 1x1 to four times the filters, and a shortcut."""

    def __init__(self, filters, stride=1, dilation=1, projects=False, **kwargs):
        super().__init__(**kwargs)

        def convolution(count, kernel, **options):
            return [keras.layers.Conv2D(count, kernel, padding='same', use_bias=False, **options),
                    keras.layers.BatchNormalization(momentum=.9)]

        self._body = keras.Sequential([
            *convolution(filters, 1), keras.layers.ReLU(),
            *convolution(filters, 3, strides=stride, dilation_rate=dilation), keras.layers.ReLU(),
            *convolution(4 * filters, 1)])
        self._stride = stride
        self._shortcut = keras.Sequential(convolution(4 * filters, 1)) if projects else None

    def call(self, x, training=False):
        # Sliced first, which is the same: oneDNN crashes in the gradient of a 1x1 convolution with stride 2.
        shortcut = x if self._stride == 1 else x[:, ::self._stride, ::self._stride]
        if self._shortcut:
            shortcut = self._shortcut(shortcut, training=training)
        return tf.nn.relu(self._body(x, training=training) + shortcut)


def conditioning_network(preset):
    """Residual network of stride 8: outline [B, 256, 256, 1] -> features [B, 32, 32, F] (PixColor, figure 2)."""
    first = preset.conditioning_filters[0]
    layers = [keras.layers.Conv2D(first, 7, strides=2, padding='same', use_bias=False),
              keras.layers.BatchNormalization(momentum=.9), keras.layers.ReLU()]
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


class LowResColorizer(keras.Model):
    """p(picture [B, L, L, 3] | outline [B, S, S, 1]), trained by maximum likelihood.

    Once it is compiled, a Polyak average of the weights is kept in training (`average`).
    """

    NAME = 'low_res_colorizer'

    def __init__(self, preset, **kwargs):
        super().__init__(name=self.NAME, **kwargs)
        self.preset = preset
        self.conditioning_network = conditioning_network(preset)
        self.adaptation_network = adaptation_network(preset)
        self.likelihood = likelihood.LIKELIHOODS[preset.likelihood]
        parameters, self._noise_size = self.likelihood.sizes(preset.mixtures)
        self.pixelcnn = gated_pixelcnn.GatedPixelCNN(
            preset.pixelcnn_blocks, preset.pixelcnn_filters, preset.pixelcnn_hidden, parameters, preset.dropout,
            sees_picture=preset.context == 'full')
        self._bits = keras.metrics.Mean('bits_per_dim')

    def build_weights(self):
        size, low = self.preset.image_size, self.preset.low_res_size
        self((tf.zeros([1, size, size, 1]), tf.zeros([1, low, low, 3])))

    def condition(self, outline, training=False):
        """outline [B, S, S, 1] -> what the PixelCNN is conditioned on, [B, L, L, F]."""
        if self.preset.outline == 'blank':
            outline = tf.zeros_like(outline)
        features = self.conditioning_network(outline, training=training)
        return self.adaptation_network(
            tf.concat([features, resolution.shrink(outline, self.preset.low_res_size)], axis=-1))

    def call(self, inputs, training=False):
        """(outline [B, S, S, 1], low_res [B, L, L, 3]) -> parameters of every pixel's distribution [B, L, L, P]."""
        outline, low_res = inputs
        return self.pixelcnn(low_res, self.condition(outline, training), training=training)

    def log_prob(self, outline, low_res, training=False):
        """Log-likelihood of pictures on the grid, nats: [B]."""
        pixels = self.likelihood(self((outline, low_res), training=training))
        return tf.reduce_sum(pixels.log_prob(low_res), axis=[1, 2])

    def bits_per_dim(self, data, training=False):
        """What training minimises, [B]: bits for each number of the true pictures. data: {'outline', 'colour'}."""
        low_res = resolution.low_resolution(data['colour'], self.preset.low_res_size)
        log_prob = self.log_prob(data['outline'], low_res, training)
        return likelihood.bits_per_dim(log_prob / self.preset.low_res_size ** 2)

    def noise(self, seeds):
        """The uniform noise of each picture's sample, from its own seed: int64 [B] -> [B, L, L, N]."""
        size = self.preset.low_res_size
        shape = [size, size, self._noise_size]
        return tf.map_fn(lambda seed: tf.random.stateless_uniform(shape, tf.stack([seed, 0]), alg='philox'),
                         seeds, fn_output_signature=tf.float32)

    def sample(self, outline, seeds, temperature=1.):
        """Samples pictures; each depends on its own outline and seed only, not on its batch.

        Args:
          outline: [B, S, S, 1].
          seeds: int64 [B].
          temperature: float [B] or scalar; below 1 the samples are calmer and more alike.
        Returns:
          (low_res [B, L, L, 3] on the grid, its log-likelihood in nats [B]).
        """
        noise = self.noise(seeds)

        def draw(parameters, row, column):
            return self.likelihood(parameters).sample(noise[:, row, column], temperature)

        low_res, parameters = self.pixelcnn.sample(self.condition(outline), draw)
        return low_res, tf.reduce_sum(self.likelihood(parameters).log_prob(low_res), axis=[1, 2])

    def compile(self, *args, **kwargs):
        super().compile(*args, **kwargs)
        self.average = polyak_average.PolyakAverage(self.trainable_variables, self.optimizer.iterations)

    def train_step(self, data):
        """One step of maximum likelihood on {'outline', 'colour'}."""
        with tf.GradientTape() as tape:
            bits = self.bits_per_dim(data, training=True)
            loss = tf.reduce_mean(bits)
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        self.average.update()
        self._bits.update_state(bits)
        return {'bits_per_dim': self._bits.result()}

    def test_step(self, data):
        self._bits.update_state(self.bits_per_dim(data))
        return {'bits_per_dim': self._bits.result()}

    @property
    def metrics(self):
        return [self._bits]
