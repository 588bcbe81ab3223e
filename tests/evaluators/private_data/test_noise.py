"""Noise: as much as was asked for, and no more spent than was said. Thresholds: one in 10^6."""

import sys
from fractions import Fraction
from math import sqrt

import numpy as np
import pytest

from evaluators.private_data import noise
from evosearch.errors import EvaluatorError, UsageError

DRAWS = 20_000
ERRORS = 5  # standard errors


@pytest.mark.parametrize("variance", [Fraction(9, 4), Fraction(12477)])
def test_noise_has_mean_zero_and_the_variance_asked_for(variance):
    counts = np.arange(DRAWS, dtype=np.int64)
    drawn = noise.discrete_gaussian(counts, variance) - counts
    assert drawn.dtype == np.int64
    assert abs(drawn.mean()) < ERRORS * sqrt(variance / DRAWS)
    # of a normal variable the square has variance 2 sigma^4
    assert abs(np.mean(drawn**2) - variance) < ERRORS * variance * sqrt(2 / DRAWS)


def test_noise_is_new_each_time():
    zeros = np.zeros(100, np.int64)
    np.random.seed(1)  # noqa: NPY002
    one = noise.discrete_gaussian(zeros, Fraction(10000))
    np.random.seed(1)  # noqa: NPY002
    assert (one != noise.discrete_gaussian(zeros, Fraction(10000))).any()


@pytest.mark.parametrize("neighbours", ["replace-one", "add-remove"])
def test_opendp_says_that_no_more_than_asked_is_spent(neighbours):
    rng = np.random.default_rng(1)
    for rho in (10 ** rng.uniform(-7, 1, 300)).tolist():
        asked = Fraction(rho)
        stated = noise.stated(noise.variance_of(asked, neighbours), neighbours)
        assert stated.rho <= asked
        assert stated.rho == pytest.approx(asked, rel=1e-14)


def test_nothing_is_drawn_where_opendp_says_that_more_is_spent(monkeypatch):
    monkeypatch.setattr(noise, "_up", lambda scale: scale * (1 - 1e-9))
    with pytest.raises(EvaluatorError, match="OpenDP says"):
        noise.discrete_gaussian(np.zeros(2, np.int64), Fraction(100))
    with pytest.raises(EvaluatorError, match="OpenDP says"):
        noise.report_noisy_max(np.zeros(2), Fraction(1), Fraction(1))


def test_replacing_a_row_needs_twice_the_variance_of_adding_one():
    rho = Fraction(1, 100)
    assert noise.variance_of(rho, "replace-one") == 100
    assert noise.variance_of(rho, "add-remove") == 50


def test_scales_are_never_below_the_root():
    for variance in (Fraction(1, 3), Fraction(2), Fraction(10**30 + 1, 7), Fraction(1, 10**12)):
        scale = Fraction(noise.stated(variance, "add-remove").scale)
        assert variance < scale**2 < variance * (1 + Fraction(1, 10**14))


def test_the_choice_follows_the_exponential_mechanism():
    scores = np.array([0.0, 1.0, 2.0])
    epsilon, sensitivity = Fraction(1), Fraction(1, 2)
    chosen = [noise.report_noisy_max(scores, sensitivity, epsilon) for _ in range(4000)]
    weights = np.exp(float(epsilon) * scores / (2 * float(sensitivity)))
    expected = weights / weights.sum()
    found = np.bincount(chosen, minlength=3) / len(chosen)
    assert (abs(found - expected) < 5.2 * np.sqrt(expected * (1 - expected) / len(chosen))).all()


def test_a_clear_winner_wins():
    assert (
        noise.report_noisy_max(np.array([0.0, 500.0, 1.0]), Fraction(1, 7), Fraction(3, 10)) == 1
    )


def test_without_opendp_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)
    with pytest.raises(UsageError, match=r"evosearch\[dp\]"):
        noise.discrete_gaussian(np.zeros(2, np.int64), Fraction(1))


def test_no_noise_is_refused():
    with pytest.raises(ValueError, match="more than 0"):
        noise.discrete_gaussian(np.zeros(2, np.int64), Fraction(0))
