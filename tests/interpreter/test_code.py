"""Encoding: any program, any split, any number of cores, and few registers."""

import numpy as np
import pytest
from programs import program, random_programs

from evosearch import backend, interpreter
from evosearch.genomes.evaluate import evaluate as reference
from evosearch.genomes.primitives import ARITHMETIC, CORE, PrimitiveSet
from evosearch.genomes.program import ProgramBatch
from evosearch.interpreter import code as code_module
from evosearch.interpreter.code import shared
from evosearch.interpreter.forms import forms_of

RNG = np.random.default_rng(21)
X = RNG.uniform(0.2, 2.0, (3, 700))
TARGET = X[0] - X[1]


def test_results_are_the_same_bits_on_any_number_of_cores():
    assert backend.cores() >= 2  # conftest asks for two
    programs = random_programs(RNG, 203, 15, CORE, inputs=3)
    one, two = (interpreter.loss(programs, X, TARGET, cores=cores) for cores in (1, 2))
    np.testing.assert_array_equal(one, two)
    one, two = (interpreter.evaluate(programs, X, cores=cores) for cores in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_results_are_the_same_bits_however_the_population_is_split(monkeypatch):
    programs = random_programs(RNG, 203, 15, ARITHMETIC, inputs=3)
    whole = interpreter.loss(programs, X, TARGET)
    monkeypatch.setattr(code_module, "PART", 64)
    assert len(interpreter.encode(programs).parts) == 4
    np.testing.assert_array_equal(interpreter.loss(programs, X, TARGET), whole)


def test_shares_have_about_the_same_cost():
    costs = np.array([100, 1, 1, 1, 1, 1, 1, 50, 50])
    shares = shared(costs, 2)
    assert shares.sum() == len(costs)
    assert abs(costs[: shares[0]].sum() - costs[shares[0] :].sum()) <= 100
    assert shared(np.array([5]), 4).sum() == 1


@pytest.mark.parametrize("output", ["x1", "c0", "n0", "n2"])
def test_outputs_of_every_kind(output):
    nodes = [("mul", "x0", "x1"), ("add", "n0", "n0"), ("sub", "n1", "n0")]
    constants = [2.5] if output == "c0" else []
    one = program(nodes, constants, inputs=3, output=output)
    np.testing.assert_array_equal(interpreter.evaluate(one, X), reference(one, X))


def test_values_used_often_and_twice_by_one_instruction():
    nodes = [
        ("mul", "x0", "x0"),
        ("sub", "n0", "n0"),
        ("div", "n0", "x1"),
        ("add", "n2", "n0"),
        ("sub", "n3", "n2"),
        ("mul", "n4", "n4"),
        ("add", "n5", "n1"),
    ]
    one = program(nodes, [], inputs=3)
    np.testing.assert_array_equal(interpreter.evaluate(one, X), reference(one, X))


def test_code_that_nothing_uses_is_not_run():
    nodes = [("div", "x0", "x1"), ("mul", "x0", "x1"), ("add", "n0", "n0")]
    one = program(nodes, [], inputs=3, output="n1")
    assert np.asarray(interpreter.encode(one).parts[0].lengths).sum() == 1
    np.testing.assert_array_equal(interpreter.evaluate(one, X), reference(one, X))


def test_fma_rounds_twice_wherever_it_stands():
    nodes = [("fma", "x0", "x1", "c0"), ("fma", "n0", "c1", "x2"), ("fma", "x0", "n1", "n0")]
    one = program(nodes, [0.3, 1.7], inputs=3)
    only = PrimitiveSet.named(["fma"])
    np.testing.assert_array_equal(interpreter.evaluate(one, X), reference(one, X))
    np.testing.assert_array_equal(interpreter.evaluate(one, X, primitives=only), reference(one, X))


@pytest.mark.parametrize("length", [5, 60, 500])
def test_programs_of_any_length(length):
    programs = random_programs(np.random.default_rng(length), 20, length, ARITHMETIC, inputs=3)
    np.testing.assert_array_equal(interpreter.evaluate(programs, X), reference(programs, X))


def test_chains_need_no_register_and_full_trees_few():
    chain = [("add", "x", "x0")] + [("mul", f"n{k}", "x") for k in range(30)]
    assert registers(program(chain, [])) == 0
    leaves = [("add", "x0", "x1") for _ in range(8)]
    inner = [("mul", f"n{2 * k}", f"n{2 * k + 1}") for k in range(7)]
    full = program(leaves + inner, [], inputs=2)
    assert registers(full, CORE) == 3  # Sethi and Ullman: log2 of the leaves
    assert registers(full) == 2  # leaves are fused with their users


def registers(one: ProgramBatch, primitives: PrimitiveSet = ARITHMETIC) -> int:
    """Highest register that its code stores to."""
    code = interpreter.encode(one, primitives=primitives, cores=1)
    (part,) = code.parts
    records = np.asarray(part.records)[: code.slots]
    stored = records[:, 1].astype(np.uint32) >> 24
    return max(0, int(stored.max()) - one.n_inputs + 1)


def test_a_program_that_needs_too_many_registers_is_refused():
    values = [("mul", "x0", f"x{k}") for k in range(64)] + [
        ("add", "x1", f"x{k}") for k in range(4)
    ]
    total = [("add", "n0", "n1")] + [("add", f"n{66 + k}", f"n{k}") for k in range(2, 68)]
    product = [("mul", "n0", "n1")] + [("mul", f"n{133 + k}", f"n{k}") for k in range(2, 68)]
    one = program([*values, *total, *product, ("sub", "n134", "n201")], [], inputs=64)
    with pytest.raises(ValueError, match="more than 64 registers at once"):
        interpreter.encode(one)


def test_two_operations_are_fused_where_a_form_does():
    assert any(form.second for form in forms_of(ARITHMETIC).members)
    assert not any(form.second for form in forms_of(CORE).members)
    fused = program([("mul", "x0", "x1"), ("add", "n0", "x2")], [], inputs=3)
    part = interpreter.encode(fused, primitives=ARITHMETIC, cores=1).parts[0]
    assert int(np.asarray(part.lengths)[0]) == 1


@pytest.mark.parametrize(
    "names",
    [
        ["div", "sqrt"],
        ["mul", "div", "neg", "abs"],
        ["add", "sub", "mul", "pdiv", "psqrt"],
        ["add", "mul", "max", "min", "sqrt"],
    ],
    ids="-".join,
)
def test_fused_operations_round_as_single_ones(names):
    primitives = PrimitiveSet.named(names)
    assert any(form.second for form in forms_of(primitives).members)
    programs = random_programs(np.random.default_rng(3), 400, 16, primitives, inputs=3)
    got = interpreter.evaluate(programs, X, primitives=primitives)
    np.testing.assert_array_equal(got, reference(programs, X))


def test_a_primitive_outside_the_set_is_refused():
    sine = program([("sin", "x0")], [], inputs=3)
    with pytest.raises(ValueError, match="uses sin, which is not in the set"):
        interpreter.evaluate(sine, X, primitives=ARITHMETIC)


def test_nothing_to_evaluate():
    nobody = ProgramBatch.identity(0, 3)
    assert interpreter.evaluate(nobody, X).shape == (0, 700)
    assert interpreter.loss(nobody, X, TARGET).shape == (0,)
