"""Samples of the float32 inputs of an interval, on which programs are scored."""

import numpy as np
from jaxtyping import Float32, Int64

from evaluators.approximation.float32 import grid
from evaluators.approximation.interval import Interval

_DEEPEST = 2.0**-40  # of the width: binades nearer to the ends behave alike
_EDGE = 16  # float32 numbers next to each end that every sample has


def sample(
    interval: Interval, n: int, rng: np.random.Generator, *, edges: bool = True
) -> Float32[np.ndarray, " points"]:
    """About n float32 inputs, ascending, each once.

    Three quarters are spread evenly over the interval, where most of the largest errors are; a
    quarter over the binades towards both ends. With ``edges`` the numbers next to the ends and to
    every power of two are among them, where units in the last place change.
    """
    low, high = grid.ends(interval)
    first, last = (float(value) for value in grid.number(np.array([low, high])))
    many = n - n // 4
    even = first + (last - first) * (np.arange(many) + rng.random(many)) / many
    depth = _DEEPEST ** ((np.arange(n // 8) + rng.random(n // 8)) / max(1, n // 8))
    near = (last - first) * depth
    places = [_places(np.concatenate([even, first + near, last - near]))]
    if edges:
        step = np.arange(_EDGE)
        powers = 2.0 ** np.arange(-126, 128)
        powers = np.concatenate([-powers, [0.0], powers])
        powers = powers[(powers >= first) & (powers <= last) & (np.abs(powers) >= _DEEPEST)]
        around = (_places(powers)[:, None] + np.array([-1, 0, 1])).ravel()
        places += [low + step, high - step, around]
    inside = np.unique(np.concatenate(places))
    return grid.number(inside[(inside >= low) & (inside <= high)])


def even(interval: Interval, n: int) -> Float32[np.ndarray, " points"]:
    """At most n float32 inputs, ascending, evenly spread over the interval, both ends included."""
    first, last = (float(value) for value in grid.number(np.array(grid.ends(interval))))
    return grid.number(np.unique(_places(np.linspace(first, last, n))))


def _places(values: np.ndarray) -> Int64[np.ndarray, " n"]:
    return grid.index(values.astype(np.float32))
