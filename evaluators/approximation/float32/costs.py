"""Cost of float32 programs: a time that depends on the program and a stored table alone.

The clock of a shared machine is never read twice the same; this is, so that selection and resume
stay exact. A processor works on many vectors at a time, and several things limit how many:

- each group of execution units (products on one, sums on another) has its operations to do
- only so many operations are issued at a time
- only so many are in flight, each from when it is issued until its result is there: operations
  times the longest path through them

The cost is the 4-norm of these times, nearly the largest of them. The table is measured by
``python -m benchmarks.float32 costs``, which also tells how well the model orders programs that it
was not fitted to.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from evosearch.errors import ConfigError
from evosearch.genomes.primitives import ARITY, BY_CODE, BY_NAME
from evosearch.genomes.program import ProgramBatch

STORED = Path(__file__).with_name("costs.json")
_FORMAT = "evosearch-costs"


@dataclass(frozen=True)
class Operation:
    """What one operation costs.

    Attributes:
        unit: The group of execution units that it keeps busy; "" for what is part of another
            instruction, as a sign is, and costs nothing.
        occupation: For how long, in picoseconds for each value.
        latency: Until its result can be used, in nanoseconds.
    """

    unit: str
    occupation: float
    latency: float


@dataclass(frozen=True)
class CostTable:
    """Costs of operations on one processor, all times in picoseconds for each value.

    Attributes:
        processor: What it was measured on.
        operations: By the name of the primitive.
        loop: What the loop around the program occupies, by unit.
        overhead: Operations of that loop.
        issue: Price of issuing one operation.
        window: Price of one operation for each nanosecond of the longest path.
    """

    processor: str
    operations: Mapping[str, Operation]
    loop: Mapping[str, float]
    overhead: int
    issue: float
    window: float

    @classmethod
    def load(cls, path: Path = STORED) -> "CostTable":
        """Read a table; raises ConfigError for a file that is none, saying what is wrong."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"cost table {path}: {error}; {_HINT}") from error
        if not isinstance(data, dict) or data.pop("format", None) != _FORMAT:
            raise ConfigError(f'cost table {path}: expected "format": "{_FORMAT}"; {_HINT}')
        try:
            rows = {name: Operation(**row) for name, row in data.pop("operations").items()}
            data.pop("measured", None)
            table = cls(operations=rows, **data)
        except (TypeError, KeyError, AttributeError) as error:
            raise ConfigError(f"cost table {path}: {error}; {_HINT}") from error
        table.check(path)
        return table

    def check(self, path: Path) -> None:
        """Raises ConfigError unless operations are known and all times finite and not negative."""
        times = [self.overhead, self.issue, self.window, *self.loop.values()]
        for name, row in self.operations.items():
            if name not in BY_NAME:
                raise ConfigError(f"cost table {path}: {name!r} is no primitive; {_HINT}")
            times += [row.occupation, row.latency]
        if not all(isinstance(t, int | float) and math.isfinite(t) and t >= 0 for t in times):
            raise ConfigError(
                f"cost table {path}: expected finite times >= 0, received {times}; {_HINT}"
            )

    def document(self, measured: Mapping[str, Any] | None = None) -> str:
        """The table as JSON, with whatever else was ``measured`` for people to read."""
        data = {
            "format": _FORMAT,
            "processor": self.processor,
            "operations": {name: vars(row) for name, row in self.operations.items()},
            "loop": dict(self.loop),
            "overhead": self.overhead,
            "issue": self.issue,
            "window": self.window,
            "measured": dict(measured or {}),
        }
        return json.dumps(data, indent=1) + "\n"


_HINT = "`python -m benchmarks.float32 costs --output FILE` measures one"


def cost(
    programs: ProgramBatch, table: CostTable | None = None
) -> Float64[np.ndarray, " programs"]:
    """Picoseconds for each value that programs should take in a loop over an array.

    Args:
        programs: Canonical programs: an operation whose result is not used costs, too.
        table: The stored one (`STORED`) when None.

    Raises:
        ConfigError: A program has an operation without a cost.
    """
    table = table or CostTable.load()
    _check_known(programs, table)
    free = [BY_NAME[name].code for name, row in table.operations.items() if not row.unit]
    count = programs.lengths - np.isin(programs.ops, free).sum(axis=1) + table.overhead
    times = [_busy(programs, table, unit) for unit in units(table)]
    times += [table.issue * count, table.window * count * longest_path(programs, table)]
    total = np.zeros(len(programs))
    for taken in times:
        total += (taken * taken) ** 2
    return np.sqrt(np.sqrt(total))  # correctly rounded, so that no batch changes the last place


def _busy(programs: ProgramBatch, table: CostTable, unit: str) -> Float64[np.ndarray, " programs"]:
    """How long a group of units works on one value."""
    busy = np.full(len(programs), table.loop.get(unit, 0.0))
    for name, row in table.operations.items():
        if row.unit == unit:
            busy += row.occupation * np.sum(programs.ops == BY_NAME[name].code, axis=1)
    return busy


def units(table: CostTable) -> list[str]:
    """Names of the groups of execution units, sorted."""
    named = {row.unit for row in table.operations.values()} | set(table.loop)
    return sorted(named - {""})


def longest_path(programs: ProgramBatch, table: CostTable) -> Float64[np.ndarray, " programs"]:
    """Nanoseconds from the input to the output of each program, were there units enough."""
    latency = np.zeros(256)
    for name, row in table.operations.items():
        latency[BY_NAME[name].code] = row.latency
    n, length = programs.ops.shape
    done = np.zeros((n, length + 1))  # the last column stands for inputs and constants
    for k in range(length):
        used = np.arange(3) < ARITY[programs.ops[:, k]][:, None]
        arguments = np.where(used & (programs.args[:, k] >= 0), programs.args[:, k], length)
        ready = np.take_along_axis(done, arguments.astype(np.int64), axis=1).max(axis=1)
        done[:, k] = ready + latency[programs.ops[:, k]]
    outputs = np.where(programs.outputs >= 0, programs.outputs, length).astype(np.int64)
    return np.asarray(np.take_along_axis(done, outputs[:, None], axis=1)[:, 0])


def _check_known(programs: ProgramBatch, table: CostTable) -> None:
    known = np.zeros(256, bool)
    known[[0, *(BY_NAME[name].code for name in table.operations)]] = True
    unknown = np.unique(programs.ops[~known[programs.ops]])
    if len(unknown):
        names = ", ".join(BY_CODE[int(code)].name for code in unknown)
        raise ConfigError(
            f"no cost is known of {names}: expected operations from "
            f"{', '.join(table.operations)}, or another cost table"
        )
