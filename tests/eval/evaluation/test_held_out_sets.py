import shutil

import numpy as np
import pytest
from PIL import Image

from data_pipeline import records
from data_pipeline.common import errors
from data_pipeline.outlines import line_art
from eval.evaluation import held_out_sets


def _sets(*folders, drawings=None, comics=0):
    return held_out_sets.sets([str(folder) for folder in folders], drawings, comics, comic_seed=5, size=256)


def test_folders_of_one_name_are_told_apart_by_their_parents(data, tmp_path):
    folders = [tmp_path / parents / 'data' for parents in ('x/a', 'x/b', 'y/a')]
    for folder in folders:
        shutil.copytree(data, folder)
    assert list(_sets(folders[0])) == ['data']
    assert list(_sets(*folders[:2])) == ['a-data', 'b-data']
    sets = _sets(*folders)
    assert list(sets) == ['x-a-data', 'x-b-data', 'y-a-data']
    count = records.read_manifest(data)['counts']['validation']
    assert [len(list(examples)) for examples in sets.values()] == [count] * 3


def test_folders_that_cannot_be_used_are_refused_at_once(data, tmp_path):
    training = shutil.copytree(data, tmp_path / 'training')
    manifest = records.read_manifest(training)
    records.write_json(training / records.MANIFEST, manifest | {'counts': {'train': 12, 'validation': 0}})
    (tmp_path / 'link').symlink_to(data)
    for folders, message in (((data, data), 'given twice'), ((data, tmp_path / 'link'), 'given twice'),
                             ((data, tmp_path / 'nowhere'), 'nowhere: no prepared data'),
                             ((data, training), 'no validation examples')):
        with pytest.raises(errors.UserError, match=message):
            _sets(*folders)
    with pytest.raises(errors.UserError, match='nowhere: no such file or folder'):
        _sets(drawings=tmp_path / 'nowhere')
    with pytest.raises(errors.UserError, match='no pairs of NAME.line'):
        _sets(drawings=data)


@pytest.mark.parametrize('spelling', ['colour', 'color'])
def test_pairs_are_found_by_both_spellings(panels, tmp_path, spelling):
    for number, panel in enumerate(panels[:2]):
        Image.fromarray(panel.line_art).save(tmp_path / f'{number}.line.png')
        Image.fromarray(panel.color).save(tmp_path / f'{number}.{spelling}.png')
    Image.fromarray(panels[2].color).save(tmp_path / f'2.{spelling}.png')  # has no line art
    examples = list(_sets(drawings=tmp_path)['line_art'])
    assert [example.name.rsplit('/', 1)[-1] for example in examples] == ['0', '1']
    for example, panel in zip(examples, panels, strict=False):
        np.testing.assert_array_equal(example.truth, panel.color)
        np.testing.assert_array_equal(example.drawing, line_art.scale(np.repeat(panel.line_art[..., None], 3, -1), 256))


def test_a_damaged_picture_of_a_pair_is_named(panels, tmp_path):
    Image.fromarray(panels[0].color).save(tmp_path / 'a.color.png')
    (tmp_path / 'a.line.png').write_text('text')
    with pytest.raises(errors.UserError, match='a.line.png: not an image'):
        list(_sets(drawings=tmp_path)['line_art'])


def test_a_drawing_is_measured_as_it_is_and_colored_as_it_is_fitted(tmp_path):
    strokes = np.full((512, 512, 3), 255, np.uint8)
    strokes[::32] = 0
    for kind in ('line', 'color'):
        Image.fromarray(strokes).save(tmp_path / f'thin.{kind}.png')
    example = next(held_out_sets.drawings(tmp_path, 256))
    np.testing.assert_array_equal(example.drawing, line_art.scale(strokes, 256))
    np.testing.assert_allclose(example.ink[..., 0], 1 - line_art.fit(strokes, 256) / np.float32(255), atol=1e-6)
    assert example.ink.mean() > 1.2 * (1 - example.drawing / 255).mean()


def test_comics_are_drawn_with_both_backgrounds_if_asked():
    assert _sets() == {}
    sets = _sets(comics=1)
    assert list(sets) == ['drawn_flat', 'drawn_gradient', 'drawn_cast']
    flat, gradient, cast = (list(examples) for examples in sets.values())
    assert {example.story for example in cast} == {'1'} and all(example.shows for example in cast)
    assert len(flat) == len(gradient) == 1
    for example in flat + gradient:
        assert 0 < example.background.mean() < 1
    deviations = [example.truth[example.background].std(axis=0).max() for example in flat + gradient]
    assert deviations[0] < 10 < deviations[1]


def test_a_folder_with_the_name_of_another_set_is_refused(data, tmp_path):
    folder = shutil.copytree(data, tmp_path / 'drawn_flat')
    with pytest.raises(errors.UserError, match='drawn_flat; rename it'):
        _sets(folder, comics=2)
    assert list(_sets(folder)) == ['drawn_flat']
