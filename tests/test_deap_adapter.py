"""The door to DEAP: operators that can be repeated, and trees that mean the same."""

import operator
import random

import numpy as np
import pytest
from deap import gp, tools
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import random_programs

from evosearch import deap_adapter
from evosearch.deap_adapter import from_tree, primitive_set, select, to_tree
from evosearch.errors import ConfigError, ExportError, GenomeFormatError
from evosearch.genomes.canonical import canonical
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.primitives import ARITHMETIC, BY_NAME, CORE, PrimitiveSet
from evosearch.genomes.program import ProgramBatch

NAMES = list(deap_adapter.OPERATORS)
WITHOUT_REPETITION = ["selNSGA2", "selNSGA3", "selSPEA2", "selBest", "selWorst"]


def rng(seed=0):
    return np.random.default_rng(seed)


# --- Selection --------------------------------------------------------------------------------


def test_every_operator_of_deap_is_there():
    of_deap = {name for name in dir(tools) if name.startswith("sel") and name != "selection"}
    assert of_deap - set(NAMES) == {"selNSGA3WithMemory"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("objectives", [1, 2, 4])
@pytest.mark.parametrize("levels", [1, 3, 1000])
def test_operators_pick_k_rows_again_and_again(name, objectives, levels):
    for n, k in ((1, 1), (2, 1), (5, 3), (24, 24), (24, 10)):
        costs = np.floor(rng(n).random((n, objectives)) * levels) - levels // 2
        rows = select(name, costs, k, rng(), sizes=np.arange(n))
        assert rows.shape == (k,)
        assert rows.dtype == np.int64
        assert ((rows >= 0) & (rows < n)).all()
        np.testing.assert_array_equal(rows, select(name, costs, k, rng(), sizes=np.arange(n)))
        if name in WITHOUT_REPETITION:
            assert len(set(rows.tolist())) == k


@pytest.mark.parametrize("name", NAMES)
def test_the_global_generators_are_put_back(name):
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    expected = random.random(), np.random.random()  # noqa: NPY002
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    select(name, rng().random((12, 2)), 6, rng())
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002


def test_the_global_generators_are_put_back_after_an_error(monkeypatch):
    def fails(individuals, k):
        random.random()
        np.random.random()  # noqa: NPY002
        raise RuntimeError("in DEAP")

    monkeypatch.setattr(tools, "selRandom", fails)
    states = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    with pytest.raises(RuntimeError, match="in DEAP"):
        select("selRandom", np.ones((3, 1)), 2, rng())
    assert random.getstate() == states[0]
    assert np.random.get_state()[1].tolist() == states[1]  # noqa: NPY002


@pytest.mark.parametrize(
    "name", sorted(set(NAMES) - {"selNSGA2", "selSPEA2", "selBest", "selWorst"})
)
def test_the_seed_decides(name):
    costs = np.stack([np.arange(60.0), -np.arange(60.0)], axis=1)
    picked = {tuple(select(name, costs, 8, rng(seed)).tolist()) for seed in range(6)}
    assert len(picked) > 1


@pytest.mark.parametrize("name", ["selRoulette", "selStochasticUniversalSampling"])
def test_proportionate_operators_favour_low_costs_and_never_take_the_worst(name):
    costs = np.array([[10.0, 0.0], [-2.0, 9.0], [7.0, 9.0]])  # 0, 12 and 3 below the worst
    rows = np.concatenate([select(name, costs, 10, rng(seed)) for seed in range(300)])
    share = np.bincount(rows, minlength=3) / len(rows)
    np.testing.assert_allclose(share, [0.0, 0.8, 0.2], atol=0.03)


def test_best_and_tournament_minimise():
    costs = np.array([[3.0], [1.0], [2.0]])
    assert select("selBest", costs, 2, rng()).tolist() == [1, 2]
    assert (select("selTournament", costs, 20, rng(), tournsize=40) == 1).all()


def test_double_tournament_sees_sizes():
    costs, sizes = np.ones((4, 1)), np.array([9, 9, 1, 9])
    options = {"fitness_size": 1, "parsimony_size": 2.0}
    rows = select("selDoubleTournament", costs, 2000, rng(), sizes=sizes, **options)
    # the small one wins whenever it is drawn: 1 - (3/4)^2
    assert (rows == 2).mean() == pytest.approx(7 / 16, abs=0.04)


def test_epsilon_lexicase_lets_pass_what_is_near():
    costs = np.array([[0.0], [0.5], [2.0]])
    near = select("selEpsilonLexicase", costs, 300, rng(), epsilon=1.0)
    assert set(near.tolist()) == {0, 1}
    assert set(select("selEpsilonLexicase", costs, 50, rng(), epsilon=0.0).tolist()) == {0}


def test_nsga3_is_deaps_with_uniform_reference_points():
    costs = rng().random((30, 3))
    points = tools.uniform_reference_points(3, p=5)
    seeds = rng(7).integers(2**32, size=2).tolist()
    people = deap_adapter._individuals(costs, np.ones(30, np.int64), proportionate=False)
    random.seed(seeds[0])
    np.random.seed(seeds[1])  # noqa: NPY002
    expected = [person.row for person in tools.selNSGA3(people, 12, points)]
    assert select("selNSGA3", costs, 12, rng(7), p=5).tolist() == expected


def test_reference_points_are_bounded():
    with pytest.raises(ConfigError, match=r"algorithm\.p: 40 divisions of 8 objectives"):
        select("selNSGA3", np.ones((5, 8)), 2, rng(), p=40)


# --- Trees ------------------------------------------------------------------------------------


def by_hand(tree, inputs):
    """Values of a tree, walked from the right; nothing is compiled."""
    stack = []
    for node in reversed(tree):
        if isinstance(node, gp.Primitive):
            stack.append(BY_NAME[node.name].compute(*(stack.pop() for _ in range(node.arity))))
        elif isinstance(node.value, str):
            stack.append(inputs[int(node.name.removeprefix("ARG"))])
        else:
            stack.append(np.full(inputs.shape[1], node.value))
    return stack.pop()


@given(seed=st.integers(0, 2**32))
@settings(deadline=None, derandomize=True, max_examples=12)
def test_a_tree_computes_what_its_program_does(seed):
    programs = canonical(random_programs(rng(seed), 6, 8))
    inputs = rng(1).normal(size=(2, 7))
    expected = evaluate(programs, inputs)
    for row in range(len(programs)):
        tree = to_tree(programs, row)
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(by_hand(tree, inputs), expected[row])
        back = from_tree(tree, n_inputs=2)
        assert back.digests() == programs.take(np.array([row])).digests()


def test_deap_itself_computes_the_same():
    pset = primitive_set(CORE, 2)
    programs = canonical(random_programs(rng(3), 40, 8))
    finite = np.isfinite(programs.constants).all(axis=1)
    programs = programs.take(np.flatnonzero(finite))  # DEAP has no text for the others
    assert len(programs) > 20
    inputs = rng(1).normal(size=(2, 7))
    for row, expected in enumerate(evaluate(programs, inputs)):
        function = gp.compile(to_tree(programs, row, pset), pset)
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(np.broadcast_to(function(*inputs), 7), expected)


def test_trees_that_deap_makes_become_programs():
    pset = primitive_set(PrimitiveSet.named(["add", "mul", "sin", "fma"]), 2)
    pset.addTerminal(0.5)
    random.seed(0)
    inputs = rng(1).normal(size=(2, 7))
    for _ in range(20):
        tree = gp.PrimitiveTree(gp.genHalfAndHalf(pset, 1, 4))
        values = evaluate(from_tree(tree, n_inputs=2), inputs)[0]
        np.testing.assert_allclose(values, by_hand(tree, inputs), rtol=1e-12)


def test_names_of_operator_and_numpy_are_understood():
    pset = gp.PrimitiveSet("theirs", 2)
    for function in (operator.truediv, operator.sub, operator.neg, np.maximum, np.arctan):
        arity = 1 if function in (operator.neg, np.arctan) else 2
        pset.addPrimitive(function, arity, name=function.__name__)
    pset.renameArguments(ARG0="mass", ARG1="speed")
    text = "maximum(truediv(mass, speed), sub(neg(mass), arctan(2.5)))"
    program = from_tree(gp.PrimitiveTree.from_string(text, pset))
    mass, speed = inputs = np.array([[3.0, -4.0], [2.0, 5.0]])
    expected = np.maximum(mass / speed, -mass - np.arctan(2.5))
    np.testing.assert_allclose(evaluate(program, inputs)[0], expected)


def test_a_given_set_has_to_hold_the_program():
    programs = canonical(from_tree(tree_of("sin(ARG1)", 2)))
    with pytest.raises(ExportError, match="lacks 'sin'"):
        to_tree(programs, 0, primitive_set(ARITHMETIC, 2))
    with pytest.raises(ExportError, match="lacks 'ARG1'"):
        to_tree(programs, 0, primitive_set(CORE, 1))
    renamed = primitive_set(CORE, 2)
    renamed.renameArguments(ARG1="speed")
    assert str(to_tree(programs, 0, renamed)) == "sin(speed)"


def tree_of(text, n_inputs):
    return gp.PrimitiveTree.from_string(text, primitive_set(CORE, n_inputs))


def test_shared_parts_are_repeated_within_bounds():
    shared = from_tree(tree_of("mul(sin(ARG0), sin(ARG0))", 1))
    assert shared.sizes().tolist() == [2]
    assert str(to_tree(shared, 0)) == "mul(sin(ARG0), sin(ARG0))"
    doubled = ProgramBatch(
        np.full((1, 300), BY_NAME["mul"].code, np.uint8),
        np.repeat(np.arange(-1, 299, dtype=np.int16)[None, :, None], 3, axis=2),
        np.array([300], np.int32),
        np.zeros((1, 1)),
        np.zeros(1, np.int32),
        np.array([299], np.int16),
        1,
    )
    with pytest.raises(ExportError, match="more than 100000 nodes"):
        to_tree(doubled, 0)


def test_programs_of_no_operation():
    for text in ("ARG1", "2.5"):
        program = from_tree(tree_of(text, 2))
        assert program.sizes().tolist() == [0]
        assert str(to_tree(program, 0)) == text


def primitive(name, arity):
    return gp.Primitive(name, [object] * arity, object)


X = gp.Terminal("ARG0", True, object)


@pytest.mark.parametrize(
    ("nodes", "says"),
    [
        ([primitive("protectedDiv", 2), X, X], "register the plain one instead"),
        ([primitive("if_then_else", 3), X, X, X], "no primitive: expected one of add, sub"),
        ([primitive("add", 3), X, X, X], "'add' of 3 arguments"),
        ([primitive("add", 2), X], "expects an argument"),
        ([X, X], "one root, received 2"),
        ([], "one root, received 0"),
        ([gp.Terminal("pi", True, object)], "write a named constant as its value"),
        ([gp.Terminal("ARG64", True, object)], "ARG63"),
        ([gp.Terminal(None, False, object)], "expected a number"),
        (["ARG0"], "expected a number"),
        ([gp.Terminal("ARG3", True, object)], "uses 4 inputs, expected 2"),
    ],
)
def test_trees_that_are_no_programs(nodes, says):
    with pytest.raises(GenomeFormatError, match=says):
        from_tree(nodes, n_inputs=2)


def test_trees_are_bounded():
    chain = [node for i in range(4097) for node in (primitive("add", 2), constant(i))]
    with pytest.raises(GenomeFormatError, match="4096 distinct operations"):
        from_tree([*chain, X])


def constant(value):
    return gp.Terminal(float(value), False, object)
