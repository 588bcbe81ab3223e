"""Whether an engine computes what the programs mean: its losses against NumPy in float64."""

from typing import Any

import numpy as np

from benchmarks.throughput.case import CHECKED, Array, Case, prefix
from benchmarks.throughput.engines import Engine
from benchmarks.throughput.workloads import Node

HUGE = 1e25  # losses above may overflow in float32
# Largest relative error of a sum of squares: what rounding does to ill-conditioned programs.
TOLERANCE = {"float32": 5e-3, "float64": 1e-9}
TYPICAL = {"float32": 1e-5, "float64": 1e-13}  # the same for the median


def check(case: Case, engine: Engine) -> dict[str, Any]:
    """Errors of the first programs' losses; ``ok`` is None where functions are protected.

    NaN and infinity have to appear for the same programs as in float64. Left out are programs
    whose loss is finite and above `HUGE`, and for NaN those with a function that may lose it.
    """
    losses = np.asarray(engine.losses(CHECKED), float)
    expected = case.expected(engine.dtype)
    lost = np.array([holds(tree, engine.loses_nan) for tree in case.trees[:CHECKED]])
    return compare(losses, expected, lost, engine)


def compare(losses: Array, expected: Array, lost: Array, engine: Engine) -> dict[str, Any]:
    """As `check`, of losses [programs] that are there already."""
    finite = np.isfinite(expected)
    compared = finite & (np.abs(np.where(finite, expected, 0)) < HUGE)
    with np.errstate(all="ignore"):
        errors = np.abs(losses[compared] / expected[compared] - 1)
    errors = np.where(np.isnan(errors), np.inf, errors)
    strict = compared | (~finite & ~lost)
    same = bool(np.array_equal(np.isfinite(losses)[strict], finite[strict]))
    median = float(np.median(errors)) if len(errors) else 0.0
    largest = float(errors.max(initial=0.0))
    ok = same and largest <= TOLERANCE[engine.dtype] and median <= TYPICAL[engine.dtype]
    return {
        "compared": int(strict.sum()),
        "median": median,
        "max": largest,
        "same_nonfinite": same,
        "ok": None if engine.protected else ok,
    }


def holds(tree: Node, names: tuple[str, ...]) -> bool:
    """Whether the tree uses one of these functions."""
    return any(token in names for token in prefix(tree) if isinstance(token, str))
