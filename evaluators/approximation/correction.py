"""Differential correction: ratios whose largest error is nearly the least, from no start at all.

The method of Cheney and Loeb (1961) in its original form, which converges quadratically to the
best ratio on a grid (Barrodale, Powell and Roberts 1972). Each step is a linear programme in
float64, so that errors below about 1e-8 are out of its reach; those are found from interpolants.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64
from mpmath import mpf
from numpy.polynomial import chebyshev
from scipy.optimize import linprog

from evaluators.approximation.scan import Real

_STEPS = 12
_SETTLED = 1e-3  # relative gain of a step that ends it

Array = Float64[np.ndarray, "..."]


def corrected(points: Sequence[tuple[float, float, float]], m: int, n: int) -> list[Real] | None:
    """A ratio of type [m/n] through points (s, y, weight), with s from -1 to 1.

    Returns:
        p_0..p_m, q_1..q_n for powers of s, with q_0 = 1 and a denominator that is positive at the
        points; None where the linear programme has no solution.
    """
    s, y, w = np.array(points).T
    above, below = chebyshev.chebvander(s, m), chebyshev.chebvander(s, n)
    p, q = np.zeros(m + 1), np.eye(n + 1)[0]
    level = float(np.max(w * np.abs(y)))
    for _ in range(_STEPS):
        step = _step(above, below, y, w, q, level)
        if step is None:
            return None
        denominator = below @ step[m + 1 :]
        if np.min(denominator) <= 0:
            break
        error = float(np.max(w * np.abs(above @ step[: m + 1] / denominator - y)))
        if error >= level:
            break
        settled = error > level * (1 - _SETTLED)
        (p, q), level = np.split(step, [m + 1]), error
        if settled:
            break
    numerator, divisor = chebyshev.cheb2poly(p), chebyshev.cheb2poly(q)
    if not divisor[0] > 0:
        return None
    numerator = np.pad(numerator, (0, m + 1 - len(numerator))) / divisor[0]
    divisor = np.pad(divisor, (0, n + 1 - len(divisor))) / divisor[0]
    return [mpf(c) for c in [*numerator.tolist(), *divisor[1:].tolist()]]


def _step(above: Array, below: Array, y: Array, w: Array, q: Array, level: float) -> Array | None:
    """Coefficients of the numerator p and the denominator q of the next ratio.

    They have the least t with w |y q - p| - level q <= t q_before at every point, and no
    coefficient of q is greater than 1 in size.
    """
    m, n = above.shape[1], below.shape[1]
    before = below @ q
    up = np.hstack([w[:, None] * above, -(w * y + level)[:, None] * below, -before[:, None]])
    down = np.hstack([-w[:, None] * above, (w * y - level)[:, None] * below, -before[:, None]])
    found = linprog(
        np.eye(m + n + 1)[-1],
        A_ub=np.vstack([up, down]),
        b_ub=np.zeros(2 * len(y)),
        bounds=[(None, None)] * m + [(-1, 1)] * n + [(None, None)],
        method="highs",
    )
    return np.asarray(found.x[:-1]) if found.success else None
