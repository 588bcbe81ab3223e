"""Partitions: every row is in exactly one cell, and it is the one that is meant."""

import numpy as np
from partitions import MERGED, SIZES, partitions, tables

from evaluators.private_data.partition import (
    Kind,
    Partition,
    counts,
    forbidding,
    spread,
    starts,
)

CODES = tables(np.random.default_rng(0), 1, 200)[0]


def test_a_grid_is_in_row_major_order():
    sizes = (5, 3, 4)
    grid = Partition.grid("g", (3, 0, 1), [np.arange(size) for size in sizes])
    expected = np.ravel_multi_index(tuple(CODES[:, (3, 0, 1)].T), sizes)
    np.testing.assert_array_equal(grid.cells(CODES), expected)
    assert (grid.kind, grid.size, grid.shape) == (Kind.CELL, 60, sizes)


def test_merged_codes_share_a_cell():
    grid = Partition.grid("g", (0, 3), [np.arange(3), MERGED])
    np.testing.assert_array_equal(grid.cells(CODES), CODES[:, 0] * 3 + MERGED[CODES[:, 3]])
    assert (grid.size, grid.shape) == (9, (3, 3))
    np.testing.assert_array_equal(grid.counts(CODES), np.bincount(grid.cells(CODES), minlength=9))


def test_a_table_of_outcomes_is_looked_up():
    outcomes = np.arange(20).reshape(5, 4) % 7
    each = Partition.tabulated("t", (3, 1), outcomes)
    np.testing.assert_array_equal(each.cells(CODES), outcomes[CODES[:, 3], CODES[:, 1]])
    assert (each.size, each.shape) == (7, ())


def test_a_sum_of_0_is_not_negative():
    each = Partition.sign("s", (0, 1), [[-1, 0, 2], [-2, 0, 1, -1]])
    total = np.array([-1, 0, 2])[CODES[:, 0]] + np.array([-2, 0, 1, -1])[CODES[:, 1]]
    np.testing.assert_array_equal(each.cells(CODES), total >= 0)
    assert {-1, 0} <= set(total.tolist())
    assert each.size == 2


def test_the_cells_of_all_follow_one_another():
    every = partitions()
    edges, found = starts(every), counts(every, CODES)
    assert edges[-1] == len(found) == sum(each.size for each in every)
    for first, last, each in zip(edges[:-1], edges[1:], every, strict=True):
        np.testing.assert_array_equal(found[first:last], each.counts(CODES))
        assert found[first:last].sum() == len(CODES)
    values = np.arange(len(every), dtype=np.float64)
    np.testing.assert_array_equal(
        spread(every, values), np.searchsorted(edges, np.arange(edges[-1]), "right") - 1.0
    )


def test_cell_1_has_what_is_forbidden():
    forbidden = np.zeros((SIZES[3], SIZES[0]), bool)
    forbidden[2, 1] = forbidden[4, 0] = True
    each = forbidding("rule", (3, 0), forbidden)
    np.testing.assert_array_equal(each.cells(CODES), forbidden[CODES[:, 3], CODES[:, 0]])
