"""Tasks: inputs that a program is judged on, and more of them where it errs most."""

import numpy as np
import pytest
from programs import program

from evaluators.approximation.float32 import exhaustive, grid, sample
from evaluators.approximation.float32.task import Task, largest
from evaluators.approximation.interval import Interval
from evaluators.approximation.targets import named

UNIT = Interval(0.0, 1.0)
HORNER = program(
    [("fma", "x", "c0", "c1")] + [("fma", f"n{k}", "x", f"c{k + 2}") for k in range(5)],
    [0.00021702, 0.0012439, 0.0096788, 0.05548326, 0.24022983, 0.69314697, 1.0],
)
ROUNDED = HORNER.constants[:, :7].astype(np.float32)


@pytest.fixture(scope="module")
def even() -> Task:
    return Task.by(np.exp2, sample.even(UNIT, 2**16))


def test_dense_inputs_are_all_numbers_where_errors_are_largest(even):
    errors = np.zeros(len(even.x))
    at = np.array([20_000, 50_000])
    errors[at] = 1.0
    dense = even.dense(errors)
    assert (np.diff(dense.x) > 0).all()
    for place in grid.index(even.x[at]):
        around = np.arange(place - 15, place + 16)
        assert np.isin(around, grid.index(dense.x)).all()
    assert len(dense.x) < 2**20
    np.testing.assert_array_equal(dense.y, np.exp2(dense.x.astype(np.float64)))


def test_bins_of_too_many_numbers_are_sampled(even):
    errors = np.zeros(len(even.x))
    errors[1] = 1.0  # between 0 and 2^-10 there is nearly a billion float32
    dense = even.dense(errors)
    low = dense.x[dense.x < 2.0**-10]
    assert 2**15 <= len(low) < 2**17
    assert low[0] == 0.0


def test_dense_inputs_come_closer_to_the_largest_error_of_all(even):
    errors = even.errors(HORNER, 0, ROUNDED)[0]
    closer = even.dense(errors).worst(HORNER, 0, ROUNDED)[0]
    interval = Interval(0.9, 1.0)
    every = exhaustive.search(HORNER, 0, named("exp2"), interval).max_ulp
    assert errors.max() < closer
    assert closer >= every or every - closer < 0.2 * (every - errors.max())


def test_largest_are_the_places_of_the_largest_errors():
    errors = np.array([0.1, 0.9, 0.3, 0.8])
    assert sorted(largest(errors, 2).tolist()) == [1, 3]
    assert sorted(largest(errors, 9).tolist()) == [0, 1, 2, 3]
