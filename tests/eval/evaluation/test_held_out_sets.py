import numpy as np
import pytest
from PIL import Image

from data_pipeline import prepare
from data_pipeline.common import errors
from eval.evaluation import held_out_sets


def _sets(*folders, line_art=None):
    return held_out_sets.sets([str(folder) for folder in folders], line_art, comics=0, comic_seed=5, size=256)


def test_folders_of_one_name_are_told_apart_by_their_parents(comics, tmp_path):
    for parent in ('a', 'b'):
        prepare.prepare([comics], tmp_path / parent / 'data', validation_percent=100)
    sets = _sets(tmp_path / 'a' / 'data', tmp_path / 'b' / 'data')
    assert list(sets) == ['a-data', 'b-data']
    assert [len(list(examples)) for examples in sets.values()] == [12, 12]
    assert list(_sets(tmp_path / 'a' / 'data')) == ['data']


def test_unusable_folders_are_refused_before_anything_is_colored(data, comics, tmp_path):
    with pytest.raises(errors.UserError, match='given twice'):
        _sets(data, data)
    with pytest.raises(errors.UserError, match='nowhere: no prepared data'):
        _sets(data, tmp_path / 'nowhere')
    prepare.prepare([comics], tmp_path / 'training', validation_percent=0)
    with pytest.raises(errors.UserError, match='no validation examples'):
        _sets(tmp_path / 'training')
    with pytest.raises(errors.UserError, match='nowhere: no such file or folder'):
        _sets(line_art=tmp_path / 'nowhere')


@pytest.mark.parametrize('spelling', ['colour', 'color'])
def test_pairs_are_found_by_both_spellings(panels, tmp_path, spelling):
    for number, panel in enumerate(panels[:2]):
        Image.fromarray(panel.line_art).save(tmp_path / f'{number}.line.png')
        Image.fromarray(panel.color).save(tmp_path / f'{number}.{spelling}.png')
    examples = list(_sets(line_art=tmp_path)['line_art'])
    assert [example.name.rsplit('/', 1)[-1] for example in examples] == ['0', '1']
    for example, panel in zip(examples, panels, strict=False):
        np.testing.assert_array_equal(example.truth, panel.color)
