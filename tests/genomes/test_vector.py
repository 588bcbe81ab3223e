"""Vectors: their byte form, and what it refuses."""

import json
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evosearch.errors import ConfigError, GenomeFormatError
from evosearch.genomes.batch import GenomeBatch
from evosearch.genomes.vector import Gene, VectorBatch

many = settings(deadline=None, derandomize=True, max_examples=60)

GENES = (
    Gene("rate", "log", 1e-4, 1.0),
    Gene("layers", "integer", -2, 8),
    Gene.categorical("activation", ["relu", "tanh", True, 1, 1.0, "ü\n"]),
    Gene("shift", "real", -1.5, 2.5),
)


def batch():
    return VectorBatch(GENES, np.array([[0.1, 3, 0, -0.5], [1e-4, -2, 5, 2.5], [1.0, 8, 2, 0.0]]))


@st.composite
def genes(draw):
    names = draw(st.lists(st.sampled_from(["", "a", "é\n", 'b"', "𝛼"]), min_size=1, unique=True))
    found = []
    for name in names:
        kind = draw(st.sampled_from(["real", "log", "integer", "categorical"]))
        if kind == "categorical":
            pool = st.permutations([0, 1, -5, 0.5, 1.0, True, False, "", "x", "ß\x00"])
            choices = draw(pool)[: draw(st.integers(2, 10))]
            found.append(Gene.categorical(name, choices))
            continue
        low = draw(st.integers(1, 9) if kind == "log" else st.integers(-9, 9))
        found.append(Gene(name, kind, float(low), float(low + draw(st.integers(1, 9)))))
    return tuple(found)


@st.composite
def batches(draw):
    own = draw(genes())
    unit = draw(st.lists(st.lists(st.floats(0, 1), min_size=5, max_size=5), max_size=3))
    rows = [
        [
            g.low + u * (g.high - g.low)
            if g.kind in ("real", "log")
            else np.rint(g.low + u * (g.high - g.low))
            for g, u in zip(own, row, strict=False)
        ]
        for row in unit
    ]
    return VectorBatch(own, np.array(rows, np.float64).reshape(-1, len(own)) + 0.0)


@given(batches())
@many
def test_bytes_round_trip(vectors):
    data = vectors.to_bytes()
    back = VectorBatch.from_bytes(data)
    if data:
        assert back.genes == vectors.genes
        np.testing.assert_array_equal(back.values, vectors.values)
    assert back.to_bytes() == data


def test_the_byte_form_is_as_documented():
    row = VectorBatch(GENES[3:], np.array([[0.25]])).to_bytes()[0]
    text = b'[["shift","real",-1.5,2.5]]'
    body = b"EvV\x01" + struct.pack("<I", len(text)) + text + struct.pack("<d", 0.25)
    assert row == body + struct.pack("<I", zlib.crc32(body))


def test_the_contract():
    vectors = batch()
    assert isinstance(vectors, GenomeBatch)
    assert len(vectors.concatenate([vectors.take(np.array([2, 2]))])) == 5
    assert vectors.take(np.array([2, 0])).values[0].tolist() == [1.0, 8, 2, 0.0]
    assert vectors.sizes().tolist() == [4, 4, 4]
    assert vectors.structures() == vectors.digests()
    assert len(set(vectors.digests())) == 3
    nobody = vectors.take(np.array([], np.int64))
    assert nobody.to_bytes() == nobody.digests() == []
    assert VectorBatch.from_bytes([]).concatenate([vectors]).digests() == vectors.digests()


def test_zero_has_one_form():
    zeros = VectorBatch(GENES[3:], np.array([[0.0], [-0.0]]))
    assert len(set(zeros.digests())) == 1


def test_genes_count_in_the_digest():
    value = np.array([[1.0]])
    one = VectorBatch((Gene("a", "real", 0.0, 2.0),), value)
    for other in (Gene("b", "real", 0.0, 2.0), Gene("a", "real", 0.0, 3.0)):
        assert VectorBatch((other,), value).digests() != one.digests()
        with pytest.raises(ValueError, match="same genes"):
            one.concatenate([VectorBatch((other,), value)])


def test_rows_as_dicts_have_the_genes_own_types():
    first, second, third = batch().rows_as_dicts()
    assert first == {"rate": 0.1, "layers": 3, "activation": "relu", "shift": -0.5}
    assert second["activation"] == "ü\n"
    assert third["activation"] is True
    assert type(third["layers"]) is int
    assert json.dumps(third) == '{"rate": 1.0, "layers": 8, "activation": true, "shift": 0.0}'


# --- Refusals ---------------------------------------------------------------------------------


def framed(text: bytes, values: bytes, length: int | None = None) -> bytes:
    body = b"EvV\x01" + struct.pack("<I", len(text) if length is None else length) + text + values
    return body + struct.pack("<I", zlib.crc32(body))


TEXT = b'[["n","integer",0.0,4.0],["c","categorical",0.0,1.0,"a","b"]]'


@pytest.mark.parametrize(
    ("values", "ok"),
    [
        ((3.0, 1.0), True),
        ((3.5, 1.0), False),
        ((5.0, 1.0), False),
        ((-1.0, 1.0), False),
        ((3.0, 2.0), False),
        ((3.0, 0.5), False),
        ((-0.0, 0.0), False),
        ((float("nan"), 0.0), False),
        ((float("inf"), 0.0), False),
        ((3.0,), False),
        ((3.0, 1.0, 1.0), False),
    ],
)
def test_values_have_to_be_allowed(values, ok):
    row = framed(TEXT, struct.pack(f"<{len(values)}d", *values))
    if ok:
        assert VectorBatch.from_bytes([row]).values.tolist() == [list(values)]
    else:
        with pytest.raises(GenomeFormatError):
            VectorBatch.from_bytes([row])


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"{}",
        b"[" * 5000,
        b"[" * 5000 + b"]" * 5000,
        b"9" * 5000,
        b'[["n"]]',
        b'[["n","integer",0,4]]',
        b'[["n", "integer",0.0,4.0]]',
        b'[["n","integer",0.0,4.00]]',
        b'[["n","integer",-0.0,4.0]]',
        b'[["n","integer",0.0,NaN]]',
        b'[["n","integer",0.0,1e999]]',
        b'[["n","integer",0.5,4.0]]',
        b'[["n","log",0.0,4.0]]',
        b'[["n","real",4.0,0.0]]',
        b'[["n","real",0.0,4.0,"a"]]',
        b'[["n","other",0.0,4.0]]',
        b'[["n",["real"],0.0,4.0]]',
        b'[[1,"real",0.0,4.0]]',
        b'[["n","categorical",0.0,1.0,"a","a"]]',
        b'[["n","categorical",0.0,1.0,"a",null]]',
        b'[["n","categorical",0.0,1.0,"a",[]]]',
        b'[["n","categorical",0.0,2.0,"a","b"]]',
        b'[["n","real",0.0,4.0],["n","real",0.0,4.0]]',
        '[["ü","real",0.0,4.0]]'.encode(),
        b"\xff",
        b"[" + b",".join(b'["%d","real",0.0,4.0]' % i for i in range(4097)) + b"]",
    ],
    ids=lambda text: repr(text[:40]),
)
def test_descriptions_have_to_be_the_canonical_ones(text):
    with pytest.raises(GenomeFormatError):
        VectorBatch.from_bytes([framed(text, b"\0" * 8)])


def test_rows_of_one_batch_share_their_genes():
    other = VectorBatch((Gene("a", "real", 0.0, 1.0),), np.array([[0.5]]))
    with pytest.raises(GenomeFormatError, match="different genes"):
        VectorBatch.from_bytes([*batch().to_bytes(), *other.to_bytes()])


def test_a_length_that_lies_is_refused():
    for length in (0, 5, len(TEXT) + 8, 2**32 - 1):
        with pytest.raises(GenomeFormatError):
            VectorBatch.from_bytes([framed(TEXT, struct.pack("<2d", 1, 1), length)])


@given(st.binary(max_size=80))
@many
def test_noise_is_refused(noise):
    for row in (noise, b"EvV\x01" + noise, framed(noise, b""), framed(noise, noise[:8])):
        with pytest.raises(GenomeFormatError):
            VectorBatch.from_bytes([row])


@given(st.data())
@settings(deadline=None, derandomize=True, max_examples=200)
def test_damage_is_refused_or_gives_a_vector_of_its_own(data):
    """With a checksum made to fit, what is accepted is what would be written."""
    row = bytearray(batch().to_bytes()[0][:-4])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(row) - 1))
        row[at] = data.draw(st.integers(0, 255))
    damaged = bytes(row) + struct.pack("<I", zlib.crc32(row))
    try:
        vectors = VectorBatch.from_bytes([damaged])
    except GenomeFormatError:
        return
    assert VectorBatch(vectors.genes, vectors.values).to_bytes() == [damaged]


@given(st.data())
@many
def test_a_changed_byte_is_noticed(data):
    row = bytearray(batch().to_bytes()[0])
    row[data.draw(st.integers(0, len(row) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(GenomeFormatError):
        VectorBatch.from_bytes([bytes(row)])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Gene("a", "real", 1.0, 1.0), "low < high"),
        (lambda: Gene("a", "real", 0.0, float("nan")), "low < high"),
        (lambda: Gene("a", "real", -1e308, 1.7e308), "finite"),
        (lambda: Gene("a", "log", 0.0, 1.0), 'kind = "real"'),
        (lambda: Gene("a", "integer", 0.5, 3.0), "whole"),
        (lambda: Gene("a", "integer", 0.0, 2.0**53), "2\\^53"),
        (lambda: Gene("a", "real", 0.0, 1.0, ("x",)), "categorical"),
        (lambda: Gene("a", "ordinal", 0.0, 1.0), "real, log, integer, categorical"),
        (lambda: Gene.categorical("a", ["x"]), "2 to"),
        (lambda: Gene.categorical("a", ["x", "x"]), "twice"),
        (lambda: Gene.categorical("a", ["x", float("nan")]), "finite"),
        (lambda: Gene.categorical("a", ["x", 10**400]), "finite"),
    ],
)
def test_genes_that_are_none(make, says):
    with pytest.raises(ConfigError, match=says):
        make()
