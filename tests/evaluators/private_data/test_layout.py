"""The arrays of the chain say the same as the partitions."""

import numpy as np
import pytest
from partitions import SIZES, marginals, partitions, tables

from evaluators.private_data.layout import BLOCK, SHARES, alias, layout_of
from evaluators.private_data.partition import Kind

EVERY = partitions()
WEIGHTS = np.arange(1.0, len(EVERY) + 1)
LAYOUT = layout_of(EVERY, SIZES, WEIGHTS, marginals(np.random.default_rng(0)))


def test_steps_of_members_add_up_to_the_sums_of_partitions():
    (codes,) = tables(np.random.default_rng(1), 1, 50)
    for p, each in enumerate(EVERY):
        total = np.zeros(50, int)
        for column, slot in zip(LAYOUT.members[p], LAYOUT.slots[p], strict=True):
            if column < len(SIZES):
                total += LAYOUT.steps[LAYOUT.firsts[column] + codes[:, column], slot]
        if LAYOUT.kinds[p] == Kind.SIGN:
            cells = total >= 0
        elif LAYOUT.kinds[p] == Kind.OUTCOME:
            cells = LAYOUT.outcomes[LAYOUT.places[p] + total]
        else:
            cells = total
        np.testing.assert_array_equal(cells, each.cells(codes))
    np.testing.assert_array_equal(LAYOUT.starts[1:], np.cumsum([e.size for e in EVERY])[:-1])


def test_every_column_touches_its_partitions_once_and_padding_does_nothing():
    for column in range(len(SIZES)):
        plain, end = LAYOUT.blocks[column] * BLOCK
        steps = LAYOUT.steps[LAYOUT.firsts[column] : LAYOUT.firsts[column + 1]]
        found = []
        for q, p in enumerate(LAYOUT.touched[column]):
            if LAYOUT.weights[column, q] == 0:
                assert not steps[:, q].any()
                continue
            assert q < end
            assert (EVERY[p].kind == Kind.CELL) == (q < plain)
            assert LAYOUT.weights[column, q] == WEIGHTS[p]
            found.append(p)
        assert sorted(found) == [p for p, each in enumerate(EVERY) if column in each.columns]


@pytest.mark.parametrize("size", [1, 2, 3, 17, 500])
@pytest.mark.parametrize("spread", [0.05, 1.0, 100.0])
def test_chances_and_aliases_give_the_marginal(size, spread):
    marginal = np.random.default_rng(size).dirichlet(np.full(size, spread))
    chances, aliases = alias(marginal)
    assert ((chances >= 0) & (chances <= SHARES)).all()
    drawn = np.bincount(aliases, SHARES - chances, minlength=size) + chances
    np.testing.assert_allclose(drawn / (size * SHARES), marginal, atol=1 / SHARES)


def test_a_marginal_need_not_add_up_to_1():
    for once, again in zip(
        alias(np.array([1.0, 3, 4])), alias(np.array([2.0, 6, 8])), strict=True
    ):
        np.testing.assert_array_equal(once, again)
