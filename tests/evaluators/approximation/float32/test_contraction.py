"""Products fused into sums: the same real function, fewer operations."""

import numpy as np
import pytest
from programs import program, random_programs

from evaluators.approximation.float32 import arithmetic
from evaluators.approximation.float32.contraction import ambiguous, contract
from evosearch.genomes.canonical import canonical
from evosearch.genomes.primitives import BY_CODE, BY_NAME, PrimitiveSet

X = np.linspace(0.1, 1, 50)


def names(programs) -> list[str]:
    return [BY_CODE[code].name for code in programs.ops[0, : programs.lengths[0]].tolist()]


def values(programs, row: int = 0) -> np.ndarray:
    return arithmetic.in_float64(programs, row, programs.constants[row : row + 1], X)[0]


@pytest.mark.parametrize(
    ("nodes", "fused"),
    [
        ([("mul", "x", "c0"), ("add", "n0", "c1")], ["fma"]),
        ([("mul", "x", "x"), ("sub", "n0", "c0")], ["fma"]),
        ([("mul", "x", "c0"), ("sub", "c1", "n0")], ["fma"]),
        ([("mul", "x", "c0"), ("sub", "x", "n0")], ["fma"]),
        ([("mul", "x", "x"), ("sub", "c0", "n0")], ["neg", "fma"]),
        ([("mul", "x", "x"), ("sub", "n0", "x")], ["neg", "fma"]),
        ([("mul", "x", "x"), ("add", "x", "c0"), ("sub", "n0", "n1")], ["add", "neg", "fma"]),
        ([("mul", "x", "c0"), ("mul", "x", "x"), ("add", "n0", "n1")], ["mul", "fma"]),
        ([("mul", "x", "c0"), ("add", "n0", "c1"), ("mul", "n1", "n0")], ["mul", "add", "mul"]),
        ([("mul", "x", "c0"), ("add", "n0", "x"), ("mul", "n1", "x")], ["fma", "mul"]),
    ],
)
def test_single_products_are_fused(nodes, fused):
    before = canonical(program(nodes, [0.75, 1.25]))
    after = contract(before)
    assert names(after) == fused
    np.testing.assert_allclose(values(after), values(before), rtol=1e-14)
    assert ambiguous(before).all() == (fused != names(before))
    assert not ambiguous(after).any()


def test_any_program_means_the_same():
    rng = np.random.default_rng(0)
    chosen = PrimitiveSet.named(["add", "sub", "mul", "fma"])
    before = canonical(random_programs(rng, 400, 9, chosen))
    after = contract(before)
    for row in range(len(before)):
        np.testing.assert_allclose(values(after, row), values(before, row), rtol=1e-9, atol=1e-9)
    assert (after.ops == BY_NAME["fma"].code).sum() > (
        before.ops == BY_NAME["fma"].code
    ).sum() + 40
    assert not ambiguous(after).any()
    assert contract(after).digests() == after.digests()
