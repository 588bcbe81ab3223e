"""Ritz values against the eigenvalues of dense matrices."""

import numpy as np
from plain_sor import poisson, random_spd, shifted

from evaluators.sor.lanczos import lowest_ritz, ritz
from evaluators.sor.systems import Systems


def group(matrix, shifts) -> Systems:
    rhs = np.random.default_rng(0).normal(size=(len(shifts), matrix.shape[0]))
    return Systems("test", matrix, np.array(shifts), rhs)


def scaled(systems, t):
    dense = shifted(systems.matrix, systems.shifts[t]).toarray()
    half = 1 / np.sqrt(np.diag(dense))
    return half[:, None] * dense * half


def test_as_many_steps_as_unknowns_find_both_ends():
    systems = group(random_spd(12, 0.5, 1), (0.0, 0.7))
    found = ritz(systems, 12, np.random.default_rng(1).normal(size=12))
    for t in range(2):
        eigenvalues = np.linalg.eigvalsh(scaled(systems, t))
        np.testing.assert_allclose(found.lowest[t, -1], eigenvalues[0], rtol=1e-9)
        np.testing.assert_allclose(found.highest[t, -1], eigenvalues[-1], rtol=1e-9)


def test_each_step_is_the_rayleigh_quotient_of_a_krylov_space():
    systems = group(random_spd(40, 0.2, 2), (0.0, 0.3, 1.0))
    start = np.random.default_rng(3).normal(size=40)
    found = ritz(systems, 6, start)
    for t in range(3):
        matrix, krylov = scaled(systems, t), start[:, None]
        for step in range(6):
            basis = np.linalg.qr(krylov)[0]
            values = np.linalg.eigvalsh(basis.T @ matrix @ basis)
            np.testing.assert_allclose(found.lowest[t, step], values[0], rtol=1e-7)
            np.testing.assert_allclose(found.highest[t, step], values[-1], rtol=1e-7)
            krylov = np.column_stack([krylov, matrix @ krylov[:, -1]])


def test_no_more_directions_than_unknowns():
    """A third step has nowhere to go: values stay."""
    systems = group(poisson(2)[:2, :2], (0.0, 1.0))
    found = ritz(systems, 5, np.array([1.0, 2.0]))
    assert (found.lowest[:, 1:] == found.lowest[:, 1:2]).all()
    np.testing.assert_allclose(found.lowest[:, -1], [0.75, 0.8])
    np.testing.assert_allclose(found.mu[:, -1], [0.25, 0.2])


def test_an_eigenvector_gives_one_value():
    systems = group(poisson(3), (0.0,))
    vector = np.outer(np.sin(np.arange(1, 4) * np.pi / 4), np.sin(np.arange(1, 4) * np.pi / 4))
    found = ritz(systems, 4, vector.ravel())
    np.testing.assert_allclose(found.lowest, 1 - np.cos(np.pi / 4))
    np.testing.assert_allclose(found.highest, 1 - np.cos(np.pi / 4))


def test_jacobi_radius_of_the_model_problem_from_below():
    systems = group(poisson(10), (0.0, -0.1, 0.4))
    found = ritz(systems, 20, np.random.default_rng(0).normal(size=100))
    exact = 4 * np.cos(np.pi / 11) / (4 + systems.shifts)
    assert (np.diff(found.mu, axis=1) > -1e-12).all()
    assert (found.mu[:, -1] <= exact + 1e-12).all()
    assert (found.mu[:, -1] > exact - 1e-3).all()


def test_systems_do_not_depend_on_each_other():
    systems = group(poisson(6), np.linspace(-0.1, 0.4, 7))
    together = lowest_ritz(systems, 9)
    alone = [lowest_ritz(systems.take(np.array([t])), 9)[0] for t in range(7)]
    np.testing.assert_allclose(together, alone, rtol=1e-12)
