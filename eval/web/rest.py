"""Gives memory back to the system when nobody has the page open."""

import contextlib
import ctypes
import gc
import threading

_SECONDS = 15.  # without a visitor, until the program rests (our choice)
_ARENA_MAX = -8  # number of this parameter of glibc's mallopt
_C = ctypes.CDLL(None)


def use_one_heap():
    """Lets all threads share a heap. To be called first, before there are threads.

    With a heap for each thread, as is usual with glibc, memory that one of them freed is not at hand for the others.
    """
    if hasattr(_C, 'mallopt'):
        _C.mallopt(_ARENA_MAX, 1)


class Rest:
    """Counts who is there. When everybody has been gone for some time, what was kept for them is forgotten.

    A browser that has the page open is there, since one of its requests stays open.

    Args:
      forget: function that empties caches, and tells whether there was anything in them.

    Example:
      >>> rest = Rest(forget=lambda: False)
      >>> with rest.visitor():
      ...     pass
    """

    def __init__(self, forget):
        self._forget, self._visitors, self._lock = forget, 0, threading.Lock()
        self._timer = None

    @contextlib.contextmanager
    def visitor(self):
        """Somebody is there during this context."""
        self._change(1)
        try:
            yield
        finally:
            self._change(-1)

    def _change(self, number):
        with self._lock:
            self._visitors += number
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if not self._visitors:
                self._timer = threading.Timer(_SECONDS, self._begin)
                self._timer.daemon = True
                self._timer.start()

    def _begin(self):
        with self._lock:  # who comes now waits, and finds all or nothing
            held = not self._visitors and self._forget()
        if held:
            gc.collect()
            if hasattr(_C, 'malloc_trim'):  # glibc keeps what is freed until it is told
                _C.malloc_trim(0)
            self._change(0)  # what is still being made for those who left comes later
