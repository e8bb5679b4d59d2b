"""The programs, run as a user runs them: three trainings, then coloring with what they wrote."""

import subprocess
import sys

import numpy as np
import tensorflow as tf
from PIL import Image

from data_pipeline import dataset
from models import background_detector, low_res_colorizer, polishing_network


def _run(program, *arguments):
    return subprocess.run([sys.executable, '-m', program, *map(str, arguments)], capture_output=True, text=True,
                          check=False)


def _image_tags(workdir):
    files = [str(path) for path in workdir.rglob('events.out.tfevents.*')]
    events = [tf.compat.v1.Event.FromString(record.numpy()) for record in tf.data.TFRecordDataset(files)]
    return {value.tag for event in events for value in event.summary.value
            if value.metadata.plugin_data.plugin_name == 'images'}


def test_train_all_three_and_color(data, panels, tmp_path):
    runs = {name: tmp_path / name for name in ('low_res_colorizer', 'background_detector', 'polishing_network')}
    for name, workdir in runs.items():
        extra = ['--background_detector', runs['background_detector']] if name == 'polishing_network' else []
        done = _run(f'train.{name}', '--data', data, '--workdir', workdir, '--preset', 'tiny', '--steps', 2,
                    '--batch_size', 2, *extra)
        assert done.returncode == 0, done.stderr
        assert {f'{name}.h5', f'{name}.json'} <= {p.name for p in workdir.iterdir()}
        assert any(workdir.rglob('events.out.tfevents.*'))
    shown = _image_tags(runs['low_res_colorizer'])
    assert shown == {'outline_truth_samples'}
    Image.fromarray(panels[0].line_art).save(tmp_path / 'a.png')
    weights = [part for workdir in runs.values() for part in ('--weights', workdir)]
    done = _run('eval.colorize', '--input', tmp_path / 'a.png', '--output', tmp_path / 'out', *weights)
    assert done.returncode == 0, done.stderr
    assert Image.open(tmp_path / 'out' / 'a.png').size == (256, 256)


def test_begins_with_trained_weights_of_the_same_preset(data, tiny_weights, tmp_path):
    arguments = ['--data', data, '--preset', 'tiny', '--steps', 1, '--batch_size', 2, '--initial_weights', tiny_weights]
    done = _run('train.polishing_network', *arguments, '--workdir', tmp_path / 'same', '--background_detector',
                tiny_weights, '--learning_rate', 0)
    assert done.returncode == 0, done.stderr
    before, after = (polishing_network.PolishingNetwork.from_pretrained([folder]).trainable_variables
                     for folder in (tiny_weights, tmp_path / 'same'))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    done = _run('train.background_detector', *arguments, '--workdir', tmp_path / 'other', '--background_model', 'plane')
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (f'error: {tiny_weights}: its background_model is mean, not plane')
    assert not (tmp_path / 'other').exists()


def test_cross_fit_samples_what_its_colorizers_have_not_seen_and_the_detector_learns_from_it(data, tmp_path):
    samples, workdir = tmp_path / 'samples', tmp_path / 'run'
    done = _run('train.cross_fit', '--data', data, '--workdir', tmp_path / 'folds', '--samples', samples, '--preset',
                'tiny', '--steps', 2, '--batch_size', 2)
    assert done.returncode == 0, done.stderr
    assert {p.name for p in samples.iterdir()} == {p.name for p in data.glob('*.tfrecord')}
    for fold in range(2):
        colorizer = low_res_colorizer.LowResColorizer.from_pretrained(tmp_path / 'folds' / f'fold{fold}')
        number = dataset.folds_of(data, 'train', 2).index(fold)
        example = list(dataset.load(data, 'train', 1, 256, samples=samples))[number]
        expected, _ = tf.function(colorizer.sample)(example['outline'], tf.constant([number], tf.int64))
        shown = example['foreground'].numpy()[:, 4::8, 4::8]
        assert (np.abs(shown - expected) < 1e-3).mean() > .99
    done = _run('train.background_detector', '--data', data, '--samples', samples, '--foreground', 'low_res',
                '--background_model', 'plane', '--workdir', workdir, '--preset', 'tiny', '--steps', 2)
    assert done.returncode == 0, done.stderr
    detector = background_detector.BackgroundDetector.from_pretrained([workdir])
    assert (detector.config.predicts_colors, detector.config.background_model) == (False, 'plane')


def test_bad_data_is_one_line_and_leaves_nothing(tmp_path):
    done = _run('train.low_res_colorizer', '--data', tmp_path, '--workdir', tmp_path / 'run', '--preset', 'tiny')
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith('error: ') and 'no prepared data' in done.stderr.splitlines()[-1]
    assert not (tmp_path / 'run').exists()
