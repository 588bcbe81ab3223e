"""Values and derivatives of a program in double-double, in forward mode.

As `evosearch.fitting.forward`, for programs of one input and one set of constants: rows have one
trailing axis, the points, and their numbers are those of `evosearch.fitting.double_double`.
"""

from collections.abc import Callable
from functools import reduce

import jax.numpy as jnp
from jax import lax

from evosearch.fitting import double_double as dd
from evosearch.fitting.forward import ZERO, Array, Forward, Layout, Program, put
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


class Extended(Forward):
    """The same in double-double, on rows [points] of one lane, at points x in float64.

    The layout's points are those of the tangent pass; value passes take as many as rows have.
    """

    partials = _PARTIALS

    def __init__(self, primitives: PrimitiveSet, layout: Layout) -> None:
        super().__init__(primitives, layout)
        names = ["copy", *primitives.names]
        self._kinds = jnp.array([_KINDS.get(name, 0) for name in names], jnp.int32)

    def values_at(
        self, program: Program, constants: Array, x: Array, rows: Array
    ) -> tuple[Array, Array]:
        """Values [points], and the used register file [rows, points]."""
        return self.values(program, constants, put(rows, dd.of(x), ZERO))

    def tangents_at(
        self, program: Program, constants: Array, x: Array, rows: Array, tangents: Array
    ) -> tuple[Array, Array, Array, Array]:
        """Values [points], Jacobian [constants, points], and both used files."""
        return self.tangents(program, constants, put(rows, dd.of(x), ZERO), tangents)

    def combine(
        self, op: Array, partials: list[Array], inner: list[Array], own: list[Array]
    ) -> Array:
        """See `Forward.combine`; sums and differences need no product."""
        pairs = zip(inner, own, strict=True)
        found = [jnp.where(itself, _one(tangent), tangent) for tangent, itself in pairs]
        return lax.switch(self._kinds[op], _CHAINS, found, partials)
