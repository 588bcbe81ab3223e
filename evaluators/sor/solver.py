"""Solver: successive over-relaxation of many systems at once, as counts of sweeps."""

import numpy as np
from jaxtyping import Float64, Int64

from evaluators.sor.cg import cg as cg
from evaluators.sor.cg import jacobi_cg as jacobi_cg
from evaluators.sor.cg import ssor_cg as ssor_cg
from evaluators.sor.crossing import Counts as Counts
from evaluators.sor.crossing import counts_of
from evaluators.sor.entries import prepared
from evaluators.sor.lanes import Lanes, needed, run
from evaluators.sor.ordering import OrderingName
from evaluators.sor.residuals import residuals
from evaluators.sor.sweep import sweep
from evaluators.sor.systems import Systems
from evosearch.errors import ConfigError

GROWTH = 1e6  # of the residual's norm, at which a lane is given up
SMALLEST = 1e-12  # omega in size: the kernel divides by it


def sor(
    systems: Systems,
    which: Int64[np.ndarray, " lanes"],
    omegas: Float64[np.ndarray, " lanes"] | Float64[np.ndarray, "lanes steps"],
    *,
    ordering: OrderingName = "lexicographic",
    half_sweeps: bool = False,
    tolerance: float = 1e-8,
    cap: int | Int64[np.ndarray, " lanes"] = 10_000,
) -> Counts:
    """How many sweeps of successive over-relaxation each lane takes.

    Lane l solves system ``which[l]`` from its start, with an omega of its own, and stops at the
    first k >= 1 with ||b - A x_k|| < tolerance ||b - A x_0||, in the Euclidean norm. A lane whose
    residual is not finite or grows a million times is given up at once.

    Args:
        systems: The systems.
        which: The system of each lane.
        omegas: One a lane, or one a sweep, the last of them repeated. One of 0 counts as 1e-12.
        ordering: In which order a sweep visits the unknowns.
        half_sweeps: Whether there is an omega for each colour of each sweep instead, the first
            colour first: Chebyshev's cyclic method needs that (Golub and Varga 1961).
        tolerance: Reduction of the residual's norm.
        cap: Sweeps after which a lane is given up.

    Raises:
        ConfigError: If the matrix has no such ordering, or shapes do not fit together.
    """
    steps = _steps(omegas, len(which))
    caps = np.broadcast_to(np.asarray(cap, np.int64), which.shape)
    order, entries = prepared(systems.matrix, ordering, by_colour=half_sweeps)
    systems, which = needed(systems, which)
    start = residuals(systems)
    scale = (start**2).sum(axis=1)
    # below the tolerance, not at it: the kernel compares with <=
    limits = np.stack([np.nextafter(tolerance**2 * scale, 0), GROWTH**2 * scale])
    lanes = Lanes(start[:, order.permutation], systems.shifts, limits, which, steps, caps)
    counts, norms = run(sweep, (entries.forms, half_sweeps), entries, lanes)
    return counts_of(counts, norms, limits[0, which], caps)


def _steps(
    omegas: Float64[np.ndarray, " lanes"] | Float64[np.ndarray, "lanes steps"], lanes: int
) -> Float64[np.ndarray, "lanes steps"]:
    steps = omegas[:, None] if omegas.ndim == 1 else omegas
    if steps.ndim != 2 or len(steps) != lanes or not steps.shape[1]:
        raise ConfigError(
            f"expected omegas [lanes] or [lanes, steps] for the {lanes} lanes of which, received "
            f"an array {list(omegas.shape)}"
        )
    return np.where(abs(steps) < SMALLEST, SMALLEST, steps)
