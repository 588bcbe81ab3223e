"""The kernel's own choices: size of register rows, fused pairs, width of vectors.

One core, the workloads of `benchmarks.throughput` (the first 1,024 programs of W2, 20,000 of W3),
all variants in turn; medians of the rounds.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np

from benchmarks.throughput.workloads import W1, W2, W3, Workload, batch
from evosearch import backend, interpreter
from evosearch.genomes.primitives import PrimitiveSet
from evosearch.interpreter import encoder, forms, run

PROGRAMS = {"W1": 1_000, "W2": 1_024, "W3": 20_000}
ROUNDS = 9
VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "rows of 2 KB": {"row_bytes": 2048},
    "rows of 8 KB": {"row_bytes": 8192},
    "no pairs": {"pairs": 0},
    "16 pairs": {"pairs": 16},
    "96 pairs": {"pairs": 96},
    "256-bit vectors": {"wide": False},
    "pairs in any set": {"anywhere": True},
}


@contextmanager
def variant(
    row_bytes: int = run.ROW_BYTES,
    pairs: int = forms.MAX_PAIRS,
    wide: bool = True,
    anywhere: bool = False,
) -> Iterator[None]:
    """Other constants in the interpreter, and no kernel kept from before."""
    kept = run.ROW_BYTES, forms.MAX_PAIRS, backend._has_avx512, forms._EXPENSIVE
    run.ROW_BYTES, forms.MAX_PAIRS = row_bytes, pairs
    if anywhere:
        forms._EXPENSIVE = set()
    if not wide:
        backend._has_avx512 = lambda: False
    forms.forms_of.cache_clear()
    encoder.tables_of.cache_clear()
    try:
        yield
    finally:
        run.ROW_BYTES, forms.MAX_PAIRS, backend._has_avx512, forms._EXPENSIVE = kept


class Case:
    """One workload under one variant, its kernel compiled."""

    def __init__(self, workload: Workload, name: str) -> None:
        self.name = name
        programs = batch(workload.trees(PROGRAMS[workload.name]), workload.inputs)
        self.x, self.y = workload.data()
        self.work = int(programs.lengths.sum()) * workload.points
        self.kernels: dict[Any, Any] = {}
        backend._compiled, kept = self.kernels, backend._compiled
        with variant(**VARIANTS[name]):
            primitives = PrimitiveSet.named(workload.names)
            self.code = interpreter.encode(
                programs, workload.dtype, primitives=primitives, cores=1
            )
            before = backend.compile_seconds()
            self.losses = interpreter.loss(self.code, self.x, self.y)
            self.compile_seconds = backend.compile_seconds() - before
        backend._compiled = kept
        self.seconds: list[float] = []
        self.records = int(np.asarray(self.code.parts[0].lengths).sum()) / int(
            programs.lengths.sum()
        )

    def time(self) -> None:
        backend._compiled, kept = self.kernels, backend._compiled
        with variant(**VARIANTS[self.name]):
            started = time.perf_counter()
            interpreter.loss(self.code, self.x, self.y)
            self.seconds.append(time.perf_counter() - started)
        backend._compiled = kept


def accelerator_path(workload: Workload, programs: int) -> float:
    """GPops/s of what accelerators run, here on the CPU."""
    some = batch(workload.trees(programs), workload.inputs)
    x, y = workload.data()
    primitives = PrimitiveSet.named(workload.names)
    code = interpreter.encode(some, workload.dtype, primitives=primitives, cores=1)
    kept, backend.device_kind = backend.device_kind, lambda: "gpu"
    try:
        seconds = []
        for _ in range(3):
            started = time.perf_counter()
            interpreter.loss(code, x, y)
            seconds.append(time.perf_counter() - started)
    finally:
        backend.device_kind = kept
    return int(some.lengths.sum()) * workload.points / min(seconds) / 1e9


def main() -> None:
    jax.config.update("jax_compilation_cache_dir", None)  # compile times are shown
    for workload in (W1, W2, W3):
        cases = [Case(workload, name) for name in VARIANTS]
        for _ in range(ROUNDS):
            for case in cases:
                case.time()
        print(f"  {workload.name}, {workload.dtype}")
        for case in cases:
            speed = case.work / np.median(case.seconds) / 1e9
            same = np.array_equal(case.losses, cases[0].losses, equal_nan=True)
            print(
                f"    {case.name:16}{speed:6.2f} GPops/s{case.compile_seconds:7.2f} s to compile"
                f"{case.records:7.2f} instructions an operation"
                f"{'' if same else '   other sums (tiles differ)'}"
            )
        few = {"W1": 100, "W2": 32, "W3": 2_000}[workload.name]
        speed = accelerator_path(workload, few)
        print(f"    accelerator path on the CPU, {few:,} programs: {speed:.3f} GPops/s")
