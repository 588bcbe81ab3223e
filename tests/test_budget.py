"""Budgets: the first limit reached stops a campaign."""

import numpy as np
import pytest
from pydantic import ValidationError

from evosearch.budget import Budget
from evosearch.contracts import Objective

KINDS = (Objective("error"), Objective("accuracy", "maximize"))
FRONT = np.array([[0.1, 0.5], [0.4, 0.9]])


def spent(budget, *, generation=3, evaluations=100, seconds=5.0, front=FRONT):
    return budget.spent(
        generation=generation,
        evaluations=evaluations,
        seconds=seconds,
        front=front,
        objectives=KINDS,
    )


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"generations": 4}, None),
        ({"generations": 3}, "3 generations"),
        ({"evaluations": 101, "seconds": 5.1}, None),
        ({"evaluations": 100}, "100 evaluations"),
        ({"seconds": 5}, "5 seconds"),
        ({"generations": 9, "seconds": 1}, "5 seconds"),
    ],
)
def test_limits(limits, reason):
    assert spent(Budget(**limits)) == reason


@pytest.mark.parametrize(
    ("target", "reached"),
    [
        ({"error": 0.1}, True),
        ({"error": 0.09}, False),
        ({"accuracy": 0.9}, True),
        ({"accuracy": 0.95}, False),
        ({"error": 0.4, "accuracy": 0.9}, True),
        ({"error": 0.1, "accuracy": 0.9}, False),  # each reached, by different individuals
    ],
)
def test_a_target_is_reached_by_one_individual_in_all_objectives(target, reached):
    assert (spent(Budget(target=target)) is not None) == reached


def test_an_empty_front_reaches_no_target():
    assert spent(Budget(target={"error": 1.0}), front=np.zeros((0, 2))) is None


def test_a_budget_needs_an_end():
    with pytest.raises(ValidationError, match="nothing would stop the campaign"):
        Budget()


def test_fraction_is_the_share_of_the_nearest_limit():
    place = {"generation": 5, "evaluations": 80, "seconds": 1.0}
    assert Budget(generations=10, evaluations=100).fraction(**place) == 0.8
    assert Budget(generations=1).fraction(**place) == 1.0
    assert Budget(target={"error": 0.0}).fraction(**place) is None
