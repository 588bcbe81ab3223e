"""Targets: what noise is cleared of, what cannot be, and what weighs more."""

import numpy as np
import pytest

from evaluators.private_data import constraints
from evaluators.private_data.answers import Answers
from evaluators.private_data.domain import Domain
from evaluators.private_data.options import Fit
from evaluators.private_data.partition import Partition, counts
from evaluators.private_data.target import debiased, target_of

DOMAIN = Domain.from_json({"a": 30, "b": 30, "c": 30, "d": 2})
SIZES, ROWS, DEVIATION = DOMAIN.sizes, 20_000, 25.0


def private():
    """a and b are alike; c depends on nothing."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, SIZES, (ROWS, 4))
    same = rng.random(ROWS) < 0.9
    codes[same, 1] = codes[same, 0]
    codes[:, 3] &= codes[:, 0] > 20
    return codes.astype(np.uint16)


CODES = private()
EVERY = (
    Partition.grid("a x b", (0, 1), [np.arange(30)] * 2),
    Partition.grid("a x c", (0, 2), [np.arange(30)] * 2),
    Partition.grid("d x a", (3, 0), [np.arange(2), np.arange(30)]),
    Partition.grid("b", (1,), [np.arange(30)]),
    Partition.sign("sign", (0,), [np.arange(30) - 9]),
)
TRUE = counts(EVERY, CODES).astype(float)


def answers(deviation, seed=1):
    noise = np.random.default_rng(seed).normal(0, 1, len(TRUE)) * deviation
    return Answers(EVERY, TRUE + noise, np.full(len(EVERY), float(deviation)))


def target(given, rules=(), rows=ROWS, **options):
    return target_of(given, SIZES, constraints.parse(list(rules), DOMAIN), Fit(**options), rows)


def parts(values):
    return np.split(values, np.cumsum([each.size for each in EVERY])[:-1])


def test_without_noise_the_target_is_the_truth():
    found = target(answers(1e-3), rows=None, spectral=0.9)
    np.testing.assert_allclose(found.counts, TRUE, atol=0.01)
    assert found.rows == pytest.approx(ROWS, abs=0.1)
    share = CODES[:, 3].mean()
    np.testing.assert_allclose(found.marginals[3], [1 - share, share], atol=1e-6)


def test_a_public_number_of_rows_is_taken_as_it_is():
    assert target(answers(1.0), rows=12_345).rows == 12_345


def test_spectra_clear_pairs_of_noise():
    given = answers(DEVIATION)
    plain, clear = target(given, spectral=0.0), target(given, spectral=0.99)
    np.testing.assert_array_equal(plain.counts, given.counts)
    errors = [
        [
            np.sqrt(np.mean((part - true) ** 2))
            for part, true in zip(*map(parts, each), strict=True)
        ]
        for each in ((plain.counts, TRUE), (clear.counts, TRUE))
    ]
    assert errors[1][0] < 1.2 * errors[0][0]  # of full rank: there is nothing to clear
    assert errors[1][1] < 0.35 * errors[0][1]  # of rank 0 but for its marginals
    assert errors[1][3:] == errors[0][3:]  # no pairs


def test_no_row_is_wanted_where_none_can_be():
    found = parts(target(answers(DEVIATION), ["d == 0 if a <= 20"]).counts)
    cells = found[2].reshape(2, 30)
    assert not cells[1, :21].any()
    assert cells[0].all()
    assert cells[1, 21:].all()
    assert found[0].all()


def test_pairs_weigh_by_their_signal():
    given = answers(DEVIATION)
    even = target(given, strength=0.0).weights
    np.testing.assert_allclose(even, DEVIATION**-2)
    weights = target(given, strength=0.1).weights / even
    assert weights[2] > 1 > weights[1] >= 0.5
    assert weights[0] > weights[1]
    assert weights[3:].tolist() == [1.0, 1.0]  # nothing is known of their signal
    strong = target(given, strength=1.0).weights / even
    assert strong.max() <= 2
    assert strong.min() >= 0.5
    assert strong[:3].max() == pytest.approx(2)


def test_less_noise_weighs_more():
    given = answers(DEVIATION)
    given.deviations[3] = 5.0
    assert target(given, strength=0.0).weights[3] == pytest.approx(1 / 25)


def test_what_was_not_measured_weighs_nothing():
    given = answers(DEVIATION)
    given.deviations[1] = np.inf
    found = target(given)
    assert found.weights[1] == 0
    assert not parts(found.counts)[1].any()
    assert np.isfinite(found.weights).all()


def test_only_what_stands_out_is_given_back():
    goal = np.array([10.0, 20, 30, 40])
    residual = np.array([3.0, -3.0, 0.9, -9.0])
    deviations = np.array([1.0, 1.0, 1.0, 4.0])
    found = debiased(goal, residual, deviations, threshold=2.0)
    assert found.tolist() == [11.0, 19.0, 30.0, 39.0]
    np.testing.assert_array_equal(debiased(goal, residual, deviations, 0.0), goal + residual)


@pytest.mark.parametrize("threshold", [0.0, 1.25])
def test_what_was_not_measured_is_not_given_back(threshold):
    found = debiased(np.zeros(2), np.array([5.0, 5.0]), np.array([np.inf, 1.0]), threshold)
    assert found.tolist() == [0.0, 5.0 - threshold]
