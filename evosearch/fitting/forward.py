"""Values and derivatives of a program with respect to its constants, in forward mode.

Arrays of the kernel have two trailing axes, points and lanes: a lane is one of several sets of
constants that are fitted side by side for the same program. The register file has the rows
inputs | constants | registers; the tangent file has a row of zeros followed by one row per
register, each row holding one [points, lanes] array per constant.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jax import lax

from evosearch.genomes.primitives import BY_NAME, PROTECTED, PrimitiveSet

Array = Any  # a traced JAX array

ZERO = jnp.int32(0)


def get(rows: Array, *index: Array) -> Array:
    """Element ``index`` of the leading axes."""
    size = rows.shape[len(index) :]
    start = (*index, *(ZERO,) * len(size))
    return lax.dynamic_slice(rows, start, (1,) * len(index) + size).reshape(size)


def put(rows: Array, value: Array, *index: Array) -> Array:
    """``rows`` with element ``index`` of the leading axes replaced."""
    start = (*index, *(ZERO,) * value.ndim)
    return lax.dynamic_update_slice(rows, value[(None,) * len(index)], start)


def _div(a: Array, b: Array) -> tuple[Array, ...]:
    inverse = 1 / b
    value = a * inverse
    return value, inverse, -value * inverse


def _choose(first: Array, a: Array, b: Array) -> tuple[Array, ...]:
    one, none = jnp.ones_like(a), jnp.zeros_like(a)
    return jnp.where(first, a, b), jnp.where(first, one, none), jnp.where(first, none, one)


def _sqrt(a: Array) -> tuple[Array, ...]:
    value = jnp.sqrt(a)
    return value, 0.5 / value


def _exp(a: Array) -> tuple[Array, ...]:
    value = jnp.exp(a)
    return value, value


def _tan(a: Array) -> tuple[Array, ...]:
    value = jnp.tan(a)
    return value, 1 + value * value


def _tanh(a: Array) -> tuple[Array, ...]:
    value = jnp.tanh(a)
    return value, 1 - value * value


def _protected_div(a: Array, b: Array) -> tuple[Array, ...]:
    near = jnp.abs(b) <= PROTECTED
    value, by_a, by_b = _div(a, b)
    return jnp.where(near, 1.0, value), jnp.where(near, 0.0, by_a), jnp.where(near, 0.0, by_b)


def _protected_log(a: Array) -> tuple[Array, ...]:
    near = jnp.abs(a) <= PROTECTED
    return jnp.where(near, 0.0, jnp.log(jnp.abs(a))), jnp.where(near, 0.0, 1 / a)


def _protected_sqrt(a: Array) -> tuple[Array, ...]:
    value = jnp.sqrt(jnp.abs(a))
    return value, 0.5 * jnp.sign(a) / value


# name -> function of the operands that returns (value, derivative by each operand)
PARTIALS: dict[str, Callable[..., tuple[Array, ...]]] = {
    "copy": lambda a: (a, jnp.ones_like(a)),
    "add": lambda a, b: (a + b, jnp.ones_like(a), jnp.ones_like(a)),
    "sub": lambda a, b: (a - b, jnp.ones_like(a), -jnp.ones_like(a)),
    "mul": lambda a, b: (a * b, b, a),
    "div": _div,
    "max": lambda a, b: _choose(a >= b, a, b),
    "min": lambda a, b: _choose(a <= b, a, b),
    "fma": lambda a, b, c: (a * b + c, b, a, jnp.ones_like(a)),
    "neg": lambda a: (-a, -jnp.ones_like(a)),
    "abs": lambda a: (jnp.abs(a), jnp.sign(a)),
    "sqrt": _sqrt,
    "exp": _exp,
    "log": lambda a: (jnp.log(a), 1 / a),
    "sin": lambda a: (jnp.sin(a), jnp.cos(a)),
    "cos": lambda a: (jnp.cos(a), -jnp.sin(a)),
    "tan": _tan,
    "tanh": _tanh,
    "atan": lambda a: (jnp.arctan(a), 1 / (1 + a * a)),
    "sinh": lambda a: (jnp.sinh(a), jnp.cosh(a)),
    "cosh": lambda a: (jnp.cosh(a), jnp.sinh(a)),
    "pdiv": _protected_div,
    "plog": _protected_log,
    "psqrt": _protected_sqrt,
}


@dataclass(frozen=True)
class Layout:
    """Static sizes of the kernel."""

    inputs: int
    constants: int
    registers: int
    points: int
    lanes: int

    @property
    def first_register(self) -> int:
        """Row of the register file where registers begin."""
        return self.inputs + self.constants


@dataclass(frozen=True)
class Program:
    """Traced code of one program.

    Attributes:
        words: Op, two sources and target of each instruction.
        third: Its third source.
        known: How many constants have been used when it is done; a value depends on no later one.
        length: Instructions.
        n_constants: Constants.
        result: Row of the value.
    """

    words: Array
    third: Array
    known: Array
    length: Array
    n_constants: Array
    result: Array


class Forward:
    """Builds the value pass and the tangent pass for one primitive set and layout.

    Attributes:
        partials: Value and derivatives of each operation.
    """

    partials: Mapping[str, Callable[..., tuple[Array, ...]]] = PARTIALS

    def __init__(self, primitives: PrimitiveSet, layout: Layout) -> None:
        self.layout = layout
        self.arity = max(primitive.arity for primitive in primitives.members)
        names = ["copy", *primitives.names]
        self._values = [self._branch(name, derivatives=False) for name in names]
        self._partials = [self._branch(name, derivatives=True) for name in names]

    def _branch(self, name: str, *, derivatives: bool) -> Callable[..., Any]:
        function = self.partials[name]
        arity = BY_NAME[name].arity if name in BY_NAME else 1

        def compute(*operands: Array) -> Any:
            value, *partials = function(*operands[:arity])
            partials += [jnp.zeros_like(value)] * (self.arity - arity)
            return (value, *partials) if derivatives else value

        return compute

    def values(self, program: Program, constants: Array, rows: Array) -> tuple[Array, Array]:
        """Values [points, lanes] for constants [constants, lanes], and the used register file."""
        rows = self._load(program, constants, rows)

        def instruction(i: Array, rows: Array) -> Array:
            op, sources, target = self._decode(program, i)
            value = lax.switch(op, self._values, *(get(rows, row) for row in sources))
            return put(rows, value, target)

        rows = lax.fori_loop(ZERO, program.length, instruction, rows)
        return get(rows, program.result), rows

    def tangents(
        self, program: Program, constants: Array, rows: Array, tangents: Array
    ) -> tuple[Array, Array, Array, Array]:
        """Values, Jacobian [constants, points, lanes], and both used files."""
        rows = self._load(program, constants, rows)
        first = self.layout.first_register

        def instruction(i: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
            rows, tangents = state
            op, sources, target = self._decode(program, i)
            value, *partials = lax.switch(op, self._partials, *(get(rows, row) for row in sources))

            def chain(j: Array, tangents: Array) -> Array:
                inner = [get(tangents, jnp.maximum(row - first + 1, 0), j) for row in sources]
                own = [row - self.layout.inputs == j for row in sources]
                tangent = self.combine(op, partials, inner, own)
                return put(tangents, tangent, target - first + 1, j)

            def clear(j: Array, tangents: Array) -> Array:
                return put(tangents, jnp.zeros_like(value), target - first + 1, j)

            known = program.known[i]
            tangents = lax.fori_loop(ZERO, known, chain, tangents)
            tangents = lax.fori_loop(known, program.n_constants, clear, tangents)
            return put(rows, value, target), tangents

        rows, tangents = lax.fori_loop(ZERO, program.length, instruction, (rows, tangents))
        jacobian = get(tangents, program.result - first + 1)
        return get(rows, program.result), jacobian, rows, tangents

    def combine(
        self, op: Array, partials: list[Array], inner: list[Array], own: list[Array]
    ) -> Array:
        """Derivative of a value by one constant: the sum of partial * derivative of operand.

        ``own`` tells which operand is that constant itself.
        """
        total = jnp.zeros_like(partials[0])
        for partial, tangent, itself in zip(partials, inner, own, strict=True):
            total = total + partial * (tangent + itself.astype(partial.dtype))
        return total

    def _load(self, program: Program, constants: Array, rows: Array) -> Array:
        def one(j: Array, rows: Array) -> Array:
            row = jnp.broadcast_to(get(constants, j), rows.shape[1:])
            return put(rows, row, j + self.layout.inputs)

        return lax.fori_loop(ZERO, program.n_constants, one, rows)

    def _decode(self, program: Program, i: Array) -> tuple[Array, list[Array], Array]:
        word = program.words[i]
        sources = [(word >> 16) & 255, (word >> 8) & 255, program.third[i]]
        return word >> 24, sources[: self.arity], word & 255
