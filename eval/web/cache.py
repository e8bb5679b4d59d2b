"""A cache of limited weight, from which what was used least recently leaves first."""

import collections
import threading


class Cache:
    """Keeps what is costly to make.

    Args:
      most: the most that all values weigh.
      weight: function of a value.

    Example:
      >>> cache = Cache(most=2)
      >>> cache.get('a', lambda: 1), cache.get('a', lambda: 2)
      (1, 1)
    """

    def __init__(self, most, weight=lambda value: 1):
        self._most, self._weight = most, weight
        self._values, self._total, self._lock = collections.OrderedDict(), 0, threading.Lock()

    def get(self, key, make):
        """Gives the value of a key. What is not there is made by `make()`; several threads may then make it."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            if key not in self._values:
                self._values[key] = value
                self._total += self._weight(value)
            value = self._values[key]
            while self._total > self._most and len(self._values) > 1:
                self._total -= self._weight(self._values.popitem(last=False)[1])
        return value

    def clear(self):
        """Forgets all values: whether there were any."""
        with self._lock:
            held = bool(self._values)
            self._values.clear()
            self._total = 0
        return held
