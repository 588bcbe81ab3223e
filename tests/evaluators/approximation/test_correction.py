"""Differential correction against published best ratios, and what it does without a ratio."""

import numpy as np
import pytest
from mpmath import mp

from evaluators.approximation.correction import corrected

# E[n/n] of |x| on [-1, 1] (Varga, Ruttan and Carpenter 1991, table 1)
ABSOLUTE = {2: 4.368901e-2, 4: 8.501485e-3}


def error(found: list, points: list[tuple[float, float, float]], m: int) -> float:
    """Largest weighted error of a ratio at the points."""
    s, y, w = np.array(points).T
    p, q = [float(c) for c in found[: m + 1]], [1.0, *(float(c) for c in found[m + 1 :])]
    below = np.polyval(q[::-1], s)
    assert np.all(below > 0)
    return float(np.max(w * np.abs(np.polyval(p[::-1], s) / below - y)))


@pytest.mark.parametrize("n", sorted(ABSOLUTE))
def test_best_ratios_of_the_absolute_value(n: int) -> None:
    half = np.geomspace(1e-4, 1, 120)
    points = [(s, abs(s), 1.0) for s in [*(-half[::-1]).tolist(), 0.0, *half.tolist()]]
    found = corrected(points, n, n)
    assert found is not None
    assert error(found, points, n) == pytest.approx(ABSOLUTE[n], rel=2e-3)


def test_weights_count() -> None:
    """The relative minimax of 2^x on [0, 1] of type [1/1] is 8.672e-4."""
    s = np.linspace(-1, 1, 201)
    y = np.exp2((s + 1) / 2)
    points = list(zip(s.tolist(), y.tolist(), (1 / y).tolist(), strict=True))
    found = corrected(points, 1, 1)
    assert found is not None
    assert error(found, points, 1) == pytest.approx(8.672e-4, rel=5e-3)


def test_the_constant_term_of_the_denominator_is_one() -> None:
    points = [(s / 10, 1 / (2 + s / 10), 1.0) for s in range(-10, 11)]
    found = corrected(points, 0, 1)
    assert found is not None
    assert [float(c) for c in found] == pytest.approx([0.5, 0.5], abs=1e-5)
    assert all(isinstance(c, mp.mpf) for c in found)
