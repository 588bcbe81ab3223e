"""Polynomials with adapted coefficients: they exist, cost what is said, and are the polynomial."""

import numpy as np
import pytest
from mpmath import mp, mpf

from evaluators.approximation.adapted import adapted
from evaluators.approximation.forms import ADAPTED, forms


@pytest.mark.parametrize("degree", range(5, 13))
def test_every_polynomial_has_the_form(degree: int) -> None:
    rng = np.random.default_rng(degree)
    with mp.workdps(40):
        for decay in (0.0, 1.0):
            weights = np.arange(1, degree + 2.0) ** (-3 * decay)
            u = [mpf(c) for c in (rng.normal(size=degree + 1) * weights).tolist()]
            form = adapted(u)
            assert form is not None
            for x in (mpf("-0.8"), mpf("0.3"), mpf(1)):
                assert abs(form.value(x) - mp.polyval(u[::-1], x)) < mpf(10) ** -12


@pytest.mark.parametrize("degree", [5, 6, 9, 12])
def test_operations_are_those_of_the_form(degree: int) -> None:
    """y and w; z; two additions and a multiplication a pair, but for one addition."""
    with mp.workdps(40):
        form = adapted([mpf(k * k - 7 * k + 3) for k in range(degree + 1)])
    assert form is not None
    assert form.pairs[-1][1] == 0
    ops = 2 + 2 * (len(form.start) - 1) + 3 * len(form.pairs) - 1
    assert ops == next(f.ops for f in forms(degree, 0) if f.family == ADAPTED)
    assert ops < 2 * degree
