"""Lanes: what is to be solved, shared out to the cores and run by the kernel."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import jax
import numpy as np
import numpy.typing as npt
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Float64, Int64

from evaluators.sor.entries import Entries
from evaluators.sor.kernel import kernel
from evaluators.sor.state import Matrix, Method, Queue
from evaluators.sor.systems import Systems
from evosearch import backend

WIDTHS = {64: (32, 8), 16: (16, 8), 0: (8,)}  # lanes at work on a core that has so many in all
_SHARED, _CUT = PartitionSpec(), PartitionSpec("core")
_LAYOUT = Matrix(*[_SHARED] * len(Matrix._fields)), Queue(_SHARED, _SHARED, _CUT, _CUT, _CUT)


@dataclass(frozen=True)
class Lanes:
    """What is to be solved.

    Attributes:
        residuals: At the start, of every system, in the order of the entries.
        shifts: Of every system.
        limits: Squared norms of the residual: small enough, and too large, of every system.
        which: The system of each lane.
        omegas: Of each lane, one after the other, the last of them repeated.
        caps: Iterations after which each lane is given up.
    """

    residuals: Float64[np.ndarray, "systems n"]
    shifts: Float64[np.ndarray, " systems"]
    limits: Float64[np.ndarray, "2 systems"]
    which: Int64[np.ndarray, " lanes"]
    omegas: Float64[np.ndarray, "lanes steps"]
    caps: Int64[np.ndarray, " lanes"]

    def __len__(self) -> int:
        return len(self.which)


def needed(
    systems: Systems, which: Int64[np.ndarray, " lanes"]
) -> tuple[Systems, Int64[np.ndarray, " lanes"]]:
    """The systems that lanes solve, where these are few, and which of them each lane solves."""
    if len(which) >= len(systems):
        return systems, which
    rows, places = np.unique(which, return_inverse=True)
    return systems.take(rows), places


def run(
    method: Callable[..., Method], settings: tuple[Any, ...], entries: Entries, lanes: Lanes
) -> tuple[Int64[np.ndarray, " lanes"], Float64[np.ndarray, "2 lanes"]]:
    """Iterations of every lane, and the squared norms of its last residual but one and its last.

    Of c cores, core k has lanes k, k + c, k + 2 c, ... in a queue of its own.

    Args:
        method: Makes the method out of the settings.
        settings: Hashable: a kernel is compiled for each.
        entries: The matrix.
        lanes: What is to be solved.
    """
    backend.one_native_loop()
    cores = max(1, min(backend.cores(), len(lanes)))
    widths = next(w for least, w in WIDTHS.items() if len(lanes) >= least * cores)
    matrix, queue = _on_devices(entries, cores), _queue(entries, lanes, cores)
    queue = jax.device_put(queue, _places(cores)[1])
    shapes = tuple(part.shape for part in (*matrix, *queue))
    key = ("sor", method, settings, widths, shapes)
    build = partial(_build, method, settings, widths, cores)
    counts, norms = backend.compiled(key, build, matrix, queue)(matrix, queue)
    counts, norms = np.asarray(counts), np.asarray(norms)
    found = np.empty(len(lanes), np.int64), np.empty((2, len(lanes)))
    for core in range(cores):
        size = len(lanes.which[core::cores])
        found[0][core::cores] = counts[core, :size]
        found[1][:, core::cores] = norms[core, :, :size]
    return found


def _queue(entries: Entries, lanes: Lanes, cores: int) -> Queue:
    systems = _bucket(len(lanes.shifts), 8) - len(lanes.shifts)
    facts = np.concatenate([lanes.shifts[None], lanes.limits])
    whole = np.stack([lanes.which, np.minimum(lanes.caps, 2**30)], axis=1).astype(np.int32)
    shares = [len(lanes.which[core::cores]) for core in range(cores)]
    return Queue(
        np.pad(lanes.residuals, ((0, systems), (0, len(entries.classes) - entries.n))),
        np.pad(facts, ((0, 0), (0, systems))),
        _dealt(whole, cores).swapaxes(1, 2),
        _dealt(lanes.omegas, cores),
        np.array(shares, np.int32),
    )


def _dealt(values: npt.NDArray[Any], cores: int) -> npt.NDArray[Any]:
    """The rows of each core, padded [cores, room, ...]."""
    room = _bucket(-(-len(values) // cores), 64)
    made = np.zeros((cores, room, *values.shape[1:]), values.dtype)
    for core in range(cores):
        part = values[core::cores]
        made[core, : len(part)] = part
    return made


@lru_cache(maxsize=8)
def _on_devices(entries: Entries, cores: int) -> Matrix:
    arrays = Matrix(*(getattr(entries, name) for name in Matrix._fields))
    return Matrix(*jax.device_put(arrays, _places(cores)[0]))


def _places(cores: int) -> tuple[Matrix, Queue]:
    """Which arrays are cut along their first axis, a piece for each core."""
    matrix, queue = jax.tree.map(partial(NamedSharding, backend.mesh(cores)), _LAYOUT)
    return matrix, queue


def _build(
    method: Callable[..., Method], settings: tuple[Any, ...], widths: tuple[int, ...], cores: int
) -> Any:
    function = kernel(method(*settings), widths)

    def on_core(matrix: Matrix, queue: Queue) -> Any:
        own = (queue.lanes[0], queue.omegas[0], queue.last[0])
        counts, norms = function(matrix, Queue(queue.residuals, queue.facts, *own))
        return counts[None], norms[None]

    return jax.shard_map(
        on_core,
        mesh=backend.mesh(cores),
        in_specs=_LAYOUT,
        out_specs=(_CUT, _CUT),
        check_vma=False,
    )


def _bucket(size: int, smallest: int) -> int:
    """The next ``smallest`` times a power of 4: few kernels serve batches of any size."""
    while smallest < size:
        smallest *= 4
    return smallest
