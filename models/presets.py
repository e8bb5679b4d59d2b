"""Sizes of the networks: `tiny` for tests, `small` for two CPU cores, `paper` as published."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Preset:
    """All sizes of the system. It is saved beside the weights (see `weights`).

    Where the paper is silent, `paper` takes the sizes of the work it builds on: PixColor (appendix), PixelCNN++
    (section 2), pix2pix (section 6.1).
    """

    name: str
    image_size: int = 256  # side of outlines and results
    low_res_size: int = 32  # side of the picture that is sampled; image_size / 8

    # Low-resolution colorizer
    conditioning_blocks: tuple = (3, 4, 23)  # residual blocks at each stage
    conditioning_filters: tuple = (64, 128, 256)  # of a stage's bottleneck; its output has four times as many
    conditioning_dilations: tuple = (1,)  # of the last stage's blocks in turn; our choice below `paper`, for reach
    adaptation_filters: int = 64
    pixelcnn_blocks: int = 10  # gated blocks
    pixelcnn_filters: int = 64
    pixelcnn_hidden: int = 1024  # units of the last 1x1 layer
    mixtures: int = 10  # logistics
    dropout: float = 0.5
    likelihood: str = 'logistic_mixture'  # of a pixel: one of `likelihood.LIKELIHOODS`
    context: str = 'full'  # 'none': pixels independent given the outline
    outline: str = 'full'  # 'blank': the colorizer sees none

    # Background detector
    foreground: str = 'own'  # colours of the composite's foreground: its own, or 'low_res': the colorizer's sample
    background_model: str = 'mean'  # one of `background.MODELS`

    polishing_background: bool = True  # False: the polishing network sees no background

    # U-Nets of the background detector and the polishing network
    unet_filters: int = 64  # of the first layer; doubled from layer to layer ...
    unet_max_filters: int = 512  # ... up to this


PRESETS = {preset.name: preset for preset in (
    Preset('tiny', conditioning_blocks=(1, 1, 1), conditioning_filters=(4, 4, 8), adaptation_filters=8,
           pixelcnn_blocks=2, pixelcnn_filters=8, pixelcnn_hidden=16, mixtures=2, dropout=0.,
           unet_filters=4, unet_max_filters=16),
    Preset('small', conditioning_blocks=(1, 1, 4), conditioning_filters=(16, 16, 48),
           conditioning_dilations=(1, 2, 4, 8), adaptation_filters=48,
           pixelcnn_blocks=4, pixelcnn_filters=64, pixelcnn_hidden=128, mixtures=5, dropout=0.,
           unet_filters=16, unet_max_filters=64),
    Preset('paper'),
)}
