"""Saves a network with its preset beside its weights, and loads it again without being told anything.

A folder holds, for each network, NAME.h5 (Keras weights) and NAME.json (the preset's sizes).
"""

import dataclasses
import json
import os
import pathlib
import shutil
import tempfile

import tensorflow as tf

from models import presets


def build(network, preset):
    """Makes a network of a preset with its weights created. `network` is one of the classes of networks."""
    model = network(preset)
    model.build_weights()
    return model


def save(model, directory):
    """Writes a network into a folder, aside first, then renamed: what is in the folder is whole."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory(dir=directory) as aside:
        model.save_weights(os.path.join(scratch, f'{model.name}.h5'))
        # Copied: on a full disk this raises, where HDF5 crashes.
        shutil.copyfile(os.path.join(scratch, f'{model.name}.h5'), os.path.join(aside, f'{model.name}.h5'))
        preset = json.dumps(dataclasses.asdict(model.preset), indent=1) + '\n'
        pathlib.Path(aside, f'{model.name}.json').write_text(preset, encoding='utf-8')
        for file in os.listdir(aside):
            os.replace(os.path.join(aside, file), directory / file)


def load(network, directories):
    """Loads a network, given its class, from the first of the folders that holds it.

    Raises:
      ValueError: no folder holds it, or what is there cannot be read.
    """
    name = network.NAME
    for directory in map(pathlib.Path, directories):
        file, description = directory / f'{name}.h5', directory / f'{name}.json'
        if not file.exists() or not description.exists():
            continue
        try:
            sizes = json.loads(description.read_text(encoding='utf-8'))
            preset = presets.Preset(**{k: tuple(v) if isinstance(v, list) else v for k, v in sizes.items()})
            model = build(network, preset)
            model.load_weights(str(file))
        except (OSError, ValueError, TypeError, KeyError, tf.errors.OpError) as error:
            raise ValueError(f'{file}: cannot be read ({error})') from error
        return model
    raise ValueError(f'no weights of the {name} ({name}.h5 and {name}.json) in {", ".join(map(str, directories))}')
