"""The examples in the docstrings run, and every public class has one."""

import doctest
import importlib.util
import inspect
import pathlib
import pkgutil

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

import data_pipeline
import eval as eval_package
import models
import train

HAS_GRADIO = importlib.util.find_spec('gradio') is not None  # of requirements-web.txt, which may be missing
HAS_BEAM = importlib.util.find_spec('apache_beam') is not None  # of requirements-beam.txt, likewise
ROOT = pathlib.Path(models.__file__).parent.parent
MODULES = [module.name for package in (data_pipeline, models, train, eval_package)
           for module in pkgutil.walk_packages(package.__path__, f'{package.__name__}.') if not module.ispkg
           and (HAS_GRADIO or module.name not in ('eval.web.guard', 'eval.web.layout', 'eval.web.page'))
           and (HAS_BEAM or 'beam' not in module.name)]


def _public_classes(module):
    return [value for name, value in vars(module).items() if inspect.isclass(value) and not name.startswith('_')
            and value.__module__ == module.__name__ and not issubclass(value, Exception)]


@pytest.mark.parametrize('name', MODULES)
def test_examples_run(name, monkeypatch, tmp_path):
    module = importlib.import_module(name)
    monkeypatch.chdir(ROOT)
    runner, report = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE), []
    names = {'np': np, 'tf': tf, 'keras': keras, 'folder': str(tmp_path)}
    for test in doctest.DocTestFinder().find(module, extraglobs=names):
        runner.run(test, out=report.append)
    assert not runner.failures, ''.join(report)


@pytest.mark.parametrize('name', [name for name in MODULES if _public_classes(importlib.import_module(name))])
def test_every_public_class_has_an_example(name):
    for cls in _public_classes(importlib.import_module(name)):
        example = (cls.__doc__ or '').partition('Example:\n')[2]
        assert '>>> ' in example, f'{name}.{cls.__name__}: no example'
