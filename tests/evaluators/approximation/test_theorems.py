"""Functional equations: which targets satisfy them, and that what is composed is the target."""

import pytest
from mpmath import mp, mpf

from evaluators.approximation.targets import named
from evaluators.approximation.theorems import (
    THEOREMS,
    Composition,
    composed,
    in_quotient,
    odd_in_quotient,
    squared,
)

POINTS = [mpf(k) / 7 for k in (1, 2, 4, 5)]
SATISFY = ("cos", "cosh", "sin", "sinh", "tanh", "tan")
NOT = ("erf", "exp", "sigmoid", "log1p", "airy", "gaussian")


def composition(name: str, times: int) -> Composition:
    [theorem] = [t for t in THEOREMS if t.holds(named(name), POINTS)]
    return composed(named(name), theorem, times)


@pytest.mark.parametrize("name", SATISFY)
@pytest.mark.parametrize("times", [1, 3])
def test_composition_is_the_target(name: str, times: int) -> None:
    with mp.workdps(40):
        made = composition(name, times)
        for x in POINTS:
            inner = made.inner.exact(x)
            assert abs(made.outer(inner) - named(name).exact(x)) < mpf(10) ** -36


@pytest.mark.parametrize("name", SATISFY)
def test_slope_is_the_derivative(name: str) -> None:
    with mp.workdps(40):
        made, v, h = composition(name, 2), mpf("0.37"), mpf(10) ** -12
        slope = (made.outer(v + h) - made.outer(v - h)) / (2 * h)
        assert abs(made.slope(v) / slope - 1) < mpf(10) ** -18


def test_roots_of_exponentials_are_squared() -> None:
    with mp.workdps(40):
        made = squared(named("exp2"), 2)
        assert abs(made.inner.exact(mpf(2)) - mp.sqrt(2)) < mpf(10) ** -38
        assert abs(made.outer(mpf("1.5")) - mpf("1.5") ** 4) < mpf(10) ** -38
        assert abs(made.slope(mpf("1.5")) - 4 * mpf("1.5") ** 3) < mpf(10) ** -38


@pytest.mark.parametrize("name", NOT)
def test_other_targets_satisfy_none(name: str) -> None:
    with mp.workdps(40):
        assert not any(theorem.holds(named(name), POINTS) for theorem in THEOREMS)


def test_logarithms_are_odd_in_the_quotient() -> None:
    with mp.workdps(40):
        assert odd_in_quotient(named("log1p2"), POINTS)
        assert not odd_in_quotient(named("sin"), POINTS)
        u = mpf("0.25")
        quotient = in_quotient(named("log1p"))
        assert abs(quotient.exact(u) - 2 * mp.atanh(u)) < mpf(10) ** -38
