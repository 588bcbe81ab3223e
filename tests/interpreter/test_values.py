"""The interpreter against NumPy, one instruction at a time and on random programs."""

import numpy as np
import pytest
from programs import program, random_programs

from evosearch import interpreter
from evosearch.assembly import assemble
from evosearch.genomes.evaluate import evaluate as reference
from evosearch.genomes.primitives import ARITHMETIC, CORE, PrimitiveSet
from evosearch.genomes.program import ProgramBatch

X = np.random.default_rng(1).uniform(0.2, 2.0, (3, 100))


def assert_same(got, want, rtol):
    same = np.isclose(got, want, rtol=rtol, atol=0, equal_nan=True)
    assert same.all(), np.stack([got[~same], want[~same]])[:, :5]


@pytest.mark.parametrize("name", CORE.names)
def test_every_primitive_with_rows_and_constants(name):
    primitive = PrimitiveSet.named([name]).members[0]
    operands = [["x0", "x1", "x2"], ["c0", "x1", "x2"], ["x0", "c0", "x2"], ["x0", "x1", "c0"]]
    seen = {tuple(o[: primitive.arity]) for o in operands}
    seen.add(("x0", "c0", "c1")[: primitive.arity])
    for args in sorted(seen):
        if all(arg.startswith("c") for arg in args):
            continue
        constants = [0.7, 1.3][: sum(arg.startswith("c") for arg in args)]
        one = program([(name, *args)], constants, inputs=3)
        assert_same(interpreter.evaluate(one, X, primitives=CORE), reference(one, X), 1e-14)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 2e-3)])
def test_random_programs_with_sharing(dtype, rtol):
    programs = random_programs(np.random.default_rng(2), 200, 12, CORE, inputs=3)
    got = interpreter.evaluate(programs, X.astype(dtype))
    want = reference(programs, X.astype(dtype), dtype=dtype)
    assert got.dtype == dtype
    finite = np.isfinite(got) & np.isfinite(want) & (np.abs(want) < 1e6) & (np.abs(want) > 1e-6)
    # ill-conditioned programs may differ more than rounding: nearly all must agree
    assert np.isclose(got[finite], want[finite], rtol=rtol).mean() > 0.995
    assert (np.isnan(got) == np.isnan(want)).mean() > 0.995


def test_arithmetic_is_exact():
    programs = random_programs(np.random.default_rng(3), 300, 20, ARITHMETIC, inputs=3)
    np.testing.assert_array_equal(interpreter.evaluate(programs, X), reference(programs, X))


def test_programs_without_operations():
    identity = ProgramBatch.identity(2, n_inputs=3)
    np.testing.assert_array_equal(interpreter.evaluate(identity, X), X[[0, 0]])
    constant = program([], [2.5], inputs=3, output="c0")
    np.testing.assert_array_equal(interpreter.evaluate(constant, X), np.full((1, 100), 2.5))


def test_sixty_four_inputs():
    x = np.arange(64.0)[:, None] + np.zeros((1, 5))
    last = program([("sub", "x63", "x0")], [], inputs=64)
    np.testing.assert_array_equal(interpreter.evaluate(last, x), np.full((1, 5), 63.0))


@pytest.mark.parametrize("points", [1, 15, 16, 1000, 1025, 5000])
def test_losses_over_tiles(points):
    x = np.linspace(0.1, 1, points)[None]
    target, weights = np.exp2(x[0]), np.linspace(1, 2, points)
    programs = random_programs(np.random.default_rng(4), 50, 8, ARITHMETIC)
    residual = weights * (reference(programs, x) - target)
    with np.errstate(all="ignore"):
        squares, worst = (residual**2).sum(axis=1), np.abs(residual).max(axis=1)
    got = interpreter.loss(programs, x, target, weights, "sum_squares")
    assert_same(got, squares, 1e-12)
    got = interpreter.loss(programs, x, target, weights, "max_abs")
    np.testing.assert_array_equal(got, worst)


def test_a_program_that_is_nan_at_one_point_has_loss_nan():
    x = np.array([[0.5, 0.0, 1.0]])
    zero_over_zero = program([("div", "x", "x")], [])
    loss = interpreter.loss(zero_over_zero, x, np.ones(3), np.ones(3), "max_abs")
    assert np.isnan(loss[0])


def test_results_do_not_depend_on_the_batch():
    programs = random_programs(np.random.default_rng(5), 130, 10, CORE)
    x = np.linspace(0.1, 1, 300)[None]
    whole = interpreter.evaluate(programs, x)
    rows = np.random.default_rng(6).permutation(130)
    parts = [interpreter.evaluate(programs.take(part), x) for part in (rows[:40], rows[40:])]
    np.testing.assert_array_equal(np.concatenate(parts), whole[rows])


def test_a_new_population_of_the_same_shape_does_not_compile():
    from evosearch import backend

    x = np.linspace(0.1, 1, 64)[None]
    first, second = (
        random_programs(np.random.default_rng(seed), 90, 10, ARITHMETIC) for seed in (7, 8)
    )
    interpreter.evaluate(first, x)
    seconds = backend.compile_seconds()
    interpreter.evaluate(second, x)
    assert backend.compile_seconds() == seconds


def test_registers_are_reused():
    chain = [("add", "x", "x0")] + [("mul", f"n{k}", "x") for k in range(30)]
    assert assemble(program(chain, [])).registers == 1


def test_constant_operations_are_folded_before_they_run():
    folded = program([("add", "c0", "c1"), ("mul", "x", "n0")], [2.0, 3.0])
    np.testing.assert_array_equal(interpreter.evaluate(folded, X[:1]), 5 * X[:1])
