"""Polynomials with adapted coefficients: fewer multiplications than by Horner's rule.

Eve (1964); Knuth, The Art of Computer Programming, volume 2, 4.6.4, theorem E:

    y = x + c,  w = y^2,  z = u_n y + b_0 (n odd) or (u_n y + a_0) y + b_0 (n even),
    u(x) = (...(z (w - a_1) + b_1)(w - a_2) + b_2...)(w - a_m)

with m = ceil(n / 2) - 1. The a_i are the roots of the odd part of u(y - c), which are all real
where the roots of u(y - c) lie in a half-plane. The last a_m needs no b_m where c is in the middle
of two roots of u.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import mpmath
from mpmath import mp, mpf

from evaluators.approximation.scan import Real


@dataclass(frozen=True)
class Adapted:
    """The constants of the form: the shift c, the start's coefficients and the pairs (a_i, b_i).

    ``start`` has the powers of y from the constant term up; the last b_i is zero.
    """

    shift: Real
    start: tuple[Real, ...]
    pairs: tuple[tuple[Real, Real], ...]

    def value(self, x: Real) -> Real:
        """The polynomial at x."""
        y = x + self.shift
        w, z = y * y, mp.polyval(list(reversed(self.start)), y)
        for a, b in self.pairs:
            z = z * (w - a) + b
        return z


def adapted(coefficients: Sequence[Real]) -> Adapted | None:
    """The form of a polynomial (constant term first) of degree 3 or more; None where not found."""
    try:
        roots = mp.polyroots(list(reversed(coefficients)), maxsteps=200, extraprec=100)
    except (mpmath.NoConvergence, ZeroDivisionError):
        return None
    for shift in _shifts(roots):
        found = _around(list(coefficients), shift)
        if found is not None:
            return found
    return None


def _shifts(roots: Sequence[Real]) -> list[Real]:
    """Minus the middles of pairs of roots that are both real or conjugate."""
    found = []
    for i, one in enumerate(roots):
        for other in roots[i + 1 :]:
            middle = (one + other) / 2
            if abs(mp.im(middle)) <= abs(one - other) * mpf(10) ** (5 - mp.dps):
                found.append(-mp.re(middle))
    return sorted(found, key=abs)


def _around(u: list[Real], shift: Real) -> Adapted | None:
    """The form with this shift; None where the odd part has roots that are not real."""
    v = _shifted(u, -shift)
    odd = v[1::2]
    size = max(map(abs, v))
    roots = mp.polyroots(list(reversed(odd)), maxsteps=200, extraprec=100)
    if any(abs(mp.im(root)) > mpf(10) ** (8 - mp.dps / 2) * abs(root) for root in roots):
        return None
    even_at = {mp.re(a): mp.polyval(list(reversed(v[::2])), mp.re(a)) for a in roots}
    order = sorted(even_at, key=lambda a: abs(even_at[a]))
    if abs(even_at[order[0]]) > size * mpf(10) ** (-mp.dps / 2):
        return None
    pairs: list[tuple[Real, Real]] = []
    for a in order:
        b = mp.polyval(list(reversed(v[::2])), a)
        pairs.append((a, b if pairs else mpf(0)))
        v = _divided([v[0] - b, *v[1:]], a)
    return Adapted(shift, tuple(v), tuple(reversed(pairs)))


def _shifted(u: Sequence[Real], by: Real) -> list[Real]:
    """Coefficients of u(y + by)."""
    rest, found = list(u), []
    while rest:
        for i in reversed(range(len(rest) - 1)):
            rest[i] += by * rest[i + 1]
        found.append(rest.pop(0))
    return found


def _divided(v: Sequence[Real], a: Real) -> list[Real]:
    """v(y) / (y^2 - a), the remainder dropped."""
    rest = list(v)
    for i in reversed(range(2, len(rest))):
        rest[i - 2] += a * rest[i]
    return rest[2:]
