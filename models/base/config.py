"""The configuration of a network: a frozen dataclass of its own for each network."""

import dataclasses
import json
import typing

from data_pipeline.common import errors

# Names that weight folders of version 0.1 have: one table of sizes for all networks, strings for yes or no.
_FORMER_FIELDS = {'name': 'preset', 'unet_filters': 'filters', 'unet_max_filters': 'max_filters',
                  'outline': 'sees_outline', 'foreground': 'predicts_colors', 'polishing_background': 'sees_background'}
_FORMER_VALUES = {'sees_outline': {'full': True, 'blank': False}, 'predicts_colors': {'own': True, 'low_res': False}}


@dataclasses.dataclass(frozen=True)
class Config:
    """Base class of the configurations. A subclass gives the published sizes as defaults.

    Attributes:
      preset: name of the preset that the configuration began with.
      image_size: S, side of outlines and results in pixels.

    Example:
      >>> Config.from_preset('tiny', image_size=64)
      Config(preset='tiny', image_size=64)
    """

    # What each preset changes of the defaults; `tiny` is for tests, `small` for two CPU cores, `paper` as published.
    PRESETS: typing.ClassVar[dict] = {'tiny': {}, 'small': {}, 'paper': {}}

    preset: str = 'paper'
    image_size: int = 256

    @classmethod
    def from_preset(cls, name, **changes):
        """Makes the configuration of a preset.

        Args:
          name: 'tiny', 'small' or 'paper'.
          changes: values of fields that differ from the preset's.
        """
        return cls(**{'preset': name, **cls.PRESETS[name], **changes})

    def to_json(self):
        """Returns the configuration as JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=1) + '\n'

    @classmethod
    def from_json(cls, text):
        """Reads a configuration from the JSON text that `to_json` wrote, in this version or in version 0.1.

        A field that the text does not have gets its value of the preset.

        Raises:
          UserError: the text is not a configuration of this network.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        try:
            values = dict(json.loads(text))
            if 'conditioning_blocks' in values and 'unet_filters' in values:
                values = _of_former_version(values, names)
        except (ValueError, TypeError, KeyError) as error:
            raise errors.UserError(f'not a configuration in JSON ({error})') from error
        default = cls()
        for name, value in values.items():
            if name not in names:
                raise errors.UserError(f'{cls.__name__} has no field {name!r}')
            values[name] = value = tuple(value) if isinstance(value, list) else value
            if type(value) is not type(getattr(default, name)):
                raise errors.UserError(f'{name} is {value!r}; it must be like {getattr(default, name)!r}')
        return cls(**cls.PRESETS.get(values.get('preset'), {}) | values)

    def first_difference(self, other):
        """Returns the name of the first field whose value differs in `other`, or None. Ignores `preset`."""
        return next((field.name for field in dataclasses.fields(self) if field.name != 'preset'
                     and getattr(self, field.name) != getattr(other, field.name)), None)


@dataclasses.dataclass(frozen=True)
class UNetConfig(Config):
    """Configuration of a network that is a U-Net (pix2pix, 1611.07004, section 6.1.1).

    Attributes:
      filters: filters of the first layer; each layer has twice as many as the one before.
      max_filters: the most filters of a layer.

    Example:
      >>> UNetConfig.from_preset('small').filters
      16
    """

    PRESETS: typing.ClassVar[dict] = {
        'tiny': {'filters': 4, 'max_filters': 16}, 'small': {'filters': 16, 'max_filters': 64}, 'paper': {}}

    filters: int = 64
    max_filters: int = 512


def _of_former_version(values, names):
    """Translates the table of version 0.1, and keeps the fields that this network has."""
    values = {_FORMER_FIELDS.get(name, name): value for name, value in values.items()}
    return {name: _FORMER_VALUES[name][value] if name in _FORMER_VALUES else value
            for name, value in values.items() if name in names}
