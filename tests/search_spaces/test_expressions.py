"""The space of expressions: children are sound, and each operator does what it says."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import program
from pydantic import ValidationError
from random_programs import random_programs

from evosearch.contracts import SearchSpace
from evosearch.genomes.canonical import canonical
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.primitives import ARITY, BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch
from evosearch.testing import check_search_space
from search_spaces.expressions import Expressions, ExpressionsOptions
from search_spaces.expressions.draft import Draft, pick
from search_spaces.expressions.rewriting import invert_divisors, negate_subtrahends

SETS = [
    ("add", "sub", "mul", "div"),
    ("add", "mul", "fma", "sin", "sqrt"),
    ("exp", "neg"),
    ("max",),
]
MUTATIONS = [
    "insert",
    "append",
    "neutral",
    "wrap",
    "delete",
    "change",
    "rewire",
    "share",
    "perturb",
    "regrow",
]


def space(**options):
    return Expressions(ExpressionsOptions.model_validate(options))


def rng(seed=0):
    return np.random.default_rng(seed)


def born(own, n, seed=1):
    return own.operators["random"].apply(rng(seed), (), n)


def vary(own, name, *parents, seed=2):
    return own.operators[name].apply(rng(seed), parents, len(parents[0]))


def changed(children, parents):
    return np.array(children.digests()) != np.array(parents.digests())


def test_the_contract():
    own = space()
    assert isinstance(own, SearchSpace)
    assert own.genome_type is ProgramBatch
    arities = {name: operator.arity for name, operator in own.operators.items()}
    assert arities == {"seed": 0, "random": 0} | dict.fromkeys(MUTATIONS, 1) | {"graft": 2}
    assert own.operators["random"].weight == 0


def test_conformance():
    check_search_space(space(primitives=SETS[1], inputs=2, max_operations=9))


def test_conformance_of_random_parents():
    """The suite starts from the first operator's children: here from programs with constants."""
    own = space(max_operations=8, max_constants=4)
    del own.operators["seed"]
    check_search_space(own)


@settings(deadline=None, derandomize=True, max_examples=10)
@given(
    st.integers(0, 2**32),
    st.sampled_from(SETS),
    st.integers(1, 3),
    st.integers(1, 12),
    st.integers(0, 5),
)
def test_children_are_canonical_and_within_the_limits(seed, primitives, inputs, size, constants):
    own = space(primitives=primitives, inputs=inputs, max_operations=size, max_constants=constants)
    codes = [0, *(BY_NAME[name].code for name in primitives)]
    parents, others = born(own, 50, seed), born(own, 50, seed + 1)
    for name, operator in own.operators.items():
        given_parents = (parents, others)[: operator.arity]
        before = [parent.take(np.arange(50)).to_bytes() for parent in given_parents]
        children = operator.apply(rng(seed), given_parents, 50)
        assert [parent.take(np.arange(50)).to_bytes() for parent in given_parents] == before
        assert len(children) == 50
        assert children.n_inputs == inputs
        assert canonical(children).to_bytes() == children.to_bytes(), name
        assert ProgramBatch.from_bytes(children.to_bytes()).to_bytes() == children.to_bytes()
        assert children.lengths.max() <= size
        assert children.n_constants.max() <= constants
        assert np.isin(children.ops, codes).all()


def test_parents_need_not_be_canonical():
    own = space(inputs=2, max_operations=64, max_constants=64)
    parents = random_programs(rng(3), 200, codes=(1, 2, 3, 4))
    for name in MUTATIONS:
        children = vary(own, name, parents)
        assert canonical(children).to_bytes() == children.to_bytes()


# --- life from nothing ------------------------------------------------------------------------


def test_seeds_are_the_first_input():
    own = space(inputs=3)
    seeds = own.operators["seed"].apply(rng(), (), 4)
    assert seeds.to_bytes() == ProgramBatch.identity(4, 3).to_bytes()


def test_random_programs_are_mostly_alive_and_use_everything():
    own = space(primitives=SETS[1], inputs=3, max_operations=10)
    programs = born(own, 4000)
    assert (programs.lengths > 0).all()
    assert programs.lengths.mean() > 0.85 * 5.5  # of those drawn
    counts = np.bincount(programs.lengths, minlength=11)
    assert (counts[1:] > 100).all()
    used = np.bincount(programs.ops.ravel(), minlength=32)
    for name in SETS[1]:
        assert used[BY_NAME[name].code] > 1000
    args = programs.args[np.arange(3) < ARITY[programs.ops][:, :, None]]
    for argument in (FIRST_INPUT, FIRST_INPUT - 1, FIRST_INPUT - 2, FIRST_CONSTANT):
        assert (args == argument).sum() > 500


def test_random_programs_obey_the_limit_of_constants():
    programs = born(space(max_operations=12, max_constants=2), 2000)
    assert programs.n_constants.max() == 2
    assert born(space(max_constants=0), 500).n_constants.max() == 0


def test_fresh_constants_have_the_scale_asked_for():
    programs = born(space(primitives=["add", "sin"], constant_scale=100.0), 3000)
    single = (programs.lengths == 1) & (programs.n_constants == 1)
    values = programs.constants[single, 0]
    assert len(values) > 40
    assert np.abs(values).min() >= 10.0
    assert np.abs(values).max() <= 1000.0
    assert 0.2 < (values > 0).mean() < 0.8


# --- mutations --------------------------------------------------------------------------------


def test_insert_keeps_what_was_there():
    own = space(primitives=["add", "mul"], max_operations=30, max_constants=30)
    parents = born(space(primitives=["add", "mul"], max_operations=8), 500)
    children = vary(own, "insert", parents)
    assert changed(children, parents).all()
    grown = children.lengths - parents.lengths
    assert grown.max() == 1
    assert (grown == 1).mean() > 0.8  # else it was a constant that was cut, or sharing was lost


def test_append_puts_an_instruction_on_the_output():
    own = space(primitives=["add"], max_operations=30, max_constants=30)
    parents = born(space(primitives=["mul", "sin"], max_operations=8), 300)
    children = vary(own, "append", parents)
    last = children.ops[np.arange(300), children.lengths - 1]
    assert (last == BY_NAME["add"].code).all()
    assert (children.lengths == parents.lengths + 1).all()


@pytest.mark.parametrize("operator", ["neutral", "wrap"])
def test_neutral_operators_keep_the_values(operator):
    own = space(inputs=2, max_operations=60, max_constants=60)
    parents = born(space(inputs=2, max_operations=5), 400)
    points = rng(4).uniform(1.0, 2.0, (2, 5))
    children = vary(own, operator, parents)
    assert changed(children, parents).mean() > 0.9  # not where an input is wrapped in vain
    before, after = evaluate(parents, points), evaluate(children, points)
    tame = np.isfinite(before).all(axis=1) & (np.abs(before) < 50).all(axis=1)
    close = np.isclose(after, before, rtol=0.05, atol=0.05).all(axis=1)
    assert close[tame].mean() > 0.9


def test_wrap_reaches_every_user_of_a_node():
    own = space(primitives=["add", "mul"], max_operations=12)
    parent = program([("add", "x", "c0"), ("mul", "n0", "n0")], [3.0])
    children = vary(own, "wrap", parent.take(np.zeros(300, int)))
    points = np.linspace(0.1, 1.0, 7)[None]
    opened = children.with_constants(np.where(children.constants == 3.0, 3.0, 0.5))
    found = evaluate(opened, points)
    s = points + 3.0
    for inner in (s + 0.5 * s, s + 0.5 * points):  # both factors of the square have it
        assert np.isclose(found, inner**2).all(axis=1).any()


def test_neutral_is_there_only_where_its_primitives_are():
    assert {"neutral", "wrap"} <= set(space(primitives=["add", "div"]).operators)
    assert "neutral" not in space(primitives=["sub", "mul", "div"]).operators
    assert "neutral" not in space(primitives=["add", "sin"]).operators


def test_delete_makes_programs_smaller():
    own = space(max_operations=12)
    parents = born(own, 500)
    children = vary(own, "delete", parents)
    assert (children.lengths < parents.lengths).all()
    assert (children.n_constants <= parents.n_constants).all()
    untouched = vary(own, "delete", ProgramBatch.identity(3))
    assert untouched.to_bytes() == ProgramBatch.identity(3).to_bytes()


def test_delete_leaves_no_constant_behind():
    """The heir of an instruction is never one of its constants."""
    own = space(primitives=["sub", "div"])
    parents = born(own, 2000)
    assert (vary(own, "delete", parents).outputs > FIRST_CONSTANT).all()


def test_change_gives_another_operation():
    own = space(primitives=["add", "mul", "sin", "exp"], max_operations=1)
    parents = born(own, 1000)
    children = vary(own, "change", parents)
    assert (children.ops[:, 0] != parents.ops[:, 0]).mean() > 0.95  # the rest are now constants
    pairs = set(zip(parents.ops[:, 0].tolist(), children.ops[:, 0].tolist(), strict=True))
    names = [BY_NAME[name].code for name in ("add", "mul", "sin", "exp")]
    assert {(a, b) for a, b in pairs if b} == set(itertools.permutations(names, 2))


def test_change_can_exchange_arguments():
    own = space(primitives=["sub", "div"], max_operations=1)
    quotient = ProgramBatch(
        np.full((400, 1), BY_NAME["div"].code, np.uint8),
        np.full((400, 1, 3), (FIRST_CONSTANT, FIRST_INPUT, 0), np.int16),
        np.ones(400, np.int32),
        np.full((400, 1), 3.0),
        np.ones(400, np.int32),
        np.zeros(400, np.int16),
        1,
    )
    texts = set(own.describe(vary(own, "change", quotient)))
    assert texts == {"3 - x", "x - 3"}


def test_rewire_reaches_every_source_that_makes_no_cycle():
    """Of sin(x) * exp(x): each unary operation can use the other one or a constant's stand-in."""
    own = space(primitives=["mul", "sin", "exp"])
    ops = np.array([[BY_NAME[name].code for name in ("sin", "exp", "mul")]], np.uint8)
    args = np.array([[[-1, 0, 0], [-1, 0, 0], [0, 1, 0]]], np.int16)
    n = 2000
    parent = ProgramBatch(
        ops.repeat(n, 0),
        args.repeat(n, 0),
        np.full(n, 3, np.int32),
        np.zeros((n, 1)),
        np.zeros(n, np.int32),
        np.full(n, 2, np.int16),
        1,
    )
    texts = set(own.describe(vary(own, "rewire", canonical(parent))))
    expected = ("t0 = sin(x); t0 * exp(t0)", "t0 = exp(x); t0 * sin(t0)", "sin(x) * x")
    for text in expected:
        left, _, right = text.rpartition("; ")
        swapped = " * ".join(reversed(right.split(" * ")))
        assert {text, (f"{left}; " if left else "") + swapped} & texts, text


def test_share_adds_users_not_operations():
    own = space(max_operations=12)
    parents = born(own, 800)
    children = vary(own, "share", parents)
    assert (children.lengths <= parents.lengths).all()
    assert (children.n_constants <= parents.n_constants).all()
    assert changed(children, parents).mean() > 0.5

    def extra(batch):  # arguments that are nodes, beyond one user each
        used = np.arange(3) < ARITY[batch.ops][:, :, None]
        return ((batch.args >= 0) & used).sum(axis=(1, 2)) - np.maximum(batch.lengths - 1, 0)

    same_size = changed(children, parents) & (children.lengths == parents.lengths)
    assert same_size.sum() > 50
    assert (extra(children) >= extra(parents))[same_size].all()


def test_perturb_and_regrow_change_constants_only():
    own = space(max_operations=12)
    parents = born(own, 2000)
    some = parents.n_constants > 0
    for name in ("perturb", "regrow"):
        children = vary(own, name, parents)
        np.testing.assert_array_equal(changed(children, parents), some)
        assert children.structures() == parents.structures()


def test_perturb_moves_one_constant_or_all():
    own = space(primitives=["fma", "sin"], max_operations=6)
    programs = born(own, 3000)
    parents = programs.take(np.flatnonzero(programs.n_constants == 3))
    children = vary(own, "perturb", parents)
    stay = [
        len(set(old) & set(new))
        for old, new in zip(parents.constants.tolist(), children.constants.tolist(), strict=True)
    ]
    shares = np.bincount(stay, minlength=4) / len(parents)
    assert shares[0] == pytest.approx(0.5, abs=0.1)
    assert shares[2] == pytest.approx(0.5, abs=0.1)


def test_perturb_wakes_a_constant_of_zero():
    own = space()
    programs = born(own, 300)
    silent = canonical(programs.with_constants(np.zeros_like(programs.constants)))
    children = vary(own, "perturb", silent)
    some = silent.n_constants > 0
    assert (children.constants[some] != 0).any(axis=1).all()


def test_graft_brings_in_a_subgraph_of_the_other_parent():
    own = space(primitives=["add", "sin", "mul", "exp"], max_operations=40, max_constants=40)
    first = born(space(primitives=["add", "sin"], max_operations=8), 500, 1)
    second = born(space(primitives=["mul", "exp"], max_operations=8), 500, 2)
    children = vary(own, "graft", first, second)
    foreign = np.isin(children.ops, [BY_NAME["mul"].code, BY_NAME["exp"].code])
    assert foreign.any(axis=1).all()
    kept = np.isin(children.ops, [BY_NAME["add"].code, BY_NAME["sin"].code])
    assert kept.any(axis=1).mean() > 0.95
    constants = [set(row[row != 0].tolist()) for row in children.constants]
    known = [
        set(a.tolist()) | set(b.tolist())
        for a, b in zip(first.constants, second.constants, strict=True)
    ]
    assert sum(c <= k for c, k in zip(constants, known, strict=True)) > 450  # but for folding


def test_graft_of_leaves():
    own = space(inputs=2)
    leaf = canonical(random_programs(rng(5), 60, max_length=1).take(np.zeros(60, np.int64)))
    assert leaf.lengths.max() <= 1
    grown = born(own, 60)
    identity = ProgramBatch.identity(60, 2)
    assert (vary(own, "graft", identity, grown).lengths <= grown.lengths).all()
    assert (vary(own, "graft", grown, identity).lengths <= grown.lengths).all()
    assert vary(own, "graft", identity, identity).to_bytes() == identity.to_bytes()


def test_what_is_too_large_is_the_parent_again():
    own = space(max_operations=4, max_constants=1)
    parents = born(own, 400)
    children = vary(own, "append", parents)
    full = parents.lengths == 4
    assert 20 < full.sum() < 400
    assert not changed(children, parents)[full].any()


def test_division_by_a_constant_is_born_as_a_product():
    own = space(primitives=["mul", "div"])
    children = vary(own, "append", ProgramBatch.identity(500))
    by_constant = (children.ops == BY_NAME["div"].code) & (
        children.args[:, :, 1] <= FIRST_CONSTANT
    )
    assert not by_constant.any()
    alone = space(primitives=["div"])
    children = vary(alone, "append", ProgramBatch.identity(500))
    by_constant = (children.ops == BY_NAME["div"].code) & (
        children.args[:, :, 1] <= FIRST_CONSTANT
    )
    assert by_constant.any()


def test_inverted_divisors_compute_the_same():
    parents = random_programs(rng(6), 500, codes=(1, 3, 4))
    draft = Draft.of(parents)
    invert_divisors(draft)
    points = rng(7).uniform(0.5, 2.0, (2, 4))
    before, after = evaluate(parents, points), evaluate(draft.programs(), points)
    tame = np.isfinite(before)
    close = np.isclose(after, before, rtol=1e-6, atol=1e-9)  # cancellation magnifies the rounding
    assert close[tame].mean() > 0.99


def test_negated_subtrahends_compute_the_same_by_sums():
    """x - c * x, x - c / x and c - c * x become sums; nothing else does."""
    once = [("mul", "c0", "x"), ("sub", "x", "n0"), ("div", "c1", "x"), ("sub", "n1", "n2")]
    shared = [("mul", "c0", "x"), ("sub", "x", "n0"), ("add", "n0", "n1")]
    plain = [("mul", "x", "x"), ("sub", "c0", "n0")]
    for nodes, sums in ((once, 2), (shared, 1), (plain, 0)):
        before = program(nodes, [2.0, 0.3])
        draft = Draft.of(before)
        negate_subtrahends(draft)
        after = draft.programs()
        assert (after.ops == BY_NAME["add"].code).sum() == sums
        points = np.linspace(0.5, 2.0, 4)[None]
        assert np.array_equal(evaluate(before, points), evaluate(after, points))


def test_subtrahends_are_born_negated():
    parents = program([("mul", "c0", "x"), ("add", "x", "n0")], [2.0]).take(np.zeros(500, int))
    for name in ("change", "insert"):
        children = vary(space(), name, parents)
        again = Draft.of(children)
        negate_subtrahends(again)
        assert np.array_equal(again.programs().ops[:, : children.ops.shape[1]], children.ops)
        assert (children.ops == BY_NAME["sub"].code).any()


# --- how far the space is reached -------------------------------------------------------------


def every_structure(most: int) -> tuple[set[bytes], set[bytes]]:
    """Canonical structures of up to ``most`` operations of + - * / on x, by brute force.

    Quotients by a constant are left out: operators make products of them. And those in which no
    multiple by a constant is subtracted: operators add it.
    """
    n_constants = 2 * most
    found: set[bytes] = set()
    sums: set[bytes] = set()
    for length in range(1, most + 1):
        choices = []
        for node in range(length):
            sources = [FIRST_INPUT, None, *range(node)]
            choices.append(list(itertools.product((1, 2, 3, 4), sources, sources)))
        programs = list(itertools.product(*choices))
        ops = np.array([[op for op, _, _ in program] for program in programs], np.uint8)
        args = np.zeros((len(programs), length, 3), np.int16)
        for node, slot in itertools.product(range(length), range(2)):
            constant = FIRST_CONSTANT - 2 * node - slot
            column = [program[node][1 + slot] for program in programs]
            args[:, node, slot] = [constant if a is None else a for a in column]
        divided = ((ops == 4) & (args[:, :, 1] <= FIRST_CONSTANT)).any(axis=1)
        count = len(programs)
        batch = canonical(
            ProgramBatch(
                ops,
                args,
                np.full(count, length, np.int32),
                np.tile(np.sqrt(np.arange(2.0, 2.0 + n_constants)), (count, 1)),
                np.full(count, n_constants, np.int32),
                np.full(count, length - 1, np.int16),
                1,
            ).take(np.flatnonzero(~divided))
        )
        batch = batch.take(np.flatnonzero(batch.lengths == length))
        draft = Draft.of(batch)
        negate_subtrahends(draft)
        same = (draft.programs().ops[:, :length] == batch.ops[:, :length]).all(axis=1)
        found |= set(batch.structures())
        sums |= set(batch.take(np.flatnonzero(same)).structures())
    return found, sums


def test_random_mutation_reaches_most_small_structures():
    """From f = x, seven generations without selection over + - * /."""
    own = space(max_operations=6)
    everything, sums = every_structure(3)
    weights = np.array([own.operators[name].weight for name in MUTATIONS])
    generator = rng(8)
    programs = ProgramBatch.identity(20_000)
    reached: set[bytes] = set()
    for _ in range(7):
        chosen = generator.choice(len(MUTATIONS), len(programs), p=weights / weights.sum())
        groups, order = [], []
        for index, name in enumerate(MUTATIONS):
            rows = np.flatnonzero(chosen == index)
            groups.append(own.operators[name].apply(generator, (programs.take(rows),), len(rows)))
            order.append(rows)
        programs = groups[0].concatenate(groups[1:]).take(np.argsort(np.concatenate(order)))
        small = np.flatnonzero((programs.lengths > 0) & (programs.lengths <= 3))
        reached |= set(programs.take(small).structures())
    assert not reached - everything
    assert len(reached & sums) > 0.75 * len(sums)
    assert len(reached - sums) < 0.02 * len(reached)


# --- drafts -----------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=20)
@given(st.integers(0, 2**32))
def test_settling_keeps_the_programs_and_puts_dependents_behind(seed):
    programs = random_programs(rng(seed), 30, codes=(1, 3, 7, 13))
    draft = Draft.of(programs)
    node = np.floor(rng(seed).random(30) * (programs.lengths + 1)).astype(np.int64)
    settled = draft.settle(node)
    assert canonical(draft.programs()).to_bytes() == canonical(programs).to_bytes()
    for row in range(30):
        operations = list(range(draft.lengths[row]))
        depends = {int(settled[row])}
        for place in operations:
            arguments = draft.args[: ARITY[draft.ops[row, place]], row, place]
            assert (arguments < place).all()
            if depends & set(arguments.tolist()):
                depends.add(place)
        assert all(place in depends for place in operations if place >= settled[row])


@settings(deadline=None, derandomize=True, max_examples=20)
@given(st.integers(0, 2**32))
def test_making_room_keeps_the_programs(seed):
    programs = random_programs(rng(seed), 30, codes=(1, 3, 7, 13))
    draft = Draft.of(programs)
    at = np.floor(rng(seed).random(30) * (programs.lengths + 1)).astype(np.int64)
    count = rng(seed + 1).integers(0, 4, 30)
    draft.open(at, count)
    for row in range(30):
        for place in range(at[row], at[row] + count[row]):
            assert draft.ops[row, place] == 0
            draft.ops[row, place] = BY_NAME["mul"].code  # dead, but an instruction
            draft.args[:2, row, place] = FIRST_INPUT
    assert (draft.lengths == programs.lengths + count).all()
    assert canonical(draft.programs()).to_bytes() == canonical(programs).to_bytes()


def test_pick_is_even():
    mask = np.tile([False, True, True, False, True], (9000, 1))
    counts = np.bincount(pick(rng(), mask), minlength=5)
    np.testing.assert_allclose(counts, [0, 3000, 3000, 0, 3000], atol=200)
    assert (pick(rng(), np.zeros((3, 2), bool)) == 0).all()


# --- options and text -------------------------------------------------------------------------


def test_unknown_primitives_are_named_with_the_nearest():
    with pytest.raises(ValidationError, match="unknown primitive 'sine'; did you mean 'sin'"):
        ExpressionsOptions(primitives=["add", "sine"])
    with pytest.raises(ValidationError, match=r"'ad'.*'tahn'"):
        ExpressionsOptions(primitives=["ad", "tahn"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"primitives": []},
        {"inputs": 0},
        {"inputs": 65},
        {"max_operations": 0},
        {"max_operations": 65},
        {"max_constants": -1},
        {"constant_scale": 0.0},
        {"constant_scale": float("inf")},
        {"depth": 3},
    ],
)
def test_wrong_options_are_refused(wrong):
    with pytest.raises(ValidationError):
        ExpressionsOptions.model_validate(wrong)


def test_every_option_is_described():
    assert all(field.description for field in ExpressionsOptions.model_fields.values())


def test_describe_gives_one_line_each():
    own = space(inputs=2)
    texts = own.describe(born(own, 50))
    assert len(texts) == 50
    assert all("\n" not in text and text for text in texts)
