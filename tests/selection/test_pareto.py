"""Fronts and crowding distances against DEAP's own."""

import numpy as np
import pytest
from deap import base, tools
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evosearch.selection.pareto import crowding, fronts, nondominated

many = settings(deadline=None, derandomize=True, max_examples=60)


@st.composite
def costs(draw, least=1):
    shape = draw(st.tuples(st.integers(least, 24), st.integers(1, 4)))
    levels = draw(st.sampled_from([2, 4, 1000]))
    return draw(arrays(np.float64, shape, elements=st.integers(-levels, levels).map(float)))


class Individual:
    def __init__(self, row, fitness):
        self.row, self.fitness = row, fitness


def individuals(costs):
    fitness = type("Fitness", (base.Fitness,), {"weights": (-1.0,) * costs.shape[1]})
    return [Individual(row, fitness(values)) for row, values in enumerate(costs.tolist())]


@given(costs())
@many
def test_fronts_are_deaps(costs):
    expected = np.zeros(len(costs), int)
    for rank, front in enumerate(tools.sortNondominated(individuals(costs), len(costs))):
        expected[[individual.row for individual in front]] = rank
    assert fronts(costs).tolist() == expected.tolist()


@given(costs())
@many
def test_crowding_is_deaps_within_each_front(costs):
    ranks = fronts(costs)
    ours = crowding(costs, ranks)
    people = individuals(costs)
    for rank in range(ranks.max() + 1):
        front = [person for person in people if ranks[person.row] == rank]
        tools.emo.assignCrowdingDist(front)
        expected = [person.fitness.crowding_dist for person in front]
        np.testing.assert_array_equal(ours[ranks == rank], expected)


@given(costs())
@many
def test_nondominated_is_the_first_front_without_repetitions(costs):
    chosen = np.flatnonzero(nondominated(costs))
    front = np.flatnonzero(fronts(costs) == 0)
    first = {tuple(costs[row]): row for row in front[::-1].tolist()}
    assert sorted(first.values()) == chosen.tolist()


def test_fronts_by_hand():
    costs = np.array([[1.0, 4.0], [2.0, 2.0], [4.0, 1.0], [3.0, 3.0], [4.0, 4.0], [2.0, 2.0]])
    assert fronts(costs).tolist() == [0, 0, 0, 1, 2, 0]
    assert nondominated(costs).tolist() == [True, True, True, False, False, False]
    middle = crowding(costs[:3], np.zeros(3, np.int64))[1]
    assert middle == pytest.approx(3 / (2 * 3) + 3 / (2 * 3))


def test_nobody_has_no_front():
    empty = np.zeros((0, 2))
    assert (
        len(fronts(empty)) == len(nondominated(empty)) == len(crowding(empty, fronts(empty))) == 0
    )
