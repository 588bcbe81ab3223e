"""Red-black sweeps of a 5-point Laplacian as one would write them in JAX: two packed half-grids.

Points of one colour are stored side by side [side, side / 2], so that nothing is computed for
points of the other colour. The residual of black points follows from their own update, that of
red ones from the sums that the next sweep needs anyway. Omegas are vmapped: all go on until the
slowest is done.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def packed(side: int, b: Any, tolerance: float, cap: int) -> Callable[[Any], Any]:
    """The compiled function: omegas to sweeps, for one right-hand side [n]."""
    red, black = (jnp.asarray(half) for half in _halves(b.reshape(side, side)))
    odd = (np.arange(side) % 2 == 1)[:, None]

    def sums(half: Any, of_red: bool) -> Any:
        """Sums over the neighbours, which have the other colour."""
        padded = jnp.pad(half, 1)
        aside = jnp.where(odd == of_red, padded[1:-1, 2:], padded[1:-1, :-2])
        return padded[1:-1, 1:-1] + padded[:-2, 1:-1] + padded[2:, 1:-1] + aside

    def square(half: Any) -> Any:
        return jnp.sum(half * half)

    first = square(red) + square(black)

    def solve(omega: Any) -> Any:
        def unfinished(state: Any) -> Any:
            return (state[0] == 0) | ((state[4] >= tolerance**2 * first) & (state[0] < cap))

        def sweep(state: Any) -> Any:
            k, x, y, near, _ = state
            x = x + omega / 4 * (red + near - 4 * x)
            change = black + sums(x, False) - 4 * y
            y = y + omega / 4 * change
            near = sums(y, True)
            norm = square(red + near - 4 * x) + square((1 - omega) * change)
            return k + 1, x, y, near, norm

        nothing = jnp.zeros_like(red)
        return lax.while_loop(unfinished, sweep, (0, nothing, nothing, nothing, first))[0]

    return jax.jit(jax.vmap(solve))


def _halves(grid: Any) -> tuple[Any, Any]:
    side = len(grid)
    i, j = np.arange(side)[:, None], np.arange(side // 2)
    return grid[i, 2 * j + i % 2], grid[i, 2 * j + 1 - i % 2]
