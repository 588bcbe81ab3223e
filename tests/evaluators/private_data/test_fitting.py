"""Fitting: the cost of rules while little is measured, and answers that are almost all noise."""

import numpy as np
import pytest
from partitions import SIZES, marginals, partitions, tables

from evaluators.private_data import fitting as fitting_module
from evaluators.private_data.constraints import Constraint
from evaluators.private_data.fitting import Fitting
from evaluators.private_data.options import Fit
from evaluators.private_data.partition import counts
from evaluators.private_data.repair import breaking
from evaluators.private_data.target import Target

EVERY = partitions()
RULE = Constraint("rule", (0,), np.arange(SIZES[0]) == 0)


def fitting(cells, deviations, constraints=(), **fit):
    deviations = np.array(deviations)
    shares = marginals(np.random.default_rng(1))
    target = Target(cells, deviations, 1 / deviations**2, shares, 50.0)
    return Fitting(EVERY, SIZES, target, constraints, Fit(**fit))


def cost_of_a_rule(deviations):
    """Its weight in the energy of chains."""
    cells = np.zeros(sum(each.size for each in EVERY))
    layout = fitting(cells, deviations, [RULE])._chains(1.0, None).layout
    return layout.weights[0, layout.touched[0].tolist().index(len(EVERY))]


def test_a_rule_costs_the_same_while_little_is_measured():
    little = [3.0] + [np.inf] * (len(EVERY) - 1)
    assert cost_of_a_rule(little) == cost_of_a_rule([3.0] * len(EVERY)) > 0


def test_targets_beyond_all_room_pull_in_their_direction():
    size = EVERY[0].size
    cells = np.zeros(sum(each.size for each in EVERY))
    cells[:size] = 1e12 * np.array([1, -1])
    deviations = [1.0] + [1e6] * (len(EVERY) - 1)
    born = tables(np.random.default_rng(2), 1, 40)
    assert counts(EVERY, born[0])[0] < 35
    strict = fitting(cells, deviations, temperature=0.0, spectral=0.0)
    found = strict.refine(born, np.array([7], np.uint64))
    assert counts(EVERY, found[0])[0] > 35  # some rows would need two changes at once


@pytest.mark.parametrize("temperature", [0.0, 0.02])
def test_hardly_a_row_is_left_to_repair(monkeypatch, temperature):
    """Although what is wanted breaks the rule."""
    left = []

    def repaired(table, constraints, _):
        left.append(breaking(constraints, table).sum())
        return table

    monkeypatch.setattr(fitting_module, "repaired", repaired)
    wanted, born = tables(np.random.default_rng(3), 2, 50)
    assert (wanted[:, 0] == 0).sum() > 9
    cells = counts(EVERY, wanted).astype(float)
    fits = fitting(cells, [1.0] * len(EVERY), [RULE], temperature=temperature)
    fits.refine(born[None], np.array([7], np.uint64))
    assert left[0] <= 2
