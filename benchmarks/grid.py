"""Constants on the float32 grid: 2^x by a degree-6 polynomial in six fused operations.

    python -m benchmarks.grid

The real minimax with its constants rounded, and the same after the search on the grid that the
evaluator `float32` makes; largest error in ULP over every float32 of [0, 1].
"""

import time

import numpy as np

from benchmarks.float32.forms import horner
from evaluators.approximation.float32 import exhaustive, fit, reference, sample, ulp
from evaluators.approximation.float32.options import GridOptions
from evaluators.approximation.float32.task import Task
from evaluators.approximation.interval import Interval
from evaluators.approximation.targets import named
from evosearch import fitting

EXP2, UNIT = named("exp2"), Interval(0.0, 1.0)
BAR = 0.85  # where the search ends
POINTS = (2048, 2**16)  # that it looks at, and that find the worst inputs


def _task(n: int, seed: int) -> Task:
    x = sample.sample(UNIT, n, np.random.default_rng(seed))
    return Task.of(x, reference.values(EXP2, UNIT, x.astype(np.float64)))


def main() -> None:
    x = UNIT.chebyshev(48)
    y = reference.values(EXP2, UNIT, x)
    polynomial, seeds = horner(6), np.array([1], np.uint32)
    effort = fitting.Effort(reweightings=12)
    constants = fitting.fit(polynomial, x[None], y, 1 / ulp.ulp(y), seeds, effort)
    minimax = polynomial.with_constants(constants)
    tasks = [_task(n, seed) for seed, n in enumerate(POINTS)]
    started = time.perf_counter()
    found = fit.fit(minimax, 0, tasks, BAR, 1, GridOptions(level=2.0))
    seconds = time.perf_counter() - started
    fitted = minimax.with_constants(found[None].astype(np.float64))
    for name, program in (("rounded", minimax), ("on the grid", fitted)):
        result = exhaustive.search(program, 0, EXP2, UNIT)
        print(f"  {name:12} {result.max_ulp:.4f} ULP over {result.count:,} inputs")
    print(f"  search {seconds:.1f} s")


if __name__ == "__main__":
    main()
