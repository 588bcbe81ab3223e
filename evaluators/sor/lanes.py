"""Lanes: what is to be solved, shared out to the cores and run by the kernel."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np
import numpy.typing as npt
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Float64, Int64

from evaluators.sor.entries import Entries
from evaluators.sor.kernel import Matrix, Queue, State, kernel
from evosearch import backend

WIDTHS = (32, 8)  # lanes at work on a core: while there are many, and when few are left


@dataclass(frozen=True)
class Lanes:
    """What is to be solved.

    Attributes:
        which: The system of each lane.
        omegas: Of each lane, per sweep or half sweep, the last of them repeated.
        caps: Sweeps after which each lane is given up.
    """

    which: Int64[np.ndarray, " lanes"]
    omegas: Float64[np.ndarray, "lanes steps"]
    caps: Int64[np.ndarray, " lanes"]

    def __len__(self) -> int:
        return len(self.which)


def run(
    entries: Entries,
    residuals: Float64[np.ndarray, "systems n"],
    shifts: Float64[np.ndarray, " systems"],
    lanes: Lanes,
    tolerance: float,
    colours: int,
) -> tuple[Int64[np.ndarray, " lanes"], Float64[np.ndarray, "3 lanes"]]:
    """Sweeps of every lane; its squared residual norm at first, last but one and last.

    Every core has each so-manieth lane in a queue of its own. When a core has few lanes left, they
    go on in a narrower kernel: a sweep costs less there.

    Args:
        entries: The matrix.
        residuals: At the start, in the order of the sweep.
        shifts: Of the systems.
        lanes: What is to be solved.
        tolerance: Reduction of the squared norm of the residual.
        colours: Omegas of a sweep: one, or one for each run of rows.
    """
    cores = max(1, min(backend.cores(), len(lanes)))
    room = _bucket(-(-len(lanes) // cores), 64)
    matrix = Matrix(
        entries.stops,
        entries.starts,
        entries.columns,
        entries.values,
        entries.classes,
        entries.distinct,
    )
    queue = _queue(entries, residuals, shifts, lanes, tolerance, cores, room)
    width = next((w for w in reversed(WIDTHS) if len(lanes) <= w * cores), WIDTHS[0])
    state = _start(entries, colours, width, cores, room)
    for place in range(WIDTHS.index(width), len(WIDTHS)):
        if state.lanes.shape[1] != WIDTHS[place]:
            state = _narrowed(state, WIDTHS[place], room)
        enough = WIDTHS[place + 1] if place + 1 < len(WIDTHS) else 0
        state = _call(entries, colours, matrix, queue._replace(enough=np.int32(enough)), state)
    counts, norms = np.empty(len(lanes), np.int64), np.empty((3, len(lanes)))
    for core in range(cores):
        part = slice(core, None, cores)
        size = len(lanes.which[part])
        counts[part] = state.counts[core, :size]
        norms[:, part] = state.norms[core, :, :size]
    return counts, norms


def _queue(
    entries: Entries,
    residuals: npt.NDArray[np.float64],
    shifts: npt.NDArray[np.float64],
    lanes: Lanes,
    tolerance: float,
    cores: int,
    room: int,
) -> Queue:
    systems = _bucket(len(shifts), 8)
    rows = len(entries.classes)
    padding = systems - len(shifts)

    def dealt(values: npt.NDArray[Any], kind: type) -> npt.NDArray[Any]:
        made = np.zeros((cores, room, *values.shape[1:]), kind)
        for core in range(cores):
            part = values[core::cores]
            made[core, : len(part)] = part
        return made

    return Queue(
        residuals=np.pad(residuals, ((0, padding), (0, rows - entries.n))),
        shifts=np.pad(shifts, (0, padding)),
        systems=dealt(lanes.which, np.int32),
        omegas=dealt(lanes.omegas, np.float64),
        caps=dealt(np.minimum(lanes.caps, 2**30), np.int32),
        last=np.array([len(range(core, len(lanes), cores)) for core in range(cores)], np.int32),
        tolerance=np.float64(tolerance),
        enough=np.int32(0),
    )


def _start(entries: Entries, colours: int, width: int, cores: int, room: int) -> State:
    """Nobody at work yet: every place is done with the lane after the last."""
    shape = (cores, width)
    return State(
        changes=np.zeros((cores, len(entries.classes), width)),
        reciprocals=np.zeros((cores, len(entries.distinct), width)),
        omegas=np.zeros((cores, colours, width)),
        carries=np.zeros((cores, colours, width)),
        shifts=np.zeros(shape),
        caps=np.zeros(shape, np.int32),
        lanes=np.full(shape, room, np.int32),
        sweeps=np.zeros(shape, np.int32),
        first=np.zeros(shape),
        before=np.zeros(shape),
        after=np.zeros(shape),
        done=np.ones(shape, np.int32),
        next=np.zeros(cores, np.int32),
        at_work=np.full(cores, width, np.int32),
        counts=np.zeros((cores, room + 1), np.int32),
        norms=np.zeros((cores, 3, room + 1)),
    )


def _narrowed(state: State, width: int, room: int) -> State:
    """The lanes still at work, so many places wide."""
    cores = len(state.lanes)
    idle = np.argsort(state.lanes == room, axis=1, kind="stable")[:, :width]
    core = np.arange(cores)

    def narrow(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.stack([values[k][..., idle[k]] for k in core])

    kept = {
        name: narrow(getattr(state, name)) for name in State._fields[: State._fields.index("next")]
    }
    return state._replace(**kept, at_work=(kept["lanes"] != room).sum(axis=1).astype(np.int32))


def _call(entries: Entries, colours: int, matrix: Matrix, queue: Queue, state: State) -> State:
    """One call of the kernel, compiled before if its shapes are new."""
    backend.one_native_loop()
    cores = len(state.lanes)
    arguments = (matrix, queue, state)
    shapes = tuple(np.shape(leaf) for leaf in jax.tree.leaves(arguments))
    specifications = _specifications()
    placed = jax.tree.map(
        lambda spec, part: jax.device_put(part, NamedSharding(backend.mesh(cores), spec)),
        specifications,
        arguments,
    )
    key = ("sor", entries.forms, colours, shapes)
    build = partial(_build, entries, colours, cores)
    made = backend.compiled(key, build, *placed)(*placed)
    return State(*(np.asarray(values) for values in made))


def _specifications() -> tuple[Matrix, Queue, State]:
    """Which arrays are cut along their first axis, a piece for each core."""
    all_of_it, cut = PartitionSpec(), PartitionSpec("core")
    return (
        Matrix(*[all_of_it] * len(Matrix._fields)),
        Queue(all_of_it, all_of_it, cut, cut, cut, cut, all_of_it, all_of_it),
        State(*[cut] * len(State._fields)),
    )


def _build(entries: Entries, colours: int, cores: int) -> Any:
    function = kernel(entries.forms, colours)

    def on_core(matrix: Matrix, queue: Queue, state: State) -> State:
        pieces = ("systems", "omegas", "caps", "last")
        queue = queue._replace(**{name: getattr(queue, name)[0] for name in pieces})
        made = function(matrix, queue, State(*(values[0] for values in state)))
        return State(*(values[None] for values in made))

    return jax.shard_map(
        on_core,
        mesh=backend.mesh(cores),
        in_specs=_specifications(),
        out_specs=State(*[PartitionSpec("core")] * len(State._fields)),
        check_vma=False,
    )


def _bucket(size: int, smallest: int) -> int:
    """The next power of two: few kernels serve batches of any size."""
    return max(smallest, 1 << (size - 1).bit_length())
