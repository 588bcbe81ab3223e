"""Chains: what becomes of a table depends on itself and its seed alone."""

import numpy as np
import pytest
from partitions import SIZES, marginals, partitions, tables

from evaluators.private_data.chains import MOST_ROWS, Chains
from evaluators.private_data.partition import counts
from evosearch.errors import ConfigError

EVERY = partitions()
ROWS, NUMBER = 40, 5
START = tables(np.random.default_rng(0), NUMBER, ROWS)
GOAL = np.array([counts(EVERY, t) for t in tables(np.random.default_rng(1), NUMBER, ROWS)], float)
HEAT = [[5.0, 1.0], [5.0] * 9, [], [1.0], [0.0, 0.0]]
SEEDS = np.array([3, 1 << 62, 5, 7, 3], np.uint64)


def chains(weight=1.0):
    weights = np.full(len(EVERY), weight)
    return Chains.over(EVERY, SIZES, weights, marginals(np.random.default_rng(2)))


def run(rows, seeds=SEEDS):
    rows = list(rows)
    return chains().run(START[rows], GOAL[rows], [HEAT[row] for row in rows], seeds[rows])


def test_a_table_does_not_depend_on_the_others():
    together = run(range(NUMBER))
    for order in ([4, 2, 0, 1, 3], [1], [3, 3, 1], [0, 1, 2, 3]):
        for found, expected in zip(run(order), together, strict=True):
            np.testing.assert_array_equal(found, expected[order])


def test_a_table_depends_on_its_seed():
    found, _, _ = run(range(NUMBER))
    other, _, _ = run(range(NUMBER), SEEDS + np.uint64(1))
    differ = (found != other).any(axis=(1, 2))
    assert differ.tolist() == [True, True, False, True, True]  # the third has no sweep


def test_a_table_without_sweeps_stays_and_is_counted():
    (found,), (rows,), accepted = run([2])
    np.testing.assert_array_equal(found, START[2])
    np.testing.assert_array_equal(rows, counts(EVERY, START[2]))
    assert accepted.tolist() == [0]


def test_what_is_given_is_left_as_it_is():
    before = START.copy(), GOAL.copy()
    run(range(NUMBER))
    np.testing.assert_array_equal(START, before[0])
    np.testing.assert_array_equal(GOAL, before[1])


def test_a_large_weight_is_the_same_as_a_low_temperature():
    one, _, _ = chains(8.0).run(START[:1], GOAL[:1], [[8.0] * 5], SEEDS[:1])
    other, _, _ = chains(1.0).run(START[:1], GOAL[:1], [[1.0] * 5], SEEDS[:1])
    np.testing.assert_array_equal(one, other)


def test_tables_whose_residuals_have_no_room_are_refused():
    table = np.broadcast_to(np.zeros((), np.uint16), (1, MOST_ROWS + 1, len(SIZES)))
    with pytest.raises(ConfigError, match=r"at most 4,194,304 rows, received 4,194,305"):
        chains().run(table, GOAL[:1], [[]], SEEDS[:1])
