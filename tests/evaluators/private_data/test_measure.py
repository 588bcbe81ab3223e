"""Measuring: what is spent is within the budget, exactly, and scores move by what they may."""

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from partitions import SIZES, partitions, tables

from evaluators.private_data import measure, noise
from evaluators.private_data.options import Workload
from evaluators.private_data.partition import Partition
from evosearch.errors import ConfigError, UsageError

pytest.importorskip("opendp")

SINGLES = [Partition.grid("one", [c], [np.arange(size)]) for c, size in enumerate(SIZES)]
EVERY = (*partitions(), *SINGLES)
COLUMNS = list(range(len(EVERY) - len(SINGLES), len(EVERY)))
CODES = tables(np.random.default_rng(3), 1, 60)[0]
OTHER = tables(np.random.default_rng(4), 1, 37)[0]
RHO = Fraction(3, 170)


@pytest.fixture
def drawn(monkeypatch):
    """Variances and epsilons of everything that is drawn, in order."""
    variances, epsilons = [], []
    gaussian, choice = noise.discrete_gaussian, noise.report_noisy_max

    def counts(true, variance):
        variances.append(variance)
        return gaussian(true, variance)

    def choose(scores, sensitivity, epsilon):
        epsilons.append((sensitivity, epsilon))
        return choice(scores, sensitivity, epsilon)

    monkeypatch.setattr(noise, "discrete_gaussian", counts)
    monkeypatch.setattr(noise, "report_noisy_max", choose)
    return variances, epsilons


def spent(drawn, squared):
    variances, epsilons = drawn
    return sum(Fraction(squared) / (2 * each) for each in variances) + sum(
        epsilon**2 / 8 for _, epsilon in epsilons
    )


@pytest.mark.parametrize(("neighbours", "squared"), [("replace-one", 2), ("add-remove", 1)])
@pytest.mark.parametrize("split", [0.0, 0.2, 1.0])
def test_all_at_once_spend_no_more_than_the_budget(drawn, neighbours, squared, split):
    done = measure.at_once(EVERY, CODES, RHO, neighbours, split)
    assert len(drawn[0]) == len(EVERY)
    assert RHO * (1 - Fraction(1, 10**12)) < done.rho <= RHO
    assert spent(drawn, squared) == done.rho


@pytest.mark.parametrize(("neighbours", "squared"), [("replace-one", 2), ("add-remove", 1)])
@pytest.mark.parametrize(("rounds", "each"), [(1, 1), (3, 2), (2, 100)])
def test_rounds_and_choices_spend_no_more_than_the_budget(
    drawn, neighbours, squared, rounds, each
):
    workload = Workload(rounds=rounds, each=each, first=0.3, choice=0.2)
    done = measure.in_rounds(EVERY, COLUMNS, CODES, RHO, neighbours, workload, lambda _: OTHER)
    chosen = rounds * min(each, len(EVERY))  # none twice in a round
    assert len(drawn[0]) == len(done.measured) == len(COLUMNS) + chosen
    assert [sensitivity for sensitivity, _ in drawn[1]] == [squared] * chosen
    assert spent(drawn, squared) <= done.rho <= RHO
    assert done.rho > RHO * Fraction(99, 100)


@pytest.mark.parametrize("deviation", [0.3, 1e4, 1e200])
def test_scores_move_by_no_more_than_the_sensitivity(deviation):
    """Also in the last place: rows replaced, and rows left out, one after the other."""
    before = measure._gains(EVERY, CODES, OTHER, deviation, 61.7)
    for row in range(len(CODES)):
        replaced = CODES.copy()
        replaced[row] = CODES[row - 1]
        after = measure._gains(EVERY, replaced, OTHER, deviation, 61.7)
        assert abs(after - before).max() <= 2
        fewer = measure._gains(EVERY, np.delete(CODES, row, 0), OTHER, deviation, 61.7)
        assert abs(fewer - before).max() <= 1
    plain = [abs(p.counts(CODES) - 61.7 / 37 * p.counts(OTHER)).sum() for p in EVERY]
    left = sqrt(2 / np.pi) * deviation * np.array([p.size for p in EVERY])
    if deviation < 1e6:
        np.testing.assert_allclose(before, plain - left, atol=0.02 * max(p.size for p in EVERY))


@pytest.mark.parametrize("workload", [Workload(), Workload(rounds=2)])
def test_what_cannot_be_divided_or_drawn_is_found_before(workload, monkeypatch):
    measure.check(EVERY, COLUMNS, RHO, "replace-one", workload)
    with pytest.raises(ConfigError, match="measure less"):
        measure.check(EVERY, COLUMNS, Fraction(1, 1 << 130), "replace-one", workload)

    def absent():
        raise UsageError("no opendp")

    monkeypatch.setattr(noise, "_opendp", absent)
    with pytest.raises(UsageError, match="no opendp"):
        measure.check(EVERY, COLUMNS, RHO, "replace-one", workload)
