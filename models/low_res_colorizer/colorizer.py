"""The network of the low-resolution colorizer (paper, section 2, "closely follows" PixColor, 1705.07208).

An outline goes through the conditioning and adaptation networks; a context network (see `contexts`), which is the gated
PixelCNN by default, paints the picture pixel by pixel, given their features. The likelihood of a pixel is PixelCNN++'s
logistic mixture, which the paper found necessary on a small data set.
"""

import functools

import tensorflow as tf
import tf_keras as keras

from data_pipeline.pictures import colors
from models.base import network, polyak_average
from models.low_res_colorizer import conditioning, consensus, contexts, likelihoods, priors, references
from models.low_res_colorizer.config import LowResColorizerConfig
from models.ops import background, per_picture, resize
from models.ops import hints as hints_ops


class LowResColorizer(network.Network):
    """p(picture [B, L, L, 3] | outline [B, S, S, 1]), trained by maximum likelihood.

    Our choice: the network also predicts every pixel from the outline alone, with a loss of its own. This prior (see
    `priors`) learns colors fast. Its color is an input of the context network, and components of the mixture can copy
    it.

    Our choice: the network sees hints, if there are any (see `models.ops.hints`). In training they are random points of
    the true picture.

    Our choice: the network takes colors from references, if there are any (see `references`). In training they are
    other pictures of the same group in the batch.

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
        super().__init__(config, ['bits_per_dim', 'prior_l1'], **kwargs)
        self.conditioning_network = conditioning.conditioning_network(config)
        self.matching_network = conditioning.matching_network(config)
        self.matching = references.Matching(config.matching_filters, config.key_size)
        self.adaptation_network = conditioning.adaptation_network(config)
        self.likelihood = likelihoods.LIKELIHOODS[config.likelihood]
        parameters, self._noise_size = self.likelihood.sizes(config.mixtures)
        self.context_network = contexts.CONTEXTS[config.context](config, parameters)
        self._prior = priors.PRIORS[config.prior]
        self._prior_head, self._outline_head = (keras.Sequential([
            keras.layers.Dense(config.pixelcnn_hidden, activation='relu'), keras.layers.Dense(outputs)])
            for outputs in (self._prior.SIZE, parameters))
        size, low = config.image_size, config.low_res_size
        self((tf.zeros([1, size, size, 1]), tf.zeros([1, low, low, 3])))
        self.keys(tf.zeros([1, size, size, 1]))

    def see(self, outline):
        """Computes what the network sees in outlines.

        Args:
          outline: [B, S, S, 1], ink coverage in [0, 1].
        Returns:
          Features [B, L, L, F + 1].
        """
        return self._features(self.conditioning_network, outline)

    def keys(self, outline):
        """Computes the keys by which places of outlines are recognized: [B, S, S, 1] -> [B, L, L, K]."""
        return self.matching(self._features(self.matching_network, outline))

    def _features(self, network, outline):
        """The features of a network, and the shrunken outline."""
        if not self.config.sees_outline:
            outline = tf.zeros_like(outline)
        features, small = network(outline), resize.shrink(outline, self.config.low_res_size)
        return tf.concat([features, tf.cast(small, features.dtype)], axis=-1)

    def condition(self, features, hints=None, matched=None):
        """Computes what the context network is conditioned on.

        Args:
          features: [B, L, L, F + 1], see `see`.
          hints: [B, L, L, 4], spread hints (see `models.ops.hints`); None for no hints.
          matched: [B, L, L, 4], colors of references (see `Matching.matched`); None for no references.
        Returns:
          [B, L, L, C]: features, the colors of the prior and the references, and the part of every pixel's parameters
          that does not depend on other pixels.
        """
        return self._condition_and_prior(features, hints, matched)[0]

    def _condition_and_prior(self, features, hints=None, matched=None):
        """(`condition`, the prior)."""
        none = tf.zeros([*tf.unstack(tf.shape(features))[:3], 4])
        hints, matched = (none if given is None else given for given in (hints, matched))
        matched_color = tf.math.divide_no_nan(matched[..., :3], matched[..., 3:])
        seen = [hints] * self.config.sees_hints + [matched_color, matched[..., 3:]] * self.config.sees_references
        features = self.adaptation_network(tf.concat([features, *(tf.cast(x, features.dtype) for x in seen)], axis=-1))
        prior = self._prior(self._prior_head(features))
        color = tf.stop_gradient(prior.color())  # the prior's loss alone teaches it
        suggested = tf.concat([color, matched_color], axis=-1)
        known = tf.concat([features, tf.cast(suggested, features.dtype)], axis=-1)
        return tf.concat([known, self._outline_head(known)], axis=-1), prior

    def call(self, inputs):
        """(outline [B, S, S, 1], low_res [B, L, L, 3]) -> parameters of every pixel's distribution [B, L, L, P]."""
        outline, low_res = inputs
        return self._parameters(self._plain(outline), low_res)

    def _parameters(self, condition, low_res, seeds=None):
        """`call`, given the condition. `seeds` (int [B, 2], one for each picture) turn dropout on."""
        return self._split(condition)[1] + self.context_network(low_res, condition, seeds)

    def _split(self, condition):
        """Takes the suggested colors [B, L, L, 2, 3] and the part of the parameters [B, L, L, P] from `condition`.

        The suggested colors are those of the prior and of the references.
        """
        known = condition[..., self.config.adaptation_filters:]
        suggested = tf.cast(known[..., :6], tf.float32)
        return tf.stack([suggested[..., :3], suggested[..., 3:]], axis=-2), known[..., 6:]

    def log_prob(self, outline, low_res, hints=None, matched=None):
        """Computes the log-likelihood of pictures on the grid of 256 levels, in nats: [B]; see `condition`."""
        condition = self.condition(self.see(outline), hints, matched)
        parameters = self._parameters(condition, low_res)
        return tf.reduce_sum(self._pixel_log_prob(parameters, low_res, condition), axis=[1, 2])

    def _pixel_log_prob(self, parameters, low_res, condition):
        """Log-likelihood of every pixel given those before it, nats: [B, L, L, P], [B, L, L, 3] -> [B, L, L]."""
        return self.likelihood(parameters, self.known_colors(condition, low_res)).log_prob(low_res)

    def known_colors(self, condition, low_res):
        """Returns the colors to the left of and above every pixel, of the prior and the references: [B, L, L, 4, 3].

        Args:
          condition: see `condition`.
          low_res: [B, L, L, 3].
        """
        return tf.concat([self.context_network.neighbors(low_res), self._split(condition)[0]], axis=-2)

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
            compiled = tf.function(lambda outline, *rest: self._paint(self._plain(outline), *rest),
                                   jit_compile=True, autograph=False)
            return compiled(outline, noise, temperature)
        return self._paint(per_picture.map_pictures(self._plain, outline, whole=whole), noise, temperature)

    def _plain(self, outline):
        """`condition` of outlines alone."""
        return self.condition(self.see(outline))

    def consensus(self, outline, seeds, temperature=1., drafts=1, xla=False, whole=False, **given):
        """Colors pictures by the consensus of several samples (see the module `consensus`), by hints and references.

        Args:
          outline, seeds, temperature, xla, whole: see `sample`.
          drafts: number of samples. The consensus of one is the sample itself.
          given: what the user gives, if anything:
            hints: [B, L, L, 4], spread hints. The network sees them, and they are laid over the consensus.
            references: [B, R, L, L, K + 4], encoded references (see `references`). The network sees the colors that it
              finds there, and they are laid over, below the hints.
            chapter: int64 [B]. With the same number above 0, a picture also takes over colors of those before it.
        Returns:
          dict of
            low_res: [B, L, L, 3] on the grid of 256 levels.
            reference, match, match_confidence: see `ComicColorizer.colorize`; with references or a chapter only.
        """
        low = self.config.low_res_size
        mapped = functools.partial(per_picture.map_pictures, whole=whole)
        features = mapped(self.see, outline)
        hints, chapter = given.get('hints'), given.get('chapter')
        shown, looked = {} if hints is None else {'hints': hints}, None
        if given.keys() & {'references', 'chapter'}:
            keys = mapped(self.keys, outline)
            places = references.flat(references.present(given.get('references', references.absent(keys))))
            looked = tf.cond(tf.reduce_any(places[..., -1] > references.ABSENT),
                             lambda: mapped(self.matching.look, references.flat(keys), places),
                             lambda: references.blind(keys))
            shown['matched'] = self.matching.matched(looked, keys)

        condition = mapped(lambda features, *rest: self.condition(features, **dict(zip(shown, rest, strict=True))),
                           features, *shown.values())
        # XLA paints on one core. The next batch of a chapter waits for this one, so two cores share its drafts.
        parts = 2 if xla and chapter is not None and drafts % 2 == 0 else 1
        temperatures = tf.repeat(tf.broadcast_to(temperature, tf.shape(seeds)), drafts // parts)

        def paint(*inputs):  # compiled without the likelihoods of the drafts, which are not needed
            return self._paint(*inputs, drafts // parts)[0]

        paint = tf.function(paint, jit_compile=True, autograph=False) if xla else paint
        noise = tf.reshape(self.noise(seeds, drafts), [-1, parts, drafts // parts, low, low, self._noise_size])
        samples = tf.concat([tf.reshape(
            paint(condition, tf.reshape(noise[:, part], [-1, low, low, self._noise_size]), temperatures),
            [-1, drafts // parts, low, low, 3]) for part in range(parts)], axis=1)

        def agree(samples, condition, *hints):
            doubt = 1 - tf.reduce_mean(hints[0][..., 3:], axis=[1, 2], keepdims=True) if hints else 1.
            return consensus.agree(samples, self._split(condition)[0][..., 0, :], doubt)

        low_res = samples[:, 0]
        if drafts > 1:
            low_res = mapped(agree, samples, condition, *([] if hints is None else [hints]))
        if looked is None:
            return {'low_res': low_res if hints is None else colors.quantize(hints_ops.lay_over(low_res, hints))}
        return self.matching.color(low_res, keys, looked, given.get('references'), chapter, hints)

    def _paint(self, condition, noise, temperature, drafts=1):
        """`sample`, given the condition [B, ...] and the noise of each draft [B * drafts, ...]."""
        suggested, of_outline = (tf.repeat(x, drafts, axis=0) for x in self._split(condition))

        def draw(correction, neighbors, row, column):
            known = tf.concat([neighbors, suggested[:, row, column]], axis=1)
            pixel = self.likelihood(of_outline[:, row, column] + correction, known)
            return pixel.sample(noise[:, row, column], temperature)

        low_res, corrections = self.context_network.sample(condition, draw, drafts)
        log_prob = self._pixel_log_prob(of_outline + corrections, low_res, tf.repeat(condition, drafts, axis=0))
        return low_res, tf.reduce_sum(log_prob, axis=[1, 2])

    def compile(self, *args, only=None, **kwargs):
        """Prepares training, as Keras does, and begins the Polyak average.

        Args:
          args, kwargs: see `keras.Model.compile`.
          only: 'matching' trains only what recognizes places of references; 'colors' trains all else, and shows it no
            references; None trains all.
        """
        self._trains_matching = self.config.sees_references and only != 'colors'
        self._trains_colors = only != 'matching'
        for layer in self.layers:
            of_matching = layer in (self.matching_network, self.matching)
            layer.trainable = self._trains_matching if of_matching else self._trains_colors
        super().compile(*args, **kwargs)
        self.average = polyak_average.PolyakAverage(self.trainable_variables, self.optimizer.iterations)

    def training_state(self):
        """See `Network.training_state`. Adds the average."""
        return super().training_state() | {'average': self.average.variables}

    def train_step(self, data):
        """Takes one step on {'outline', 'color', 'seeds', 'group', 'known'}: maximum likelihood, and other losses."""
        seeds, color, known = (data[name] for name in ('seeds', 'color', 'known'))
        if self._trains_matching:
            color, known = references.turn(seeds, color, known)
        low_res, shown, losses, values = resize.low_resolution(color, self.config.low_res_size), None, [], {}
        with tf.GradientTape() as tape:
            if self._trains_matching:
                keys = self.keys(data['outline'])
                places, sees = references.random(seeds, data['group'], known, keys, low_res)
                matched = self.matching.matched(self.matching.look(*map(tf.stop_gradient, (
                    references.flat(keys), places))), tf.stop_gradient(keys))
                shown = tf.stop_gradient(sees * matched)
                values['match_bits'] = self.matching.loss(*references.some(seeds, keys, low_res), places)
                losses += [values['match_bits'], self.matching.loss_of_confidence(matched, low_res)]
            if self._trains_colors:
                hints = self._random_hints(data, color)
                bits, prior = self._bits_and_prior(data['outline'], low_res, hints, shown, seeds)
                # Where neither the outline nor the references tell the color, the network would learn to paint gray.
                counts = 1. if shown is None else tf.where(known[:, None, None], 1., shown[..., 3])
                losses += [counts * bits, counts * prior.loss(low_res)]
                values |= {'bits_per_dim': bits, 'prior_l1': background.l1(prior.color(), low_res)}
            loss = tf.add_n([tf.reduce_mean(of) for of in losses])
        self.minimize(tape, (loss, self.trainable_variables))
        self.average.update()
        return self.step_values(loss=loss, **values)

    def _random_hints(self, data, color):
        """Spreads random hints of the true colors, see `condition`; None if the network does not see hints."""
        if not self.config.sees_hints:
            return None
        spread = hints_ops.spread(hints_ops.random(data['seeds'], color, data['outline']), data['outline'])
        return resize.shrink(spread, self.config.low_res_size)

    def test_step(self, data):
        """Measures one batch of {'outline', 'color'}, without hints and references."""
        low_res = resize.low_resolution(data['color'], self.config.low_res_size)
        bits, prior = self._bits_and_prior(data['outline'], low_res)
        return self.validation_values(bits_per_dim=tf.reduce_mean(bits, axis=[1, 2]),
                                      prior_l1=background.l1(prior.color(), low_res))

    def bits_per_dim(self, data):
        """Computes the bits for each number of the true pictures: [B]. data: {'outline', 'color'}."""
        low_res = resize.low_resolution(data['color'], self.config.low_res_size)
        return tf.reduce_mean(self._bits_and_prior(data['outline'], low_res)[0], axis=[1, 2])

    def _bits_and_prior(self, outline, low_res, hints=None, matched=None, seeds=None):
        """Bits for each number of every pixel of pictures [B, L, L], and the prior; see `condition`, `_parameters`."""
        condition, prior = self._condition_and_prior(self.see(outline), hints, matched)
        log_prob = self._pixel_log_prob(self._parameters(condition, low_res, seeds), low_res, condition)
        return likelihoods.bits_per_dim(log_prob), prior
