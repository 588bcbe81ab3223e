"""Running code on data: tiles of points, streamed in bounded memory, on every core."""

from collections.abc import Iterator
from functools import partial
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


def tile_points(points: int, itemsize: int) -> int:
    """Points of a tile: rows of at most `ROW_BYTES`, of equal size, a multiple of 16."""
    tiles = -(-points * itemsize // ROW_BYTES)
    return -(-points // (tiles * 16)) * 16


def run_losses(
    code: Code,
    inputs: npt.NDArray[Any],
    target: npt.NDArray[Any],
    weights: npt.NDArray[Any],
    loss: Loss,
) -> npt.NDArray[Any]:
    """What the loss adds up to over all points, per program."""
    start = 0.0 if loss.reduce == "sum" else -np.inf
    tiles = _Tiles(code, inputs, target, weights)
    totals = []
    for part in code.parts:
        so_far = np.full(part.lengths.shape[0], start, code.dtype)
        for data in tiles.chunks(STREAM_BYTES):
            so_far = _call(code, part, loss, so_far, *data)
        totals.append(part.unpadded(np.asarray(so_far)))
    return np.concatenate(totals)


def run_values(code: Code, inputs: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Values [programs, points]."""
    points = inputs.shape[1]
    nothing = np.zeros(points, code.dtype)
    tiles = _Tiles(code, inputs, nothing, nothing)
    out = np.empty((len(code), points), code.dtype)
    done = 0
    for part in code.parts:
        count, first = int(part.shares.sum()), 0
        wider = max(1.0, part.lengths.shape[0] / (code.n_inputs + 2))
        for data in tiles.chunks(int(STREAM_BYTES / wider)):
            values = part.unpadded(np.asarray(_call(code, part, None, nothing[:0], *data)))
            last = min(points, first + data[0] * tiles.size)
            out[done : done + count, first:last] = values.reshape(count, -1)[:, : last - first]
            first = last
        done += count
    return out


class _Tiles:
    """The data, cut into tiles; the last one is padded with copies of weight 0."""

    def __init__(
        self,
        code: Code,
        inputs: npt.NDArray[Any],
        target: npt.NDArray[Any],
        weights: npt.NDArray[Any],
    ) -> None:
        self.code = code
        self.size = tile_points(inputs.shape[1], code.dtype.itemsize)
        self.count = -(-inputs.shape[1] // self.size)
        self.arrays = inputs, target[None], weights[None]

    def chunks(self, most_bytes: int) -> Iterator[tuple[int, Any, Any, Any]]:
        """Number of tiles; inputs [tiles, inputs, points], target, weights [tiles, points]."""
        each = (self.code.n_inputs + 2) * self.size * self.code.dtype.itemsize
        step = max(1, min(self.count, most_bytes // each))
        room = min(bucket(step, 1, 4), bucket(self.count, 1, 4))
        for first in range(0, self.count, step):
            tiles = min(step, self.count - first)
            x, y, w = (self._cut(array, first, tiles, room) for array in self.arrays)
            beyond = (first + tiles) * self.size - self.arrays[0].shape[1]
            if beyond > 0:
                w[tiles - 1, 0, self.size - beyond :] = 0
            yield tiles, x, y[:, 0], w[:, 0]

    def _cut(self, array: npt.NDArray[Any], first: int, tiles: int, room: int) -> Any:
        made = np.zeros((room, len(array), self.size), self.code.dtype)
        for number, values in enumerate(array):
            piece = values[first * self.size : (first + tiles) * self.size]
            whole = np.pad(piece, (0, tiles * self.size - len(piece)), mode="edge")
            made[:tiles, number] = whole.reshape(tiles, self.size)
        return made


def _call(code: Code, part: Part, loss: Loss | None, so_far: Any, tiles: int, *data: Any) -> Any:
    """One call of the kernel, compiled before if its shapes are new."""
    if backend.device_kind() != "cpu":
        return accelerated(code, part, loss, so_far, tiles, *data)
    backend.one_native_loop()
    shares, state = (jax.device_put(a, by_core(code.cores)) for a in (part.shares, so_far))
    count, *copies = (jax.device_put(a, everywhere(code.cores)) for a in (np.int32(tiles), *data))
    arguments = (part.records, part.lengths, shares, state, count, *copies)
    shapes = tuple(argument.shape for argument in arguments)
    key = (
        "run",
        code.primitives,
        code.slots,
        code.registers,
        loss,
        code.dtype,
        code.cores,
        shapes,
    )
    build = partial(_build, code, loss)
    return backend.compiled(key, build, *arguments)(*arguments)


def _build(code: Code, loss: Loss | None) -> Any:
    function = kernel(forms_of(code.primitives), code.slots, code.registers, loss)
    return on_cores(function, code.cores, (True, True, True, True, False, False, False, False))
