"""The canonical form: the same for every way to write a graph, and of the same value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import random_programs, relabelled

from evosearch.genomes.canonical import canonical, limit
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.primitives import ARITY, BY_NAME, COMMUTATIVE
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch

X, Y = FIRST_INPUT, FIRST_INPUT - 1
C = [FIRST_CONSTANT - j for j in range(6)]
ARITHMETIC = (1, 2, 3, 4)


def program(instructions, output, constants=(), n_inputs=2):
    """One program from (name, arguments...) tuples."""
    ops = np.zeros((1, max(1, len(instructions))), np.uint8)
    args = np.zeros((*ops.shape, 3), np.int16)
    for node, (name, *arguments) in enumerate(instructions):
        ops[0, node] = BY_NAME[name].code
        args[0, node, : len(arguments)] = arguments
    return ProgramBatch(
        ops,
        args,
        np.array([len(instructions)], np.int32),
        np.array([[*constants, *([0.0] * (not constants))]]),
        np.array([len(constants)], np.int32),
        np.array([output], np.int16),
        n_inputs,
    )


def same(first, second):
    return canonical(first).to_bytes() == canonical(second).to_bytes()


def instructions(batch):
    """Of the only program, as (op, arguments)."""
    return [
        (int(op), args[: ARITY[op]].tolist())
        for op, args in zip(batch.ops[0, : batch.lengths[0]], batch.args[0], strict=False)
    ]


@settings(deadline=None, derandomize=True, max_examples=25)
@given(
    st.integers(0, 2**32), st.integers(1, 3), st.sampled_from([ARITHMETIC, (1, 3), (7, 13), ()])
)
def test_relabelled_programs_have_equal_bytes(seed, n_inputs, codes):
    rng = np.random.default_rng(seed)
    codes = codes or tuple(range(1, 20))
    batch = random_programs(rng, 40, codes=codes, n_inputs=n_inputs)
    assert same(batch, relabelled(rng, batch))


def test_structures_do_not_depend_on_constants():
    rng = np.random.default_rng(1)
    for codes in (ARITHMETIC, (1, 3), (3, 13), tuple(range(1, 20))):
        batch = canonical(random_programs(rng, 2000, codes=codes, n_constants=6))
        other = batch.with_constants(rng.normal(size=batch.constants.shape))
        again = canonical(relabelled(rng, other))
        pairs = zip(canonical(other).structures(), again.structures(), strict=True)
        assert all(one == two for one, two in pairs)


@pytest.mark.parametrize(
    ("first", "second"), [((1.0, 2.0), (2.0, 1.0)), ((1.0, 2.0), (7.0, -3.0))]
)
@pytest.mark.parametrize("user", ["add", "sub", "fma"])
def test_equal_subgraphs_with_other_constants_have_one_structure(user, first, second):
    """sin(x + a) * sin(x + b) once more used on one side: which comes first must not vary."""

    def build(constants):
        return program(
            [
                ("add", X, C[0]),
                ("add", X, C[1]),
                ("sin", 0),
                ("sin", 1),
                ("mul", 2, 3),
                (user, 4, 1, 0)[: 1 + BY_NAME[user].arity],
            ],
            5,
            constants,
        )

    one, two = canonical(build(first)), canonical(build(second))
    assert one.structures() == two.structures()
    assert one.to_bytes() != two.to_bytes()


def test_different_programs_stay_different():
    rng = np.random.default_rng(2)
    batch = canonical(random_programs(rng, 3000, codes=ARITHMETIC))
    points = np.random.default_rng(3).uniform(0.5, 2.0, (2, 7))
    values = evaluate(batch, points)
    by_digest = {}
    for digest, value in zip(batch.digests(), values, strict=True):
        np.testing.assert_array_equal(by_digest.setdefault(digest, value), value)
    assert len(by_digest) > 1500


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([ARITHMETIC, tuple(range(1, 20))]))
def test_values_are_kept(seed, codes):
    rng = np.random.default_rng(seed)
    batch = random_programs(rng, 60, codes=codes)
    points = rng.uniform(-2, 2, (2, 9))
    before, after = evaluate(batch, points), evaluate(canonical(batch), points)
    finite = np.isfinite(before)
    np.testing.assert_array_equal(after[finite], before[finite])
    assert (np.isnan(after) == np.isnan(before)).all()


def test_is_idempotent_and_rows_do_not_touch_each_other():
    rng = np.random.default_rng(4)
    batch = random_programs(rng, 500)
    once = canonical(batch)
    assert canonical(once).to_bytes() == once.to_bytes()
    rows = rng.permutation(500)[:50]
    alone = [canonical(batch.take(rows[i : i + 1])).to_bytes()[0] for i in range(50)]
    assert alone == [once.to_bytes()[row] for row in rows]


def test_chunks_make_no_difference(monkeypatch):
    batch = random_programs(np.random.default_rng(5), 300)
    whole = canonical(batch).to_bytes()
    monkeypatch.setattr("evosearch.genomes.canonical._CHUNK", 7)
    assert canonical(batch).to_bytes() == whole


@pytest.mark.parametrize("codes", [ARITHMETIC, (1, 3), (3, 7, 13), tuple(range(1, 20))])
def test_plain_programs_come_out_as_others_do(monkeypatch, codes):
    """However many have nothing to fold or share, and so take the shorter way."""
    batch = random_programs(np.random.default_rng(7), 600, codes=codes, n_constants=9)
    whole = canonical(batch).to_bytes()
    monkeypatch.setattr("evosearch.genomes.canonical._FEW", 0)
    assert canonical(batch).to_bytes() == whole


def test_input_is_not_changed():
    batch = random_programs(np.random.default_rng(6), 300)
    before = batch.to_bytes()
    arrays = [batch.ops.copy(), batch.args.copy(), batch.constants.copy(), batch.outputs.copy()]
    canonical(batch)
    fresh = batch.take(np.arange(300))
    assert fresh.to_bytes() == before
    for array, old in zip(
        (batch.ops, batch.args, batch.constants, batch.outputs), arrays, strict=True
    ):
        np.testing.assert_array_equal(array, old)


def test_the_promises_of_the_form():
    """Every rule of the canonical form, read off the arrays."""
    batch = canonical(random_programs(np.random.default_rng(7), 2000))
    assert batch.ops.shape[1] == batch.lengths.max()
    assert batch.constants.shape[1] == batch.n_constants.max()
    for row in range(len(batch)):
        length = int(batch.lengths[row])
        ops, args = batch.ops[row], batch.args[row]
        used = [args[k, j] for k in range(length) for j in range(ARITY[ops[k]])]
        nodes = {int(a) for a in used if a >= 0}
        constants = [FIRST_CONSTANT - int(a) for a in used if a <= FIRST_CONSTANT]
        if length:
            assert nodes == set(range(length - 1))  # all alive, the last one is the output
            assert batch.outputs[row] == length - 1
            assert constants == list(range(batch.n_constants[row]))
        else:
            assert batch.n_constants[row] == (batch.outputs[row] == FIRST_CONSTANT)
            assert batch.outputs[row] < 0
        for k in range(length):
            arguments = args[k, : ARITY[ops[k]]]
            assert (arguments < k).all()
            assert (arguments > FIRST_CONSTANT).any()
            assert not (ops[k] == BY_NAME["sub"].code and arguments[1] <= FIRST_CONSTANT)
            if COMMUTATIVE[ops[k]]:
                assert not (arguments[0] <= FIRST_CONSTANT < arguments[1])
        assert (ops[length:] == 0).all()
        assert (args[length:] == 0).all()
        assert (batch.constants[row, batch.n_constants[row] :] == 0).all()


def test_constants_fold_and_dead_code_goes():
    batch = canonical(
        program(
            [("mul", C[0], C[1]), ("exp", X), ("sqrt", 0), ("add", 2, X)], 3, constants=(2.0, 8.0)
        )
    )
    assert instructions(batch) == [(BY_NAME["add"].code, [X, C[0]])]
    assert batch.constants.tolist() == [[4.0]]


def test_a_constant_used_twice_gets_two_slots_in_order_of_use():
    shared = program([("mul", X, C[0]), ("div", 0, C[1]), ("add", 1, C[0])], 2, (3.0, 5.0))
    batch = canonical(shared)
    assert batch.constants.tolist() == [[3.0, 5.0, 3.0]]
    assert [args for _, args in instructions(batch)] == [[X, C[0]], [0, C[1]], [1, C[2]]]


def test_subtracting_a_constant_is_adding_its_negative():
    batch = canonical(program([("sub", X, C[0])], 0, (1.5,)))
    assert instructions(batch) == [(BY_NAME["add"].code, [X, C[0]])]
    assert batch.constants.tolist() == [[-1.5]]
    assert instructions(canonical(program([("sub", C[0], X)], 0, (1.5,)))) == [
        (BY_NAME["sub"].code, [C[0], X])
    ]


def test_equal_subgraphs_are_shared():
    twice = program([("add", X, C[0]), ("add", C[1], X), ("mul", 0, 1)], 2, (0.5, 0.5))
    once = program([("add", X, C[0]), ("mul", 0, 0)], 1, (0.5,))
    assert same(twice, once)
    assert canonical(twice).lengths.tolist() == [2]


@pytest.mark.parametrize(
    ("batch", "value"),
    [
        (program([("exp", X)], C[0], (2.5,)), 2.5),
        (program([("add", C[0], C[1])], 0, (2.0, 0.5)), 2.5),
        (program([("div", C[0], C[0])], 0, (0.0,)), np.nan),
        (program([("log", C[0])], 0, (0.0,)), -np.inf),
    ],
)
def test_constant_programs_have_no_instructions(batch, value):
    batch = canonical(batch)
    assert batch.lengths.tolist() == [0]
    np.testing.assert_array_equal(batch.constants, [[value]])
    assert batch.outputs.tolist() == [FIRST_CONSTANT]
    assert same(ProgramBatch.from_bytes(batch.to_bytes()), batch)


def test_an_input_as_output():
    batch = canonical(program([("exp", X)], Y))
    assert (batch.lengths[0], batch.n_constants[0], batch.outputs[0]) == (0, 0, Y)
    assert batch.ops.shape == (1, 1)
    assert batch.constants.shape == (1, 1)


def test_signed_zeros_and_powers_of_two_are_not_confused_with_inputs():
    """Bits of constants must not be taken for hashes of inputs or for each other."""
    values = [0.0, -0.0, 2.0, -2.0, np.inf, -np.inf, np.nan, 5e-324]
    batches = [program([("mul", X, C[0])], 0, (value,)) for value in values]
    batches.append(program([("mul", X, X)], 0))
    batches.append(program([("mul", X, Y)], 0))
    assert len({canonical(batch).digests()[0] for batch in batches}) == len(batches)


def test_no_programs():
    assert len(canonical(ProgramBatch.identity(0, 3))) == 0


def test_long_chains():
    length = 400
    ops = np.full((2, length), BY_NAME["sin"].code, np.uint8)
    args = np.zeros((2, length, 3), np.int16)
    args[:, :, 0] = np.arange(length) - 1
    counts = np.full(2, length, np.int32)
    chain = ProgramBatch(
        ops, args, counts, np.zeros((2, 1)), counts * 0, (counts - 1).astype(np.int16), 1
    )
    assert canonical(chain).to_bytes() == chain.to_bytes()


def test_limit_puts_the_parent_where_a_child_is_too_large():
    rng = np.random.default_rng(8)
    children = canonical(random_programs(rng, 200))
    parents = canonical(random_programs(rng, 50, 3))
    rows = rng.integers(50, size=200)
    kept = limit(children, parents, rows, 5, 2)
    fits = (children.lengths <= 5) & (children.n_constants <= 2)
    assert 0 < fits.sum() < 200
    expected = np.where(fits, children.digests(), parents.take(rows).digests())
    assert kept.digests() == expected.tolist()
