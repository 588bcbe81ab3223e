"""One iteration of preconditioned conjugate gradients, of all lanes at once.

The preconditioner is M = (D + omega L^T) D^-1 (D + omega L), symmetric successive over-relaxation
up to a factor that does not matter; D alone (Jacobi); or nothing. With y = (D + omega L^T)^-1 r:
r^T M^-1 r = y^T D y, so that the backward pass gives beta and the forward pass p at once:

    backward:  r_i <- r_i - alpha q_i;  y_i = (r_i - omega sum_(j > i) a_ij y_j) / a_ii
    forward:   z_i = y_i - omega / a_ii sum_(j < i) a_ij z_j;  p_i <- z_i + beta p_i
    product:   q_i = sum_j a_ij p_j;  alpha = r^T M^-1 r / p^T q

x is not needed. Rows that later ones read are written one step late: see `evaluators.sor.sweep`.
"""

from typing import Any, Literal

import jax.numpy as jnp

from evaluators.sor.entries import Form
from evaluators.sor.slices import get, loop, paste, row
from evaluators.sor.state import Matrix, Method, State
from evaluators.sor.sweep import weighted

Preconditioner = Literal["none", "jacobi", "ssor"]


def gradients(form: Form, preconditioner: Preconditioner) -> Method:
    """An iteration over rows of this form."""

    def iteration(matrix: Matrix, state: State) -> State:
        residuals, solved, directions, products = state.columns
        alpha, energy = state.sums
        omega, n = state.omegas[0], get(matrix.stops, 0)

        def diagonal(i: Any) -> Any:
            return get(matrix.distinct, get(matrix.classes, i)) + state.shifts

        def backward(step: Any, inner: Any) -> Any:
            residuals, solved, r, y, square, new = inner
            i = n - 1 - step
            residuals = paste(residuals, r[None], (jnp.minimum(i + 1, n - 1), 0))
            solved = paste(solved, y[None], (jnp.minimum(i + 1, n - 1), 0))
            r = row(residuals, i) - alpha * row(products, i)
            if preconditioner == "none":
                return residuals, solved, r, r, square + r * r, new + r * r
            y = r
            if preconditioner == "ssor":
                y = y - omega * weighted(matrix, 1, form, i, solved)
            y = y * row(state.reciprocals, get(matrix.classes, i))
            return residuals, solved, r, y, square + r * r, new + diagonal(i) * (y * y)

        def forward(i: Any, inner: Any) -> Any:
            solved, directions, z, p = inner
            solved = paste(solved, z[None], (jnp.maximum(i - 1, 0), 0))
            directions = paste(directions, p[None], (jnp.maximum(i - 1, 0), 0))
            z = row(solved, i)
            if preconditioner == "ssor":
                reciprocal = row(state.reciprocals, get(matrix.classes, i))
                z = z - (omega * reciprocal) * weighted(matrix, 0, form, i, solved)
            return solved, directions, z, z + beta * row(directions, i)

        def product(i: Any, inner: Any) -> Any:
            products, total = inner
            own = row(directions, i)
            q = diagonal(i) * own + weighted(matrix, 0, form, i, directions)
            q = q + weighted(matrix, 1, form, i, directions)
            return paste(products, q[None], (i, 0)), total + own * q

        zero = jnp.zeros_like(alpha)
        end = (residuals, solved, row(residuals, n - 1), row(solved, n - 1), zero, zero)
        residuals, solved, r, y, square, new = loop(0, n, backward, end)
        residuals = paste(residuals, r[None], (0, 0))
        solved = paste(solved, y[None], (0, 0))
        beta = _ratio(new, energy)
        start = (solved, directions, row(solved, 0), row(directions, 0))
        solved, directions, _, p = loop(0, n, forward, start)
        directions = paste(directions, p[None], (n - 1, 0))
        products, curvature = loop(0, n, product, (products, zero))
        return state._replace(
            columns=(residuals, solved, directions, products),
            sums=(_ratio(new, curvature), new),
            after=square,
        )

    return Method(iteration, columns=4, sums=2)  # r, y and z, p, q; alpha, r^T M^-1 r


def _ratio(above: Any, below: Any) -> Any:
    """Their ratio; 0 at the start of a lane, and where nobody is at work."""
    return jnp.where(below > 0, above / below, 0.0)
