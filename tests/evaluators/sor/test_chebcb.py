"""ChebCB by hand, its least squares against plain ones, and better than one arm for all."""

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from evaluators.sor.comparators.chebcb import ChebCB, Series

N = 2 + 4 * (1 + np.log(6))


def filled(rows, rng):
    features = np.polynomial.chebyshev.chebvander(rng.uniform(-1, 1, rows), 5)
    losses = 40 + 30 * features[:, 1] + rng.normal(0, 3, rows)
    series = Series(6)
    for each, loss in zip(features, losses, strict=True):
        series.add(each, loss)
    return series, features, losses


@pytest.mark.parametrize("rows", [1, 3, 6, 40])
def test_series_are_least_squares_of_least_norm(rows):
    series, features, losses = filled(rows, np.random.default_rng(rows))
    theta, residual = series.fit(100.0, np.full(6, np.inf))
    np.testing.assert_allclose(theta, np.linalg.pinv(features) @ losses / 100, atol=1e-9)
    assert residual == 0
    assert series.rows == rows


@pytest.mark.parametrize("rows", [8, 40])
def test_series_within_bounds(rows):
    series, features, losses = filled(rows, np.random.default_rng(rows))
    bound = np.full(6, 0.2)
    theta, residual = series.fit(100.0, bound)
    plain = lsq_linear(features, losses / 100, (-bound, bound), tol=1e-14)
    np.testing.assert_allclose(theta, plain.x, atol=1e-6)
    assert residual == pytest.approx(2 * plain.cost)
    assert residual > 0


def test_first_rounds_by_hand():
    learner = ChebCB(2, (0.0, 2.0))
    features = learner.features(1.0)
    np.testing.assert_allclose(features, [1, 0, -1, 0, 1, 0], atol=1e-15)
    np.testing.assert_allclose(learner.probabilities(features), [0.5, 0.5])
    learner.update(0, features, 10)
    # the loss 9 over K N = 10 N, spread by least norm over three terms
    y = 0.9 / N
    np.testing.assert_allclose(learner.theta[0], features * y / 3, atol=1e-15)
    np.testing.assert_array_equal(learner.theta[1], 0)
    alpha = (np.pi + 2 / np.pi * np.log(13)) / (14 * N)
    assert learner.rate == pytest.approx(2 * np.sqrt(2 / (1 / N**2 + 2 * alpha**2)))
    p = 1 / (2 + learner.rate * y)
    np.testing.assert_allclose(learner.probabilities(features), [p, 1 - p])
    learner.update(1, features, 4)
    # the largest count stays: predictions were 0 and 0 for losses 10 and 4 over 10 N
    errors = (1 + 0.16) / N**2
    assert learner.rate == pytest.approx(4 * np.sqrt(4 / (errors + 4 * alpha**2)))
    learner.update(1, features, 20)
    # a larger one scales everything anew; arm 1 has seen 3 and 19
    np.testing.assert_allclose(learner.theta[0] @ features, 9 / (20 * N))
    np.testing.assert_allclose(learner.theta[1] @ features, 11 / (20 * N))


def test_coefficients_stay_within_their_bounds():
    rng, learner = np.random.default_rng(0), ChebCB(3, (-1.0, 1.0))
    for context in rng.uniform(-1, 1, 300):
        features = learner.features(context)
        arm = int(rng.integers(3))
        learner.update(arm, features, round(500 * (1 + features[5])))  # slope of T_5: 0.5 / N
    bound = np.append(1, 2 / np.arange(1, 6)) / N
    assert np.all(abs(learner.theta) <= bound * (1 + 1e-9))
    assert np.any(abs(learner.theta) > bound * 0.999)


def test_no_iterations_at_all_are_no_mistake():
    learner = ChebCB(2, (-1.0, 1.0))
    learner.update(0, learner.features(0.3), 0)
    np.testing.assert_allclose(learner.probabilities(learner.features(0.1)), [0.5, 0.5])


def test_the_better_arm_of_every_context_is_learnt():
    rng, learner = np.random.default_rng(0), ChebCB(4, (-1.0, 1.0))
    paid, fixed = [], np.zeros(4)
    for context in rng.uniform(-1, 1, 1500):
        costs = 20 + np.round(60 * abs(context - np.array([-0.8, -0.2, 0.3, 0.9]))).astype(int)
        features = learner.features(context)
        p = learner.probabilities(features)
        assert p.sum() == pytest.approx(1, abs=1e-12)
        assert p.min() >= 0
        arm = int(rng.choice(4, p=p))
        learner.update(arm, features, int(costs[arm]))
        paid.append(costs[arm])
        fixed += costs
    assert np.mean(paid[750:]) < 0.8 * fixed.min() / 1500
