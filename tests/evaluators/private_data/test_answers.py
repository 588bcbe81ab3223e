"""What follows from noisy counts: the number of rows, marginals, and signal told from noise."""

import numpy as np
import pytest
from partitions import MERGED, SIZES, partitions, tables

from evaluators.private_data import constraints
from evaluators.private_data.answers import Answers, cleared, forbidden, independent
from evaluators.private_data.domain import Domain
from evaluators.private_data.partition import Partition, counts

EVERY = partitions()
ROWS = 4000
(CODES,) = tables(np.random.default_rng(0), 1, ROWS)
CODES[:1500, 0] = 1
CODES[:900, 3] = 4
TRUE = counts(EVERY, CODES).astype(float)


def answers(deviations, seed=1, every=EVERY):
    deviations = np.broadcast_to(np.asarray(deviations, float), len(every))
    noise = [
        np.random.default_rng([seed, p]).normal(0, deviation, each.size)
        for p, (each, deviation) in enumerate(zip(every, deviations, strict=True))
    ]
    true = counts(every, CODES).astype(float)
    return Answers(tuple(every), true + np.concatenate(noise), deviations.copy())


def shares(column):
    return np.bincount(CODES[:, column], minlength=SIZES[column]) / ROWS


def test_parts_are_grids_where_they_can_be():
    parts = answers(0).parts()
    for part, each in zip(parts, EVERY, strict=True):
        assert part.shape == (each.shape or (each.size,))
        np.testing.assert_array_equal(part.ravel(), each.counts(CODES))
    assert parts[2].sum(axis=1).tolist() == np.bincount(CODES[:, 0]).tolist()


def test_what_was_not_measured_is_left_out():
    deviations = np.full(len(EVERY), 2.0)
    deviations[[0, 4, -1]] = np.inf
    known = Answers(EVERY, TRUE, deviations).known()
    kept = [each for p, each in enumerate(EVERY) if p not in (0, 4, len(EVERY) - 1)]
    assert known.partitions == tuple(kept)
    np.testing.assert_array_equal(known.counts, counts(kept, CODES))
    assert known.deviations.tolist() == [2.0] * len(kept)


def test_tiny_noise_gives_the_truth():
    found = answers(1e-4)
    assert found.total() == pytest.approx(ROWS, abs=1e-3)
    for column, marginal in enumerate(found.marginals(SIZES)):
        np.testing.assert_allclose(marginal, shares(column), atol=1e-7)


def test_the_total_weighs_every_sum_by_its_precision():
    """Of these two, sums have variances 4 * 1 and 400 * 1/25."""
    few, many = Partition.grid("f", (1,), [np.arange(4)]), wide()
    given = np.concatenate([np.full(4, 250.0), np.full(400, 3000 / 400)])
    found = Answers((few, many), given, np.array([1.0, 0.2])).total()
    assert found == pytest.approx((1000 / 4 + 3000 / 16) / (1 / 4 + 1 / 16))


def wide():
    return Partition.grid("w", (0, 1), [np.arange(20), np.arange(20)])


def test_totals_are_at_least_one_row():
    few = Partition.grid("f", (1,), [np.arange(4)])
    assert Answers((few,), np.full(4, -9.0), np.ones(1)).total() == 1.0


def test_marginals_weigh_every_grid_by_its_precision():
    one = Partition.grid("1", (0,), [np.arange(2)])
    pair = Partition.grid("2", (0, 1), [np.arange(2), np.arange(8)])
    given = np.concatenate([[100.0, 300.0], np.full(8, 20.0), np.full(8, 30.0)])
    first, _ = Answers((one, pair), given, np.array([2.0, 1.0])).marginals((2, 8))
    a, b = 1 / 4, 1 / 8  # precisions of a cell and of a sum of eight
    expected = np.array([100 * a + 160 * b, 300 * a + 240 * b]) / (a + b)
    np.testing.assert_allclose(first, expected / expected.sum())


def test_columns_of_which_nothing_is_known_are_even():
    merged = Partition.grid("m", (3,), [MERGED])
    kept = [EVERY[0], EVERY[7], merged]  # a sign and outcomes say nothing of a column either
    for column, marginal in enumerate(answers(1.0, every=kept).marginals(SIZES)):
        np.testing.assert_allclose(marginal, 1 / SIZES[column])


def test_no_code_is_without_a_chance():
    one = Partition.grid("1", (0,), [np.arange(3)])
    (marginal,) = Answers((one,), np.array([-50.0, 0.0, 400.0]), np.ones(1)).marginals((3,))
    np.testing.assert_allclose(marginal, np.array([0.5, 0.5, 400]) / 401)


def test_independence_is_the_product_of_merged_marginals():
    rng = np.random.default_rng(2)
    of = [rng.dirichlet(np.ones(size)) for size in SIZES]
    grid = Partition.grid("g", (3, 0), [MERGED, np.arange(3)])
    third = np.array([of[3][0], of[3][1] + of[3][2], of[3][3] + of[3][4]])
    np.testing.assert_allclose(independent(grid, of), np.outer(third, of[0]))


# --- Spectra ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(60, 40), (25, 90)])
def test_a_low_rank_matrix_is_found_in_noise(shape):
    rng = np.random.default_rng(3)
    signal = sum(
        strength * np.outer(*(v / np.linalg.norm(v) for v in (rng.normal(size=n) for n in shape)))
        for strength in (900.0, 500.0)
    )
    noisy = signal + rng.normal(0, 5.0, shape)
    found = cleared(noisy, 5.0)
    assert np.linalg.matrix_rank(found, tol=1e-6) == 2
    error = np.linalg.norm(found - signal) / np.linalg.norm(noisy - signal)
    expected = np.sqrt(2 * sum(shape) / np.prod(shape))  # degrees of freedom of rank 2
    assert error == pytest.approx(expected, rel=0.15)


def test_noise_alone_is_cleared_away():
    rng = np.random.default_rng(4)
    found = [np.abs(cleared(rng.normal(0, 7.0, (30, 50)), 7.0)).max() for _ in range(20)]
    assert np.median(found) == 0
    assert max(found) < 7.0


def test_a_value_is_shrunk_as_published():
    """Gavish and Donoho 2017, equation 7, with beta = 1/2 and a value of 3 (noise 1/sqrt(n))."""
    n, beta, value = 200, 0.5, 3.0
    matrix = np.zeros((100, n))
    matrix[0, 0] = value * np.sqrt(n)
    expected = np.sqrt((value**2 - beta - 1) ** 2 - 4 * beta) / value
    found = cleared(matrix, 1.0)
    assert found[0, 0] == pytest.approx(expected * np.sqrt(n))
    np.testing.assert_allclose(found.ravel()[1:], 0, atol=1e-9)
    np.testing.assert_allclose(cleared(6 * matrix, 6.0), 6 * found, atol=1e-9)


# --- Constraints ------------------------------------------------------------------------------

DOMAIN = Domain.from_json({"a": 2, "b": {"values": ["x", "y", "z"]}, "c": 4})
RULES = constraints.parse(["b == 'x' if a == 1", "c != 3"], DOMAIN)


def test_forbidden_cells_are_those_of_rules_on_the_columns_of_a_grid():
    sizes = {"a": 2, "b": 3, "c": 4}
    for columns in ("ab", "ba", "abc", "cab", "cba"):
        places = ["abc".index(column) for column in columns]
        grid = Partition.grid(columns, places, [np.arange(sizes[c]) for c in columns])
        found = forbidden(grid, RULES)
        for cell in np.ndindex(found.shape):
            row = dict(zip(columns, cell, strict=True))
            broken = row["a"] == 1 and row["b"] != 0
            assert found[cell] == (broken or row.get("c") == 3)


def test_a_rule_says_nothing_of_merged_codes_or_of_a_part_of_its_columns():
    merged = Partition.grid("g", (0, 1), [np.arange(2), np.array([0, 1, 1])])
    part = Partition.grid("g", (1,), [np.arange(3)])
    assert not forbidden(merged, RULES).any()
    assert not forbidden(part, RULES).any()
