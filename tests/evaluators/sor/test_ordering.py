"""Colours never touch, and an ordering is a permutation of the unknowns."""

import numpy as np
import pytest
import scipy.sparse
from plain_sor import poisson, random_spd

from evaluators.sor.ordering import multicolour, order_of, red_black
from evosearch.errors import ConfigError


def touching(matrix, colours) -> int:
    """Entries off the diagonal that join two unknowns of one colour."""
    found = matrix.tocoo()
    off = (found.row != found.col) & (found.data != 0)
    return int((colours[found.row] == colours[found.col])[off].sum())


def test_red_black_of_a_grid_is_a_chessboard():
    colours = red_black(poisson(5))
    assert (colours == np.add.outer(np.arange(5), np.arange(5)).ravel() % 2).all()


def test_red_black_of_separate_parts():
    blocks = scipy.sparse.block_diag([poisson(3), [[2.0]], poisson(2)], format="csr")
    matrix = scipy.sparse.csr_array(blocks)
    colours = red_black(matrix)
    assert touching(matrix, colours) == 0
    assert colours[[0, 9, 10]].tolist() == [0, 0, 0]


def test_an_odd_cycle_has_no_red_black_ordering():
    triangle = scipy.sparse.csr_array(np.eye(3) * 3 - np.ones((3, 3)) / 2)
    with pytest.raises(ConfigError, match='write ordering = "multicolour"'):
        red_black(triangle)


@pytest.mark.parametrize(("n", "density"), [(40, 0.02), (40, 0.2), (25, 1.0)])
def test_multicolour(n, density):
    matrix = random_spd(n, density, 7)
    colours = multicolour(matrix)
    assert touching(matrix, colours) == 0
    degrees = np.diff(matrix.indptr) - 1
    assert colours.max() <= degrees.max()  # greedy colouring
    assert set(colours) == set(range(colours.max() + 1))


def test_multicolour_of_a_grid_is_red_black():
    assert (multicolour(poisson(6)) == red_black(poisson(6))).all()


def test_a_stored_zero_does_not_touch():
    alone = scipy.sparse.csr_array(
        (np.array([1.0, 0.0, 0.0, 1.0]), np.array([0, 1, 0, 1]), np.array([0, 2, 4])), shape=(2, 2)
    )
    assert red_black(alone).tolist() == [0, 0]


@pytest.mark.parametrize("name", ["lexicographic", "red-black", "multicolour"])
def test_colour_after_colour(name):
    order = order_of(poisson(4), name)
    assert sorted(order.permutation.tolist()) == list(range(16))
    assert sum(order.sizes) == 16
    for part in np.split(order.permutation, np.cumsum(order.sizes)[:-1]):
        assert (np.diff(part) > 0).all()
