"""The same code on an accelerator: all programs in step, every operation computed and one chosen.

On a GPU or TPU a branch per program is dear and arithmetic is nearly free. No figure from an
accelerator exists yet; on the CPU this path is the slow reference that the kernel is tested
against.
"""

from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import lax

from evosearch import backend
from evosearch.genomes.primitives import BY_NAME
from evosearch.interpreter.code import Code, Part
from evosearch.interpreter.forms import CONSTANT, NOTHING, Form, forms_of
from evosearch.interpreter.losses import Loss
from evosearch.interpreter.operations import COMPUTE

BUDGET = 256 << 20  # bytes of register files at a time

_PLACES = "arct"


def accelerated(
    code: Code, part: Part, loss: Loss | None, so_far: Any, count: int, tiles: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """As the kernel: what the loss comes to, or the values [programs, tiles, points]."""
    points = tiles.shape[2]
    rows = code.n_inputs + code.registers
    step = max(1, BUDGET // (rows * points * code.dtype.itemsize))
    size = part.lengths.shape[0]
    records = np.asarray(part.records).reshape(size, code.slots, -1)
    data, so_far = jnp.asarray(tiles), np.asarray(so_far)
    n = code.n_inputs
    out = []
    for first in range(0, size, step):
        chunk = jnp.asarray(records[first : first + step])
        total = None if loss is None else jnp.asarray(so_far[first : first + step])
        values = []
        for tile in data[:count]:
            arguments = (chunk, tile[:n])
            key = ("accelerator", code.primitives, rows, code.dtype, chunk.shape, points)
            build = partial(_all_programs, code)
            value = backend.compiled(key, build, *arguments)(*arguments)
            if loss is None:
                values.append(np.asarray(value))
            else:
                total = _add(loss, total, value, tile[n], tile[n + 1])
        out.append(np.stack(values, axis=1) if loss is None else np.asarray(total))
    return np.concatenate(out)


def _add(loss: Loss, so_far: Any, values: Any, target: Any, weights: Any) -> Any:
    each = jnp.where(weights == 0, 0, jax.vmap(loss.row, (0, None, None))(values, target, weights))
    if loss.reduce == "sum":
        return so_far + jnp.sum(each, axis=1).astype(so_far.dtype)
    return jnp.maximum(so_far, jnp.max(each, axis=1).astype(so_far.dtype))


@lru_cache
def _table(forms: tuple[Form, ...], operations: tuple[str, ...]) -> npt.NDArray[np.int32]:
    """Per form: first operation, places of its operands; second one, places of its operands."""
    names = (NOTHING, *operations)

    def half(operation: str, letters: str) -> list[int]:
        return [names.index(operation), *(_PLACES.index(k) for k in letters.ljust(2, "a"))]

    rows = [half(f.operation, f.operands) + half(f.second or NOTHING, f.others) for f in forms]
    return np.array(rows, np.int32)


def _all_programs(code: Code) -> Any:
    """The function (records [programs, slots, fields], inputs) -> values [programs, points]."""
    forms = forms_of(code.primitives)
    table = jnp.asarray(_table(forms.members, forms.operations))
    operations = [_first] + [_binary(name) for name in forms.operations]
    width = code.dtype.itemsize // 4
    integer = jnp.int32 if width == 1 else jnp.int64
    sign_bit = code.dtype.itemsize * 8 - 1
    add = 1 + forms.operations.index("add")

    def constant(record: Any, number: int) -> Any:
        bits = record[2 + number * width : 2 + (number + 1) * width]
        return lax.bitcast_convert_type(bits[0] if width == 1 else bits, jnp.dtype(code.dtype))

    def apply(record: Any, half: Any, slot: int, sources: Any) -> Any:
        operands = []
        for k in range(2):
            value = sources(half[1 + k], k)
            sign = (record[0] >> (16 + slot + k)) & (half[0] == add)
            bits = lax.bitcast_convert_type(value, integer) ^ (sign.astype(integer) << sign_bit)
            operands.append(lax.bitcast_convert_type(bits, value.dtype))
        return lax.switch(half[0], operations, *operands)

    def one_record(state: tuple[Any, Any], record: Any) -> tuple[tuple[Any, Any], None]:
        rows, value = state
        store = lax.shift_right_logical(record[1], jnp.int32(24))
        rows = jnp.where((jnp.arange(rows.shape[0]) == store)[:, None] & (store > 0), value, rows)
        form = table[record[0] & 0xFFFF]

        def source(place: Any, slot: int, number: int, fresh: Any) -> Any:
            kept = rows[(record[1] >> (8 * slot)) & 255]
            fixed = jnp.broadcast_to(constant(record, number), value.shape)
            return jnp.stack([value, kept, fixed, fresh])[place]

        first = apply(record, form[:3], 0, lambda place, k: source(place, k, 0, value))
        other = apply(record, form[3:], 2, lambda place, _: source(place, 2, 1, first))
        value = jnp.where(form[3] > 0, other, first)
        return (rows, value), None

    def one_program(records: Any, inputs: Any) -> Any:
        rows = jnp.zeros((code.n_inputs + code.registers, inputs.shape[1]), code.dtype)
        rows = rows.at[: code.n_inputs].set(inputs)
        return lax.scan(one_record, (rows, rows[0]), records)[0][1]

    return jax.vmap(one_program, (0, None))


def _binary(name: str) -> Any:
    if name == CONSTANT:
        return _first
    compute = COMPUTE[name]
    return (lambda a, _: compute(a)) if BY_NAME[name].arity == 1 else compute


def _first(a: Any, _: Any) -> Any:
    return a
