"""Minimax: parameters of any smooth family fitted for the least maximal error.

Newton-Remez with a general exchange: around the present parameters the error is linear in them, so
the best correction solves a discrete linear Chebyshev problem at the extrema of the error curve
(Osborne and Watson 1969). Its reference, the k + 1 points whose errors are levelled (k the rank of
the family there), is found in float64 (Stiefel 1959); the system "weighted error = +-E" on it is
then solved by undamped Newton in mpmath. Neither the alternation of signs nor a full rank is
presupposed, so programs with redundant parameters or symmetries converge too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import mpmath
import numpy as np
from jaxtyping import Float64, Int64
from mpmath import mp, mpf

from evaluators.approximation.scan import Extremum, Real, Scan

_ROUNDS = 40
_NEWTON_STEPS = 4
_CLIP = mpf("0.2")  # largest relative change of a parameter in one Newton step
_HALVINGS = 8
_EXCHANGES = 200

Parameters = Sequence[Real]


class Family(Protocol):
    """Functions with parameters."""

    def values(self, parameters: Parameters, x: Sequence[Real]) -> list[Real]:
        """Values at points ``x``; not finite where undefined."""
        ...

    def gradients(
        self, parameters: Parameters, x: Sequence[Real]
    ) -> tuple[list[Real], list[list[Real]]]:
        """Values and, for each point, derivatives with respect to the parameters."""
        ...


@dataclass(frozen=True)
class Fit:
    """A member of a family and how good it is.

    Attributes:
        parameters: In the family's order.
        error: Largest weighted error found on the scan and by local search.
        levelled: Lower bound of what any small change of the parameters can reach, as a part of
            ``error``: 1 for a local optimum.
    """

    parameters: tuple[Real, ...]
    error: Real
    levelled: float


def minimax(
    family: Family, parameters: Parameters, scan: Scan, *, tolerance: float = 1e-12
) -> Fit:
    """Fit from a start, within ``tolerance`` of levelled or until no step helps.

    The error never grows from one round to the next. Call inside ``mp.workdps``.
    """
    best = _Position.at(family, parameters, scan, tolerance)
    levelled = 0.0
    for _ in range(_ROUNDS):
        if not mpmath.isfinite(best.error):
            break
        linear = _linearise(family, best, scan)
        if linear is None:
            break
        levelled = linear.level / float(best.error)
        if levelled > 1 - tolerance:
            break
        better = _improve(family, best, linear, scan, tolerance)
        if better is None:
            break
        best = better
    return Fit(best.parameters, best.error, min(levelled, 1.0))


@dataclass(frozen=True)
class _Position:
    """Parameters and the extrema of their error curve."""

    parameters: tuple[Real, ...]
    extrema: list[Extremum]
    error: Real

    @classmethod
    def at(
        cls, family: Family, parameters: Parameters, scan: Scan, tolerance: float
    ) -> "_Position":
        extrema = scan.extrema(
            lambda x: family.values(parameters, x), settled=max(tolerance / 100, 1e-14)
        )
        return cls(tuple(parameters), extrema, max(extremum.size for extremum in extrema))


@dataclass(frozen=True)
class _Linear:
    """The linearised problem's solution: points, signs and level of the reference, a step."""

    x: list[Real]
    weights: list[Real]
    signs: list[int]
    active: list[int]
    level: float
    step: list[Real]


def _linearise(family: Family, at: _Position, scan: Scan) -> _Linear | None:
    """Best small correction at the extrema and a few points more; None where it has no rank."""
    n = len(at.parameters)
    stride = max(1, len(scan.x) // (n + 4))
    x = sorted({extremum.x for extremum in at.extrema} | set(scan.x[::stride]))
    values, jacobian = family.gradients(at.parameters, x)
    if not all(mpmath.isfinite(d) for row in jacobian for d in row):
        return None
    y = [scan.target.exact(point) for point in x]
    weights = [scan.measure.weight(v) for v in y]
    errors = [w * (v - t) for w, v, t in zip(weights, values, y, strict=True)]
    columns = [[w * row[j] for w, row in zip(weights, jacobian, strict=True)] for j in range(n)]
    basis, active, triangle = _orthogonal(columns)
    if not active or len(x) <= len(active):
        return None
    scaled = np.array([float(-e / at.error) for e in errors])
    solved = _chebyshev(np.array([[float(q) for q in b] for b in basis]).T, scaled)
    if solved is None:
        return None
    reference, signs, level, coordinates = solved
    solution = _back_substitute(triangle, [at.error * mpf(c) for c in coordinates.tolist()])
    step = [mpf(0)] * n
    for j, change in zip(active, solution, strict=True):
        step[j] = change
    return _Linear(
        [x[i] for i in reference],
        [weights[i] for i in reference],
        [-int(s) for s in signs],
        active,
        level * float(at.error),
        step,
    )


def _improve(
    family: Family, at: _Position, linear: _Linear, scan: Scan, tolerance: float
) -> _Position | None:
    """Newton on the reference; where that does not lower the error, ever shorter linear steps."""
    newton = _newton(family, at, linear, scan, tolerance)
    if newton is not None:
        position = _Position.at(family, newton, scan, tolerance)
        if position.error < at.error:
            return position
    scale = mpf(1)
    for _ in range(_HALVINGS):
        moved = [p + scale * s for p, s in zip(at.parameters, linear.step, strict=True)]
        errors = scan.errors(lambda x, moved=moved: family.values(moved, x))  # type: ignore[misc]
        if all(abs(e) < at.error for e in errors):  # False where an error is NaN
            position = _Position.at(family, moved, scan, tolerance)
            if position.error < at.error:
                return position
        scale /= 3
    return None


def _newton(
    family: Family, at: _Position, linear: _Linear, scan: Scan, tolerance: float
) -> list[Real] | None:
    """Solves weight_i * (value_i - y_i) = sign_i * E on the reference by undamped Newton."""
    y = [scan.target.exact(x) for x in linear.x]
    parameters = list(at.parameters)
    for _ in range(_NEWTON_STEPS):
        values, jacobian = family.gradients(parameters, linear.x)
        rows = [
            [*(w * row[j] for j in linear.active), mpf(-sign), w * (t - v)]
            for w, row, sign, t, v in zip(
                linear.weights, jacobian, linear.signs, y, values, strict=True
            )
        ]
        solution = solve(rows)
        if solution is None:
            return None
        changes = dict(zip(linear.active, solution, strict=False))  # the last unknown is E
        largest = max(
            abs(d / parameters[j]) if parameters[j] else d * 0 for j, d in changes.items()
        )
        clip = min(mpf(1), _CLIP / largest) if largest else mpf(1)
        for j, change in changes.items():
            parameters[j] += clip * change
        if largest < 0.3 * tolerance**0.5:  # the next step would be of the order of its square
            break
    return parameters


def solve(rows: Sequence[Sequence[Real]]) -> list[Real] | None:
    """Gaussian elimination of n rows of n coefficients and a right side; None if singular."""
    n, rest = len(rows), [list(row) for row in rows]
    if not all(mpmath.isfinite(value) for row in rest for value in row):
        return None
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(rest[i][k]))
        rest[k], rest[pivot] = rest[pivot], rest[k]
        if not rest[k][k]:
            return None
        for i in range(k + 1, n):
            factor = rest[i][k] / rest[k][k]
            for j in range(k + 1, n + 1):
                rest[i][j] -= factor * rest[k][j]
    triangle = [[rest[i][j] for i in range(j + 1)] for j in range(n)]
    return _back_substitute(triangle, [row[n] for row in rest])


def _orthogonal(
    columns: list[list[Real]],
) -> tuple[list[list[Real]], list[int], list[list[Real]]]:
    """Modified Gram-Schmidt with pivoting: orthonormal basis, columns used, upper triangle by
    columns. Columns that depend on the ones before, to half the working digits, are left out.
    """
    norms = [mp.sqrt(mp.fdot(c, c)) for c in columns]
    rest = {j: [v / norms[j] for v in c] for j, c in enumerate(columns) if norms[j]}
    made: dict[int, list[Real]] = {j: [] for j in rest}
    basis: list[list[Real]] = []
    active: list[int] = []
    while rest:
        lengths = {j: mp.sqrt(mp.fdot(c, c)) for j, c in rest.items()}
        pivot = max(lengths, key=lambda j: lengths[j])
        if lengths[pivot] < mpf(10) ** (-mp.dps / 2):
            break
        direction = [v / lengths[pivot] for v in rest.pop(pivot)]
        basis.append(direction)
        active.append(pivot)
        made[pivot].append(lengths[pivot])
        for j, column in rest.items():
            share = mp.fdot(direction, column)
            made[j].append(share)
            rest[j] = [v - share * d for v, d in zip(column, direction, strict=True)]
    return basis, active, [[share * norms[j] for share in made[j]] for j in active]


def _back_substitute(triangle: list[list[Real]], right: list[Real]) -> list[Real]:
    """Solves R z = right, R given by columns."""
    rest, solution = list(right), [mpf(0)] * len(right)
    for j in reversed(range(len(right))):
        solution[j] = rest[j] / triangle[j][j]
        for i in range(j):
            rest[i] -= triangle[j][i] * solution[j]
    return solution


def _chebyshev(
    a: Float64[np.ndarray, "n k"], b: Float64[np.ndarray, " n"]
) -> (
    tuple[Int64[np.ndarray, " k+1"], Float64[np.ndarray, " k+1"], float, Float64[np.ndarray, " k"]]
    | None
):
    """min over d of max_i abs(b_i - (a d)_i): reference, its signs, level and d (Stiefel 1959).

    The dual linear programme: weights >= 0 of signed rows with sum 1 and no component along a;
    each exchange brings in the row of the largest error.
    """
    n, k = a.shape
    reference = _independent(a)
    if len(reference) < k + 1:
        return None
    null = np.linalg.svd(a[reference].T)[2][-1]
    signs = np.where(null < 0, -1.0, 1.0)
    if np.sum(np.abs(null) * signs * b[reference]) < 0:
        signs = -signs
    for _ in range(_EXCHANGES):
        system = np.vstack([signs * a[reference].T, np.ones(k + 1)])
        *d, level = np.linalg.solve(system.T, signs * b[reference])
        errors = b - a @ np.array(d)
        worst = int(np.argmax(np.abs(errors)))
        if abs(errors[worst]) <= abs(level) * (1 + 1e-12) + 1e-15:
            break
        entering = np.sign(errors[worst]) * a[worst]
        weights = np.linalg.solve(system, np.append(np.zeros(k), 1.0))
        change = np.linalg.solve(system, np.append(entering, 1.0))
        ratios = np.where(change > 1e-12, weights / np.where(change > 1e-12, change, 1), np.inf)
        leaving = int(np.argmin(ratios))
        reference[leaving], signs[leaving] = worst, np.sign(errors[worst])
    return reference, signs, abs(float(level)), np.array(d)


def _independent(a: Float64[np.ndarray, "n k"]) -> Int64[np.ndarray, " k+1"]:
    """k + 1 rows that span all k dimensions, by pivoted elimination."""
    rest = a.copy()
    chosen: list[int] = []
    for _ in range(a.shape[1]):
        lengths = np.sum(rest**2, axis=1)
        lengths[chosen] = -1
        pivot = int(np.argmax(lengths))
        chosen.append(pivot)
        direction = rest[pivot] / np.sqrt(lengths[pivot])
        rest = rest - np.outer(rest @ direction, direction)
    left = np.setdiff1d(np.arange(len(a)), chosen)
    return np.sort(np.append(chosen, left[len(left) // 2 : len(left) // 2 + 1])).astype(np.int64)
