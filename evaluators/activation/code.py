"""Code: a function as instructions, computed by a register machine on dual numbers.

One executable trains networks with any function, learnable parameters included. A row of the
machine is a tile of inputs; every instruction is one real branch, which gives values and partial
derivatives; tangents with respect to x and to each parameter follow by the chain rule.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Float32, Int32

from evaluators.activation import operations
from evosearch.genomes.primitives import ALL, ARITY
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch

MOST_NODES = 64
MOST_CONSTANTS = 64
_TILE = 1024  # all registers of a short function stay in the first caches
_MEMBERS = ALL.members
_PLACE = {primitive.code: place for place, primitive in enumerate(_MEMBERS)}


class Code(NamedTuple):
    """One function. Registers are x, the parameters, then nodes; -1 - j is constant j."""

    operation: Int32[np.ndarray, " nodes"]
    arguments: Int32[np.ndarray, "nodes 3"]
    length: Int32[np.ndarray, ""]
    output: Int32[np.ndarray, ""]
    constants: Float32[np.ndarray, " constants"]


def code(programs: ProgramBatch, row: int) -> Code:
    """The instructions of one program of at most `MOST_NODES` operations."""
    length, inputs = int(programs.lengths[row]), programs.n_inputs

    def register(argument: int) -> int:
        if argument >= 0:
            return inputs + argument
        if argument > FIRST_CONSTANT:
            return FIRST_INPUT - argument
        return -1 - (FIRST_CONSTANT - argument)

    operation = np.zeros(MOST_NODES, np.int32)
    arguments = np.zeros((MOST_NODES, 3), np.int32)
    for node in range(length):
        op = int(programs.ops[row, node])
        operation[node] = _PLACE[op]
        for k, argument in enumerate(programs.args[row, node, : ARITY[op]].tolist()):
            arguments[node, k] = register(argument)
    constants = np.zeros(MOST_CONSTANTS, np.float32)
    used = int(programs.n_constants[row])
    constants[:used] = programs.constants[row, :used]
    output = register(int(programs.outputs[row]))
    return Code(
        operation, arguments, np.array(length, np.int32), np.array(output, np.int32), constants
    )


@jax.custom_vjp
def apply(x: Any, parameters: tuple[Any, ...], code: Code) -> Any:
    """Values of any shape; each parameter is of that shape, or can be broadcast to it."""
    return _forward(x, parameters, code)[0]


def _forward(x: Any, parameters: tuple[Any, ...], code: Code) -> tuple[Any, Any]:
    """Values; and, for the way back, tangents and what the parameters looked like."""
    inputs = jnp.stack([x, *(jnp.broadcast_to(each, x.shape) for each in parameters)])
    flat = inputs.reshape(len(inputs), -1)
    n, size = flat.shape
    tiles = -(-size // _TILE)
    padded = jnp.pad(flat, ((0, 0), (0, tiles * _TILE - size)))

    def tile(k: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
        found, registers = state
        inside = lax.dynamic_slice(padded, (0, k * _TILE), (n, _TILE))
        registers = lax.dynamic_update_slice(registers, inside[:, None], (0, 0, 0))
        registers = lax.fori_loop(0, code.length, partial(_step, code, n), registers)
        result = _register(registers, code.output, code)
        return lax.dynamic_update_slice(found, result, (0, k * _TILE)), registers

    registers = jnp.zeros((n + MOST_NODES, 1 + n, _TILE), x.dtype)
    registers = registers.at[np.arange(n), 1 + np.arange(n)].set(1.0)
    found = jnp.zeros((1 + n, tiles * _TILE), x.dtype)
    found, _ = lax.fori_loop(0, tiles, tile, (found, registers))
    whole = found[:, :size].reshape(1 + n, *x.shape)
    return whole[0], (whole[1:], parameters)


def _backward(kept: Any, upstream: Any) -> tuple[Any, tuple[Any, ...], None]:
    tangents, parameters = kept
    found = [upstream * each for each in tangents]
    return found[0], tuple(map(_gathered, found[1:], parameters)), None


apply.defvjp(_forward, _backward)


def _gathered(gradient: Any, parameter: Any) -> Any:
    """A gradient summed over the axes along which a parameter was broadcast."""
    extra = gradient.ndim - parameter.ndim
    gradient = gradient.sum(axis=tuple(range(extra)))
    axes = tuple(k for k, n in enumerate(parameter.shape) if n == 1 and gradient.shape[k] > 1)
    return gradient.sum(axis=axes, keepdims=True)


def _register(registers: Any, place: Any, code: Code) -> Any:
    """Value and tangents of an argument: rows are the value, then the tangent of each input."""
    row = lax.dynamic_index_in_dim(registers, jnp.maximum(place, 0), keepdims=False)
    constant = code.constants[jnp.maximum(-1 - place, 0)]
    value = jnp.where(place < 0, constant, row[:1])
    return jnp.concatenate([value, jnp.where(place < 0, 0.0, row[1:])])


def _step(code: Code, inputs: int, node: Any, registers: Any) -> Any:
    """The registers after one more instruction."""
    rows = [_register(registers, code.arguments[node, k], code) for k in range(3)]
    result = lax.switch(code.operation[node], _BRANCHES, *rows)
    return lax.dynamic_update_index_in_dim(registers, result, inputs + node, 0)


def _branch(name: str, arity: int, *rows: Any) -> Any:
    """Value and tangents of one operation, by the chain rule."""
    compute, given = operations.BY_NAME[name], rows[:arity]
    values = tuple(row[0] for row in given)
    result = compute(*values)
    zero, one = jnp.zeros_like(result), jnp.ones_like(result)
    tangents = jnp.zeros_like(rows[0][1:])
    for k, row in enumerate(given):
        along: Sequence[Any] = [one if j == k else zero for j in range(arity)]
        slope = jax.jvp(compute, values, tuple(along))[1]
        # A tangent that is 0 stays so where a slope is infinite.
        tangents = tangents + jnp.where(row[1:] == 0, 0.0, row[1:] * slope)
    return jnp.concatenate([result[None], tangents])


_BRANCHES = [partial(_branch, primitive.name, primitive.arity) for primitive in _MEMBERS]
