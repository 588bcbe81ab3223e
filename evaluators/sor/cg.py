"""CG: conjugate gradients of many systems at once, as counts of iterations."""

import numpy as np
from jaxtyping import Float64, Int64

from evaluators.sor.crossing import Counts, counts_of
from evaluators.sor.entries import prepared
from evaluators.sor.gradients import Preconditioner, gradients
from evaluators.sor.lanes import Lanes, needed, run
from evaluators.sor.residuals import residuals
from evaluators.sor.systems import Systems


def ssor_cg(
    systems: Systems,
    which: Int64[np.ndarray, " lanes"],
    omegas: Float64[np.ndarray, " lanes"],
    *,
    tolerance: float = 1e-8,
    cap: int | Int64[np.ndarray, " lanes"] = 10_000,
) -> Counts:
    """Iterations of conjugate gradients, preconditioned by (D + omega L^T) D^-1 (D + omega L).

    Lane l solves system ``which[l]`` from its start with ``omegas[l]``, and stops at the first
    k >= 0 with ||b - A x_k|| <= tolerance ||b||: what Khodak et al. (2024) count for the heat
    equation, in their script, too, with the transposed factor first. An iteration costs a product
    with A and a solution with each triangle of A.

    Args:
        systems: The systems, positive definite.
        which: The system of each lane.
        omegas: One a lane.
        tolerance: Of the residual's norm, relative to the right-hand side's.
        cap: Iterations after which a lane is given up.
    """
    return _counted(systems, which, omegas, "ssor", tolerance, cap)


def jacobi_cg(
    systems: Systems,
    which: Int64[np.ndarray, " lanes"],
    *,
    tolerance: float = 1e-8,
    cap: int | Int64[np.ndarray, " lanes"] = 10_000,
) -> Counts:
    """The same, preconditioned by the diagonal."""
    return _counted(systems, which, np.ones(len(which)), "jacobi", tolerance, cap)


def cg(
    systems: Systems,
    which: Int64[np.ndarray, " lanes"],
    *,
    tolerance: float = 1e-8,
    cap: int | Int64[np.ndarray, " lanes"] = 10_000,
) -> Counts:
    """The same without a preconditioner (Hestenes and Stiefel 1952)."""
    return _counted(systems, which, np.ones(len(which)), "none", tolerance, cap)


def _counted(
    systems: Systems,
    which: Int64[np.ndarray, " lanes"],
    omegas: Float64[np.ndarray, " lanes"],
    preconditioner: Preconditioner,
    tolerance: float,
    cap: int | Int64[np.ndarray, " lanes"],
) -> Counts:
    _, entries = prepared(systems.matrix, "lexicographic")
    systems, which = needed(systems, which)
    scale = (systems.rhs**2).sum(axis=1)
    caps = np.broadcast_to(np.asarray(cap, np.int64), which.shape)
    lanes = Lanes(
        residuals(systems),
        systems.shifts,
        np.stack([tolerance**2 * scale, np.full(len(scale), np.finfo(float).max)]),
        which,
        omegas[:, None],
        caps,
    )
    counts, norms = run(gradients, (entries.forms[0], preconditioner), entries, lanes)
    return counts_of(counts, norms, lanes.limits[0, which], caps)
