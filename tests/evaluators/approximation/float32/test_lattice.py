"""Lattice reduction and the nearest plane; the grid of float32 numbers."""

import numpy as np
import pytest

from evaluators.approximation.float32 import grid, lattice
from evaluators.approximation.interval import Interval
from evosearch.errors import ConfigError


def skewed(n: int) -> np.ndarray:
    """A basis of the integer lattice, hidden behind long combinations."""
    rng = np.random.default_rng(n)
    basis = np.eye(n, dtype=np.int64)
    for _ in range(12):
        i, j = rng.choice(n, 2, replace=False)
        basis[:, i] += rng.integers(-3, 4) * basis[:, j]
    return basis.astype(np.float64)


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_reduction_finds_the_short_basis(n):
    basis = skewed(n) if n > 1 else np.ones((1, 1))
    combination = lattice.reduce(np.concatenate([basis, 1e-3 * np.eye(n)]))
    assert abs(round(np.linalg.det(combination))) == 1  # the same lattice
    lengths = np.linalg.norm(basis @ combination, axis=0)
    assert lengths.max() < 2 if n > 1 else lengths == 1
    if n > 2:
        assert np.linalg.norm(basis, axis=0).max() > 4  # it was not short before


def test_nearest_plane_beats_rounding_each_by_itself():
    basis = skewed(6)
    rng = np.random.default_rng(0)
    nearer = 0
    combination = lattice.reduce(basis)
    for _ in range(50):
        target = rng.normal(size=6) * 20
        plane = basis @ combination @ lattice.nearest_plane(basis @ combination, target)
        alone = basis @ np.rint(np.linalg.solve(basis, target))
        assert np.linalg.norm(plane - target) <= np.sqrt(6) / 2 * 1.5
        nearer += np.linalg.norm(plane - target) < np.linalg.norm(alone - target)
    assert nearer > 25


def test_places_are_in_order_and_come_back():
    values = np.array(
        [-3.4028235e38, -1.0, -(2.0**-149), 0.0, 2.0**-149, 2.0**-126, 1.0, 1.5, 3.4028235e38],
        np.float32,
    )
    places = grid.index(values)
    assert (np.diff(places) > 0).all()
    assert places[2:5].tolist() == [-1, 0, 1]
    np.testing.assert_array_equal(grid.number(places), values)
    following = grid.number(places[:-1] + 1)
    np.testing.assert_array_equal(following, np.nextafter(values[:-1], np.float32(np.inf)))
    assert grid.index(np.array([-0.0], np.float32)) == 0


@pytest.mark.parametrize(
    ("text", "first", "last", "count"),
    [
        ("[0, 1]", 0.0, 1.0, 0x3F800001),
        ("(0, 1)", 2.0**-149, 1 - 2.0**-24, 0x3F7FFFFF),
        ("[-1, 1]", -1.0, 1.0, 2 * 0x3F800000 + 1),
        ("[0.1, 0.5]", 0.10000000149011612, 0.5, None),  # the float32 nearest 0.1 is above it
        ("[0.3, 0.7]", 0.30000001192092896, 0.699999988079071, None),
    ],
)
def test_ends_are_the_float32_inside(text, first, last, count):
    low, high = grid.ends(Interval.parse(text))
    assert grid.number(np.array([low, high])).tolist() == [first, last]
    assert count is None or high - low + 1 == count


def test_an_interval_without_a_float32_is_refused():
    with pytest.raises(ConfigError, match="found none"):
        grid.ends(Interval(1 + 1e-9, 1 + 2e-9))
