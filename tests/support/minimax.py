"""Best rational approximations, in 40 digits: Remez' exchange on a grid."""

from collections.abc import Callable, Sequence

from mpmath import lu_solve, matrix, mp, mpf

GRID = 500
ROUNDS = 25


def value(coefficients: Sequence[mpf], x: mpf) -> mpf:
    """The polynomial with these coefficients, constant term first."""
    return mp.polyval(list(reversed(coefficients)), x)


def rational(
    function: Callable[[mpf], mpf],
    weight: Callable[[mpf], mpf],
    interval: tuple[float, float],
    top: int,
    bottom: int = 0,
) -> tuple[list[mpf], list[mpf], mpf]:
    """The quotient of polynomials with the least ``weight * |difference|`` from a function.

    Args:
        function: What to approximate.
        weight: Positive inside of the interval.
        interval: Its two ends.
        top: Number of coefficients above the line.
        bottom: Number of those below it, besides the leading 1.

    Returns:
        Coefficients above and below the line, and the greatest weighted difference.
    """
    with mp.workdps(40):
        low, high = map(mpf, interval)
        xs = [
            (low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * (i + mpf(1) / 2) / GRID)
            for i in range(GRID)
        ]
        ys, weights = [function(x) for x in xs], [weight(x) for x in xs]
        count = top + bottom + 1
        chosen = [round((GRID - 1) * i / (count - 1)) for i in range(count)]
        for _ in range(ROUNDS):
            above, below, level = _levelled(xs, ys, weights, chosen, top, bottom)
            errors = [
                w * (value(above, x) / value(below, x) - y)
                for x, y, w in zip(xs, ys, weights, strict=True)
            ]
            worst = max(map(abs, errors))
            chosen = _extremes(errors, count)
            if len(chosen) < count or worst <= level * (1 + mpf(10) ** -3):
                break
        return above, below, worst


def _levelled(
    xs: list[mpf], ys: list[mpf], weights: list[mpf], chosen: list[int], top: int, bottom: int
) -> tuple[list[mpf], list[mpf], mpf]:
    """The quotient whose errors at the chosen points are equal in size and alternate."""
    count, divisors = len(chosen), [mpf(1)] * len(chosen)
    for _ in range(12 if bottom else 1):
        left, right = matrix(count, count), matrix(count, 1)
        for row, i in enumerate(chosen):
            for power in range(top):
                left[row, power] = xs[i] ** power
            for power in range(1, bottom + 1):
                left[row, top + power - 1] = -ys[i] * xs[i] ** power
            left[row, count - 1] = (-1) ** row * divisors[row] / weights[i]
            right[row] = ys[i]
        found = list(lu_solve(left, right))
        above, below = found[:top], [mpf(1), *found[top:-1]]
        divisors = [value(below, xs[i]) for i in chosen]
    return above, below, abs(found[-1])


def _extremes(errors: list[mpf], count: int) -> list[int]:
    """The largest error of each run of one sign; those in the middle if there are more."""
    found: list[int] = []
    for i, error in enumerate(errors):
        if not found or (error > 0) != (errors[found[-1]] > 0):
            found.append(i)
        elif abs(error) > abs(errors[found[-1]]):
            found[-1] = i
    while len(found) > count:
        found.pop(0 if abs(errors[found[0]]) < abs(errors[found[-1]]) else -1)
    return found
