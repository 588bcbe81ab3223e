"""Measures a cost table: straight-line programs against the clock, in C, and a fit of the model.

    python -m benchmarks.float32 costs [--output FILE] [--seconds 20]

Chains of one operation, and of two in turn, tell which operations share execution units; loops of
one value tell latencies; random programs of 2 to 12 operations give the rest. Half of these are
kept back, and tell how well the table orders programs that it does not know.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares
from scipy.stats import spearmanr

from benchmarks.float32.latency import latencies
from benchmarks.float32.native import POINTS, CFunction, Native
from benchmarks.float32.processor import processor
from benchmarks.float32.protocol import timed
from benchmarks.float32.workloads import ARITHMETIC, chain, random_programs
from benchmarks.float32.xla import Xla, XlaFunction, defined
from evaluators.approximation.float32.costs import CostTable, Operation, cost
from evaluators.approximation.whole_line.kernel import c_function, jax_function
from evosearch.export.document import ProgramDocument
from evosearch.genomes.program import ProgramBatch

SHORT, LONG = 4, 12  # operations of the chains: their difference leaves the loop out
OTHERS = ("max", "min", "div", "sqrt")
OF_EACH_LENGTH = 12
OVERHEAD = 4  # operations of the loop: it reads, writes, takes a maximum and a minimum


@dataclass(frozen=True)
class Measured:
    """A table and how good it is.

    Attributes:
        table: The fit.
        known: Spearman's rank correlation with the clock over the programs of the fit.
        unknown: The same over those that were kept back.
        error: Root mean square of their relative errors.
        in_jax: Rank correlation of these with the clock of XLA's loops.
    """

    table: CostTable
    known: float
    unknown: float
    error: float
    in_jax: float

    def document(self) -> str:
        """The table as it is stored."""
        return self.table.document(
            {
                "date": time.strftime("%Y-%m-%d"),
                "rank correlation, programs of the fit": round(self.known, 4),
                "rank correlation, other programs": round(self.unknown, 4),
                "relative error, other programs": round(self.error, 4),
                "rank correlation, other programs in JAX": round(self.in_jax, 4),
            }
        )


def measure(
    seconds: float = 20.0, seed: int = 0, of_each_length: int = OF_EACH_LENGTH
) -> Measured:
    """Measure this processor; raises OSError where there is no C compiler."""
    programs = random_programs(np.random.default_rng(seed), of_each_length)
    documents = [ProgramDocument.from_program(programs, k) for k in range(len(programs))]
    clock = picoseconds(documents, seconds / 3)
    in_jax = picoseconds_in_jax(documents[1::2], seconds / 3)
    slopes = chains(seconds / 3)
    known, other = np.arange(0, len(programs), 2), np.arange(1, len(programs), 2)
    table = fitted(_start(slopes, latencies()), slopes, programs.take(known), clock[known])
    costs = cost(programs, table)
    return Measured(
        table,
        float(spearmanr(costs[known], clock[known])[0]),
        float(spearmanr(costs[other], clock[other])[0]),
        float(np.sqrt(np.mean((costs[other] / clock[other] - 1) ** 2))),
        float(spearmanr(costs[other], in_jax)[0]),
    )


def chains(seconds: float) -> Mapping[tuple[str, ...], float]:
    """Picoseconds of one more operation in a chain of one kind, or of two kinds in turn."""
    kinds = [(op,) for op in (*ARITHMETIC, "div", "sqrt")] + [("max", "min")]
    kinds += [
        (op, other) for op in ("max", "div", "sqrt", "sub", "fma") for other in ("add", "mul")
    ]
    documents = [chain(kind, length) for kind in kinds for length in (SHORT, LONG)]
    clock = picoseconds(documents, seconds)
    return dict(zip(kinds, (clock[1::2] - clock[::2]) / (LONG - SHORT), strict=True))


def picoseconds(documents: Sequence[ProgramDocument], seconds: float) -> npt.NDArray[np.float64]:
    """The clock's opinion of programs, for each value."""
    native = Native(
        [CFunction(str(k), c_function(d, "FUNCTION")) for k, d in enumerate(documents)]
    )
    points = np.linspace(0, 1, POINTS, dtype=np.float32)
    runs = {str(k): (lambda k=k: native.nanoseconds(k, points)) for k in range(len(documents))}
    return np.array([1000 * times.best for times in timed(runs, seconds).values()])


def picoseconds_in_jax(
    documents: Sequence[ProgramDocument], seconds: float
) -> npt.NDArray[np.float64]:
    """The same of XLA's loops."""
    functions = [
        XlaFunction(str(k), defined(jax_function(d, "kernel"), "kernel"))
        for k, d in enumerate(documents)
    ]
    xla = Xla(functions, np.linspace(0, 1, POINTS, dtype=np.float32), wide=False)
    runs = {f.name: (lambda k=k: xla.nanoseconds(k)) for k, f in enumerate(functions)}
    return np.array([1000 * times.best for times in timed(runs, seconds).values()])


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
    # a sign is part of the next instruction; its bit can be cleared by any unit
    rows |= {"neg": Operation("", 0.0, 0.0), "abs": Operation("logic", 0.0, latency["max"])}
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
