"""Decoders meet damaged bytes: one kind of error, bounded memory. Programs: test_program.py."""

import resource
import zlib

import numpy as np
import pytest

from evosearch.errors import FormatError
from evosearch.execution import Message
from evosearch.genomes.table import Column, TableBatch
from evosearch.genomes.vector import VectorBatch
from evosearch.seeding import stream
from search_spaces.hyperparameters.options import HyperparametersOptions
from search_spaces.hyperparameters.space import Hyperparameters

GENES = {
    "z": {"kind": "categorical", "choices": ["x", "y"]},
    "n": {"kind": "integer", "low": 1, "high": 8},
    "a": {"kind": "real", "low": -1.0, "high": 1.0},
}
WORDS = [b"\xff\xff", b"\x00" * 8, b"\x7f\xff\xff\xff", b"1e999", b"NaN", b"[" * 40, b"EvP\x01"]


def vectors():
    space = Hyperparameters(HyperparametersOptions(genes=GENES))
    birth = next(operator for operator in space.operators.values() if operator.arity == 0)
    return VectorBatch.from_bytes, birth.apply(stream(0, "birth"), (), 40).to_bytes()


def tables():
    columns = (Column("age", 20), Column("sex", 2), Column("place", 300))
    codes = stream(0, "birth").integers(0, (20, 2, 300), (5, 7, 3)).astype(np.uint16)
    return TableBatch.from_bytes, TableBatch(columns, codes).to_bytes()


def messages():
    whole = Message({"a": [1, None]}, {"x": np.arange(6.0).reshape(2, 3)}, [b"abc", b""]).pack()
    return lambda rows: Message.unpack(rows[0]), [whole]


def damaged(rng, row):
    """The same bytes with one to four of: a byte changed, cut, doubled, a word put in."""
    data = bytearray(row)
    for _ in range(rng.integers(1, 5)):
        at = int(rng.integers(0, len(data) + 1))
        match int(rng.integers(5)):
            case 0 if at < len(data):
                data[at] ^= 1 << int(rng.integers(8))
            case 1:
                del data[at:]
            case 2:
                del data[at : at + int(rng.integers(1, 9))]
            case 3:
                data[at:at] = data[at : at + int(rng.integers(1, 40))]
            case _:
                data[at:at] = WORDS[int(rng.integers(len(WORDS)))]
    if rng.random() < 0.7:  # with the right check sum, so that what is behind it is met
        data[-4:] = zlib.crc32(data[:-4]).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize("make", [vectors, tables, messages])
@pytest.mark.parametrize("cases", [2000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_whatever_the_bytes_the_error_is_one(make, cases):
    decode, rows = make()
    decode(rows)
    rng = np.random.default_rng(1)
    refused = 0
    for _ in range(cases):
        row = damaged(rng, rows[int(rng.integers(len(rows)))])
        try:
            decode([row])
        except FormatError:
            refused += 1
    assert refused > cases // 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4 * 2**20  # KiB
