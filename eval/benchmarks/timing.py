"""Times, as ratios within one run."""

import json
import statistics
import sys
import time

import numpy as np
import tensorflow as tf

_LONG, _ENOUGH, _MOST_RUNS = 30., 10., 15  # seconds, seconds, runs


def measure(cases):
    """Measures the median seconds of a call of each case. The cases take turns, so that other load slows all alike.

    Args:
      cases: {name: (tf.function, *arguments)}.
    Returns:
      {name: seconds}.
    """

    def timed(function, *arguments):
        start = time.perf_counter()
        tf.nest.map_structure(np.asarray, function(*arguments))
        return time.perf_counter() - start

    runs = {}
    for name, case in cases.items():
        print(f'measuring {name}', file=sys.stderr, flush=True)
        if hasattr(case[0], 'get_concrete_function'):
            case[0].get_concrete_function(*case[1:])
        warm_up = timed(*case)
        runs[name] = [warm_up if warm_up > _LONG else timed(*case)]
    for turn in range(_MOST_RUNS):
        for name, seconds in runs.items():
            if turn < int(_ENOUGH / seconds[0]):
                seconds.append(timed(*cases[name]))
    return {name: statistics.median(seconds) for name, seconds in runs.items()}


def report(name, seconds, per, base, **more):
    """Prints one entry, with its ratio to the entry `per`, which took `base` seconds."""
    print(json.dumps({'name': name, 'seconds': float(f'{seconds:.4g}'), 'per': per,
                      'ratio': float(f'{seconds / base:.4g}')} | more), flush=True)


def compare(what, batch, cases):
    """Measures cases and reports each with its ratio to the first."""
    seconds = measure(cases)
    first = next(iter(cases))
    for name in cases:
        report(f'{what}.{name}.batch{batch}', seconds[name], f'{what}.{first}.batch{batch}', seconds[first])
