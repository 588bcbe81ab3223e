"""Tables: their byte form, and what it refuses."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evosearch.errors import ConfigError, GenomeFormatError
from evosearch.genomes.batch import GenomeBatch
from evosearch.genomes.table import Column, TableBatch

many = settings(deadline=None, derandomize=True, max_examples=60)

COLUMNS = (Column("age", 20), Column("sex", 2), Column("rück\n", 256))
WIDE = (Column("age", 20), Column("place", 300))


def batch(columns=COLUMNS, n=3, rows=7, seed=0):
    sizes = np.array([column.size for column in columns])
    codes = np.random.default_rng(seed).integers(0, sizes, (n, rows, len(sizes)))
    return TableBatch(columns, codes.astype(np.uint16))


@st.composite
def batches(draw):
    names = draw(st.lists(st.sampled_from(["", "a", "é\n", 'b"', "𝛼"]), min_size=1, unique=True))
    sizes = [draw(st.sampled_from([1, 2, 255, 256, 257, 65536])) for _ in names]
    columns = tuple(map(Column, names, sizes))
    n, rows = draw(st.integers(0, 3)), draw(st.integers(1, 5))
    return batch(columns, n, rows, draw(st.integers(0, 9)))


@given(batches())
@many
def test_bytes_round_trip(tables):
    data = tables.to_bytes()
    back = TableBatch.from_bytes(data)
    if data:
        assert back.columns == tables.columns
        np.testing.assert_array_equal(back.codes, tables.codes)
    assert back.to_bytes() == data


def test_the_byte_form_is_as_documented():
    text = b'[["a",2],["b",3]]'
    columns = (Column("a", 2), Column("b", 3))
    row = TableBatch(columns, np.array([[[0, 2], [1, 1]]], np.uint16)).to_bytes()[0]
    body = b"EvT\x01" + struct.pack("<I", len(text)) + text + bytes([0, 1, 2, 1])
    assert row == body + struct.pack("<I", zlib.crc32(body))


def test_codes_have_two_bytes_where_a_column_needs_them():
    row = TableBatch(WIDE, np.array([[[1, 299]]], np.uint16)).to_bytes()[0]
    assert row[-8:-4] == struct.pack("<2H", 1, 299)


def test_a_changed_cell_changes_one_byte_beside_the_checksum():
    one = batch(n=1)
    codes = one.codes.copy()
    codes[0, 2, 1] ^= 1
    (before,), (after,) = one.to_bytes(), TableBatch(COLUMNS, codes).to_bytes()
    differs = [
        place for place, pair in enumerate(zip(before, after, strict=True)) if len({*pair}) > 1
    ]
    assert len([place for place in differs if place < len(before) - 4]) == 1


def test_the_contract():
    tables = batch()
    assert isinstance(tables, GenomeBatch)
    assert len(tables.concatenate([tables.take(np.array([2, 2]))])) == 5
    np.testing.assert_array_equal(tables.take(np.array([2, 0])).codes[0], tables.codes[2])
    assert tables.sizes().tolist() == [7, 7, 7]
    assert tables.structures() == tables.digests()
    assert len(set(tables.digests())) == 3
    nobody = tables.take(np.array([], np.int64))
    assert nobody.to_bytes() == nobody.digests() == []
    assert TableBatch.from_bytes([]).concatenate([tables]).digests() == tables.digests()


def test_columns_and_rows_have_to_be_the_same():
    with pytest.raises(ValueError, match="same columns"):
        batch().concatenate([batch(WIDE)])
    with pytest.raises(ValueError, match="number of rows"):
        batch().concatenate([batch(rows=8)])


def test_columns_count_in_the_digest():
    codes = np.zeros((1, 2, 1), np.uint16)
    every = [(Column("a", 2),), (Column("b", 2),), (Column("a", 3),)]
    assert len({TableBatch(columns, codes).digests()[0] for columns in every}) == 3


@pytest.mark.parametrize("size", [0, -1, 65537])
def test_columns_that_are_none(size):
    with pytest.raises(ConfigError, match="1 to 65536"):
        Column("a", size)


# --- Refusals ---------------------------------------------------------------------------------


def framed(text: bytes, codes: bytes, length: int | None = None) -> bytes:
    body = b"EvT\x01" + struct.pack("<I", len(text) if length is None else length) + text + codes
    return body + struct.pack("<I", zlib.crc32(body))


TEXT = b'[["a",2],["b",3]]'


@pytest.mark.parametrize(
    ("codes", "ok"),
    [
        ([0, 1, 2, 1], True),
        ([1, 2], True),
        ([0, 2, 2, 1], False),
        ([0, 1, 3, 1], False),
        ([255, 255], False),
        ([], False),
        ([0], False),
        ([0, 1, 2], False),
    ],
)
def test_codes_have_to_be_allowed(codes, ok):
    row = framed(TEXT, bytes(codes))
    if ok:
        assert TableBatch.from_bytes([row]).codes[0].T.ravel().tolist() == codes
    else:
        with pytest.raises(GenomeFormatError):
            TableBatch.from_bytes([row])


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"a":2}',
        b"[" * 5000,
        b"[" * 5000 + b"]" * 5000,
        b"9" * 5000,
        b'[["a"]]',
        b'["ab"]',
        b'[["a",2,3]]',
        b'[["a",2.0]]',
        b'[["a",true]]',
        b'[["a","2"]]',
        b'[["a",0]]',
        b'[["a",-2]]',
        b'[["a",65537]]',
        b'[["a", 2]]',
        b"[[1,2]]",
        b'[["a",2],["a",2]]',
        '[["ü",2]]'.encode(),
        b"\xff",
        b"[" + b",".join(b'["%d",2]' % i for i in range(4097)) + b"]",
    ],
    ids=lambda text: repr(text[:40]),
)
def test_descriptions_have_to_be_the_canonical_ones(text):
    with pytest.raises(GenomeFormatError):
        TableBatch.from_bytes([framed(text, b"\0" * 4097)])


def test_tables_of_one_batch_share_their_shape():
    with pytest.raises(GenomeFormatError, match="different columns"):
        TableBatch.from_bytes([*batch().to_bytes(), *batch(WIDE).to_bytes()])
    with pytest.raises(GenomeFormatError, match="numbers of rows"):
        TableBatch.from_bytes([*batch().to_bytes(), *batch(rows=8).to_bytes()])


def test_a_length_that_lies_is_refused():
    for length in (0, 5, len(TEXT) + 4, 2**32 - 1):
        with pytest.raises(GenomeFormatError):
            TableBatch.from_bytes([framed(TEXT, bytes(4), length)])


@given(st.binary(max_size=80))
@many
def test_noise_is_refused(noise):
    for row in (noise, b"EvT\x01" + noise, framed(noise, b""), framed(noise, noise[:8])):
        with pytest.raises(GenomeFormatError):
            TableBatch.from_bytes([row])


@given(st.data())
@settings(deadline=None, derandomize=True, max_examples=200)
def test_damage_is_refused_or_gives_a_table_of_its_own(data):
    """With a checksum made to fit, what is accepted is what would be written."""
    row = bytearray(batch(data.draw(st.sampled_from([COLUMNS, WIDE]))).to_bytes()[0][:-4])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(row) - 1))
        row[at] = data.draw(st.integers(0, 255))
    damaged = bytes(row) + struct.pack("<I", zlib.crc32(row))
    try:
        tables = TableBatch.from_bytes([damaged])
    except GenomeFormatError:
        return
    assert TableBatch(tables.columns, tables.codes).to_bytes() == [damaged]


@given(st.data())
@many
def test_a_changed_byte_is_noticed(data):
    row = bytearray(batch().to_bytes()[0])
    row[data.draw(st.integers(0, len(row) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(GenomeFormatError):
        TableBatch.from_bytes([bytes(row)])
