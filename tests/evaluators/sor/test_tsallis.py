"""Tsallis-INF against its defining equations, and better than chance."""

import numpy as np
import pytest

from evaluators.sor.comparators.tsallis import TsallisINF, TsallisINFCB, probabilities


@pytest.mark.parametrize("rounds", [1, 30, 5000])
def test_probabilities_solve_the_equation(rounds):
    rng, rate = np.random.default_rng(rounds), 2 / np.sqrt(rounds)
    losses = rounds * rng.uniform(0.8, 4.0, 20)
    p = probabilities(losses, rate)
    assert p.sum() == pytest.approx(1, abs=1e-12)
    # p_i = 4 / (rate (losses_i - x))^2: the x of every arm is the same, and below all losses
    x = losses - 2 / (rate * np.sqrt(p))
    np.testing.assert_allclose(x, x[0], rtol=1e-9)
    assert x[0] < losses.min()


@pytest.mark.parametrize("exact", [True, False])
def test_first_rounds_by_hand(exact):
    bandit = TsallisINF(2, exact)
    np.testing.assert_allclose(bandit.weights(), [0.5, 0.5])
    bandit.update(0, 0.5, 4)
    # sums 6 and 0 over the mean 3: 2 and 0; eta = sqrt(2): 2 / (2 - x)^2 + 2 / x^2 = 1, so
    # with y = 1 - x: (y^2 + 1) 4 = (y^2 - 1)^2, y^2 = 3 + sqrt(12)
    y = np.sqrt(3 + np.sqrt(12))
    np.testing.assert_allclose(bandit.weights(), [2 / (y + 1) ** 2, 2 / (y - 1) ** 2])
    bandit.update(1, 0.25, 7)
    # sums 6 and 24 over the mean 4.5
    np.testing.assert_allclose(
        bandit.weights(), probabilities(np.array([6, 24]) / 4.5, 2 / np.sqrt(3))
    )


def test_losses_of_nothing_leave_the_choice_uniform():
    bandit = TsallisINF(4)
    bandit.update(2, 0.25, 1)
    np.testing.assert_array_equal(bandit.weights(), np.full(4, 0.25))


def test_the_published_start_ends_at_a_pole_when_losses_are_large():
    losses, rate = np.linspace(60.0, 300.0, 20), 2 / np.sqrt(200)
    weights = probabilities(losses, rate, -1.0)
    assert weights.sum() > 1e6
    assert weights.max() > 0.999 * weights.sum()
    assert 0.4 < probabilities(losses, rate)[0] < 0.5


def test_weights_that_are_none_are_uniform(monkeypatch):
    bandit = TsallisINF(4)
    bandit.update(1, 0.25, 3)
    for useless in (np.inf, np.nan, 0.0):
        monkeypatch.setattr(
            "evaluators.sor.comparators.tsallis.probabilities",
            lambda *_, useless=useless: np.full(4, useless),
        )
        np.testing.assert_array_equal(bandit.weights(), np.full(4, 0.25))


def play(bandit, costs, rng):
    paid = []
    for row in costs:
        arm, weight = bandit.choose(rng)
        bandit.update(arm, weight, int(row[arm]))
        paid.append(row[arm])
    return np.array(paid)


@pytest.mark.parametrize("exact", [True, False])
def test_a_stationary_game_is_learnt(exact):
    rng = np.random.default_rng(0)
    means = np.array([80, 40, 20, 60, 100])
    costs = rng.poisson(means, (1000, 5))
    paid = play(TsallisINF(5, exact), costs, rng)
    assert paid.mean() < 0.6 * means.mean()
    assert paid[-300:].mean() < 1.25 * means.min()
    again = play(TsallisINF(5, exact), costs, np.random.default_rng(1))
    np.testing.assert_array_equal(
        again, play(TsallisINF(5, exact), costs, np.random.default_rng(1))
    )


@pytest.mark.parametrize(
    ("context", "place"), [(-9, 0), (-0.15, 0), (0.0, 0), (0.02, 1), (0.64, 4), (0.65, 4), (9, 4)]
)
def test_bins(context, place):
    learner = TsallisINFCB(3, (-0.15, 0.65), 5)
    assert learner.bandit(context) is learner.bandits[place]
