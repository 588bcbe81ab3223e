"""Operators on tables, all children at once: codes in, codes out.

How much of a table an operator changes is drawn for each child, log-uniformly between one row and
a quarter of the table: small steps are what a good table needs, large ones what a poor one does.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from jaxtyping import Int64, UInt16

from evosearch.contracts import Operator
from evosearch.genomes.table import Column, TableBatch

Codes = UInt16[np.ndarray, "batch rows columns"]
Places = Int64[np.ndarray, " places"]

_LARGEST = 0.25  # share of a table


def operators(columns: Sequence[Column], rows: int) -> dict[str, Operator]:
    """Every operator of the space by name."""
    own = tuple(columns)
    sizes = np.array([column.size for column in own])
    return {
        "random": Operator(0, partial(_nothing, own, sizes, rows)),
        "mutation": _operator(1, own, partial(mutation, sizes)),
        "row_copy": _operator(1, own, row_copy),
        "column_swap": _operator(1, own, column_swap),
        "crossover": _operator(2, own, crossover),
    }


def _nothing(
    columns: tuple[Column, ...],
    sizes: Int64[np.ndarray, " columns"],
    rows: int,
    rng: np.random.Generator,
    _parents: tuple[TableBatch, ...],
    n: int,
) -> TableBatch:
    """Codes drawn evenly."""
    codes = rng.integers(0, sizes, size=(n, rows, len(sizes)), dtype=np.uint16)
    return TableBatch(columns, codes)


def _operator(arity: int, columns: tuple[Column, ...], vary: Callable[..., Codes]) -> Operator:
    def apply(rng: np.random.Generator, parents: tuple[TableBatch, ...], _n: int) -> TableBatch:
        return TableBatch(columns, vary(rng, *(parent.codes for parent in parents)))

    return Operator(arity, apply)


def mutation(
    sizes: Int64[np.ndarray, " columns"], rng: np.random.Generator, codes: Codes
) -> Codes:
    """A share of the cells drawn anew, evenly from the codes of their columns."""
    child, places = _places(rng, codes, codes.shape[1] * codes.shape[2])
    row, column = np.divmod(places, codes.shape[2])
    changed = codes.copy()
    changed[child, row, column] = rng.integers(0, sizes[column], dtype=np.uint16)
    return changed


def row_copy(rng: np.random.Generator, codes: Codes) -> Codes:
    """A share of the rows replaced by other rows of the same table."""
    rows = codes.shape[1]
    child, row = _places(rng, codes, rows)
    other = (row + rng.integers(1, rows, size=len(row))) % rows
    changed = codes.copy()
    changed[child, row] = codes[child, other]
    return changed


def column_swap(rng: np.random.Generator, codes: Codes) -> Codes:
    """A share of the rows, in pairs, exchange their values of one column: its marginal stays."""
    child, row = _places(rng, codes, codes.shape[1], least=2)
    order = rng.permutation(len(child))
    order = order[np.argsort(child[order], kind="stable")]  # by child, shuffled within
    child, row = child[order], row[order]
    rank = np.arange(len(child)) - np.searchsorted(child, child)
    first = np.flatnonzero((rank[:-1] % 2 == 0) & (child[:-1] == child[1:]))
    column = rng.integers(codes.shape[2], size=len(codes))[child[first]]
    changed = codes.copy()
    changed[child[first], row[first], column] = codes[child[first], row[first + 1], column]
    changed[child[first], row[first + 1], column] = codes[child[first], row[first], column]
    return changed


def crossover(rng: np.random.Generator, codes: Codes, others: Codes) -> Codes:
    """A share of the rows taken from the other table."""
    child, row = _places(rng, codes, codes.shape[1])
    changed = codes.copy()
    changed[child, row] = others[child, row]
    return changed


def _places(
    rng: np.random.Generator, codes: Codes, among: int, least: int = 1
) -> tuple[Places, Places]:
    """Different places of each child's own share among so many, in order, and whose they are."""
    smallest = min(1 / codes.shape[1], _LARGEST)
    share = np.exp(rng.uniform(np.log(smallest), np.log(_LARGEST), size=len(codes)))
    number = np.clip(np.rint(share * among).astype(np.int64), least, among)
    drawn = [_different(rng, among, each) for each in number.tolist()]
    return np.repeat(np.arange(len(codes)), number), np.concatenate(drawn)


def _different(rng: np.random.Generator, among: int, number: int) -> Places:
    return np.sort(rng.choice(among, size=number, replace=False, shuffle=False))
