"""Fits a second, and how many find the minimax: the continued fraction [2/2] of 2^x."""

import time

import numpy as np

from evosearch import interpreter
from evosearch.fitting import Effort, fit
from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch

FITS = 512
MINIMAX = 4.3403e-7
EFFORTS = {
    "24 damped, 12 reweightings": Effort(2, 8, 24, 0, 12),
    "200 damped": Effort(2, 8, 200, 0, 0),
    "12 damped, 6 undamped, 4 reweightings": Effort(2, 8, 12, 6, 4),
    "24 damped, 16 undamped, 4 reweightings, one round": Effort(1, 8, 24, 16, 4),
}


def fractions(n: int) -> ProgramBatch:
    """n times x -> c3 / (x + c1 / (x + c0) + c2) + c4 with random constants."""
    c = [FIRST_CONSTANT - j for j in range(5)]
    add, div = BY_NAME["add"].code, BY_NAME["div"].code
    ops = [add, div, add, add, div, add]
    args = [(FIRST_INPUT, c[0]), (c[1], 0), (FIRST_INPUT, 1), (2, c[2]), (c[3], 3), (4, c[4])]
    rng = np.random.default_rng(0)
    return ProgramBatch(
        np.tile(np.array(ops, np.uint8), (n, 1)),
        np.tile(np.array([(*pair, 0) for pair in args], np.int16), (n, 1, 1)),
        np.full(n, 6, np.int32),
        rng.choice([-1, 1], (n, 5)) * 10 ** rng.uniform(-1, 1, (n, 5)),
        np.full(n, 5, np.int32),
        np.full(n, 5, np.int16),
        1,
    )


def main() -> None:
    x = np.sin((np.arange(32) + 0.5) * np.pi / 64) ** 2
    dense = np.linspace(0.0, 1.0, 4001)
    programs, seeds = fractions(FITS), np.arange(FITS, dtype=np.uint32)
    for name, effort in EFFORTS.items():
        seconds = []
        for _ in range(4):  # the first call compiles
            started = time.perf_counter()
            fitted = fit(programs, x[None], np.exp2(x), np.exp2(-x), seeds, effort)
            seconds.append(time.perf_counter() - started)
        errors = interpreter.loss(
            programs.with_constants(fitted),
            dense[None],
            np.exp2(dense),
            np.exp2(-dense),
            "max_abs",
        )
        found = np.mean(errors < 1.04 * MINIMAX)
        print(f"  {name:50} {found:6.1%} found  {FITS / min(seconds):6,.0f} fits/s, one core")


if __name__ == "__main__":
    main()
