"""Sweeps of successive over-relaxation: many omegas and systems at once against named peers.

    python -m benchmarks.sor [--rounds N] [--whole]

Every round runs each contestant once; ratios are taken within a round. ``--whole`` solves all
5,000 systems of the profile with 96 omegas each, and not a tenth.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np

from benchmarks.sor import plain
from benchmarks.sor.contest import contest
from benchmarks.sor.contestants import CAP, TOLERANCE, Contestant, on_grid, ours_all, pyamg_loop
from evaluators.sor.matrix_file import find, read, shipped
from evaluators.sor.problems.laplacian import LaplacianOptions, PoissonOptions, laplacian, poisson
from evaluators.sor.solver import sor
from evaluators.sor.systems import Systems


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if our counts differ from those of a peer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--whole", action="store_true", help="the whole profile")
    options = parser.parse_args(arguments)
    jax.config.update("jax_compilation_cache_dir", None)  # compile times are told
    wrong = [
        grid(options.rounds),
        profile(options.whole),
        matrix(options.rounds),
        agreement(),
    ]
    return 1 if any(wrong) else 0


def grid(rounds: int) -> bool:
    """64 omegas from 1 to 1.95 on one 32 x 32 grid."""
    (systems,) = poisson(PoissonOptions(problem="poisson", instances=1), np.random.default_rng(0))
    found, missing = on_grid(systems, np.linspace(1, 1.95, 64))
    print("\n32 x 32 points, one right-hand side, 64 omegas from 1 to 1.95\n")
    return contest(found, missing, rounds)


def profile(whole: bool) -> bool:
    """The systems of Khodak et al. (2024) with 96 omegas from 1 to 1.95 each."""
    instances = 5000 if whole else 500
    settings = LaplacianOptions(problem="laplacian", instances=instances)
    (systems,) = laplacian(settings, np.random.default_rng(0))
    which, omegas = (
        np.repeat(np.arange(instances), 96),
        np.tile(np.linspace(1, 1.95, 96), instances),
    )
    found, missing = ours_all(systems, which, omegas, "lexicographic"), []
    if plain.compiler():
        shifts, rhs = systems.shifts[which], systems.rhs[which]
        found.append(
            Contestant(
                "plain C, 1 core",
                "lexicographic",
                lambda: plain.grid(10, shifts, rhs, omegas, TOLERANCE, CAP),
            )
        )
    else:
        missing.append("plain C: no compiler")
    print(f"\n10 x 10 points, {instances:,} shifted systems, 96 omegas each\n")
    return contest(found, missing, rounds=1 if whole else 3)


def matrix(rounds: int) -> bool:
    """16 omegas for a finite-element matrix of 4,884 unknowns and 290,378 entries."""
    (path,) = find("builtin:bcsstk16", Path())
    entries = read(path)
    b = np.random.default_rng(0).normal(size=(1, entries.shape[0]))
    systems = Systems("bcsstk16", entries, np.zeros(1), b)
    omegas = np.linspace(1.7, 1.9, 16)
    found, missing = ours_all(systems, np.zeros(16, np.int64), omegas, "lexicographic"), []
    if plain.compiler():
        found.append(
            Contestant(
                "plain C, 1 core",
                "lexicographic",
                lambda: plain.csr(entries, b[0], omegas, TOLERANCE, CAP),
            )
        )
    else:
        missing.append("plain C: no compiler")
    try:
        found.append(pyamg_loop(systems, omegas))
    except ImportError:
        missing.append("pyamg: pip install pyamg")
    print("\nbcsstk16, one right-hand side, 16 omegas from 1.7 to 1.9\n")
    return contest(found, missing, min(rounds, 3))


def agreement() -> bool:
    """Counts for shipped matrices, some of them badly conditioned; True if any differ."""
    if not plain.compiler():
        return False
    omegas = np.append(np.linspace(1.0, 1.95, 20), [1.98, 1.986, 1.9943, 1.998])
    differing = {}
    for name in shipped():
        (path,) = find(f"builtin:{name}", Path())
        entries = read(path)
        b = np.random.default_rng(0).normal(size=(1, entries.shape[0]))
        systems = Systems(name, entries, np.zeros(1), b)
        which = np.zeros(len(omegas), np.int64)
        counts = sor(systems, which, omegas, tolerance=TOLERANCE, cap=CAP).iterations
        differing[name] = int((counts != plain.csr(entries, b[0], omegas, TOLERANCE, CAP)).sum())
    found = ", ".join(f"{name} {count}" for name, count in differing.items())
    print(f"\nCounts that differ from those of plain C, of {len(omegas)} each: {found}")
    return any(differing.values())


if __name__ == "__main__":
    sys.exit(main())
