"""Batches of programs: byte form, strict decoding, networkx both ways."""

import zlib

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import random_programs, relabelled

from evosearch.errors import GenomeFormatError
from evosearch.genomes.batch import GenomeBatch
from evosearch.genomes.canonical import canonical
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, MAX_NODES, ProgramBatch

BATCH = random_programs(np.random.default_rng(0), 300)
ROWS = BATCH.to_bytes()


def sealed(body: bytes) -> bytes:
    """With a checksum that is right."""
    return body + zlib.crc32(body).to_bytes(4, "little")


def assert_same(one: ProgramBatch, two: ProgramBatch) -> None:
    """Equal in what is in use, whatever the padding."""
    length = max(one.ops.shape[1], two.ops.shape[1])
    width = max(one.constants.shape[1], two.constants.shape[1])
    one, two = one.padded(length, width), two.padded(length, width)
    for name in ("ops", "args", "lengths", "constants", "n_constants", "outputs", "n_inputs"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)


def test_is_a_genome_batch():
    assert isinstance(BATCH, GenomeBatch)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.integers(0, 2**32), st.integers(0, 5), st.integers(0, 9), st.integers(1, 64))
def test_bytes_round_trip(seed, n, length, n_inputs):
    batch = random_programs(np.random.default_rng(seed), n, length + 1, n_inputs=n_inputs)
    again = ProgramBatch.from_bytes(batch.to_bytes())
    assert again.to_bytes() == batch.to_bytes()
    if n:
        assert_same(again, batch)


def test_the_byte_form_is_as_documented():
    """Stored genomes of old databases must stay readable: this never changes."""
    batch = ProgramBatch(
        np.array([[3]], np.uint8),
        np.array([[[FIRST_INPUT, FIRST_CONSTANT, 0]]], np.int16),
        np.array([1], np.int32),
        np.array([[2.0]]),
        np.array([1], np.int32),
        np.array([0], np.int16),
        1,
    )
    body = b"EvP\x01" + b"\x01\0\x01\0\x01\0" + b"\x03\xff\xff\xbf\xff" + b"\0\0"
    assert batch.to_bytes() == [sealed(body + b"\0\0\0\0\0\0\0\x40")]
    assert batch.digests()[0].hex() == "4676de3d9cd0b9c887c56fbb0a1dbacd"


def test_padding_leaves_no_trace():
    assert BATCH.padded(40, 9).to_bytes() == ROWS
    assert BATCH.padded(1, 1).to_bytes() == ROWS


@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf, -0.0, 5e-324, 1.7976931348623157e308])
def test_every_constant_survives(value):
    batch = BATCH.with_constants(np.full_like(BATCH.constants, value))
    again = ProgramBatch.from_bytes(batch.to_bytes())
    np.testing.assert_array_equal(again.constants, batch.constants)
    assert (np.isnan(value) or np.signbit(again.constants) == np.signbit(value)).all()
    assert again.digests() == batch.digests()


def test_take_and_concatenate():
    rows = np.array([5, 5, 0, 299])
    taken = BATCH.take(rows)
    assert taken.to_bytes() == [ROWS[row] for row in rows]
    other = random_programs(np.random.default_rng(1), 7, 20)
    joined = taken.concatenate([other, taken])
    assert joined.to_bytes() == [*taken.to_bytes(), *other.to_bytes(), *taken.to_bytes()]
    none = BATCH.take(np.array([], np.int64))
    assert len(none) == 0
    empty = ProgramBatch.from_bytes([])  # has an input count of its own
    assert none.concatenate([empty, BATCH]).to_bytes() == ROWS
    assert BATCH.concatenate([empty]).n_inputs == BATCH.n_inputs


def test_known_bytes_travel_with_the_programs():
    known = BATCH.take(np.arange(len(BATCH)))
    digests = known.digests()
    rows = np.array([2, 0, 0])
    fresh = BATCH.take(rows)
    taken = known.take(rows)
    assert taken.to_bytes() == fresh.to_bytes()
    assert taken.digests() == fresh.digests() == [digests[row] for row in rows]
    joined, partly = known.concatenate([taken]), BATCH.take(rows).concatenate([known])
    assert joined.digests() == digests + taken.digests()
    assert partly.digests() == taken.digests() + digests
    other = taken.with_constants(taken.constants + 1.0)
    assert (taken.n_constants > 0).any()
    assert other.digests() != taken.digests()


def test_programs_of_different_inputs_do_not_mix():
    with pytest.raises(ValueError, match=r"received \[2, 3\]"):
        BATCH.concatenate([ProgramBatch.identity(1, 3)])
    rows = [*ROWS[:1], *ProgramBatch.identity(1, 3).to_bytes()]
    with pytest.raises(GenomeFormatError, match=r"\[2, 3\]"):
        ProgramBatch.from_bytes(rows)


def test_structures_ignore_constants_and_nothing_else():
    other = BATCH.with_constants(BATCH.constants + 1.0)
    assert other.structures() == BATCH.structures()
    assert len(set(BATCH.structures())) == len(set(zip(*_structure(BATCH), strict=True)))
    assert not set(other.digests()) & set(BATCH.digests())


def _structure(batch):
    zero = batch.with_constants(np.zeros_like(batch.constants))
    return [[row[4:10] for row in zero.to_bytes()], [row[10:-4] for row in zero.to_bytes()]]


def test_identity_is_the_first_input():
    points = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(evaluate(ProgramBatch.identity(2, 2), points), [points[0]] * 2)
    assert ProgramBatch.identity(2).sizes().tolist() == [0, 0]


def test_evaluate_wants_a_row_for_each_input():
    with pytest.raises(ValueError, match=r"\(2, points\) expected .* received \(3, 4\)"):
        evaluate(BATCH, np.zeros((3, 4)))


def test_evaluate_computes_in_the_type_asked_for():
    values = evaluate(BATCH, np.full((2, 3), 0.1), dtype=np.float32)
    assert values.dtype == np.float32
    double = evaluate(BATCH, np.full((2, 3), 0.1))
    assert double.dtype == np.float64
    finite = np.isfinite(values) & np.isfinite(double)
    assert (values[finite] != double[finite]).any()


# --- damaged rows -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b"", "header"),
        (b"EvP\x02" + ROWS[0][4:], "header"),
        (ROWS[0][:-1] + bytes([ROWS[0][-1] ^ 1]), "checksum"),
        (sealed(ROWS[0][:-4] + b"\0"), "counts say otherwise"),
        (sealed(b"EvP\x01" + b"\0\0" + b"\0\0\0\0" + b"\xff\xff"), "0 inputs"),
        (sealed(b"EvP\x01" + b"\x41\0" + b"\0\0\0\0" + b"\xff\xff"), "65 inputs"),
        (sealed(b"EvP\x01" + b"\x01\0" + b"\x01\x10\0\0" + b"\xff\xff"), "4097 operations"),
        (sealed(b"EvP\x01" + b"\x01\0" + b"\0\0\0\x20" + b"\xff\xff"), "8192 constants"),
        (sealed(b"EvP\x01" + b"\x01\0" + b"\x01\0\0\0" + b"\xff\xff\xff"), "operation 0 is unk"),
        (sealed(b"EvP\x01" + b"\x01\0" + b"\0\0\0\0" + b"\xfe\xff"), "x1 is not defined"),
        (sealed(b"EvP\x01" + b"\x01\0" + b"\0\0\0\0" + b"\xbf\xff"), "c0 is not defined"),
        (sealed(b"EvP\x01" + b"\x01\0" + b"\0\0\0\0" + b"\0\0"), "n0 is not defined"),
        (sealed(b"EvP\x01" + b"\x01\0" + b"\x01\0\0\0" + b"\x08\0\0" + b"\0\0"), "n0 is not def"),
    ],
)
def test_damage_is_named(row, message):
    with pytest.raises(GenomeFormatError, match=message):
        ProgramBatch.from_bytes([row])


def fuzzed(rng: np.random.Generator, n: int) -> list[bytes]:
    """Valid rows with some bytes changed, cut or added, most with a right checksum; and noise."""
    rows = []
    for kind, pick in zip(rng.integers(0, 6, n), rng.integers(0, len(ROWS), n), strict=True):
        body = bytearray(ROWS[pick][:-4])
        at = int(rng.integers(len(body)))
        if kind == 0:
            body = bytearray(rng.bytes(int(rng.integers(0, 60))))
        elif kind == 1:
            body = bytearray(b"EvP\x01" + rng.bytes(int(rng.integers(0, 60))))
        elif kind == 2:
            del body[at : at + int(rng.integers(1, 9))]
        elif kind == 3:
            body[at:at] = rng.bytes(3)
        else:
            for _ in range(int(kind) - 3):
                body[int(rng.integers(len(body)))] = int(rng.integers(256))
        rows.append(sealed(bytes(body)))
    return rows


@pytest.mark.parametrize("n", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_fuzzed_rows_are_decoded_or_refused(n):
    refused = accepted = 0
    for row in fuzzed(np.random.default_rng(2), n):
        try:
            batch = ProgramBatch.from_bytes([row])
        except GenomeFormatError:
            refused += 1
        else:
            accepted += 1
            if accepted % 100 == 0:  # what is accepted is a program in every way
                again = ProgramBatch.from_bytes(batch.to_bytes())
                np.testing.assert_array_equal(again.args, batch.args)
                evaluate(canonical(batch), np.ones((batch.n_inputs, 2)))
    assert refused > n / 5
    assert accepted > n / 20


def test_the_longest_rows_are_decoded_in_bounded_time():
    instruction = b"\x08\xff\xff"
    body = b"EvP\x01\x01\0" + MAX_NODES.to_bytes(2, "little") + b"\0\0" + instruction * MAX_NODES
    batch = ProgramBatch.from_bytes([sealed(body + b"\xff\x0f")])
    assert batch.lengths.tolist() == [MAX_NODES]
    assert canonical(batch).lengths.tolist() == [1]


# --- networkx ---------------------------------------------------------------------------------


def test_graph_shows_the_program():
    batch = ProgramBatch(
        np.array([[3, 4]], np.uint8),
        np.array([[[FIRST_INPUT, FIRST_INPUT, 0], [FIRST_CONSTANT, 0, 0]]], np.int16),
        np.array([2], np.int32),
        np.array([[0.5]]),
        np.array([1], np.int32),
        np.array([1], np.int16),
        2,
    )
    graph = batch.graph(0)
    assert dict(graph.nodes(data=True)) == {
        "x0": {},
        "x1": {},
        "c0": {"value": 0.5},
        "n0": {"op": "mul"},
        "n1": {"op": "div"},
    }
    assert set(graph.edges(data="positions")) == {
        ("x0", "n0", (0, 1)),
        ("c0", "n1", (0,)),
        ("n0", "n1", (1,)),
    }
    assert graph.graph == {"output": "n1", "inputs": 2}


def through_graphs(batch, change=lambda graph: graph):
    """Every program to networkx and back."""
    rows = [ProgramBatch.from_graph(change(batch.graph(row))) for row in range(len(batch))]
    return rows[0].concatenate(rows[1:])


def test_graph_round_trip():
    assert canonical(through_graphs(BATCH)).to_bytes() == canonical(BATCH).to_bytes()
    settled = canonical(BATCH)
    assert canonical(through_graphs(settled)).to_bytes() == settled.to_bytes()


def test_renamed_graphs_are_the_same_programs():
    rng = np.random.default_rng(3)

    def renamed(graph):
        names = [name for name in graph if name[0] != "x"]
        numbers = rng.permutation(len(names)) * 3
        new = {name: f"{name[0]}{number}" for name, number in zip(names, numbers, strict=True)}
        other = nx.relabel_nodes(graph, new)
        other.graph["output"] = new.get(graph.graph["output"], graph.graph["output"])
        return other

    assert canonical(through_graphs(BATCH, renamed)).to_bytes() == canonical(BATCH).to_bytes()


def spoilt(change):
    graph = nx.DiGraph(output="n1", inputs=1)
    graph.add_node("x0")
    graph.add_node("c0", value=2.0)
    graph.add_node("n0", op="mul")
    graph.add_node("n1", op="sub")
    graph.add_edge("x0", "n0", positions=(0,))
    graph.add_edge("c0", "n0", positions=(1,))
    graph.add_edge("n0", "n1", positions=(0, 1))
    ProgramBatch.from_graph(graph)  # sound before
    change(graph)
    return graph


@pytest.mark.parametrize(
    "change",
    [
        lambda graph: graph.add_edge("n1", "n0", positions=(0,)),
        lambda graph: graph.remove_edge("c0", "n0"),
        lambda graph: graph.add_edge("n0", "n1", positions=(0, 1, 2)),
        lambda graph: graph.add_edge("c0", "n0", positions=(0,)),
        lambda graph: graph.add_edge("c0", "n0", positions=5),
        lambda graph: graph.add_edge("y", "n0", positions=(0,)),
        lambda graph: graph.add_node("n0", op="system"),
        lambda graph: graph.add_node("c0", value="two"),
        lambda graph: graph.add_node("c0", value=None),
        lambda graph: graph.add_node(7),
        lambda graph: graph.add_node("n", op="mul"),
        lambda graph: graph.graph.pop("output"),
        lambda graph: graph.graph.update(output="n9"),
        lambda graph: graph.graph.update(inputs=0),
        lambda graph: graph.graph.update(inputs=10**9),
        lambda graph: graph.graph.update(inputs="many"),
    ],
)
def test_graphs_that_are_no_programs_are_refused(change):
    with pytest.raises(GenomeFormatError):
        ProgramBatch.from_graph(spoilt(change))


def test_relabelled_rows_are_decoded_as_well():
    """The decoder does not demand canonical form."""
    other = relabelled(np.random.default_rng(4), BATCH)
    assert ProgramBatch.from_bytes(other.to_bytes()).to_bytes() == other.to_bytes()
