"""True error: against the definition, cell by cell."""

from itertools import combinations

import numpy as np
import pytest

from evaluators.private_data.true_error import true_errors

SIZES = (3, 2, 4)


def plain(real, synthetic):
    """The definitions, with loops."""

    def share(table, columns, codes):
        return np.mean(
            [all(row[c] == k for c, k in zip(columns, codes, strict=True)) for row in table]
        )

    ones = [
        0.5 * sum(abs(share(real, [c], [k]) - share(synthetic, [c], [k])) for k in range(SIZES[c]))
        for c in range(3)
    ]
    cells = {
        (a, b): [
            abs(share(real, [a, b], [j, k]) - share(synthetic, [a, b], [j, k]))
            for j in range(SIZES[a])
            for k in range(SIZES[b])
        ]
        for a, b in combinations(range(3), 2)
    }
    every = np.concatenate(list(cells.values()))
    distances = [sum(one) / 2 for one in cells.values()]
    return {
        "avg_tvd_1": np.mean(ones),
        "avg_tvd_2": np.mean(distances),
        "max_tvd_2": max(distances),
        "mean_cell_2": every.mean(),
        "max_cell_2": every.max(),
    }


def table(seed, rows):
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(0, size, rows) for size in SIZES], axis=1).astype(np.uint16)


def test_figures_are_those_of_the_definitions():
    real, synthetic = table(1, 40), table(2, 17)
    assert true_errors(real, synthetic, SIZES) == pytest.approx(plain(real, synthetic))


def test_a_table_is_no_distance_from_itself_repeated():
    real = table(1, 40)
    assert set(true_errors(real, np.tile(real, (3, 1)), SIZES).values()) == {0.0}


def test_one_column_has_no_pairs():
    assert true_errors(table(1, 9)[:, :1], table(2, 9)[:, :1], [3]).keys() == {"avg_tvd_1"}
