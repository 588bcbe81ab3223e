"""The coefficients in `evosearch.elementary` are best approximations, found again here."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from minimax import rational
from mpmath import mp, mpf

from evosearch.elementary import circular, exponential, logarithm

SLACK = 1 + 2.0**-8  # reductions overshoot by their own rounding
HALF_LN2 = math.log(2) / 2 * SLACK
HALF_PI = math.pi / 2 * SLACK
EIGHTH = (math.sqrt(2) - 1) * (1 + 2.0**-12)  # tan(pi / 8), from where atan changes its form


def near_zero(function: Callable[[mpf], mpf], *terms: mpf) -> Callable[[mpf], mpf]:
    """The function, but by its series where it would divide 0 by 0."""
    return lambda x: function(x) if abs(x) > mpf(10) ** -12 else mp.polyval(terms[::-1], x)


expm1 = near_zero(lambda r: mp.expm1(r) / r, 1, mpf(1) / 2)
sinh = near_zero(lambda u: (mp.sinh(mp.sqrt(u)) / mp.sqrt(u) - 1) / u, mpf(1) / 6)
cosh = near_zero(lambda u: (mp.cosh(mp.sqrt(u)) - 1) / u, mpf(1) / 2)
sin = near_zero(lambda u: (mp.sin(mp.sqrt(u)) / mp.sqrt(u) - 1) / u, -mpf(1) / 6)
atan = near_zero(lambda u: (mp.atan(mp.sqrt(u)) / mp.sqrt(u) - 1) / u, -mpf(1) / 3)
log = near_zero(lambda f: (mp.log1p(f) - f) / f**2, -mpf(1) / 2, mpf(1) / 3)
log_s = near_zero(lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z, mpf(2) / 3)


def tan(u: mpf) -> mpf:
    return mp.tan(mp.sqrt(u)) / mp.sqrt(u)


def relative_log(f: mpf) -> mpf:
    return abs(f / near_zero(lambda f: mp.log1p(f) / f, 1)(f))


RECIPES: dict[str, tuple[Callable[[mpf], mpf], Callable[[mpf], mpf], float, float]] = {
    "EXP": (expm1, lambda r: abs(r) / mp.exp(r), -HALF_LN2, HALF_LN2),
    "EXPM1": (expm1, lambda r: 1 / expm1(r), -HALF_LN2, HALF_LN2),
    "SINH": (sinh, lambda u: u, 0, HALF_LN2**2),
    "COSH": (cosh, lambda u: u, 0, HALF_LN2**2),
    "SIN": (sin, lambda u: u / (1 + u * sin(u)), 0, HALF_PI**2),
    "TAN": (tan, lambda u: 1 / tan(u), 0, (HALF_PI / 2) ** 2),
    "ATAN": (atan, lambda u: u, 0, EIGHTH**2),
    "LOG_SINGLE": (log, relative_log, math.sqrt(0.5) - 1, math.sqrt(2) - 1),
    "LOG_DOUBLE": (log_s, lambda z: z / 2, 0, (3 - math.sqrt(8)) ** 2),
}
ULP = {"float32": 2.0**-24, "float64": 2.0**-53}


def tables() -> list[tuple[str, str, Any]]:
    found = []
    for module in (exponential, circular):
        for name, value in vars(module).items():
            if name in RECIPES:
                found += [(name, form, value[form]) for form in ULP]
    found.append(("LOG_SINGLE", "float32", logarithm.LOG_SINGLE))
    return [*found, ("LOG_DOUBLE", "float64", logarithm.LOG_DOUBLE)]


@pytest.mark.parametrize(
    ("name", "form", "table"), [pytest.param(*case, id="-".join(case[:2])) for case in tables()]
)
def test_the_coefficients_are_found_again(name, form, table):
    function, weight, low, high = RECIPES[name]
    above, below = table if name == "TAN" else (table, (1.0,))
    top, bottom, _ = rational(function, weight, (low, high), len(above), len(below) - 1)

    def rounded(values: Iterable[Any]) -> list[float]:
        return [np.dtype(form).type(float(value)).item() for value in values]

    assert rounded([*above, *below]) == rounded([*top, *bottom])
