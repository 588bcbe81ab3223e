"""Exhaustive evaluation against exact arithmetic; units, samples and references."""

import math

import numpy as np
import pytest
from mpmath import mp, mpf
from programs import program

from evaluators.approximation.float32 import arithmetic, exhaustive, grid, reference, sample, ulp
from evaluators.approximation.interval import Interval
from evaluators.approximation.targets import NAMES, Target, named
from evosearch.errors import ConfigError

LINE = program([("fma", "x", "c0", "c1")], [1.0, 1.0])


def definition(value: float, exact) -> float:
    """Error in ULP, from the convention alone."""
    exponent = max(-126, math.floor(mp.log(abs(exact), 2))) if exact else -126
    return float(abs(mpf(value) - exact) / mpf(2) ** (exponent - 23))


@pytest.mark.parametrize(("name", "low", "high"), [("exp2", 0.5, 0.50002), ("sin", -1e-44, 1e-44)])
def test_every_input_is_looked_at(name, low, high):
    target, interval = named(name), Interval(low, high)
    line = LINE if name == "exp2" else program([("mul", "x", "c0")], [1.25])
    found = exhaustive.search(line, 0, target, interval)
    first, last = grid.ends(interval)
    x = grid.number(np.arange(first, last + 1))
    values = arithmetic.evaluate(line, x)[0]
    with mp.workdps(60):
        exact = [target.exact(mpf(float(point))) for point in x]
        errors = [definition(float(v), y) for v, y in zip(values, exact, strict=True)]
    assert found.count == len(x) > 10
    assert found.max_ulp == max(errors) > 0.4
    assert errors[x.tolist().index(found.worst_input)] == max(errors)


def test_one_bad_input_among_many_is_found():
    """max(x, c) is exact for sqrt(x^2) but at the inputs below c."""
    identity = Target("sqrt", "x", mp.sqrt)
    square_root = program([("sqrt", "x"), ("max", "n0", "c0")], [math.sqrt(0.25) + 2**-24])
    found = exhaustive.search(square_root, 0, identity, Interval(0.25, 0.2501))
    assert found.worst_input == 0.25
    assert found.max_ulp == 1.0
    elsewhere = exhaustive.search(square_root, 0, identity, Interval(0.25001, 0.2501))
    assert elsewhere.max_ulp <= 0.5


def test_the_unit_below_a_power_of_two_is_the_finer_one():
    """cos(x) is below 1 by less than float64 shows, so that a value above 1 errs by 2 units."""
    above = program([("fma", "x", "c0", "c1")], [0.0, 1 + 2.0**-23])
    found = exhaustive.search(above, 0, named("cos"), Interval(1e-12, 1.000001e-12))
    assert found.max_ulp == pytest.approx(2.0)
    exact = exhaustive.search(above, 0, named("exp2"), Interval(1e-20, 1.000001e-20))
    assert exact.max_ulp == pytest.approx(1.0)  # 2^x is above 1


def test_a_program_without_a_value_has_an_infinite_error():
    pole = program([("sub", "x", "c0"), ("div", "c1", "n0")], [0.75, 1.0])
    found = exhaustive.search(pole, 0, named("exp2"), Interval(0.7, 0.8))
    assert found.max_ulp == np.inf
    assert found.worst_input == 0.75


def test_progress_tells_how_many_are_done():
    told: list[int] = []
    interval = Interval(0.25, 1.0)
    found = exhaustive.search(LINE, 0, named("exp2"), interval, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == found.count == 2**24 + 1


def test_units():
    y = np.array([0.0, 1.0, 1.999, 2.0, -0.5, 2.0**-126, 2.0**-130, 3e38])
    expected = [-149, -23, -23, -22, -24, -149, -149, 104]
    assert np.log2(ulp.ulp(y)).tolist() == expected
    values = np.array([0.0, 1 + 2.0**-23], np.float32)
    assert ulp.errors(values, y[:2], ulp.ulp(y[:2])).tolist() == [0.0, 1.0]
    assert ulp.errors(np.array([np.nan], np.float32), y[:1], y[1:2]).tolist() == [np.inf]


@pytest.mark.parametrize("name", ["exp2", "sin", "log1p2", "tanh", "cos", "log1p", "exp"])
def test_references_are_accurate(name):
    interval = Interval(0.0, 0.9)
    function = reference.fast(named(name), interval)
    x = np.random.default_rng(1).uniform(0, 0.9, 300).astype(np.float32).astype(np.float64)
    y = named(name).values(x)
    assert np.max(np.abs(function(x) - y) / np.abs(y)) < 2.0**-50


def test_a_target_without_a_reference_or_with_a_wrong_one_is_refused():
    unknown = next(name for name in NAMES if name == "airy")
    with pytest.raises(ConfigError, match="no fast reference"):
        exhaustive.search(LINE, 0, named(unknown), Interval(0.0, 1.0))
    with pytest.raises(ConfigError, match="off by"):
        reference.fast(Target("exp2", "not 2^x", mp.exp), Interval(0.0, 1.0))


def test_samples_reach_ends_powers_and_binades():
    rng = np.random.default_rng(0)
    x = sample.sample(Interval(0.0, 1.0), 2048, rng)
    assert x.dtype == np.float32
    assert (np.diff(x) > 0).all()
    assert 2000 < len(x) < 2300
    assert {0.0, 2.0**-149, 1.0, 1 - 2.0**-24, 0.5, 0.25} <= set(x.tolist())
    assert np.diff(np.log2(x[x > 2.0**-39])).max() < 0.5
    assert np.diff(x).max() < 2e-3
    sealed = sample.sample(Interval(-1.0, 1.0), 2048, rng, edges=False)
    assert sealed.min() < -0.99
    assert np.isin(x, sealed).mean() < 0.01


def test_a_search_may_end_after_a_piece_that_fails():
    """The widest piece comes first, and the largest error of what was run is told."""
    interval = Interval(2.0**-20, 1.0)
    every = exhaustive.search(LINE, 0, named("exp2"), interval)
    some = exhaustive.search(LINE, 0, named("exp2"), interval, enough=1.0)
    assert every.complete
    assert not some.complete
    assert some.count == 2**22 < every.count
    assert 2.0**18 < some.max_ulp <= every.max_ulp  # 1 + x is far from 2^x in the middle
    again = exhaustive.search(LINE, 0, named("exp2"), interval, enough=every.max_ulp)
    assert again.complete
    assert (again.max_ulp, again.worst_input) == (every.max_ulp, every.worst_input)
