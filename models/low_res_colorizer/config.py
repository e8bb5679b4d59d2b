"""The configuration of the low-resolution colorizer."""

import dataclasses
import typing

from models.base import config


@dataclasses.dataclass(frozen=True)
class LowResColorizerConfig(config.Config):
    """Sizes and parts of the low-resolution colorizer.

    The defaults are those of the published networks: conditioning and adaptation networks and PixelCNN of PixColor
    (1705.07208, appendix), mixture and dropout of PixelCNN++ (1701.05517, section 2), the PixelRNNs of CIFAR-10
    (1601.06759, section 5). Dilations are our choice. In `small`, all contexts have about as many weights.

    Attributes:
      low_res_size: L, side of the sampled picture in pixels; image_size / 8.
      conditioning_blocks: residual blocks of each stage of the conditioning network.
      conditioning_filters: filters of each stage's bottlenecks; a stage's output has four times as many.
      conditioning_dilations: dilations of the last stage's blocks, repeated in this order.
      adaptation_filters: filters of the adaptation network.
      matching_blocks, matching_bottlenecks, matching_dilations: the same as of the conditioning network, of the network
        that recognizes places of references (our choice).
      matching_filters: filters of its last layers.
      key_size: K, size of a key.
      pixelcnn_blocks: gated blocks of the PixelCNN, after the first layer.
      pixelcnn_filters: filters of each of its two stacks.
      pixelcnn_hidden: units of its last hidden 1x1 layer, and of that of the PixelRNNs.
      lstm_layers: LSTM layers of the PixelRNNs, after the first layer.
      row_lstm_units, diagonal_bilstm_units: units of an LSTM of each PixelRNN.
      mixtures: components of the logistic mixture.
      dropout: dropout rate in the blocks of the PixelCNN and the layers of the PixelRNNs.
      likelihood: distribution of a pixel; one of `likelihoods.LIKELIHOODS`.
      prior: how the colorizer learns colors from the outline alone; one of `priors.PRIORS`.
      sees_hints: whether the adaptation network sees hints.
      sees_references: whether the adaptation network sees colors of references.
      context: the network that sees the pixels before a pixel; one of `contexts.CONTEXTS`.
      sees_outline: whether the colorizer sees the outline; if not, it sees a blank page.

    Example:
      >>> LowResColorizerConfig.from_preset('small').mixtures
      5
    """

    PRESETS: typing.ClassVar[dict] = {
        'tiny': dict(conditioning_blocks=(1, 1, 1), conditioning_filters=(4, 4, 8), adaptation_filters=8,
                     matching_blocks=(1, 1, 1), matching_bottlenecks=(4, 4, 8), matching_filters=8, key_size=8,
                     pixelcnn_blocks=2, pixelcnn_filters=8, pixelcnn_hidden=16, lstm_layers=2, row_lstm_units=8,
                     diagonal_bilstm_units=8, mixtures=2, dropout=0.),
        'small': dict(conditioning_blocks=(1, 1, 4), conditioning_filters=(16, 16, 48),
                      conditioning_dilations=(1, 2, 4, 8), adaptation_filters=48,
                      pixelcnn_blocks=4, pixelcnn_filters=64, pixelcnn_hidden=128,
                      lstm_layers=4, row_lstm_units=76, diagonal_bilstm_units=66, mixtures=5, dropout=0.),
        'paper': {},
    }

    low_res_size: int = 32
    conditioning_blocks: tuple = (3, 4, 23)
    conditioning_filters: tuple = (64, 128, 256)
    conditioning_dilations: tuple = (1,)
    adaptation_filters: int = 64
    matching_blocks: tuple = (1, 1, 4)
    matching_bottlenecks: tuple = (16, 16, 48)
    matching_dilations: tuple = (1, 2, 4, 8)
    matching_filters: int = 96
    key_size: int = 64
    pixelcnn_blocks: int = 10
    pixelcnn_filters: int = 64
    pixelcnn_hidden: int = 1024
    lstm_layers: int = 12
    row_lstm_units: int = 128
    diagonal_bilstm_units: int = 128
    mixtures: int = 10
    dropout: float = 0.5
    likelihood: str = 'logistic_mixture'
    prior: str = 'l1_coarse'
    sees_hints: bool = True
    sees_references: bool = True
    context: str = 'full'
    sees_outline: bool = True
