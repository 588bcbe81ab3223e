"""Minimax: parameters of any smooth family fitted for the least maximal error.

Newton-Remez with a general exchange. Around the present parameters the error is linear in them, so
the best correction solves a discrete linear Chebyshev problem at the extrema of the error curve
(Osborne and Watson 1969). Its reference, the k + 1 points whose errors are levelled (k the rank of
the family there), is found in float64 after an orthogonalisation in mpmath; the system "weighted
error = +-E" on it is then solved by undamped Newton. Where that does not lower the error, it is
done again with the change of each parameter bounded (Madsen 1975).

Neither an alternation of signs nor a full rank is presupposed, so programs with redundant
parameters or symmetries converge too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

import mpmath
import numpy as np
from jaxtyping import Float64
from mpmath import mpf

from evaluators.approximation.linear import (
    Levelled,
    chebyshev,
    orthogonal,
    solve,
)
from evaluators.approximation.scan import Extremum, Real, Scan

_NEWTON_STEPS = 15
_CUTS = 3  # Newton steps in a row that may fail before the change is bounded
_BOUNDS = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 1e-4, 1e-5, 1e-6)  # of relative changes

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
    family: Family,
    parameters: Parameters,
    scan: Scan,
    *,
    tolerance: float = 1e-12,
    rounds: int = 30,
) -> Fit:
    """Fit from a start, within ``tolerance`` of levelled or until no step helps.

    The error never grows from one round to the next. Call inside ``mp.workdps``.
    """
    best = _Position.of(family, parameters, scan, tolerance)
    levelled, failed, cuts, place = 0.0, 0, list[Real](), 0
    for _ in range(rounds):
        linear = _Linear.around(family, best, scan, cuts)
        step = linear.solve(None) if linear else None
        if linear is None or step is None:
            break
        before, levelled = levelled, min(step.solved.level, 1.0)
        if levelled > 1 - tolerance:
            break
        full = None
        if not failed or (failed < _CUTS and levelled != before):
            full = _full_step(family, linear, step, scan, tolerance)
        if full is not None and full.error < best.error:
            best, failed, cuts = full, 0, []
        elif full is not None:
            # its error has grown where the linear problem had no point: let it know of them
            failed, cuts = failed + 1, [*cuts, *(extremum.x for extremum in full.extrema)]
        else:
            bounded, place = _bounded(family, linear, scan, tolerance, max(place - 1, 0))
            if bounded is None:
                break
            best, failed, cuts = bounded, 0, []
    return Fit(best.parameters, best.error, levelled)


@dataclass(frozen=True)
class _Position:
    """Parameters and the extrema of their error curve."""

    parameters: tuple[Real, ...]
    extrema: list[Extremum]
    error: Real

    @classmethod
    def of(
        cls, family: Family, parameters: Parameters, scan: Scan, tolerance: float
    ) -> "_Position":
        extrema = scan.extrema(
            lambda x: family.values(parameters, x), settled=max(tolerance / 100, 1e-14)
        )
        return cls(tuple(parameters), extrema, max(extremum.size for extremum in extrema))


@dataclass(frozen=True)
class _Linear:
    """The linear problem around a position.

    Attributes:
        x: Its points.
        y: The target there.
        weights: Weights there.
        columns: Weighted derivatives with respect to each parameter.
        right: Minus the weighted errors, as a part of the largest one.
        at: The position.
    """

    x: list[Real]
    y: list[Real]
    weights: list[Real]
    columns: list[list[Real]]
    right: Float64[np.ndarray, " points"]
    at: _Position

    @classmethod
    def around(
        cls, family: Family, at: _Position, scan: Scan, cuts: Sequence[Real]
    ) -> "_Linear | None":
        """At the extrema, the cuts and a few points of the scan.

        None where there is no error to be corrected, or no finite derivative.
        """
        if not mpmath.isfinite(at.error) or not at.error:
            return None
        n = len(at.parameters)
        stride = max(1, len(scan.x) // (n + 4))
        x = sorted({extremum.x for extremum in at.extrema} | {*cuts, *scan.x[::stride]})
        values, jacobian = family.gradients(at.parameters, x)
        if not all(mpmath.isfinite(d) for row in jacobian for d in row):
            return None
        y = [scan.target.exact(point) for point in x]
        weights = [scan.measure.weight(v) for v in y]
        right = [w * (t - v) / at.error for w, v, t in zip(weights, values, y, strict=True)]
        columns = [
            [w * row[j] for w, row in zip(weights, jacobian, strict=True)] for j in range(n)
        ]
        return cls(x, y, weights, columns, np.array([float(r) for r in right]), at)

    def limits(self, bound: float) -> list[Real]:
        """Weights of the parameters' changes: a relative change of ``bound`` weighs the error."""
        return [self.at.error / (mpf(bound) * (abs(p) or mpf(1))) for p in self.at.parameters]

    def solve(self, bound: float | None) -> "_Step | None":
        """The best correction; ``bound`` limits the relative change of each parameter.

        Each limit is one more row of the problem, so that the part of ``bound`` that is used is at
        most the part of the error that is left.
        """
        columns, right = self.columns, self.right
        limits = [] if bound is None else self.limits(bound)
        if limits:
            columns = [
                [*column, *(limit if i == j else mpf(0) for i in range(len(limits)))]
                for (j, column), limit in zip(enumerate(columns), limits, strict=True)
            ]
            right = np.append(right, np.zeros(len(limits)))
        basis, active, _ = orthogonal(columns)
        if not active:
            return None
        solved = chebyshev(np.array([[float(q) for q in b] for b in basis]).T, right)
        return None if solved is None else _Step(solved, active, limits)


class _Step(NamedTuple):
    """A solution of the linear problem."""

    solved: Levelled  # rows are points, then limits
    active: list[int]  # the parameters that it determines
    limits: list[Real]


def _newton(family: Family, linear: _Linear, step: _Step, tolerance: float) -> list[Real] | None:
    """Parameters with weight_i * (value_i - y_i) = sign_i * E on the step's reference.

    Undamped Newton; where a limit is in the reference, the weighted change takes the error's
    place. None where an equation system is singular.
    """
    signs = dict(zip(step.solved.reference.tolist(), step.solved.signs.tolist(), strict=True))
    points = [i for i in signs if i < len(linear.x)]
    limited = [i - len(linear.x) for i in signs if i >= len(linear.x)]
    x = [linear.x[i] for i in points]
    parameters, level = list(linear.at.parameters), mpf(0)
    for _ in range(_NEWTON_STEPS):
        values, jacobian = family.gradients(parameters, x)
        rows = []
        for i, value, row in zip(points, values, jacobian, strict=True):
            w, y = linear.weights[i], linear.y[i]
            rows.append([*(w * row[j] for j in step.active), mpf(signs[i]), w * (y - value)])
        for j in limited:
            w, change = step.limits[j], parameters[j] - linear.at.parameters[j]
            row = [w if j == other else mpf(0) for other in step.active]
            rows.append([*row, mpf(signs[j + len(linear.x)]), -w * change])
        if level and all(abs(r[-1] - r[-2] * level) < abs(level) * tolerance / 10 for r in rows):
            break
        solution = solve(rows)
        if solution is None:
            return None
        *changes, level = solution
        for j, change in zip(step.active, changes, strict=True):
            parameters[j] += change
    return parameters


def _full_step(
    family: Family, linear: _Linear, step: _Step, scan: Scan, tolerance: float
) -> _Position | None:
    """Where Newton leads; None where that is no finite approximation."""
    parameters = _newton(family, linear, step, tolerance)
    if parameters is None:
        return None
    position = _Position.of(family, parameters, scan, tolerance)
    return position if mpmath.isfinite(position.error) else None


def _bounded(
    family: Family, linear: _Linear, scan: Scan, tolerance: float, first: int
) -> tuple[_Position | None, int]:
    """The step with the widest bound, from number ``first``, that lowers the error; its number."""
    error = linear.at.error
    for place in range(first, len(_BOUNDS)):
        step = linear.solve(_BOUNDS[place])
        parameters = _newton(family, linear, step, tolerance) if step else None
        if parameters is None:
            continue
        errors = scan.errors(partial(family.values, parameters))
        if all(abs(e) < error for e in errors):  # False where an error is NaN
            position = _Position.of(family, parameters, scan, tolerance)
            if position.error < error:
                return position, place
    return None, first
