"""The chain, against a plain account of the energy and of its random numbers."""

import numpy as np
from partitions import SIZES, marginals, partitions, tables

from evaluators.private_data.chains import Chains
from evaluators.private_data.layout import SHARES, alias
from evaluators.private_data.partition import counts, spread

ROWS = 40
EVERY = partitions()
WEIGHTS = 2.0 ** np.random.default_rng(3).integers(-3, 3, len(EVERY))  # exact in 32 bits
MARGINALS = marginals(np.random.default_rng(4))
CHAINS = Chains.over(EVERY, SIZES, WEIGHTS, MARGINALS)


def targets(seed, number=1):
    """Counts of other tables, and quarters of a row."""
    rng = np.random.default_rng(seed)
    found = [counts(EVERY, table) for table in tables(rng, number, ROWS)]
    return np.array(found) + rng.integers(-8, 8, (number, len(found[0]))) / 4


def seeds(*values):
    return np.array(values, np.uint64)


def energy(table, target):
    return float(spread(EVERY, WEIGHTS) @ (counts(EVERY, table) - target) ** 2)


class Plain:
    """The same chain in plain Python; its energy is counted anew for every proposal."""

    def __init__(self, seed):
        self.random = seed
        self.aliases = [alias(marginal) for marginal in MARGINALS]
        self.accepted = 0

    def bits(self):
        x = self.random
        self.random = (x * 6364136223846793005 + 1442695040888963407) % 2**64
        mixed, turn = ((x >> 18 ^ x) >> 27) % 2**32, x >> 59
        return (mixed >> turn | mixed << (-turn % 32)) % 2**32

    def draw(self, column):
        chances, aliases = self.aliases[column]
        bits = self.bits()
        place = (bits >> 16) * SIZES[column] >> 16
        return place if bits % SHARES < chances[place] else aliases[place]

    def sweep(self, table, target, temperature):
        table = table.copy()
        for row in range(len(table)):
            for column in range(len(SIZES)):
                value = self.draw(column)
                uniform = ((self.bits() >> 8) + 1) / 2**24
                moved = table.copy()
                moved[row, column] = value
                change = energy(moved, target) - energy(table, target)
                if value != table[row, column] and change < -temperature * np.log(uniform):
                    table, self.accepted = moved, self.accepted + 1
        return table


def test_moves_are_those_of_a_plain_chain():
    heat = [30.0, 5.0, 0.5, 0.0]
    start, goal = tables(np.random.default_rng(0), 3, ROWS), targets(1, 3)
    found, rows, accepted = CHAINS.run(start, goal, [heat, heat[:2], []], seeds(7, 2**63 + 5, 9))
    for at, seed, temperatures in ((0, 7, heat), (1, 2**63 + 5, heat[:2]), (2, 9, [])):
        plain, table = Plain(seed), start[at]
        for temperature in temperatures:
            table = plain.sweep(table, goal[at], temperature)
        np.testing.assert_array_equal(found[at], table)
        assert accepted[at] == plain.accepted
        np.testing.assert_array_equal(rows[at], counts(EVERY, table))
    assert accepted[0] > ROWS  # they were tested on something


def test_counts_that_come_back_are_those_of_the_table():
    start = tables(np.random.default_rng(5), 4, ROWS)
    goal = targets(6, 4) + np.random.default_rng(7).normal(size=(4, 1)) * 1e4 / 3
    found, rows, _ = CHAINS.run(start, goal, [[1e4] * 30] * 4, seeds(1, 2, 3, 4))
    assert (found != start).mean() > 0.3
    for table, each in zip(found, rows, strict=True):
        np.testing.assert_array_equal(each, counts(EVERY, table))


def test_at_temperature_0_the_energy_never_rises():
    (goal,), table = targets(8), tables(np.random.default_rng(9), 1, ROWS)
    lows = [energy(table[0], goal)]
    for sweep in range(12):
        table, _, (accepted,) = CHAINS.run(table, goal[None], [[0.0]], seeds(100 + sweep))
        lows.append(energy(table[0], goal))
        assert lows[-1] < lows[-2] or (accepted == 0 and lows[-1] == lows[-2])
    assert lows[-1] < 0.2 * lows[0]


def test_a_lower_temperature_is_a_lower_energy():
    start, goal = tables(np.random.default_rng(10), 6, ROWS), targets(11)
    mean = []
    for temperature in (1000.0, 30.0, 1.0):
        heat = [[temperature] * 30] * 6
        found, _, _ = CHAINS.run(start, np.tile(goal, (6, 1)), heat, seeds(*range(6)))
        mean.append(np.mean([energy(table, goal[0]) for table in found]))
    assert mean[0] > 1.5 * mean[1] > 3 * mean[2]


def test_at_infinite_temperature_rows_are_drawn_from_the_marginals():
    rows = 20_000
    (start,), goal = tables(np.random.default_rng(12), 1, rows), targets(13)
    (found,), _, _ = CHAINS.run(start[None], goal, [[np.inf] * 3], seeds(14))
    for column, marginal in enumerate(MARGINALS):
        share = np.bincount(found[:, column], minlength=SIZES[column]) / rows
        np.testing.assert_allclose(share, marginal, atol=0.015)
    pair = np.bincount(found[:, 0] * 5 + found[:, 3], minlength=15).reshape(3, 5) / rows
    np.testing.assert_allclose(pair, np.outer(MARGINALS[0], MARGINALS[3]), atol=0.012)


def test_the_stationary_distribution_is_the_tempered_one():
    """Of tables of one row, whose probabilities can be listed: marginal times exp(-E / T)."""
    one = tables(np.random.default_rng(15), 1500, 1)
    goal = np.random.default_rng(16).normal(0.3, 0.5, (1, len(targets(0)[0])))
    temperature = 2.5
    found, _, _ = CHAINS.run(
        one, np.tile(goal, (1500, 1)), [[temperature] * 60] * 1500, seeds(*range(1500))
    )
    listed = np.stack(np.meshgrid(*map(np.arange, SIZES), indexing="ij"), -1).reshape(-1, 4)
    listed = listed.astype(np.uint16)
    prior = np.prod([m[listed[:, c]] for c, m in enumerate(MARGINALS)], axis=0)
    low = np.array([energy(row[None], goal[0]) for row in listed])
    expected = prior * np.exp(-(low - low.min()) / temperature)
    expected /= expected.sum()
    strides = np.cumprod([1, *SIZES[:0:-1]])[::-1]
    share = np.bincount(found[:, 0].astype(int) @ strides, minlength=len(listed)) / 1500
    noise = np.sqrt(expected / 1500)
    assert 0.5 * np.abs(share - expected).sum() < 1.3 * 0.4 * noise.sum()
    assert 0.5 * np.abs(prior - expected).sum() > 4 * 0.4 * noise.sum()  # or nothing is shown
