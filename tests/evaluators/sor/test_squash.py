"""Values as omegas."""

import numpy as np
import pytest

from evaluators.sor.squash import HIGHEST, LOWEST, squash, unsquash


def test_zero_is_gauss_seidel_and_omegas_stay_inside():
    values = np.array([0.0, -1e9, 1e9, 30.0, np.nan])
    found = squash(values)
    assert found[0] == 1.0
    assert found[1:3].tolist() == [LOWEST, HIGHEST]
    assert 0 < found[3] < 2
    assert np.isnan(found[4])


def test_omegas_come_back():
    omegas = np.array([0.2, 1.0, 1.56039, 1.9943])
    assert squash(unsquash(omegas)) == pytest.approx(omegas, rel=1e-14)


def test_youngs_formula_in_that_value():
    mu = np.array([0.5, 0.9, 0.999])
    young = 2 / (1 + np.sqrt(1 - mu**2))
    assert unsquash(young) == pytest.approx(-0.5 * np.log(1 - mu**2))
