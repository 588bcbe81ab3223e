"""Running code on data: tiles of points, streamed in bounded memory, on every core."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from evosearch import backend
from evosearch.interpreter.accelerator import accelerated
from evosearch.interpreter.code import Code, Part, bucket, by_core, everywhere, on_cores
from evosearch.interpreter.forms import forms_of
from evosearch.interpreter.kernel import kernel
from evosearch.interpreter.losses import Loss

ROW_BYTES = 4096  # of a register: the live rows stay in the first-level cache
STREAM_BYTES = 32 << 20  # of data, or of values, in one call


@dataclass(frozen=True)
class Tiles:
    """Data cut into tiles of equal size: rows of at most `ROW_BYTES`, in whole vectors.

    Loops run over four vectors of 16 at a time; what is left over would be slower.

    Attributes:
        rows: Inputs, target and weights [points] each.
        size: Points of a tile.
        count: Number of tiles; the last one is padded with copies of weight 0.
        dtype: float32 or float64.
    """

    rows: tuple[npt.NDArray[Any], ...]
    size: int
    count: int
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, dtype: np.dtype[Any], *rows: npt.NDArray[Any]) -> "Tiles":
        """The tiles of these rows."""
        points = len(rows[0])
        tiles = -(-points * dtype.itemsize // ROW_BYTES)
        unit = 64 if points > 256 else 16
        size = -(-points // (tiles * unit)) * unit
        return cls(rows, size, -(-points // size), dtype)

    def chunks(self, most_bytes: int) -> Iterator[tuple[int, npt.NDArray[Any]]]:
        """Number of tiles, and [room for tiles, rows, points] of at most that many bytes."""
        each = len(self.rows) * self.size * self.dtype.itemsize
        step = max(1, min(self.count, most_bytes // each))
        room = min(bucket(step, 1, 4), bucket(self.count, 1, 4))
        for first in range(0, self.count, step):
            tiles = min(step, self.count - first)
            yield tiles, self._cut(first * self.size, tiles, room)

    def _cut(self, first: int, tiles: int, room: int) -> npt.NDArray[Any]:
        made = np.zeros((room, len(self.rows), self.size), self.dtype)
        points = min(tiles * self.size, len(self.rows[0]) - first)
        whole, left = divmod(points, self.size)
        for number, values in enumerate(self.rows):
            piece = values[first : first + points]
            made[:whole, number] = piece[: whole * self.size].reshape(whole, self.size)
            if left:
                made[whole, number, :left] = piece[whole * self.size :]
                made[whole, number, left:] = 0 if number == len(self.rows) - 1 else piece[-1]
        return made


def run_losses(
    code: Code,
    inputs: npt.NDArray[Any],
    target: npt.NDArray[Any],
    weights: npt.NDArray[Any],
    loss: Loss,
) -> npt.NDArray[np.float64]:
    """What the loss comes to over all points, per program."""
    tiles = Tiles.of(code.dtype, *inputs, target, weights)
    totals = []
    for part in code.parts:
        so_far = _start(part.lengths.shape[0], loss.reduce, code.cores)
        for count, data in tiles.chunks(STREAM_BYTES):
            before, so_far = so_far, _call(code, part, loss, so_far, count, data)
            jax.block_until_ready(before)  # or all data would be in memory, waiting
        totals.append(part.unpadded(np.asarray(so_far)))
    return np.concatenate(totals)


def run_values(code: Code, inputs: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Values [programs, points]."""
    points = inputs.shape[1]
    nothing = np.zeros(points, code.dtype)
    tiles = Tiles.of(code.dtype, *inputs, nothing, nothing)
    out = np.empty((len(code), points), code.dtype)
    done = 0
    for part in code.parts:
        rows, first = int(part.shares.sum()), 0
        wider = max(1.0, part.lengths.shape[0] / len(tiles.rows))
        so_far = _start(part.lengths.shape[0], "sum", code.cores)
        for count, data in tiles.chunks(int(STREAM_BYTES / wider)):
            values = part.unpadded(np.asarray(_call(code, part, None, so_far, count, data)))
            last = min(points, first + count * tiles.size)
            out[done : done + rows, first:last] = values.reshape(rows, -1)[:, : last - first]
            first = last
        done += rows
    return out


@lru_cache(maxsize=16)
def _start(size: int, reduce: str, cores: int) -> Any:
    return jax.device_put(np.full(size, 0.0 if reduce == "sum" else -np.inf), by_core(cores))


@lru_cache(maxsize=16)
def _count(tiles: int, cores: int) -> Any:
    return jax.device_put(np.int32(tiles), everywhere(cores))


def _call(
    code: Code, part: Part, loss: Loss | None, so_far: Any, tiles: int, data: npt.NDArray[Any]
) -> Any:
    """One call of the kernel, compiled before if its shapes are new."""
    if backend.device_kind() != "cpu":
        return accelerated(code, part, loss, so_far, tiles, data)
    backend.one_native_loop()
    arguments = (
        part.records,
        part.lengths,
        part.on_device,
        so_far,
        _count(tiles, code.cores),
        jax.device_put(data, everywhere(code.cores)),
    )
    shapes = tuple(argument.shape for argument in arguments)
    key = ("run", code.primitives, code.slots, code.registers, loss, code.dtype, shapes)
    build = partial(_build, code, loss)
    return backend.compiled((*key, code.cores), build, *arguments, wide=True)(*arguments)


def _build(code: Code, loss: Loss | None) -> Any:
    forms = forms_of(code.primitives)
    function = kernel(forms, code.n_inputs, code.slots, code.registers, loss)
    return on_cores(function, code.cores, (True, True, True, True, False, False))
