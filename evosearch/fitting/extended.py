"""Values and derivatives of a program in double-double, in forward mode.

As `evosearch.fitting.forward`, for one set of constants: rows have one trailing axis, the points,
and their numbers are those of `evosearch.fitting.double_double`. Constants are numbered in the
order of use, so that an instruction depends on the first few alone.
"""

from collections.abc import Callable
from functools import reduce
from typing import Any

import jax.numpy as jnp
from jax import lax

from evosearch.fitting import double_double as dd
from evosearch.fitting.forward import ZERO, Array, Layout, Program, get, put
from evosearch.genomes.primitives import BY_NAME, PrimitiveSet


def _div(a: Array, b: Array) -> tuple[Array, ...]:
    value = dd.div(a, b)
    inverse = dd.div(dd.of(jnp.ones_like(dd.high(b))), b)
    return value, inverse, dd.neg(dd.mul(value, inverse))


def _sqrt(a: Array) -> tuple[Array, ...]:
    value = dd.sqrt(a)
    return value, dd.div(dd.of(jnp.full_like(dd.high(a), 0.5)), value)


def _one(a: Array) -> Array:
    return dd.of(jnp.ones_like(dd.high(a)))


# name -> function of the operands that returns (value, derivative by each operand)
_PARTIALS: dict[str, Callable[..., tuple[Array, ...]]] = {
    "copy": lambda a: (a, _one(a)),
    "add": lambda a, b: (dd.add(a, b), _one(a), _one(a)),
    "sub": lambda a, b: (dd.sub(a, b), _one(a), dd.neg(_one(a))),
    "mul": lambda a, b: (dd.mul(a, b), b, a),
    "div": _div,
    "fma": lambda a, b, c: (dd.add(dd.mul(a, b), c), b, a, _one(a)),
    "neg": lambda a: (dd.neg(a), dd.neg(_one(a))),
    "sqrt": _sqrt,
}
NAMES = tuple(name for name in _PARTIALS if name in BY_NAME)


def _weighted(inner: list[Array], partials: list[Array]) -> Array:
    terms = [dd.mul(partial, tangent) for partial, tangent in zip(partials, inner, strict=True)]
    return reduce(dd.add, terms)


# How an operation combines the derivatives of its operands, by the kind of operation.
_CHAINS: tuple[Callable[..., Array], ...] = (
    _weighted,
    lambda inner, _: inner[0],
    lambda inner, _: dd.add(inner[0], inner[1]) if len(inner) > 1 else inner[0],
    lambda inner, _: dd.sub(inner[0], inner[1]) if len(inner) > 1 else inner[0],
)
_KINDS = {"copy": 1, "add": 2, "sub": 3}


class Extended:
    """Builds the value pass and the tangent pass for one primitive set and layout.

    The layout's points are those of the tangent pass, of one lane. Value passes take as many
    points as their rows have.
    """

    def __init__(self, primitives: PrimitiveSet, layout: Layout) -> None:
        self.layout = layout
        self.arity = max(primitive.arity for primitive in primitives.members)
        names = ["copy", *primitives.names]
        self._values = [self._branch(name, derivatives=False) for name in names]
        self._partials = [self._branch(name, derivatives=True) for name in names]
        self._kinds = jnp.array([_KINDS.get(name, 0) for name in names], jnp.int32)

    def _branch(self, name: str, *, derivatives: bool) -> Callable[..., Any]:
        function = _PARTIALS[name]
        arity = BY_NAME[name].arity if name in BY_NAME else 1

        def compute(*operands: Array) -> Any:
            value, *partials = function(*operands[:arity])
            partials += [jnp.zeros_like(value)] * (self.arity - arity)
            return (value, *partials) if derivatives else value

        return compute

    def values(
        self, program: Program, constants: Array, x: Array, rows: Array
    ) -> tuple[Array, Array]:
        """Values [points] at points x (float64), and the used register file [rows, points]."""
        rows = self._load(program, constants, x, rows)

        def instruction(i: Array, rows: Array) -> Array:
            op, sources, target = self._decode(program, i)
            value = lax.switch(op, self._values, *(get(rows, row) for row in sources))
            return put(rows, value, target)

        rows = lax.fori_loop(ZERO, program.length, instruction, rows)
        return get(rows, program.result), rows

    def tangents(
        self, program: Program, constants: Array, x: Array, rows: Array, tangents: Array
    ) -> tuple[Array, Array, Array, Array]:
        """Values [points], Jacobian [constants, points], and both used files."""
        rows = self._load(program, constants, x, rows)
        first = self.layout.first_register

        def instruction(i: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
            rows, tangents = state
            op, sources, target = self._decode(program, i)
            operands = [get(rows, row) for row in sources]
            value, *partials = lax.switch(op, self._partials, *operands)

            def chain(j: Array, tangents: Array) -> Array:  # d value = sum of partial * d operand
                inner = []
                for row in sources:
                    passed = get(tangents, jnp.maximum(row - first + 1, 0), j)
                    own = row - self.layout.inputs == j
                    inner.append(jnp.where(own, _one(passed), passed))
                total = lax.switch(self._kinds[op], _CHAINS, inner, partials)
                return put(tangents, total, target - first + 1, j)

            def clear(j: Array, tangents: Array) -> Array:  # constants that come up later
                return put(tangents, jnp.zeros_like(value), target - first + 1, j)

            known = program.known[i]
            tangents = lax.fori_loop(ZERO, known, chain, tangents)
            tangents = lax.fori_loop(known, program.n_constants, clear, tangents)
            return put(rows, value, target), tangents

        rows, tangents = lax.fori_loop(ZERO, program.length, instruction, (rows, tangents))
        jacobian = get(tangents, program.result - first + 1)
        return get(rows, program.result), jacobian, rows, tangents

    def _load(self, program: Program, constants: Array, x: Array, rows: Array) -> Array:
        rows = put(rows, dd.of(x), ZERO)

        def one(j: Array, rows: Array) -> Array:
            row = jnp.broadcast_to(get(constants, j), rows.shape[1:])
            return put(rows, row, j + self.layout.inputs)

        return lax.fori_loop(ZERO, program.n_constants, one, rows)

    def _decode(self, program: Program, i: Array) -> tuple[Array, list[Array], Array]:
        word = program.words[i]
        sources = [(word >> 16) & 255, (word >> 8) & 255, program.third[i]]
        return word >> 24, sources[: self.arity], word & 255
