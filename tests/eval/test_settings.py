import dataclasses
import zlib

import numpy as np
import pytest

from data_pipeline.common import errors
from data_pipeline.pictures import pages
from eval import systems
from eval.settings import Settings, parse_background, parse_color, weights_checksum
from models import background_detector, polishing_network


def _page(name, inside=None, **more):
    return pages.Page(name, inside or name.partition('/')[2], name.rpartition('/')[0], 'path', **more)


def _plan(page=None, **settings):
    plan, = Settings(**settings).plans([page or _page('in/ch/1.png')])
    return plan


@pytest.mark.parametrize('changed', [
    {'seed': 1}, {'temperature': .5}, {'background': np.uint8([0, 0, 0])}, {'extract_outline': True},
    {'inverted': True}, {'system': 'other weights'}, {'panels': 'whole'}, {'transparent': True}, {'flats': True},
    {'format': 'webp'}, {'previous': False}, {'references': '5d41'}], ids=str)
def test_every_setting_that_changes_the_result_changes_the_checksum(changed):
    assert _plan(**changed)[0].settings != _plan()[0].settings
    assert _plan(**changed)[0].settings == _plan(**changed)[0].settings


def test_a_sample_has_the_checksum_of_its_seed_whatever_the_number_of_samples():
    """So a run with more samples makes only the new ones."""
    assert [result.settings for result in _plan(seed=3, samples=3)] == [
        _plan(seed=seed)[0].settings for seed in (3, 4, 5)]
    assert [result.name for result in _plan(samples=2)] == ['in/ch/1-1.png', 'in/ch/1-2.png']
    assert _plan()[0].name == 'in/ch/1.png'


@pytest.mark.parametrize(('name', 'settings', 'result'), [
    ('in/1.png', {}, 'in/1.png'), ('in/1.JPG', {}, 'in/1.jpg'), ('in/1.webp', {}, 'in/1.webp'),
    ('in/1.tif', {}, 'in/1.png'), ('in/1.jpg', {'transparent': True}, 'in/1.png'),
    ('in/1.png', {'format': 'jpeg'}, 'in/1.jpg'), ('in/1.jpg', {'format': 'psd'}, 'in/1.psd'),
    ('in/1.jpg', {'format': 'ora', 'samples': 1}, 'in/1.ora')])
def test_a_result_has_the_format_of_its_picture_or_the_one_that_is_asked_for(name, settings, result):
    assert _plan(_page(name), **settings)[0].name == result


def test_jpeg_cannot_be_transparent_but_pages_of_an_archive_can():
    with pytest.raises(errors.UserError, match='^--transparent: JPEG has no transparency$'):
        Settings(format='jpeg', transparent=True)
    result, = _plan(_page('in/1.jpg'), format='cbz', transparent=True)
    assert result.format == 'png' and result.member == '1.png'


def test_pages_of_an_archive_go_into_an_archive_under_their_names():
    found = [_page(f'in/ch.cbr/{member}', archive='in/ch.cbr', member=member, keys=(k,))
             for k, member in enumerate(['1.jpg', 'a/2.tif', 'ComicInfo.xml'])]
    plans = Settings(samples=2).plans(found)
    assert [[(r.archive, r.member, r.original) for r in plan] for plan in plans] == [
        [(f'in/ch-{k}.cbz', member, original) for k in (1, 2)] for member, original in (
            ('1.jpg', '1.jpg'), ('a/2.png', 'a/2.tif'), ('ComicInfo.png', 'ComicInfo.xml'))]
    assert [plan[0].name for plan in Settings(format='png').plans(found)] == [
        'in/ch.cbr/1.png', 'in/ch.cbr/a/2.png', 'in/ch.cbr/ComicInfo.png']


def test_pages_of_a_folder_go_into_an_archive_if_asked():
    plans = Settings(format='cbz').plans([_page('in/ch/1.png'), _page('in/ch/2.jpg'), _page('in/other/1.png')])
    assert [(r.archive, r.member) for r, in plans] == [
        ('in/ch.cbz', '1.png'), ('in/ch.cbz', '2.jpg'), ('in/other.cbz', '1.png')]


def test_names_with_broken_unicode_have_a_seed():
    for name in ('\udcff.png', '\ud800.png'):
        result, = _plan(_page('a/b.png', name))
        assert 0 <= result.seed < 2 ** 32 and result.seed != zlib.crc32(b'')


def test_the_checksum_of_weights_follows_from_weights_and_configurations_alone(tiny_weights, tmp_path, system):
    checksum = weights_checksum(system.colorizer)
    assert weights_checksum(systems.LocalSystem('comic', [tiny_weights]).colorizer) == checksum
    polishing_network.PolishingNetwork.from_preset('tiny').save_pretrained(tmp_path)
    assert weights_checksum(systems.LocalSystem('comic', [tmp_path, tiny_weights]).colorizer) != checksum
    detectors = [background_detector.BackgroundDetector.from_pretrained(tiny_weights) for _ in range(2)]
    detectors[1].config = dataclasses.replace(detectors[1].config, image_size=512)
    one, other = map(weights_checksum, detectors)
    assert one != other


def test_a_color_has_six_hexadecimal_digits_and_a_background_may_be_auto():
    assert parse_background('auto') is None
    for text in ('#0a80ff', '#0A80FF'):
        assert parse_color(text).tolist() == parse_background(text).tolist() == [10, 128, 255]
    for text in ('', 'blue', '0a80ff', '#0a8', '#0a80f', '#0a80fff', '#0a80fg', '#0a80ff\n', 7, None, {}):
        with pytest.raises(errors.UserError, match="^not a color; write '#rrggbb'$"):
            parse_color(text)
        with pytest.raises(errors.UserError, match="(?s)^--background=.*: not a color; write '#rrggbb', or auto$"):
            parse_background(text)
