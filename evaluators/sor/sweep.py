"""One sweep of successive over-relaxation, of all lanes at once.

What is swept is not x but its change d = x_k - x_(k-1), which the same sweep takes to the next one
with no right-hand side. In the order of the sweep, d_j of the sweep before for j > i and of this
sweep for j < i, and omega' the omega of the sweep before:

    u_i = (1 / omega' - 1) a_ii d_i - sum_(j > i) a_ij d_j
    d_i <- omega / a_ii (u_i - sum_(j < i) a_ij d_j)

u is the residual b - A x before the sweep: its norm is free, and a lane needs neither x nor b. In
the first sweep of a lane d holds b - A x_0, and u is what it holds.

A row is written one step after it was computed. Written at once, XLA could not tell that all reads
of the array come before, and would copy it, in every step.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from evaluators.sor.entries import Form
from evaluators.sor.slices import get, loop, paste, row
from evaluators.sor.state import Matrix, Method, State


def sweep(forms: tuple[Form, ...], by_colour: bool) -> Method:
    """A sweep over rows of these forms, with one omega, or one for each run of rows."""

    def all_runs(matrix: Matrix, state: State) -> State:
        (changes,), total, begin = state.columns, jnp.zeros_like(state.after), jnp.int32(0)
        for number, form in enumerate(forms):
            colour = number if by_colour else 0
            kept = (matrix.distinct[:, None] + state.shifts) * state.carries[colour]
            scaled = state.reciprocals * state.omegas[colour]
            visit = _visit(matrix, form, begin, kept, scaled)
            stop = get(matrix.stops, number)
            changes, last, total = loop(begin, stop, visit, (changes, row(changes, begin), total))
            changes = paste(changes, last[None], (stop - 1, 0))
            begin = stop
        return state._replace(columns=(changes,), after=total)

    return Method(all_runs, omegas=len(forms) if by_colour else 1, least=1)


def weighted(matrix: Matrix, side: int, form: Form, i: Any, vectors: Any) -> Any:
    """Sum of a_ij v_j over the entries before (0) or after (1) the diagonal of row i [width]."""
    start, width = get(matrix.starts, side, i), (form.lower, form.upper)[side]

    def block(q: Any, total: Any) -> Any:
        for place in range(width):
            at = start + q * width + place
            value = get(matrix.values, side, at)
            total = total + value * row(vectors, get(matrix.columns, side, at))
        return total

    nothing = jnp.zeros(vectors.shape[1], vectors.dtype)
    if not form.looped:
        return block(0, nothing)
    return loop(0, (get(matrix.starts, side, i + 1) - start) // width, block, nothing)


def _visit(
    matrix: Matrix, form: Form, begin: Any, kept: Any, scaled: Any
) -> Callable[[Any, Any], Any]:
    """The body of the loop over the rows of one run.

    What goes round: the changes, that of the row before, still to be written, and the sum of
    squares.

    Args:
        matrix: The matrix.
        form: Of the rows of this run.
        begin: The first of them.
        kept: (1 / omega' - 1) a_ii of every class of rows [classes, width]; infinite in a first
            sweep.
        scaled: omega / a_ii, likewise.
    """

    def visit(i: Any, inner: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        changes, last, total = inner
        changes = paste(changes, last[None], (jnp.maximum(i - 1, begin), 0))
        kind = get(matrix.classes, i)
        own, keep = row(changes, i), row(kept, kind)
        u = jnp.where(keep < jnp.inf, keep * own - weighted(matrix, 1, form, i, changes), own)
        change = row(scaled, kind) * (u - weighted(matrix, 0, form, i, changes))
        return changes, change, total + u * u

    return visit
