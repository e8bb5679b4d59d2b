"""The programs, run as a user runs them: three trainings, then coloring with what they wrote."""

import inspect

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipeline import dataset
from models import background_detector, low_res_colorizer
from tests.programs import run, run_here
from tests.train.logs import summaries


def test_train_all_three_and_color(data, panels, tmp_path, eager):
    runs = {name: tmp_path / name for name in ('low_res_colorizer', 'background_detector', 'polishing_network')}
    extra = {'low_res_colorizer': ['--context', 'row_lstm', '--nohints', '--noreferences'], 'background_detector': [],
             'polishing_network': ['--background_detector', runs['background_detector']]}
    for name, workdir in runs.items():
        tf.config.run_functions_eagerly(name != 'low_res_colorizer')  # the U-Nets take long to trace
        run_here(f'train.{name}', '--data', data, '--workdir', workdir, '--preset', 'tiny', '--steps', 2,
                 '--batch_size', 2, *extra[name])
        assert {f'{name}.h5', f'{name}.json'} <= {p.name for p in workdir.iterdir()}
        assert any(workdir.rglob('events.out.tfevents.*'))
    colorizer = low_res_colorizer.LowResColorizer.from_pretrained(runs['low_res_colorizer'])
    assert colorizer.config.context == 'row_lstm'
    shown = summaries(runs['low_res_colorizer'])
    assert shown['outline_truth_samples', 2].metadata.plugin_data.plugin_name == 'images'
    Image.fromarray(panels[0].line_art).save(tmp_path / 'a.png')
    weights = [part for workdir in runs.values() for part in ('--weights', workdir)]
    done = run('eval.colorize', '--input', tmp_path / 'a.png', '--output', tmp_path / 'out', *weights)
    assert done.returncode == 0, done.stderr
    assert Image.open(tmp_path / 'out' / 'a.png').size == (256, 256)


def _sample(colorizer, outline, seeds):
    """Stands for `LowResColorizer.sample`: one gray, which follows from the weights, the outline and the seed."""
    weights = tf.reduce_sum(colorizer.trainable_variables[0])
    gray = tf.sin(100 * weights + 100 * tf.reduce_mean(outline, axis=[1, 2, 3]) + tf.cast(seeds, tf.float32))
    return tf.tile(gray[:, None, None, None], [1, 32, 32, 3]), None


def test_cross_fit_samples_what_its_colorizers_have_not_seen_and_the_detector_learns_from_it(
        data, tmp_path, monkeypatch, eager):
    samples, workdir = tmp_path / 'samples', tmp_path / 'run'
    monkeypatch.setattr(low_res_colorizer.LowResColorizer, 'sample', _sample)
    trained, load = [], dataset.load

    def recorded_load(*arguments, **options):
        given = inspect.signature(load).bind(*arguments, **options).arguments
        if given.get('seed') is not None:
            trained.append(given['without'])
        return load(*arguments, **options)

    monkeypatch.setattr(dataset, 'load', recorded_load)
    run_here('train.cross_fit', '--data', data, '--workdir', tmp_path / 'folds', '--samples', samples, '--preset',
             'tiny', '--steps', 1, '--batch_size', 2)
    assert {p.name for p in samples.iterdir()} == {p.name for p in data.glob('*.tfrecord')}
    assert trained == [(0, 2), (1, 2)]  # the first colorizer has not seen fold 0 of 2, the second not fold 1
    colorizers = [low_res_colorizer.LowResColorizer.from_pretrained(tmp_path / 'folds' / f'fold{fold}')
                  for fold in range(2)]
    folds = dataset.folds_of(data, 'train', 2)
    assert set(folds) == {0, 1}
    for split, its_folds in (('train', folds), ('validation', [0] * 100)):
        for number, example in enumerate(dataset.load(data, split, 1, 256, samples=samples)):
            expected, _ = _sample(colorizers[its_folds[number]], example['outline'], tf.constant([number]))
            np.testing.assert_allclose(example['foreground'][:, ::8, ::8], expected, atol=.01)
    run_here('train.background_detector', '--data', data, '--samples', samples, '--foreground', 'low_res',
             '--background_model', 'plane', '--workdir', workdir, '--preset', 'tiny', '--steps', 1)
    detector = background_detector.BackgroundDetector.from_pretrained([workdir])
    assert (detector.config.predicts_colors, detector.config.background_model) == (False, 'plane')


@pytest.mark.parametrize(('arguments', 'together'), [([], 4), (['--only=matching'], 4), (['--only=colors'], 1),
                                                     (['--noreferences'], 1)])
def test_pictures_of_a_group_follow_each_other_where_they_are_references(all_for_training, tmp_path, monkeypatch, begin,
                                                                        arguments, together):
    asked, load = [], dataset.load

    def recorded_load(*given, **options):
        asked.append(options.get('together'))
        return load(*given, **options)

    monkeypatch.setattr(dataset, 'load', recorded_load)
    begin('train.low_res_colorizer', all_for_training, tmp_path, *arguments)
    assert asked[-1] == together
