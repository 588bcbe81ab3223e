"""What "Learning to Relax" measures (Khodak et al. 2024): omegas learnt, and known from theory.

    python -m benchmarks.sor_table [--trials N] [--instances T] [--only laplacian|heat]

Sequences of shifted Laplacians of 10 x 10 grids, and steps of a heat equation. Beside each figure
stands that of an independent implementation in C and Python on draws of its own; means of two
draws differ by about 1.5 %, so that ratios to the oracle say more.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from benchmarks.tables import table
from evaluators.sor.comparators.arms import ARMS
from evaluators.sor.comparators.chebcb import chebcb
from evaluators.sor.comparators.closed_form import gauss_seidel, symmetric, young
from evaluators.sor.comparators.comparison import Comparison
from evaluators.sor.comparators.conjugate import conjugate_gradients, ssor_conjugate_gradients
from evaluators.sor.comparators.hindsight import FIXED_GRID, best_fixed, oracle
from evaluators.sor.comparators.profiles import Profiles
from evaluators.sor.comparators.tsallis import tsallis_inf, tsallis_inf_cb
from evaluators.sor.problems import Problem, problem

FULL = 5000  # systems of a sequence, steps
ORACLE = "oracle, 96 omegas"
LAPLACIAN = {  # mean iterations by the independent implementation, 3 trials
    "low": {
        "omega = 1": 270.9,
        "best fixed": 59.25,
        "Tsallis-INF": 66.96,
        "Tsallis-INF-CB": 59.4,
        "ChebCB": 46.77,
        "ChebCB, last 1000": 43.8,
        "oracle, 20 omegas": 43.18,
        "Young": 41.73,
        ORACLE: 41.12,
    },
    "high": {
        "omega = 1": 613.6,
        "best fixed": 103.30,
        "Tsallis-INF": 116.6,
        "Tsallis-INF-CB": 98.4,
        "ChebCB": 67.15,
        "ChebCB, last 1000": 62.0,
        "oracle, 20 omegas": 58.58,
        "Young": 56.28,
        ORACLE: 55.08,
    },
}
HEAT = {  # totals of 5000 steps
    25: {
        "CG": 85_422,
        "SSOR-CG, omega = 1": 32_800,
        "SSOR-CG, omega = 1.5": 32_296,
        "best fixed": 29_454,
        "Tsallis-INF": 30_389,
        "Tsallis-INF-CB": 28_472,
        "ChebCB": 24_786,
        "symmetric sweeps": 24_431,
        "oracle, 20 omegas": 24_158,
        "Young": 24_055,
    },
    50: {
        "CG": 164_441,
        "SSOR-CG, omega = 1": 60_725,
        "SSOR-CG, omega = 1.5": 43_952,
        "best fixed": 42_933,
        "Tsallis-INF": 45_877,
        "Tsallis-INF-CB": 42_148,
        "ChebCB": 36_203,
        "symmetric sweeps": 34_648,
        "oracle, 20 omegas": 34_703,
        "Young": 34_466,
    },
    100: {
        "CG": 324_820,
        "SSOR-CG, omega = 1": 117_490,
        "SSOR-CG, omega = 1.5": 77_210,
        "best fixed": 63_650,
        "oracle, 20 omegas": 49_450,
    },
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=3, help="draws and games, averaged")
    parser.add_argument("--instances", type=int, default=FULL, help="systems of a sequence")
    parser.add_argument("--only", choices=["laplacian", "heat"], help="one of the two parts")
    options = parser.parse_args(arguments)
    if options.only != "heat":
        for variance in LAPLACIAN:
            _laplacian(variance, options.instances, options.trials)
    if options.only != "laplacian":
        for nx in HEAT:
            _heat(nx, options.instances, options.trials)
    return 0


def _laplacian(variance: str, instances: int, trials: int) -> None:
    games = [_sequence(variance, instances, seed) for seed in range(trials)]
    known = LAPLACIAN[variance] if instances == FULL else {}
    rows = []
    for name in games[0]:
        means = [float(game[name].mean()) for game in games]
        ratios = [float(game[name].mean() / game[ORACLE].mean()) for game in games]
        there = known.get(name)
        rows.append(
            [
                name,
                f"{np.mean(means):.2f}",
                f"{min(means):.2f}..{max(means):.2f}",
                "–" if there is None else f"{there:.2f}",
                f"{np.mean(ratios):.3f}",
                "–" if there is None else f"{there / known[ORACLE]:.3f}",
            ]
        )
    print(f"Shifted Laplacians, {variance} variance: {instances} systems, {trials} draws\n")
    head = ["method", "mean", "range", "independent", "to oracle", "independent"]
    print(table(head, rows), "\n", flush=True)


def _sequence(variance: str, instances: int, seed: int) -> dict[str, np.ndarray]:
    """Iterations of every system by every method."""
    options = {"problem": "laplacian", "instances": instances, "variance": variance}
    profiles = Profiles(_draw(options, seed))
    found = [
        gauss_seidel(profiles),
        best_fixed(profiles, FIXED_GRID),
        tsallis_inf(profiles, np.random.default_rng([seed, 1])),
        tsallis_inf_cb(profiles, np.random.default_rng([seed, 2])),
        tsallis_inf(profiles, np.random.default_rng([seed, 1]), exact=True),
        tsallis_inf_cb(profiles, np.random.default_rng([seed, 2]), exact=True),
        chebcb(profiles, np.random.default_rng([seed, 3])),
        young(profiles),
        conjugate_gradients(profiles),
        ssor_conjugate_gradients(profiles, 1.0),
        ssor_conjugate_gradients(profiles, 1.4),
    ]
    print(f"{variance}, draw {seed}: {found[1].notes}", file=sys.stderr, flush=True)
    counts = {each.name: each.counts for each in found}
    counts["ChebCB, last 1000"] = counts["ChebCB"][-1000:]
    return counts | {
        "oracle, 20 omegas": oracle(profiles, ARMS).counts,
        ORACLE: oracle(profiles, FIXED_GRID).counts,
        "oracle, 191 omegas": oracle(profiles).counts,
    }


def _heat(nx: int, steps: int, trials: int) -> None:
    stride = 10 if nx >= 100 else 1
    options = {"problem": "heat", "nx": [nx], "steps": steps, "stride": stride, "offset": 0}
    groups = _draw(options, 0)
    plain, profiles = Profiles(groups), Profiles(groups, "ssor-cg")
    fixed = best_fixed(profiles, ARMS)
    found = [
        conjugate_gradients(plain),
        ssor_conjugate_gradients(plain, 1.0),
        ssor_conjugate_gradients(plain, 1.5),
        fixed,
        young(profiles),
        symmetric(profiles),
    ]
    totals = {each.name: float(each.total) for each in found}
    totals["oracle, 20 omegas"] = float(oracle(profiles, ARMS).total)
    if stride == 1:
        for name, played in _games(profiles, trials).items():
            totals[name] = float(np.mean([each.total for each in played]))
    known = HEAT[nx] if steps == FULL else {}
    rows = [
        [
            name,
            f"{total * stride:,.0f}",
            f"{known[name]:,.0f}" if name in known else "–",
            f"{total / totals['oracle, 20 omegas']:.4f}",
            f"{known[name] / known['oracle, 20 omegas']:.4f}" if name in known else "–",
        ]
        for name, total in totals.items()
    ]
    every = f", every {stride}th, times {stride}" if stride > 1 else ""
    print(f"Heat equation, n = {(nx - 1) ** 2}: {steps} steps{every}; best {fixed.notes}\n")
    head = ["method", "total", "independent", "to oracle", "independent"]
    print(table(head, rows), "\n", flush=True)


def _games(profiles: Profiles, trials: int) -> dict[str, list[Comparison]]:
    """The bandits, told the conductivity of the half step."""
    told = {"context": "kappa", "interval": (0.0, 10.0)}
    played: dict[str, list[Comparison]] = {}
    for seed in range(trials):
        for each in (
            tsallis_inf(profiles, np.random.default_rng([seed, 1])),
            tsallis_inf_cb(profiles, np.random.default_rng([seed, 2]), bins=6, **told),
            chebcb(profiles, np.random.default_rng([seed, 3]), **told),
        ):
            played.setdefault(each.name, []).append(each)
    return played


def _draw(options: dict[str, object], seed: int) -> list:
    read = TypeAdapter(Problem).validate_python(options)
    return problem(read, np.random.default_rng(seed), Path())


if __name__ == "__main__":
    sys.exit(main())
