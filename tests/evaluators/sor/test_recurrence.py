"""Recurrences of half sweeps."""

import numpy as np

from evaluators.sor.comparators.chebyshev import schedule
from evaluators.sor.recurrence import omegas


def test_chebyshevs_method_is_one():
    mu = np.array([0.86, 0.9595, 0.9969])
    found = omegas(np.array([[0.5, *[0.25] * 20]]), mu)[0]
    np.testing.assert_allclose(found, schedule(mu, found.shape[1]), rtol=1e-14)


def test_omegas_stay_inside():
    found = omegas(np.array([[0.6, 0.6, 0.6, 0.0]]), np.array([0.999]))[0, 0]
    assert found[0] == 1
    assert ((found > 0) & (found < 2)).all()
    assert found[-1] == 1
