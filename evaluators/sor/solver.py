"""Solver: successive over-relaxation of many systems at once, as counts of sweeps."""

from functools import lru_cache
from typing import Literal

import numpy as np
import scipy.sparse
from jaxtyping import Float64, Int64

from evaluators.sor.crossing import Counts as Counts
from evaluators.sor.crossing import counts_of
from evaluators.sor.entries import Entries, entries_of
from evaluators.sor.lanes import Lanes, run
from evaluators.sor.ordering import Ordering, order_of
from evaluators.sor.systems import Systems
from evosearch.errors import ConfigError

FEW_COLOURS = 4  # up to here every colour has a loop of its own

OrderingName = Literal["lexicographic", "red-black", "multicolour"]


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
        omegas: One a lane, or one a sweep, the last of them repeated.
        ordering: In which order a sweep visits the unknowns.
        half_sweeps: Whether there is an omega for each colour of each sweep instead, the first
            colour first: Chebyshev's cyclic method needs that (Golub and Varga 1961).
        tolerance: Reduction of the residual's norm.
        cap: Sweeps after which a lane is given up.

    Raises:
        ConfigError: If the matrix has no such ordering, or shapes do not fit together.
    """
    steps = _steps(omegas, len(which))
    caps = np.broadcast_to(np.asarray(cap, np.int64), (len(which),))
    order, entries = _prepared(systems.matrix, ordering, half_sweeps)
    start = residuals(systems)[:, order.permutation]
    lanes = Lanes(which, steps, caps)
    colours = len(entries.forms) if half_sweeps else 1
    counts, norms = run(entries, start, systems.shifts, lanes, tolerance**2, colours)
    first, before, after = norms
    converged = (after < tolerance**2 * first) | (after == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = np.sqrt(before / first), np.sqrt(after / first)
    return counts_of(counts, before, after, converged, caps, tolerance)


def residuals(systems: Systems) -> Float64[np.ndarray, "systems n"]:
    """The residual at the start, b - (A + cI) x_0, of every system."""
    if systems.starts is None:
        return systems.rhs
    shifted = systems.shifts[:, None] * systems.starts
    products = (systems.matrix @ systems.starts.T).T
    found: Float64[np.ndarray, "systems n"] = systems.rhs - (products + shifted)
    return found


def _steps(
    omegas: Float64[np.ndarray, " lanes"] | Float64[np.ndarray, "lanes steps"], lanes: int
) -> Float64[np.ndarray, "lanes steps"]:
    steps = omegas[:, None] if omegas.ndim == 1 else omegas
    if steps.ndim != 2 or len(steps) != lanes or not steps.shape[1]:
        raise ConfigError(
            f"expected omegas [lanes] or [lanes, steps] for the {lanes} lanes of which, received "
            f"an array {list(omegas.shape)}"
        )
    return steps


def _prepared(
    matrix: scipy.sparse.csr_array, ordering: str, half_sweeps: bool
) -> tuple[Ordering, Entries]:
    parts = (matrix.data, matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32))
    return _cached(*(part.tobytes() for part in parts), ordering, half_sweeps)


@lru_cache(maxsize=32)
def _cached(
    data: bytes, indices: bytes, pointers: bytes, ordering: str, half_sweeps: bool
) -> tuple[Ordering, Entries]:
    parts = np.frombuffer(data), np.frombuffer(indices, "i4"), np.frombuffer(pointers, "i4")
    n = len(parts[2]) - 1
    matrix = scipy.sparse.csr_array(parts, shape=(n, n))
    order = order_of(matrix, ordering)
    by_colour = half_sweeps or len(order.sizes) <= FEW_COLOURS
    return order, entries_of(matrix, order, order.sizes if by_colour else (n,))
