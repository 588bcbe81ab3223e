"""Accounting: sound for every order, as tight as dp-accounting, tighter than the closed form."""

from fractions import Fraction
from math import log, sqrt

import mpmath
import numpy as np
import pytest
from dp_accounting import dp_event
from dp_accounting.rdp import rdp_privacy_accountant

from evaluators.private_data.accounting import epsilon_of, rho_of
from evosearch.errors import ConfigError

N = 27253
CASES = [(e, d) for e in (0.07, 0.52, 1.0, 3.0, 10.0) for d in (1 / N**2, 1e-5, 1e-12)]


def test_published_values():
    delta = Fraction(1, N**2)
    published = {
        0.07: 9.082e-5,
        0.23: 9.012e-4,
        0.52: 4.340e-3,
        0.74: 8.550e-3,
        3: 0.12244,
        10: 1.1047,
    }
    for epsilon, rho in published.items():
        assert float(rho_of(epsilon, delta)) == pytest.approx(rho, rel=1e-4)
    assert float(rho_of(1, delta)) == pytest.approx(0.0152292, abs=5e-8)


@pytest.mark.parametrize(("epsilon", "delta"), CASES)
def test_the_definition_holds_for_what_comes_out_and_for_nothing_larger(epsilon, delta):
    rho = rho_of(epsilon, delta)

    def lowest_delta(rho):
        """Corollary 13 over a fine grid of orders, with 50 digits."""
        with mpmath.workdps(50):
            best = mpmath.inf
            for t in np.linspace(-4, 14, 1801).tolist():
                order = 1 + mpmath.exp(t)
                grown = mpmath.exp((order - 1) * (order * rho - epsilon))
                best = min(best, grown * (1 - 1 / order) ** order / (order - 1))
            return best

    exact = mpmath.mpf(rho.numerator) / rho.denominator
    assert lowest_delta(exact) <= delta * (1 + 1e-3)  # the grid may miss the best order
    assert lowest_delta(exact * (1 + 1e-4)) > delta


@pytest.mark.parametrize(("epsilon", "delta"), CASES)
def test_conversions_are_inverse_and_round_to_the_safe_side(epsilon, delta):
    rho = rho_of(epsilon, delta)
    assert epsilon <= epsilon_of(rho, delta) * (1 + 1e-12)
    assert epsilon_of(rho, delta) == pytest.approx(epsilon, rel=1e-12)
    assert rho_of(epsilon_of(rho, delta), delta) == pytest.approx(rho, rel=1e-12)
    assert rho_of(epsilon, delta) <= rho_of(epsilon * (1 + 1e-9), delta)


@pytest.mark.parametrize(("epsilon", "delta"), CASES)
def test_as_dp_accounting_has_it(epsilon, delta):
    rho = rho_of(epsilon, delta)
    accountant = rdp_privacy_accountant.RdpAccountant(
        orders=1 + np.exp(np.linspace(-4, 12, 4001)),
        neighboring_relation=rdp_privacy_accountant.NeighborRel.ADD_OR_REMOVE_ONE,
    )
    accountant.compose(dp_event.GaussianDpEvent(1 / sqrt(2 * rho)))
    theirs = accountant.get_epsilon(delta)
    assert theirs == pytest.approx(epsilon, rel=1e-5)
    assert theirs >= epsilon * (1 - 1e-12)


@pytest.mark.parametrize(("epsilon", "delta"), CASES)
def test_better_than_the_closed_form_of_bun_and_steinke(epsilon, delta):
    closed = (sqrt(log(1 / delta) + epsilon) - sqrt(log(1 / delta))) ** 2
    assert closed < rho_of(epsilon, delta) < 2.5 * closed


@pytest.mark.parametrize("epsilon", [1e-9, 1e-4, 100.0, 1e6])
@pytest.mark.parametrize("delta", [1e-300, 0.3])
def test_far_away_values_stay_sound(epsilon, delta):
    rho = rho_of(epsilon, delta)
    assert 0 < rho < epsilon + 1
    assert epsilon_of(rho, delta) <= epsilon * (1 + 1e-6)


def test_nothing_spent_costs_nothing():
    assert epsilon_of(0, 1e-9) == 0.0


@pytest.mark.parametrize(
    ("epsilon", "delta"), [(0, 0.1), (-1, 0.1), (1, 0), (1, 1), (float("nan"), 0.1)]
)
def test_what_is_no_privacy_is_refused(epsilon, delta):
    with pytest.raises(ConfigError, match="expected a number more than 0"):
        rho_of(epsilon, delta)
