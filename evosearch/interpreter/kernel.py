"""The kernel: code of a population to values or losses, as one native loop nest on the CPU.

Tiles of points outermost, programs inside, instructions innermost, and one branch for the form of
each. Two accumulators take turns, so that every instruction reads one and writes the other: with
one alone, XLA would copy the row that a branch returns (see docs/decisions/interpreter.md).
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from evosearch.elementary.dispatch import in_branch
from evosearch.interpreter.forms import CONSTANT, NOTHING, Form, Forms
from evosearch.interpreter.loops import cut, get, loop, paste, put, row
from evosearch.interpreter.losses import Loss
from evosearch.interpreter.operations import COMPUTE

FEW_POINTS = 64  # up to here an unneeded store costs less than a branch that is guessed wrong


def kernel(
    forms: Forms, n_inputs: int, slots: int, registers: int, loss: Loss | None
) -> Callable[..., Any]:
    """The function to compile, for programs of ``slots`` records and that many registers.

    Its arguments: records [programs * slots, fields], how many of them each program has
    [programs], how many programs [1], what the loss has come to [programs], how many tiles, and
    the tiles: inputs, target and weights [tiles, inputs + 2, points]. It returns what the loss
    comes to or, without a loss, the values [programs, tiles, points].
    """

    def run(records: Any, lengths: Any, share: Any, so_far: Any, count: Any, tiles: Any) -> Any:
        most, _, points = tiles.shape
        dtype = tiles.dtype
        scratch = n_inputs + registers  # a row that nothing reads
        branches = [_branch(form, points, dtype) for form in forms.members]

        @jax.jit  # traced once for both places that call it
        def instruction(records: Any, place: Any, rows: Any, value: Any) -> tuple[Any, Any]:
            record = row(records, place)
            store = lax.shift_right_logical(record[1], jnp.int32(24))
            if points <= FEW_POINTS:
                rows = _store(rows, value, jnp.where(store > 0, store, scratch))
            else:
                rows = lax.cond(store > 0, _store, lambda rows, *_: rows, rows, value, store)
            return rows, lax.switch(record[0] & 0xFFFF, branches, rows, value, record)

        def program(p: Any, data: Any, place: Any, state: tuple[Any, Any, Any]) -> Any:
            rows, value, out = state
            pairs = (get(lengths, p) + 1) // 2
            begin = (p + 1) * slots - 2 * pairs

            def two(i: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
                rows, value = instruction(records, begin + 2 * i, *state)
                return instruction(records, begin + 2 * i + 1, rows, value)  # type: ignore[no-any-return]

            rows, value = loop(0, pairs, two, (rows, value))
            if loss is None:
                return rows, value, paste(out, value[None, None], (p, place, 0))
            target, weight = data[n_inputs], data[n_inputs + 1]
            each = jnp.where(weight == 0, 0, loss.row(value, target, weight))
            return rows, value, put(out, _reduced(loss, get(out, p), each), p)

        def one_tile(place: Any, state: tuple[Any, Any, Any]) -> Any:
            rows, value, out = state
            data = cut(tiles, (place, 0, 0), (1, n_inputs + 2, points))[0]
            rows = paste(rows, data[:n_inputs], (0, 0))
            state = (rows, value, out)
            return loop(0, get(share, 0), lambda p, s: program(p, data, place, s), state)

        shape = (lengths.shape[0], most, points)
        out = jnp.zeros(shape, dtype) if loss is None else so_far
        rows = jnp.zeros((scratch + 1, points), dtype)
        return loop(0, count, one_tile, (rows, jnp.zeros(points, dtype), out))[2]

    return run


def _reduced(loss: Loss, so_far: Any, each: Any) -> Any:
    if loss.reduce == "sum":
        return so_far + jnp.sum(each).astype(so_far.dtype)
    return jnp.maximum(so_far, jnp.max(each).astype(so_far.dtype))


def _store(rows: Any, value: Any, place: Any) -> Any:
    return paste(rows, value[None], (place, 0))


def _branch(form: Form, points: int, dtype: Any) -> Callable[[Any, Any, Any], Any]:
    """The code of one form: rows [rows, points], accumulator [points], record -> accumulator."""

    def compute(rows: Any, value: Any, record: Any) -> Any:
        if form.operation == NOTHING:
            return value
        if form.operation == CONSTANT:
            return _constant(record, 0, points, dtype)

        def operand(letter: str, slot: int) -> Any:
            if letter == "c":
                return _constant(record, slot // 2, points, dtype)
            return value if letter == "a" else row(rows, (record[1] >> (8 * slot)) & 255)

        def apply(operation: str, operands: list[Any], letters: str, slot: int) -> Any:
            if operation == "add":
                operands = [
                    o if letter == "c" else _signed(o, record[0] >> (16 + slot + k))
                    for k, (letter, o) in enumerate(zip(letters, operands, strict=True))
                ]
            zero = lax.shift_right_logical(record[0], jnp.int32(31))  # unknown to the compiler
            function = in_branch(operation, zero) or COMPUTE[operation]
            return function(*operands)

        operands = list(map(operand, form.operands, (0, 1)))
        first = apply(form.operation, operands, form.operands, 0)
        if not form.second:
            return first
        others = [first if letter == "t" else operand(letter, 2) for letter in form.others]
        return apply(form.second, others, form.others, 2)

    return compute


def _signed(values: Any, sign: Any) -> Any:
    """The values, negated where the lowest bit of ``sign`` is set.

    It works on their sign bits, so that a product is rounded before it is added, by any compiler.
    """
    integer = jnp.int32 if values.dtype == jnp.float32 else jnp.int64
    bit = sign.astype(integer) << (values.dtype.itemsize * 8 - 1)
    return lax.bitcast_convert_type(lax.bitcast_convert_type(values, integer) ^ bit, values.dtype)


def _constant(record: Any, number: int, points: int, dtype: Any) -> Any:
    """A constant as a row that XLA does not recognise as one.

    Or it would multiply by the reciprocal of a divisor, which rounds differently.
    """
    width = dtype.itemsize // 4
    integer = jnp.int32 if width == 1 else jnp.int64
    bits = record[2 + number * width : 2 + (number + 1) * width]
    whole = lax.bitcast_convert_type(bits[0] if width == 1 else bits, integer)
    zeros = lax.iota(integer, points) >> (dtype.itemsize * 8 - 1)
    return lax.bitcast_convert_type(whole | zeros, dtype)
