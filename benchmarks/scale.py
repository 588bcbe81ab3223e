"""Cost of a node evaluation by population, points and program length, on one core.

    python -m benchmarks.scale [--json] [--most N]

Around W2 (4,096 programs of 20 functions, 10,000 points, float32) one size at a time is changed.
A cell does at most ``--most`` node evaluations a run: where the sizes ask for more, another size
is cut, as the table shows. Each cell has a process of its own, whose memory is told.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tables import number, table

POPULATIONS = [10**k for k in range(2, 7)]
POINTS = [10**k for k in range(1, 8)]
LENGTHS = [5, 10, 20, 50, 100, 200, 500]
CENTRE = (4_096, 10_000, 20)
MOST = 2e9
DISTINCT = 80_000  # functions of the programs that are drawn; larger populations repeat them
SECONDS = 0.5  # spent on runs of a cell, at least


def cells(most: float) -> list[tuple[str, int, int, int]]:
    """Axis, programs, points, functions of every cell."""
    programs, points, length = CENTRE
    made = [
        ("programs", each, max(1, min(points, int(most / (each * length)))), length)
        for each in POPULATIONS
    ]
    made += [("points", _fewer(programs, each, length, most), each, length) for each in POINTS]
    made += [("length", _fewer(programs, points, size, most), points, size) for size in LENGTHS]
    return made


def _fewer(programs: int, points: int, length: int, most: float) -> int:
    return max(1, min(programs, int(most / (points * length))))


def measure(most: float = MOST, chosen: Sequence[Any] | None = None) -> list[dict[str, Any]]:
    """Every cell, with its ratio to the best one."""
    found = []
    for axis, programs, points, length in chosen or cells(most):
        sizes = [str(size) for size in (programs, points, length)]
        command = [sys.executable, "-m", "benchmarks.scale", "--cell", *sizes]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found.append({"axis": axis, **json.loads(done.stdout)})
    best = min(cell["ns"] for cell in found)
    return [cell | {"ratio": cell["ns"] / best} for cell in found]


def cell(programs: int, points: int, length: int) -> dict[str, Any]:
    """One cell, in this process."""
    from benchmarks.throughput.engines import encoded
    from benchmarks.throughput.workloads import W2, batch
    from evosearch import backend, interpreter

    sys.setrecursionlimit(20_000)
    low, high = round(0.6 * length), round(1.4 * length)
    workload = replace(W2, points=points, functions=(low, high))
    drawn = batch(workload.trees(max(1, min(programs, DISTINCT // length))), W2.inputs)
    population = drawn.take(np.arange(programs) % len(drawn))
    x, y = _data(points)
    nodes = int(population.lengths.sum())
    before = _reset_peak()
    encoding = [_seconds(lambda: encoded(population, workload, "float32", 1)) for _ in range(2)]
    code = encoded(population, workload, "float32", 1)
    interpreter.loss(code, x, y)  # compiles
    runs: list[float] = []
    while sum(runs) < SECONDS or len(runs) < 3:
        runs.append(_seconds(lambda: interpreter.loss(code, x, y)))
    return {
        "programs": programs,
        "points": points,
        "length": nodes / programs,
        "ns": 1e9 * float(np.median(runs)) / (nodes * points),
        "encode_ns": 1e9 * min(encoding) / nodes,
        "seconds": float(np.median(runs)),
        "compile_seconds": backend.compile_seconds(),
        "peak_mb": _peak(),
        "peak_above_data_mb": _peak() - before,
    }


def _data(points: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    x = 0.2 + 2.8 * rng.random((5, points), np.float32)
    return x, (2 * np.sin(x[0]) + x[-1]).astype(np.float32)


def _seconds(action: Any) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _reset_peak() -> float:
    """Forget the peak so far where the system lets us; MB in use now."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> float:
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def text(found: list[dict[str, Any]]) -> str:
    """One table; cells that wait for dispatch rather than for arithmetic are marked."""
    head = [
        "axis",
        "programs",
        "points",
        "functions",
        "ns/node",
        "of the best",
        "encoding, ns/function",
        "peak, MB",
        "above the data, MB",
        "",
    ]
    rows = [
        [
            cell["axis"],
            f"{cell['programs']:,}",
            f"{cell['points']:,}",
            number(cell["length"]),
            number(cell["ns"]),
            f"{number(cell['ratio'])}x",
            number(cell["encode_ns"]),
            f"{cell['peak_mb']:,.0f}",
            f"{cell['peak_above_data_mb']:,.0f}",
            "dispatch" if cell["points"] < 1_000 and cell["ratio"] > 2 else "",
        ]
        for cell in found
    ]
    return table(head, rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=float, default=MOST, help="node evaluations of a run")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cell", type=int, nargs=3, metavar=("PROGRAMS", "POINTS", "FUNCTIONS"))
    options = parser.parse_args(arguments)
    if options.cell:
        print(json.dumps(cell(*options.cell)))
        return 0
    found = measure(options.most)
    print(json.dumps(found, indent=2) if options.json else text(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
