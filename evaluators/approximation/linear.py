"""Small linear problems: in mpmath, and the discrete Chebyshev problem in float64."""

from collections.abc import Sequence
from typing import NamedTuple

import mpmath
import numpy as np
from jaxtyping import Float64, Int64
from mpmath import mp, mpf

from evaluators.approximation.scan import Real

_EXCHANGES = 200


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
    return back_substitute(triangle, [row[n] for row in rest])


class Orthogonal(NamedTuple):
    """Columns as a product of an orthonormal basis and an upper triangle."""

    basis: list[list[Real]]
    active: list[int]  # the columns that were used
    triangle: list[list[Real]]  # by columns


def orthogonal(columns: Sequence[Sequence[Real]]) -> Orthogonal:
    """Modified Gram-Schmidt with pivoting.

    Columns that depend on the ones before, to half the working digits, are left out.
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
    return Orthogonal(basis, active, [[share * norms[j] for share in made[j]] for j in active])


def back_substitute(triangle: Sequence[Sequence[Real]], right: Sequence[Real]) -> list[Real]:
    """Solves R z = right, R given by columns."""
    rest, solution = list(right), [mpf(0)] * len(right)
    for j in reversed(range(len(right))):
        solution[j] = rest[j] / triangle[j][j]
        for i in range(j):
            rest[i] -= triangle[j][i] * solution[j]
    return solution


class Levelled(NamedTuple):
    """Solution of a discrete Chebyshev problem with k unknowns."""

    reference: Int64[np.ndarray, " k+1"]  # the rows whose errors have the largest size
    signs: Float64[np.ndarray, " k+1"]  # of these errors
    level: float  # that size
    unknowns: Float64[np.ndarray, " k"]


def chebyshev(a: Float64[np.ndarray, "n k"], b: Float64[np.ndarray, " n"]) -> Levelled | None:
    """Unknowns d with the least maximum of abs(b - a d); None without k + 1 rows or full rank.

    The exchange method (Stiefel 1959), as the simplex method on the dual linear programme: signed
    rows with weights >= 0 of sum 1 whose weighted sum is zero; each exchange brings in the row of
    the largest error.
    """
    k = a.shape[1]
    if len(a) <= k:
        return None
    reference = _independent(a)
    null = np.linalg.svd(a[reference].T)[2][-1]
    signs = np.where(null < 0, -1.0, 1.0)
    if np.sum(null * b[reference]) < 0:
        signs = -signs
    try:
        for _ in range(_EXCHANGES):
            system = np.vstack([signs * a[reference].T, np.ones(k + 1)])
            solution = np.linalg.solve(system.T, signs * b[reference])
            errors = b - a @ solution[:k]
            worst = int(np.argmax(np.abs(errors)))
            if abs(errors[worst]) <= abs(solution[k]) * (1 + 1e-12) + 1e-15:
                break
            sign = np.sign(errors[worst])
            right = np.stack(
                [np.append(np.zeros(k), 1.0), np.append(sign * a[worst], 1.0)], axis=1
            )
            weights, change = np.linalg.solve(system, right).T
            ratios = np.full(k + 1, np.inf)
            np.divide(weights, change, out=ratios, where=change > 1e-12)
            leaving = int(np.argmin(ratios))
            reference[leaving], signs[leaving] = worst, sign
    except np.linalg.LinAlgError:
        return None
    return Levelled(reference, signs, abs(float(solution[k])), solution[:k])


def _independent(a: Float64[np.ndarray, "n k"]) -> Int64[np.ndarray, " k+1"]:
    """Numbers of k rows that span all dimensions, by pivoted elimination, and of one more."""
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
    return np.sort([*chosen, left[len(left) // 2]]).astype(np.int64)
