"""Comparators on small systems: bounds that must hold, formulas, messages."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from evaluators.sor.comparators.arms import ARMS
from evaluators.sor.comparators.chebcb import chebcb
from evaluators.sor.comparators.chebyshev import chebyshev, red_black, schedule
from evaluators.sor.comparators.closed_form import (
    extended,
    extended_omega,
    gauss_seidel,
    symmetric,
    symmetric_omega,
    young,
    young_omega,
)
from evaluators.sor.comparators.conjugate import (
    conjugate_gradients,
    ssor_conjugate_gradients,
)
from evaluators.sor.comparators.hindsight import best_fixed, oracle
from evaluators.sor.comparators.profiles import Profiles
from evaluators.sor.comparators.tsallis import tsallis_inf, tsallis_inf_cb
from evaluators.sor.problems import Problem, problem
from evosearch.errors import ConfigError

GRID = np.linspace(1.0, 1.9, 16)  # groups of 8 and 16 omegas share a compiled kernel


def draw(seed=0, **options):
    read = TypeAdapter(Problem).validate_python(options)
    return problem(read, np.random.default_rng(seed), Path())


@pytest.fixture(scope="module")
def profiles():
    return Profiles(
        draw(problem="laplacian", sizes=[5], instances=8, variance="high")
        + draw(1, problem="laplacian", sizes=[5], instances=8, variance="low")
    )


@pytest.fixture(scope="module")
def stiff():
    return Profiles(
        draw(problem="matrices", matrices=["builtin:bcsstk01", "builtin:LFAT5"], rhs=1)
    )


def test_young_is_the_optimum_of_the_spectral_radius():
    mu = np.array([0.1, 0.9, 0.999])
    omegas = young_omega(mu)
    for m, omega in zip(mu, omegas, strict=True):
        below = np.linspace(1.0, omega, 999)
        radius = (below * m + np.sqrt(np.maximum((below * m) ** 2 - 4 * (below - 1), 0))) ** 2 / 4
        assert np.all(radius[:-1] > omega - 1)
        assert radius[-1] == pytest.approx(omega - 1, rel=1e-4)
    np.testing.assert_allclose(extended_omega(1 - mu), omegas)
    assert np.isnan(young_omega(np.array([1.0, 1.5]))).all()


def test_tables_hold_what_solving_gives(profiles):
    table = profiles.table(GRID)
    assert table.shape == (16, 16)
    assert profiles.solve_grid(GRID) is profiles.solve_grid(GRID.copy())
    np.testing.assert_array_equal(table[:, 3], profiles.solve(np.full(16, GRID[3])).iterations)
    np.testing.assert_array_equal(table[:, 0], gauss_seidel(profiles).counts)


def test_oracle_and_best_fixed_are_what_they_say(profiles):
    table = profiles.table(GRID)
    best, fixed = oracle(profiles, GRID), best_fixed(profiles, GRID)
    np.testing.assert_array_equal(best.counts, table.min(axis=1))
    np.testing.assert_array_equal(
        best.counts, table[np.arange(16), abs(GRID - best.omegas[:, None]).argmin(axis=1)]
    )
    assert fixed.total == table.sum(axis=0).min()
    assert best.total < fixed.total
    assert "16 in [1, 1.9]" in best.notes
    assert f"omega = {fixed.omegas[0]:.4g}" in fixed.notes


def test_oracle_breaks_ties_by_crossings(profiles):
    best = oracle(profiles, GRID)
    found = profiles.solve_grid(GRID)
    table = found.iterations.reshape(16, 16)
    crossings = found.crossing.reshape(16, 16)
    for row in range(16):
        tied = np.flatnonzero(table[row] == table[row].min())
        assert best.omegas[row] == GRID[tied[crossings[row, tied].argmin()]]
    assert any((row == row.min()).sum() > 1 for row in table)


def test_young_is_nearly_the_oracle_of_consistently_ordered_matrices(profiles):
    told, best = young(profiles), oracle(profiles, GRID)
    assert 0.93 < told.total / best.total < 1.02  # the grid is coarse
    np.testing.assert_allclose(told.omegas, young_omega(profiles.fact("mu")), atol=1e-12)
    np.testing.assert_allclose(extended(profiles).omegas, told.omegas, atol=1e-9)
    assert told.notes == ""


def test_young_says_where_it_is_undefined(stiff):
    told = young(stiff)
    assert np.isnan(told.omegas[0])
    assert told.counts[0] == stiff.cap
    assert told.counts[1] < 120
    assert "undefined for 1 of 2, mu >= 1" in told.notes
    formula = extended(stiff)
    assert formula.counts[0] < 400
    assert formula.omegas[0] == pytest.approx(1.8947, abs=5e-4)


def test_what_is_not_solved_is_told():
    capped = Profiles(draw(problem="poisson", sizes=[5], instances=3), cap=5)
    told = gauss_seidel(capped)
    np.testing.assert_array_equal(told.counts, 5)
    assert told.notes == "3 of 3 not solved in 5 iterations"


def test_schedules_are_chebyshevs_and_tend_to_young():
    mu = np.array([0.3, 0.95, 0.99999])
    omegas = schedule(mu)
    np.testing.assert_array_equal(omegas[:, 0], 1)
    np.testing.assert_allclose(omegas[:, 1], 2 / (2 - mu**2))
    # omega_k = 2 T_k(1/mu) / (mu T_{k+1}(1/mu)), k the number of half sweeps before (Varga 5.17)
    for k in (2, 5, 20):
        first, second = (np.cosh(j * np.arccosh(1 / mu)) for j in (k, k + 1))
        np.testing.assert_allclose(omegas[:, min(k, omegas.shape[1] - 1)], 2 * first / mu / second)
    np.testing.assert_allclose(omegas[:, -1], young_omega(mu), atol=1e-12)
    assert schedule(mu, 7).shape == (3, 7)


def test_chebyshev_is_below_youngs_constant_in_the_same_order(profiles):
    told = chebyshev(profiles)
    assert told.notes == "red-black"
    assert told.omegas is None
    assert told.total < young(red_black(profiles)).total


def test_chebyshev_sweeps_by_hand():
    (systems,) = draw(problem="poisson", sizes=[5], instances=2)
    told = chebyshev(Profiles([systems])).counts
    matrix, mu = systems.matrix.toarray(), np.cos(np.pi / 6)
    red = np.add.outer(np.arange(5), np.arange(5)).ravel() % 2 == 0
    for row in range(2):
        b, x, omega, sweeps, half = systems.rhs[row], np.zeros(25), 1.0, 0, 0
        while np.linalg.norm(b - matrix @ x) >= 1e-8 * np.linalg.norm(b):
            for colour in (red, ~red):
                omega = {0: 1.0, 1: 2 / (2 - mu**2)}.get(half, 1 / (1 - mu**2 * omega / 4))
                x[colour] += omega * (b - matrix @ x)[colour] / 4
                half += 1
            sweeps += 1
        assert told[row] == sweeps


def test_conjugate_gradients_are_fewer(profiles):
    plain, symmetric = conjugate_gradients(profiles), ssor_conjugate_gradients(profiles, 1.3)
    assert symmetric.total < plain.total < oracle(profiles, GRID).total
    assert symmetric.name == "SSOR-CG, omega = 1.3"


@pytest.mark.parametrize("method", ["sor", "ssor-cg"])
def test_no_arm_of_a_bandit_beats_the_oracle(method):
    groups = draw(problem="heat", nx=[6], steps=1000, stride=125)
    profiles = Profiles(groups, method)
    best = oracle(profiles, ARMS)
    games = {
        "Tsallis-INF": lambda rng: tsallis_inf(profiles, rng),
        "Tsallis-INF-CB": lambda rng: tsallis_inf_cb(
            profiles, rng, context="kappa", interval=(0, 10), bins=6
        ),
        "Tsallis-INF, exact": lambda rng: tsallis_inf(profiles, rng, exact=True),
        "ChebCB": lambda rng: chebcb(profiles, rng, context="kappa", interval=(0, 10)),
    }
    for name, game in games.items():
        told = game(np.random.default_rng(3))
        assert told.name == name
        assert np.all(told.counts >= best.counts)
        np.testing.assert_array_equal(told.counts, profiles.solve(told.omegas).iterations)
        np.testing.assert_array_equal(told.omegas, game(np.random.default_rng(3)).omegas)
        assert not np.array_equal(told.omegas, game(np.random.default_rng(4)).omegas)
        assert "20 omegas in [1, 1.95]" in told.notes


def test_symmetric_sweeps_have_a_formula_of_their_own():
    np.testing.assert_allclose(symmetric_omega(np.array([0.4, 0.5, 0.92])), [1, 1, 2 / 1.4])
    profiles = Profiles(draw(problem="heat", nx=[6], steps=1000, stride=125), "ssor-cg")
    told = symmetric(profiles)
    np.testing.assert_allclose(told.omegas, symmetric_omega(profiles.fact("mu")), atol=1e-9)
    assert told.total <= 1.1 * oracle(profiles, ARMS).total


def test_contexts_have_to_be_there(profiles):
    with pytest.raises(ConfigError, match=r"laplacian-5 has no fact 'kappa'; expected one of c, "):
        chebcb(profiles, np.random.default_rng(0), context="kappa")
