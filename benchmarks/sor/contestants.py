"""Who solves the same systems: ours, and what one would use instead."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.sor import plain
from benchmarks.sor.numpy_loop import numpy_loop
from benchmarks.sor.packed import packed
from evaluators.sor.ordering import OrderingName
from evaluators.sor.solver import sor
from evaluators.sor.systems import Systems
from evosearch import cores

TOLERANCE, CAP = 1e-8, 10_000
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Contestant:
    """One way to count the sweeps of all lanes.

    Attributes:
        name: For tables.
        ordering: Of the sweeps; counts of one ordering have to be the same.
        run: Gives the sweeps of every lane.
        ours: Whether it is ours.
    """

    name: str
    ordering: OrderingName
    run: Callable[[], Counts]
    ours: bool = False


def ours(
    systems: Systems,
    which: npt.NDArray[np.int64],
    omegas: npt.NDArray[np.float64],
    ordering: OrderingName,
    used: int,
) -> Contestant:
    """Our solver on so many cores."""

    def run() -> Counts:
        cores.share(max(1, cores.available() // used))
        try:
            return sor(
                systems, which, omegas, ordering=ordering, tolerance=TOLERANCE, cap=CAP
            ).iterations
        finally:
            cores.share(1)

    plural = "core" if used == 1 else "cores"
    return Contestant(f"ours, {ordering}, {used} {plural}", ordering, run, ours=True)


def ours_all(
    systems: Systems,
    which: npt.NDArray[np.int64],
    omegas: npt.NDArray[np.float64],
    *orderings: OrderingName,
) -> list[Contestant]:
    """Our solver in these orderings, on one core and on all."""
    numbers = sorted({1, cores.available()})
    return [ours(systems, which, omegas, name, used) for name in orderings for used in numbers]


def on_grid(
    systems: Systems, omegas: npt.NDArray[np.float64]
) -> tuple[list[Contestant], list[str]]:
    """All that solve one unshifted system of a square grid, and what is not here."""
    side, b = int(systems.n**0.5), systems.rhs[0]
    which = np.zeros(len(omegas), np.int64)
    found = ours_all(systems, which, omegas, "lexicographic", "red-black")
    jitted = packed(side, b, TOLERANCE, CAP)
    found += [
        Contestant("JAX, packed half-grids", "red-black", lambda: np.asarray(jitted(omegas))),
        Contestant("NumPy loop", "red-black", lambda: numpy_loop(side, b, omegas, TOLERANCE, CAP)),
    ]
    missing = []
    if plain.compiler():
        shifts, rhs = np.zeros(len(omegas)), np.broadcast_to(b, (len(omegas), len(b)))
        found.append(
            Contestant(
                "plain C, 1 core",
                "lexicographic",
                lambda: plain.grid(side, shifts, rhs, omegas, TOLERANCE, CAP),
            )
        )
    else:
        missing.append("plain C: none of $CC, gcc, cc, clang was found")
    try:
        found.append(pyamg_loop(systems, omegas))
    except ImportError:
        missing.append("pyamg: pip install pyamg")
    return found, missing


def pyamg_loop(systems: Systems, omegas: npt.NDArray[np.float64]) -> Contestant:
    """Compiled sweeps of pyamg, called from Python, with the residual's norm after each.

    Raises:
        ImportError: If pyamg is not installed.
    """
    from pyamg.amg_core import sor_gauss_seidel

    matrix, b, n = systems.matrix, systems.rhs[0], systems.n
    limit = TOLERANCE**2 * float(np.vdot(b, b))

    def solve(omega: float) -> int:
        x = np.zeros(n)
        for k in range(1, CAP + 1):
            sor_gauss_seidel(matrix.indptr, matrix.indices, matrix.data, x, b, 0, n, 1, omega)
            residual = b - matrix @ x
            if np.vdot(residual, residual) < limit:
                return k
        return CAP

    solve(1.0)
    return Contestant(
        "pyamg, from Python", "lexicographic", lambda: np.array([solve(w) for w in omegas])
    )
