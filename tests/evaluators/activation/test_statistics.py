"""P-values against closed forms and tables, corrections against a worked example."""

import math

import numpy as np
import pytest

from evaluators.activation.statistics import (
    holm,
    paired,
    rank_correlation,
    split_half,
    standard_error,
)


def with_t(t: float, n: int) -> np.ndarray:
    """n differences of which the mean is t standard errors."""
    values = np.random.default_rng(n).standard_normal(n)
    values -= values.mean()
    return values + t * values.std(ddof=1) / math.sqrt(n)


@pytest.mark.parametrize("t", [0.3, 1.0, 4.0, -2.5])
def test_p_values_of_two_and_three_pairs_are_the_closed_forms(t):
    """One degree of freedom is Cauchy's distribution; two have F = 1/2 + t / (2 sqrt(2 + t²))."""
    for n, below in ((2, 0.5 + math.atan(t) / math.pi), (3, 0.5 + t / (2 * math.sqrt(2 + t * t)))):
        found = paired(with_t(t, n), np.zeros(n))
        assert found.t == pytest.approx(t, rel=1e-12)
        assert found.greater == pytest.approx(1 - below, rel=1e-9)
        assert found.two_sided == pytest.approx(2 * min(below, 1 - below), rel=1e-9)


@pytest.mark.parametrize(
    ("degrees", "t", "two_sided"),
    [(7, 2.364624, 0.05), (15, 2.946713, 0.01), (31, 2.039513, 0.05), (31, 3.633456, 0.001)],
)
def test_p_values_are_those_of_tables(degrees, t, two_sided):
    found = paired(with_t(t, degrees + 1), np.zeros(degrees + 1))
    assert found.degrees == degrees
    assert found.two_sided == pytest.approx(two_sided, rel=1e-5)


def test_what_is_common_to_both_does_not_count():
    common = 10 * np.random.default_rng(1).standard_normal(8)
    own = with_t(3.0, 8)
    found = paired(common + own, common)
    assert found.difference == pytest.approx(own.mean())
    assert found.t == pytest.approx(3.0)
    turned = paired(common, common + own)
    assert turned.t == pytest.approx(-3.0)
    assert turned.greater == pytest.approx(1 - found.greater)
    assert turned.two_sided == pytest.approx(found.two_sided)


def test_equal_scores_differ_by_nothing_and_a_constant_difference_is_certain():
    same = paired(np.ones(4), np.ones(4))
    assert (same.t, same.two_sided, same.greater) == (0.0, 1.0, 0.5)
    more = paired(np.full(4, 2.0), np.ones(4))
    assert (more.two_sided, more.greater) == (0.0, 0.0)
    less = paired(np.ones(4), np.full(4, 2.0))
    assert (less.two_sided, less.greater) == (0.0, 1.0)


@pytest.mark.parametrize(
    "first", [np.ones(1), np.array([1.0, np.nan, 2.0])], ids=["one", "diverged"]
)
def test_without_pairs_there_is_no_p_value(first):
    found = paired(first, np.zeros(len(first)))
    assert math.isnan(found.two_sided)
    assert math.isnan(found.greater)


def test_standard_error_is_deviation_over_root_n():
    assert standard_error(np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx(
        math.sqrt(5 / 3) / 2, rel=1e-12
    )
    assert math.isnan(standard_error(np.ones(1)))


def test_holms_correction_of_a_worked_example():
    np.testing.assert_allclose(
        holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02], rtol=1e-12
    )
    np.testing.assert_allclose(holm(np.array([0.6, 0.7])), [1.0, 1.0])
    np.testing.assert_allclose(holm(np.array([np.nan, 0.01])), [1.0, 0.02])
    assert len(holm(np.zeros(0))) == 0


def test_holm_keeps_the_chance_of_a_false_finding():
    """8 tests of nothing, 4,000 times: a finding at 5 % in at most 5 % (+ 3 standard errors)."""
    rng = np.random.default_rng(2)
    false = [(holm(rng.random(8)) < 0.05).any() for _ in range(4_000)]
    assert np.mean(false) < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 4_000)
    assert np.mean(false) > 0.03


def test_rank_correlation_with_ties():
    first = np.array([1.0, 2.0, 3.0, 4.0])
    assert rank_correlation(first, np.exp(first)) == pytest.approx(1.0)
    assert rank_correlation(first, -first) == pytest.approx(-1.0)
    # Ranks 1.5, 1.5, 3, 4: deviations -1, -1, 0.5, 1.5 against -1.5, -0.5, 0.5, 1.5.
    tied = rank_correlation(first, np.array([5.0, 5.0, 6.0, 7.0]))
    assert tied == pytest.approx(4.5 / math.sqrt(5 * 4.5))
    assert math.isnan(rank_correlation(first, np.ones(4)))


def test_split_halves_agree_as_far_as_noise_lets_them():
    """Means over 8 of 16 seeds of deviation s correlate by 1 / (1 + s² / 8)."""
    rng = np.random.default_rng(3)
    quality, noise = rng.standard_normal((400, 1)), rng.standard_normal((400, 16))
    assert split_half(quality + 0 * noise) == pytest.approx(1.0)
    assert abs(split_half(noise)) < 0.1
    pearson = 1 / (1 + 2.0**2 / 8)
    spearman = 6 / math.pi * math.asin(pearson / 2)  # of two normal variables
    assert split_half(quality + 2 * noise) == pytest.approx(spearman, abs=0.05)
    assert split_half(quality + noise) == split_half(quality + noise)
