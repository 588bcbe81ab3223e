"""Migration around the ring."""

import numpy as np
from populations import population

from evosearch.contracts import Status
from evosearch.selection import migrate


def rng():
    return np.random.default_rng(0)


def ring():
    return [
        population([1.0, 2.0, 3.0], ids=[1, 2, 3]),
        population([9.0, 8.0, 7.0], ids=[4, 5, 6]),
        population([4.0, 5.0, 6.0], ids=[7, 8, 9]),
    ]


def test_the_best_of_each_island_move_one_on():
    islands = migrate(ring(), 2, rng())
    assert [island.ids.tolist() for island in islands] == [
        [1, 2, 3, 7, 8],
        [4, 5, 6, 1, 2],
        [7, 8, 9, 6, 5],
    ]


def test_what_is_known_there_is_not_copied():
    twins = [population([1.0, 2.0], ids=[1, 2]), population([5.0, 1.0], ids=[3, 1])]
    islands = migrate(twins, 1, rng())
    assert [island.ids.tolist() for island in islands] == [[1, 2], [3, 1]]


def test_failures_stay_at_home():
    islands = [population([np.nan], ids=[1], status=[Status.ERROR]), population([1.0], ids=[2])]
    assert [island.ids.tolist() for island in migrate(islands, 3, rng())] == [[1, 2], [2]]


def test_one_island_keeps_what_it_has():
    assert migrate(ring()[:1], 2, rng())[0].ids.tolist() == [1, 2, 3]


def test_it_can_be_repeated_and_the_whole_front_travels_in_time():
    costs = np.stack([np.arange(10.0), -np.arange(10.0)], axis=1)
    islands = [population(costs), population([[50.0, 50.0]], ids=[99])]
    draws = [migrate(islands, 3, np.random.default_rng(seed))[1].ids for seed in range(40)]
    again = [migrate(islands, 3, np.random.default_rng(seed))[1].ids for seed in range(40)]
    np.testing.assert_array_equal(draws, again)
    assert set(np.concatenate(draws).tolist()) == {*range(1, 11), 99}
