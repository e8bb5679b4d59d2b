"""When everybody is gone, the program forgets what it kept for them; while somebody is there, it does not."""

import threading

import pytest

from eval.web import rest


@pytest.fixture
def kept(monkeypatch):
    """What is kept, a list; `kept.forgotten` is set when it is forgotten."""
    monkeypatch.setattr(rest, '_SECONDS', .05)

    class Kept(list):
        def __init__(self):
            super().__init__([1])
            self.forgotten = threading.Event()

        def forget(self):
            held = bool(self)
            self.clear()
            self.forgotten.set()
            return held

    return Kept()


def test_a_visitor_who_stays_keeps_what_is_kept(kept):
    place = rest.Rest(kept.forget)
    with place.visitor():
        with place.visitor():  # another one comes and goes
            pass
        assert not kept.forgotten.wait(.3)
    assert kept.forgotten.wait(10) and not kept


def test_one_who_comes_back_soon_finds_what_was_kept(kept, monkeypatch):
    monkeypatch.setattr(rest, '_SECONDS', .5)
    place = rest.Rest(kept.forget)
    with place.visitor():
        pass
    with place.visitor():
        assert not kept.forgotten.wait(1)


def test_what_is_made_after_everybody_left_is_forgotten_later(kept):
    place = rest.Rest(kept.forget)
    with place.visitor():
        pass
    assert kept.forgotten.wait(10)
    kept.append(2)
    kept.forgotten.clear()
    assert kept.forgotten.wait(10) and not kept
