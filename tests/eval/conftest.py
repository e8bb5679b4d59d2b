"""What several tests of coloring need."""

import pytest

from eval import systems


@pytest.fixture(scope='session')
def system(tiny_weights):
    """The comic system with tiny networks."""
    return systems.LocalSystem('comic', [tiny_weights])
