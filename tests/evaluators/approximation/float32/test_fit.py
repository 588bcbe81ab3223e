"""Fits on the float32 grid: better than rounding real fits, and than fpminimax's published one."""

import numpy as np
import pytest
from programs import program

from evaluators.approximation.float32 import arithmetic, fit, linear, reference, sample, ulp
from evaluators.approximation.float32.options import GridOptions
from evaluators.approximation.float32.task import Task
from evaluators.approximation.interval import Interval
from evaluators.approximation.targets import named
from evosearch import fitting

UNIT = Interval(0.0, 1.0)
EXP2 = named("exp2")


def horner(degree: int):
    nodes = [("fma", "x", "c0", "c1")]
    nodes += [("fma", f"n{k}", "x", f"c{k + 2}") for k in range(degree - 1)]
    return program(nodes, [1.0] * (degree + 1))


def task(n: int, seed: int) -> Task:
    x = sample.sample(UNIT, n, np.random.default_rng(seed))
    return Task.of(x, reference.values(EXP2, UNIT, x.astype(np.float64)))


def real(programs):
    """With constants of the minimax over the reals."""
    x = UNIT.chebyshev(48)
    y = reference.values(EXP2, UNIT, x)
    seeds = np.array([1], np.uint32)
    effort = fitting.Effort(reweightings=12)
    constants = fitting.fit(programs, x[None], y, 1 / ulp.ulp(y), seeds, effort)
    return programs.with_constants(constants)


@pytest.fixture(scope="module")
def search() -> Task:
    return task(2048, 0)


@pytest.fixture(scope="module")
def wide() -> Task:
    return task(2**16, 1)


@pytest.fixture(scope="module")
def fresh() -> Task:
    return task(2**19, 2)


def test_fit_beats_rounding_and_the_literature(search, wide, fresh):
    minimax = real(horner(6))
    rounded = minimax.constants[:, :7].astype(np.float32)
    fitted = fit.fit(minimax, 0, [search, wide], 0.6, 1, GridOptions(level=2.0))
    errors = fresh.worst(minimax, 0, np.stack([rounded[0], fitted]))
    assert errors[0] > 0.95
    assert errors[1] < 0.885  # Sollya's degree 6 with fused operations, in units of 2^-23
    assert errors[1] < 0.9 * errors[0]
    again = fit.fit(minimax, 0, [search, wide], 0.6, 1, GridOptions(level=2.0))
    np.testing.assert_array_equal(again, fitted)


def test_the_level_foretells_what_can_be_reached(search):
    """Real error and rounding together: degree 6 can be below 1 ULP, degree 5 can not."""
    levels = {}
    for degree in (5, 6):
        line = linear.line(real(horner(degree)), 0, search, 4.0)
        levels[degree] = linear.moves(line)[1]
        assert levels[degree] >= line.rounding.max()
    assert levels[6] < 0.9 < 1.2 < levels[5]


def test_the_jump_undoes_rounding(search):
    """The lattice point computes nearly the real function, which rounded constants do not."""
    minimax = real(horner(6))
    line = linear.line(minimax, 0, search, 4.0)
    moves, _ = linear.moves(line)
    rounded = line.error + line.slopes @ line.offset
    jumped = line.error + line.slopes @ (line.offset + moves.jump)
    assert np.abs(jumped).max() < 0.5 * np.abs(rounded).max()


def test_real_fits_far_from_the_bar_are_only_rounded(search, wide):
    minimax = real(horner(3))
    fitted = fit.fit(minimax, 0, [search, wide], 1.0, 1, GridOptions())
    np.testing.assert_array_equal(fitted, minimax.constants[0, :4].astype(np.float32))


def test_programs_without_a_value_in_float32_are_only_rounded(search, wide):
    """c / x overflows where x is small, though x (c / x) is 1 to the real fit."""
    near_zero = program([("div", "c0", "x"), ("fma", "n0", "x", "c1")], [2.0, -1.0])
    x = np.array([2.0**-140, 2.0**-10, 2.0**-9], np.float32)
    small = Task.of(x, np.exp2(x.astype(np.float64)))
    assert linear.line(near_zero, 0, small, 1e6) is None
    assert (
        linear.line(near_zero, 0, search.taken(np.flatnonzero(search.x > 1e-9)), 1e9) is not None
    )
    fitted = fit.fit(near_zero, 0, [small, wide], 1.0, 1, GridOptions(real=1e6))
    np.testing.assert_array_equal(fitted, np.array([2.0, -1.0], np.float32))


def test_slopes_are_those_of_the_program(search):
    minimax = real(horner(4))
    line = linear.line(minimax, 0, search, 400.0)
    some = np.unique(np.linspace(0, len(search.x) - 1, len(line.error)).astype(np.int64))
    x = search.x[some].astype(np.float64)
    spacing = np.abs(np.spacing(minimax.constants[0, :5].astype(np.float32)))
    powers = x[:, None] ** np.arange(4, -1, -1) / search.unit[some][:, None] * spacing
    np.testing.assert_allclose(line.slopes, powers, rtol=1e-4, atol=1e-6)
    values = arithmetic.in_float64(minimax, 0, minimax.constants, x)[0]
    np.testing.assert_allclose(line.error, (values - search.y[some]) / search.unit[some])
