"""Fitted constants: known optima are reached, and a fit depends on its program and seed alone."""

import numpy as np
import pytest
from programs import program, random_programs

from evosearch import interpreter
from evosearch.fitting import Effort, fit
from evosearch.genomes.primitives import CORE
from evosearch.genomes.program import ProgramBatch

X = np.sin(np.linspace(0, np.pi / 2, 32)) ** 2
Y = np.exp2(X)
DENSE = np.linspace(0, 1, 4001)

SMALL = Effort(rounds=1, draws=2, steps=4, newton=2, reweightings=2)

LINE = program([("mul", "x", "c0"), ("add", "n0", "c1")], [1.0, 1.0])
RATIO = program([("add", "x", "c0"), ("div", "c1", "n0"), ("add", "n1", "c2")], [1.0] * 3)
FRACTION = program(
    [
        ("add", "x", "c0"),
        ("div", "c1", "n0"),
        ("add", "x", "n1"),
        ("add", "n2", "c2"),
        ("div", "c3", "n3"),
        ("add", "n4", "c4"),
    ],
    [1.0] * 5,
)


def best_error(structure: ProgramBatch, starts: int) -> float:
    many = structure.take(np.zeros(starts, int))
    seeds = np.arange(starts, dtype=np.uint32)
    fitted = fit(many, X[None], Y, 1 / Y, seeds, Effort())
    many = many.with_constants(fitted)
    target = np.exp2(DENSE)
    return float(interpreter.loss(many, DENSE[None], target, 1 / target, "max_abs").min())


@pytest.mark.parametrize(
    ("structure", "minimax"), [(LINE, 2.982e-2), (RATIO, 8.672e-4), (FRACTION, 4.340e-7)]
)
def test_minimax_errors_of_known_structures(structure, minimax):
    assert minimax * 0.999 < best_error(structure, 16) < minimax * 1.01


def test_a_fit_does_not_depend_on_its_batch():
    programs = random_programs(np.random.default_rng(1), 30, 8, CORE)
    seeds = np.arange(30, dtype=np.uint32)

    def fitted(rows):
        return fit(programs.take(rows), X[None], Y, 1 / Y, seeds[rows], SMALL, primitives=CORE)

    whole = fitted(np.arange(30))
    rows = np.random.default_rng(2).permutation(30)
    np.testing.assert_array_equal(fitted(rows[:25]), whole[rows[:25]])
    np.testing.assert_array_equal(fitted(rows[5:]), whole[rows[5:]])


def test_a_fit_never_makes_a_program_worse():
    programs = random_programs(np.random.default_rng(3), 30, 8, CORE)
    seeds = np.zeros(30, np.uint32)
    fitted = programs.with_constants(fit(programs, X[None], Y, 1 / Y, seeds, SMALL))
    before, after = (
        interpreter.loss(batch, X[None], Y, 1 / Y, "max_abs") for batch in (programs, fitted)
    )
    finite = np.isfinite(before)
    assert (after[finite] <= before[finite] * (1 + 1e-12)).all()
    assert (after[finite] < before[finite]).any()


def test_the_seed_chooses_the_starts():
    many = FRACTION.take(np.zeros(2, int))
    seeds = np.array([1, 2], np.uint32)
    first, second = fit(many, X[None], Y, 1 / Y, seeds, SMALL)
    assert not np.array_equal(first, second)
