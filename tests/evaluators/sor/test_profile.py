"""Iterations looked up."""

import numpy as np
import pytest

from evaluators.sor.profile import HIGHEST, LOWEST, Profile, grid
from evaluators.sor.squash import unsquash

OMEGAS = grid(9)
COUNTS = np.array([[90.0, 80, 70, 60, 50, 40, 30, 50, 90], [9.0, 8, 7, 6, 5, 4, 3, 2, 1]])


def test_the_table_itself_and_between_its_points():
    assert OMEGAS[[0, -1]] == pytest.approx([LOWEST, HIGHEST])
    profile, values = Profile(COUNTS), unsquash(OMEGAS)
    found = profile.at(np.stack([values, values], axis=1))
    np.testing.assert_allclose(found, COUNTS.T, rtol=1e-12)
    between = profile.at(np.full((1, 2), (values[2] + values[3]) / 2))
    np.testing.assert_allclose(between[0], np.sqrt(COUNTS[:, 2] * COUNTS[:, 3]))
    np.testing.assert_allclose(profile.best, OMEGAS[[6, 8]])


def test_beyond_the_table_it_costs_more_with_distance():
    profile = Profile(COUNTS)
    far = profile.at(np.array([[-3.0, 9.0], [-6.0, 12.0], [-1e300, np.inf], [np.nan, np.nan]]))
    assert (np.diff(far[:3], axis=0) > 0).all()
    assert (far[0] > [90, 1]).all()
    assert np.isfinite(far).all()
