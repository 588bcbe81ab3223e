"""Lanes: what is to be solved, shared out to the cores and run by the kernel."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np
import numpy.typing as npt
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Float64, Int64

from evaluators.sor.entries import Entries
from evaluators.sor.kernel import Matrix, Method, Queue, State, kernel
from evosearch import backend

WIDTHS = (32, 8)  # lanes at work on a core: while there are many, and when few are left


@dataclass(frozen=True)
class Recipe:
    """A method, for one matrix.

    Attributes:
        name: What its kernels depend on, besides the shapes of arrays.
        build: Makes the method.
        columns: Arrays [rows, width] that it keeps.
        sums: Arrays [width] that it keeps.
        each: Omegas of one iteration.
        least: Iterations before which no lane is done.
    """

    name: Hashable
    build: Callable[[], Method]
    columns: int = 1
    sums: int = 0
    each: int = 1
    least: int = 0


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


def run(
    recipe: Recipe, entries: Entries, lanes: Lanes
) -> tuple[Int64[np.ndarray, " lanes"], Float64[np.ndarray, "2 lanes"]]:
    """Iterations of every lane, and the squared norms of its last residual but one and its last.

    Every core has each so-manieth lane in a queue of its own. When a core has few lanes left, they
    go on in a narrower kernel: an iteration costs less there.
    """
    cores = max(1, min(backend.cores(), len(lanes)))
    room = _bucket(-(-len(lanes) // cores), 64)
    queue = _queue(recipe, entries, lanes, cores, room)
    width = next((w for w in reversed(WIDTHS) if len(lanes) <= w * cores), WIDTHS[0])
    state = _start(recipe, entries, width, cores, room)
    for place in range(WIDTHS.index(width), len(WIDTHS)):
        if state.lanes.shape[1] != WIDTHS[place]:
            state = _narrowed(state, WIDTHS[place], room)
        enough = WIDTHS[place + 1] if place + 1 < len(WIDTHS) else 0
        state = _call(recipe, entries, queue._replace(enough=np.int32(enough)), state)
    counts, norms = np.empty(len(lanes), np.int64), np.empty((2, len(lanes)))
    for core in range(cores):
        size = len(lanes.which[core::cores])
        counts[core::cores] = state.counts[core, :size]
        norms[:, core::cores] = state.norms[core, :, :size]
    return counts, norms


def _queue(recipe: Recipe, entries: Entries, lanes: Lanes, cores: int, room: int) -> Queue:
    padding = _bucket(len(lanes.shifts), 8) - len(lanes.shifts)

    def dealt(values: npt.NDArray[Any], kind: type) -> npt.NDArray[Any]:
        made = np.zeros((cores, room, *values.shape[1:]), kind)
        for core in range(cores):
            part = values[core::cores]
            made[core, : len(part)] = part
        return made

    return Queue(
        residuals=np.pad(lanes.residuals, ((0, padding), (0, len(entries.classes) - entries.n))),
        shifts=np.pad(lanes.shifts, (0, padding)),
        limits=np.pad(lanes.limits, ((0, 0), (0, padding))),
        systems=dealt(lanes.which, np.int32),
        omegas=dealt(lanes.omegas, np.float64),
        caps=dealt(np.minimum(lanes.caps, 2**30), np.int32),
        last=np.array([len(range(core, len(lanes), cores)) for core in range(cores)], np.int32),
        least=np.int32(recipe.least),
        enough=np.int32(0),
    )


def _start(recipe: Recipe, entries: Entries, width: int, cores: int, room: int) -> State:
    """Every place is done with a lane that is not in the queue."""
    row = np.zeros((cores, width))
    whole = np.zeros((cores, width), np.int32)
    each = np.zeros((cores, recipe.each, width))
    rows = np.zeros((cores, len(entries.classes), width))
    return State(
        columns=(rows,) * recipe.columns,
        sums=(row,) * recipe.sums,
        reciprocals=np.zeros((cores, len(entries.distinct), width)),
        omegas=each,
        carries=each,
        shifts=row,
        small=row,
        large=row,
        caps=whole,
        lanes=whole + np.int32(room),
        age=whole,
        before=row,
        after=row,
        done=whole + np.int32(1),
        next=np.zeros(cores, np.int32),
        at_work=np.full(cores, width, np.int32),
        counts=np.zeros((cores, room + 1), np.int32),
        norms=np.zeros((cores, 2, room + 1)),
    )


def _narrowed(state: State, width: int, room: int) -> State:
    """The state with the lanes still at work in so many places."""
    kept = np.argsort(state.lanes == room, axis=1, kind="stable")[:, :width]

    def narrow(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.stack([own[..., places] for own, places in zip(values, kept, strict=True)])

    rest = {name: getattr(state, name) for name in ("next", "counts", "norms")}
    narrowed = jax.tree.map(
        narrow, state._replace(next=None, at_work=None, counts=None, norms=None)
    )
    at_work = (narrowed.lanes != room).sum(axis=1, dtype=np.int32)
    return State(*narrowed._replace(at_work=at_work, **rest))


def _call(recipe: Recipe, entries: Entries, queue: Queue, state: State) -> State:
    """One call of the kernel, compiled before if its shapes are new."""
    backend.one_native_loop()
    cores = len(state.lanes)
    matrix = Matrix(*(getattr(entries, name) for name in Matrix._fields))
    arguments = (matrix, queue, state)
    places = jax.tree.map(partial(NamedSharding, backend.mesh(cores)), _layout(state))
    placed = jax.device_put(arguments, places)
    shapes = tuple(np.shape(leaf) for leaf in jax.tree.leaves(arguments))
    made = backend.compiled(
        ("sor", recipe.name, shapes), partial(_build, recipe, cores, _layout(state)), *placed
    )(*placed)
    return State(*jax.tree.map(np.asarray, made))


def _layout(state: State) -> tuple[Matrix, Queue, State]:
    """Which arrays are cut along their first axis, a piece for each core."""
    shared, cut = PartitionSpec(), PartitionSpec("core")
    return (
        Matrix(*[shared] * len(Matrix._fields)),
        Queue(shared, shared, shared, cut, cut, cut, cut, shared, shared),
        jax.tree.map(lambda _: cut, state),
    )


def _build(recipe: Recipe, cores: int, layout: tuple[Matrix, Queue, State]) -> Any:
    function = kernel(recipe.build())

    def on_core(matrix: Matrix, queue: Queue, state: State) -> Any:
        pieces = ("systems", "omegas", "caps", "last")
        own = queue._replace(**{name: getattr(queue, name)[0] for name in pieces})
        made = function(matrix, own, jax.tree.map(lambda values: values[0], state))
        return jax.tree.map(lambda values: values[None], made)

    return jax.shard_map(
        on_core,
        mesh=backend.mesh(cores),
        in_specs=layout,
        out_specs=layout[2],
        check_vma=False,
    )


def _bucket(size: int, smallest: int) -> int:
    """The next power of two: few kernels serve batches of any size."""
    return max(smallest, 1 << (size - 1).bit_length())
