"""From an empty process to the first scored generation: 1,000 programs of W1.

    python -m benchmarks.first_generation [--json] [--runs N]

Counted: the interpreter's start, imports, reading programs and data from a file, encoding,
compiling, scoring. Not counted: breeding the programs. "Cold" has an empty directory of compiled
kernels, "warm" the one that an earlier process filled.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tables import number, table

RUNS = 5
SPANS = ("start and imports", "reading", "encoding", "scoring")


def measure(runs: int = RUNS) -> dict[str, Any]:
    """Medians, seconds: cold and warm, whole and by part."""
    cold, warm = [], []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "first.npz"
        _write(file)
        for number_ in range(runs):
            cache = Path(folder) / f"cache{number_}"
            cold.append(_alone(file, cache))
            warm.append(_alone(file, cache))
    return {"cold": _median(cold), "warm": _median(warm), "runs": runs}


def _write(file: Path) -> None:
    from benchmarks.throughput.workloads import W1, batch

    programs = batch(W1.trees(), W1.inputs)
    x, y = W1.data()
    fields = {name: value for name, value in vars(programs).items() if name[0] != "_"}
    np.savez(file, x=x, y=y, **fields)


def _alone(file: Path, cache: Path) -> dict[str, float]:
    """Seconds by part in a process of its own."""
    started = time.time()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.first_generation", "--process", str(file)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "EVOSEARCH_CACHE": str(cache)},
    )
    ended = time.time()
    marks = json.loads(done.stdout)
    times = [started, *marks["times"]]
    spans = {part: b - a for part, a, b in zip(SPANS, times, times[1:], strict=False)}
    return {
        "seconds": times[-1] - started,
        **spans,
        "of which kernels compiled or loaded": marks["compile"],
        "process ended": ended - started,
    }


def process(file: Path) -> dict[str, Any]:
    """What the fresh process does; times at the end of each part."""
    from benchmarks.throughput.engines import encoded
    from benchmarks.throughput.workloads import W1
    from evosearch import backend, interpreter
    from evosearch.genomes.program import ProgramBatch

    times = [time.time()]
    arrays = dict(np.load(file))
    x, y = arrays.pop("x"), arrays.pop("y")
    n_inputs = int(arrays.pop("n_inputs"))
    programs = ProgramBatch(**arrays, n_inputs=n_inputs)
    times.append(time.time())
    code = encoded(programs, W1, W1.dtype, 1)
    times.append(time.time())
    losses = interpreter.loss(code, x, y)
    times.append(time.time())
    if not np.isfinite(losses).any():
        raise RuntimeError("no finite loss")
    return {"times": times, "compile": backend.compile_seconds()}


def _median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {part: float(np.median([run[part] for run in runs])) for part in runs[0]}


def text(result: dict[str, Any]) -> str:
    """One table."""
    parts = list(result["cold"])
    rows = [[part, *(number(result[kind][part]) for kind in ("cold", "warm"))] for part in parts]
    return table(["seconds", "cold", "warm"], rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--process", type=Path, metavar="FILE", help="one run, in this process")
    options = parser.parse_args(arguments)
    if options.process:
        print(json.dumps(process(options.process)))
        return 0
    result = measure(options.runs)
    print(json.dumps(result, indent=2) if options.json else text(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
