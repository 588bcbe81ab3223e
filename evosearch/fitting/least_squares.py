"""Damped linear least squares in lanes: modified Gram-Schmidt on the augmented matrix.

Normal equations would lose half of the digits, and fits of programs are badly conditioned.
Bjorck 1967, "Solving linear least squares problems by Gram-Schmidt orthogonalization"; columns
are scaled to unit length first. Loops run over the constants in use, so that a kernel built for
many constants costs a program with few of them nothing.
"""

from dataclasses import dataclass

import jax.numpy as jnp
from jax import lax

from evosearch.fitting.forward import ZERO, Array, get, put

_TINY = 1e-290


def total(values: Array) -> Array:
    """Sum over the leading axis by halving, which vectorises where a plain reduction does not."""
    while len(values) > 1:
        half = len(values) // 2
        rest = values[2 * half :]
        values = jnp.concatenate([values[:half] + values[half : 2 * half], rest])
    return values[0]


@dataclass(frozen=True)
class Factors:
    """Q R of the augmented matrix: q [constants, points, lanes], below it [.., constants, ..].

    r is [constants, constants, lanes].
    """

    q: Array
    below: Array
    r: Array
    scale: Array  # [constants, lanes]: one over the length of each column
    count: Array

    def solve(self, residual: Array) -> Array:
        """The step d [constants, lanes] of least |J d + residual|^2 + damping |d / scale|^2."""

        def project(k: Array, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            top, bottom, g = state
            q, lower = get(self.q, k), get(self.below, k)
            part = total(q * top) + total(lower * bottom)
            return top - part * q, bottom - part * lower, put(g, part, k)

        none = jnp.zeros_like(self.scale)
        _, _, g = lax.fori_loop(ZERO, self.count, project, (residual, none, none))

        def substitute(i: Array, d: Array) -> Array:
            k = self.count - 1 - i
            value = -get(g, k) - jnp.sum(get(self.r, k) * d, axis=0)
            return put(d, value / get(self.r, k, k), k)

        d = lax.fori_loop(ZERO, self.count, substitute, jnp.zeros_like(g))
        return d * self.scale


def factor(jacobian: Array, weights: Array, count: Array, damping: Array) -> Factors:
    """Factors of ``weights * jacobian`` with ``sqrt(damping)`` below its scaled diagonal.

    Args:
        jacobian: [constants, points, lanes]; only the first ``count`` rows are used.
        weights: [points, lanes].
        count: Constants in use.
        damping: [lanes].
    """
    n, _, lanes = jacobian.shape

    def normalise(j: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        columns, scale = state
        column = get(jacobian, j) * weights
        length = jnp.sqrt(total(column * column))
        inverse = jnp.where(length > _TINY, 1 / length, 0.0)
        return put(columns, column * inverse, j), put(scale, inverse, j)

    start = (jnp.zeros_like(jacobian), jnp.zeros((n, lanes)))
    columns, scale = lax.fori_loop(ZERO, count, normalise, start)
    below = jnp.eye(n)[:, :, None] * jnp.sqrt(damping)

    def orthogonalise(k: Array, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        columns, below, r = state
        top, bottom = get(columns, k), get(below, k)
        length = jnp.sqrt(total(top * top) + total(bottom * bottom))
        inverse = jnp.where(length > _TINY, 1 / length, 0.0)
        top, bottom = top * inverse, bottom * inverse

        def remove(j: Array, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            columns, below, r = state
            other, lower = get(columns, j), get(below, j)
            part = total(other * top) + total(lower * bottom)
            return (
                put(columns, other - part * top, j),
                put(below, lower - part * bottom, j),
                put(r, part, k, j),
            )

        r = put(r, jnp.where(length > _TINY, length, 1.0), k, k)
        state = (put(columns, top, k), put(below, bottom, k), r)
        done: tuple[Array, Array, Array] = lax.fori_loop(k + 1, count, remove, state)
        return done

    state = (columns, below, jnp.zeros((n, n, lanes)))
    columns, below, r = lax.fori_loop(ZERO, count, orthogonalise, state)
    return Factors(columns, below, r, scale, count)
