"""Iterations of conjugate gradients are those of a textbook implementation."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from plain_sor import poisson, random_spd, shifted
from scipy.sparse.linalg import spsolve_triangular

from evaluators.sor.matrix_file import find, read
from evaluators.sor.problems.heat import HeatOptions, heat
from evaluators.sor.solver import cg, jacobi_cg, ssor_cg
from evaluators.sor.systems import Systems


def textbook(matrix, b, start, solve, *, tolerance=1e-8, cap=10_000) -> int:
    """Iterations until ||r|| <= tolerance ||b||."""
    x, r = start, b - matrix @ start
    z = p = solve(r)
    for k in range(cap):
        if np.linalg.norm(r) <= tolerance * np.linalg.norm(b):
            return k
        q = matrix @ p
        alpha = (r @ z) / (p @ q)
        x, old = x + alpha * p, r @ z
        r = r - alpha * q
        z = solve(r)
        p = z + (r @ z) / old * p
    return cap


def ssor(matrix, omega):
    """Solves with (D + omega L^T) D^-1 (D + omega L)."""
    diagonal = matrix.diagonal()
    lower = omega * scipy.sparse.tril(matrix, -1) + scipy.sparse.diags_array(diagonal)
    lower, upper = scipy.sparse.csr_array(lower), scipy.sparse.csr_array(lower.T)

    def solve(r):
        half = spsolve_triangular(upper, r, lower=False)
        return spsolve_triangular(lower, diagonal * half)

    return solve


def group(matrix, shifts, starts=False) -> Systems:
    rng = np.random.default_rng(0)
    shape = (len(shifts), matrix.shape[0])
    return Systems(
        "test",
        matrix,
        np.array(shifts),
        rng.normal(size=shape),
        rng.normal(size=shape) if starts else None,
    )


def expected(systems, which, solver_of):
    starts = np.zeros_like(systems.rhs) if systems.starts is None else systems.starts
    matrices = [shifted(systems.matrix, shift) for shift in systems.shifts]
    return [
        textbook(matrices[t], systems.rhs[t], starts[t], solver_of(lane, matrices[t]))
        for lane, t in enumerate(which)
    ]


@pytest.mark.parametrize("starts", [False, True])
def test_ssor(starts):
    systems = group(poisson(9), (0.0, 0.5, -0.1), starts)
    which, omegas = np.arange(60) % 3, np.linspace(0.7, 1.9, 60)
    counts = ssor_cg(systems, which, omegas)
    found = expected(systems, which, lambda lane, matrix: ssor(matrix, omegas[lane]))
    assert counts.iterations.tolist() == found
    assert counts.converged.all()
    assert ((counts.crossing > counts.iterations - 1) & (counts.crossing <= found)).all()


def test_ssor_without_pattern():
    systems = group(random_spd(60, 0.4, 2), (0.0, 0.3))
    which, omegas = np.arange(6) % 2, np.linspace(0.5, 1.8, 6)
    found = expected(systems, which, lambda lane, matrix: ssor(matrix, omegas[lane]))
    assert ssor_cg(systems, which, omegas).iterations.tolist() == found


def test_jacobi_and_none():
    systems = group(random_spd(60, 0.1, 4), (0.0, 0.3))
    which = np.array([0, 1])
    plain = expected(systems, which, lambda *_: lambda r: r)
    scaled = expected(systems, which, lambda _, matrix: lambda r: r / matrix.diagonal())
    assert cg(systems, which).iterations.tolist() == plain
    assert jacobi_cg(systems, which).iterations.tolist() == scaled
    assert plain != scaled


@pytest.mark.parametrize(
    ("name", "expected"), [("LFAT5", [36, 11, 9]), ("Trefethen_500", [217, 11, 6])]
)
def test_real_matrices_by_an_independent_implementation(name, expected):
    """Plain, with Jacobi's preconditioner and with SSOR at omega = 1."""
    (path,) = find(f"builtin:{name}", Path())
    systems, which = group(read(path), (0.0,)), np.zeros(1, int)
    counts = [cg(systems, which), jacobi_cg(systems, which), ssor_cg(systems, which, np.ones(1))]
    assert [int(each.iterations[0]) for each in counts] == expected


def test_a_start_may_be_good_enough():
    matrix = poisson(4)
    x = np.arange(16.0)
    systems = Systems("exact", matrix, np.zeros(1), (matrix @ x)[None], x[None])
    counts = ssor_cg(systems, np.zeros(1, int), np.array([1.3]))
    assert (counts.iterations[0], counts.crossing[0], counts.converged[0]) == (0, 0, True)


def test_cap():
    systems = group(poisson(12), (0.0,))
    counts = cg(systems, np.zeros(1, int), cap=5)
    assert (counts.iterations[0], counts.crossing[0], counts.converged[0]) == (5, 5, False)


@pytest.fixture(scope="module")
def steps() -> Systems:
    """All steps of the heat equation on 24 x 24 points."""
    (systems,) = heat(HeatOptions(problem="heat", nx=[25]), np.random.default_rng(0))
    return systems


def test_total_of_the_heat_equation_with_youngs_omega(steps):
    """Khodak et al. (2024), n = 576, as an independent implementation in C counts them."""
    young = 2 / (1 + np.sqrt(1 - steps.facts["mu"] ** 2))
    assert ssor_cg(steps, np.arange(5000), young).iterations.sum() == 24_055


@pytest.mark.slow
def test_other_totals_of_the_heat_equation(steps):
    which = np.arange(5000)
    assert ssor_cg(steps, which, np.ones(5000)).iterations.sum() == 32_800
    assert cg(steps, which).iterations.sum() == 85_422


def test_means_of_an_independent_implementation():
    """In C, on the shifted 10 x 10 grids of Khodak et al. (2024) at low variance."""
    shifts = -0.15 + 0.6 * np.random.default_rng(1).beta(2, 6, 300)
    systems = group(poisson(10), shifts)
    which = np.arange(300)
    assert abs(cg(systems, which).iterations.mean() - 33.1) < 0.2
    means = [
        ssor_cg(systems, which, np.full(300, omega)).iterations.mean()
        for omega in (1.0, 1.2, 1.4, 1.5, 1.6, 1.7)
    ]
    np.testing.assert_allclose(means, [15.8, 14.0, 13.3, 13.7, 14.6, 16.1], atol=0.3)
