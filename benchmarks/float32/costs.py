"""Measures a cost table: straight-line programs against the clock, in C, and a fit of the model.

    python -m benchmarks.float32 costs [--output FILE] [--seconds 20]

Chains of one operation, and of two in turn, tell which operations share execution units; loops of
one value tell latencies; random programs of 2 to 12 operations give the rest. Half of these are
kept back, and tell how well the table orders programs that it does not know.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares
from scipy.stats import spearmanr

from benchmarks.float32.latency import latencies
from benchmarks.float32.native import POINTS, CFunction, Native
from benchmarks.float32.processor import processor
from benchmarks.float32.protocol import timed
from evaluators.approximation.float32.costs import CostTable, Operation, cost
from evaluators.approximation.whole_line.kernel import c_function
from evosearch.export.document import Node, ProgramDocument
from evosearch.genomes.canonical import canonical
from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import ProgramBatch
from search_spaces.expressions import birth
from search_spaces.expressions.options import ExpressionsOptions

SHORT, LONG = 4, 12  # operations of the chains: their difference leaves the loop out
ARITHMETIC = ("add", "sub", "mul", "fma")
OTHERS = ("max", "min", "div", "sqrt")
FREE = ("neg", "abs")  # part of another instruction, or a logical one that any unit can do
LENGTHS = range(2, 13)
OF_EACH_LENGTH = 12
OVERHEAD = 4  # operations of the loop: it reads, writes, takes a maximum and a minimum
_CONSTANTS = ("0.3", "0.7", "1.3", "0.2")


@dataclass(frozen=True)
class Measured:
    """A table and how good it is.

    Attributes:
        table: The fit.
        known: Spearman's rank correlation with the clock over the programs of the fit.
        unknown: The same over those that were kept back.
        error: Root mean square of their relative errors.
        programs: How many were kept back.
    """

    table: CostTable
    known: float
    unknown: float
    error: float
    programs: int

    def document(self) -> str:
        """The table as it is stored."""
        return self.table.document(
            {
                "date": time.strftime("%Y-%m-%d"),
                "rank correlation, programs of the fit": round(self.known, 4),
                "rank correlation, other programs": round(self.unknown, 4),
                "relative error, other programs": round(self.error, 4),
            }
        )


def measure(
    seconds: float = 20.0, seed: int = 0, of_each_length: int = OF_EACH_LENGTH
) -> Measured:
    """Measure this processor; raises OSError where there is no C compiler."""
    programs = random_programs(np.random.default_rng(seed), of_each_length)
    clock = picoseconds(
        [ProgramDocument.from_program(programs, k) for k in range(len(programs))], seconds / 2
    )
    slopes = chains(seconds / 2)
    start = _start(slopes, latencies())
    even, odd = np.arange(0, len(programs), 2), np.arange(1, len(programs), 2)
    table = fitted(start, slopes, programs.take(even), clock[even])
    found = cost(programs.take(odd), table)
    return Measured(
        table,
        float(spearmanr(cost(programs.take(even), table), clock[even])[0]),
        float(spearmanr(found, clock[odd])[0]),
        float(np.sqrt(np.mean((found / clock[odd] - 1) ** 2))),
        len(odd),
    )


def picoseconds(documents: Sequence[ProgramDocument], seconds: float) -> npt.NDArray[np.float64]:
    """The clock's opinion of programs, for each value."""
    native = Native(
        [CFunction(str(k), c_function(d, "FUNCTION")) for k, d in enumerate(documents)]
    )
    points = np.linspace(0, 1, POINTS, dtype=np.float32)
    runs = {str(k): (lambda k=k: native.nanoseconds(k, points)) for k in range(len(documents))}
    return np.array([1000 * times.best for times in timed(runs, seconds).values()])


def random_programs(rng: np.random.Generator, of_each_length: int) -> ProgramBatch:
    """Canonical programs of one input over + - * and fma, as many of each length."""
    options = ExpressionsOptions(primitives=ARITHMETIC, max_operations=max(LENGTHS))
    programs = canonical(birth.random(options, rng, 400 * of_each_length))
    zero = (programs.ops == BY_NAME["sub"].code) & (
        programs.args[:, :, 0] == programs.args[:, :, 1]
    )
    usable = ~zero.any(axis=1)
    rows = [np.flatnonzero(usable & (programs.lengths == n))[:of_each_length] for n in LENGTHS]
    return programs.take(np.concatenate(rows))


def chains(seconds: float) -> Mapping[tuple[str, ...], float]:
    """Picoseconds of one more operation in a chain of one kind, or of two kinds in turn."""
    kinds = [(op,) for op in (*ARITHMETIC, "div", "sqrt")] + [("max", "min")]
    kinds += [
        (op, other) for op in ("max", "div", "sqrt", "sub", "fma") for other in ("add", "mul")
    ]
    documents = [chain(kind, length) for kind in kinds for length in (SHORT, LONG)]
    clock = picoseconds(documents, seconds)
    return dict(zip(kinds, (clock[1::2] - clock[::2]) / (LONG - SHORT), strict=True))


def chain(kinds: Sequence[str], length: int) -> ProgramDocument:
    """A program of so many operations, each on the result of the one before."""
    nodes: list[Node] = []
    constants: list[str] = []
    value, numbers = "x", cycle(_CONSTANTS)
    for position, op in enumerate(islice(cycle(kinds), length)):
        arity = BY_NAME[op].arity
        if op in ("max", "min"):  # different ones, so that none is left out
            drawn = [f"0.{10 + position}" if op == "max" else f"0.{90 - position}"]
        else:
            drawn = list(islice(numbers, arity - 1))
        names = [f"c{len(constants) + k}" for k in range(len(drawn))]
        constants += drawn
        arguments = (value, *names) if op not in ("sub", "div") else (*names, value)
        nodes.append(Node(op, arguments))
        value = f"n{position}"
    return ProgramDocument(("x",), tuple(constants), tuple(nodes), (value,))


def _start(slopes: Mapping[tuple[str, ...], float], latency: Mapping[str, float]) -> CostTable:
    """Units from the chains; times before the fit."""

    def unit(op: str) -> str:
        if op in ("add", "mul"):
            return op
        alone = slopes["max", "min"] if op in ("max", "min") else slopes[(op,)]
        with_each = {
            other: slopes["max" if op == "min" else op, other] for other in ("add", "mul")
        }
        # two kinds in turn take as long as the longer of them where they share nothing
        shared = {other: taken / (alone + slopes[(other,)]) for other, taken in with_each.items()}
        if op in ("div", "sqrt"):
            return "div" if max(shared.values()) < 0.75 else max(shared, key=shared.__getitem__)
        return max(shared, key=shared.__getitem__)

    rows = {op: Operation(unit(op), 0.0, latency[op]) for op in (*ARITHMETIC, *OTHERS)}
    rows |= {op: Operation("", 0.0, latency["max"]) for op in FREE}
    return CostTable(processor(), rows, {rows["max"].unit: 0.0}, OVERHEAD, 0.0, 0.0)


def fitted(
    start: CostTable,
    slopes: Mapping[tuple[str, ...], float],
    programs: ProgramBatch,
    clock: npt.NDArray[np.float64],
) -> CostTable:
    """Occupations of products and sums and the other prices, by robust least squares.

    Chains of the remaining operations then tell theirs.
    """
    scale = slopes[("fma",)]

    def table(parameters: Any) -> CostTable:
        mul, add, issue, window = (float(p) * scale for p in parameters)
        occupation = {"mul": mul, "add": add}
        rows = {
            op: replace(row, occupation=occupation.get(row.unit, 0.0))
            for op, row in start.operations.items()
        }
        loop = {unit: 2 * occupation[unit] for unit in start.loop}  # one maximum, one minimum
        return CostTable(start.processor, rows, loop, OVERHEAD, issue, window)

    def residuals(parameters: Any) -> Any:
        return cost(programs, table(parameters)) / clock - 1

    found = least_squares(
        residuals, [1.0, 1.0, 0.5, 0.5], bounds=(0, np.inf), loss="soft_l1", f_scale=0.05
    )
    return _rounded(_completed(table(found.x), slopes))


def _completed(table: CostTable, slopes: Mapping[tuple[str, ...], float]) -> CostTable:
    rows = dict(table.operations)
    for op, row in rows.items():
        if row.unit == "div":
            rows[op] = replace(row, occupation=slopes[(op,)])
    return replace(table, operations=rows)


def _rounded(table: CostTable) -> CostTable:
    """To digits that a repetition would have, too."""
    rows = {
        op: Operation(row.unit, round(row.occupation, 3), round(row.latency, 2))
        for op, row in table.operations.items()
    }
    loop = {unit: round(value, 3) for unit, value in table.loop.items()}
    prices = round(table.issue, 3), round(table.window, 3)
    return CostTable(table.processor, rows, loop, table.overhead, *prices)
