"""Constants of the least maximal error, in double-double, for a batch of programs of one input.

Least squares in float64 stalls in flat valleys, whose condition number reaches 1e16, and sees
nothing below 1e-15. Here the system "error = 0 at as many points as there are constants" is solved
by undamped Newton in 32 digits, and then "error = +-E" on references that Remez's exchange finds
(Remez 1934; Barrar and Loeb 1970 for families that are not linear in their constants). Redundant
constants are told by the rank of the derivatives, and stay as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Bool, Float64

from evosearch import backend
from evosearch.assembly import assemble
from evosearch.fitting import double_double as dd
from evosearch.fitting.code import encode
from evosearch.fitting.extended import NAMES, Extended
from evosearch.fitting.forward import ZERO, Array, Layout, Program, get, put
from evosearch.genomes.primitives import BY_NAME, PrimitiveSet
from evosearch.genomes.program import ProgramBatch
from evosearch.interpreter import smallest_set
from evosearch.interpreter.code import bucket

WIDEST = 15  # constants of a program that can be fitted: references have one point more
_POINTS = WIDEST + 1
_DEPENDENT = 1e-46  # of a column's squared length: less left means that others span it
_CLIP = 0.2  # of each constant, plus a little: the largest change in one Newton step
_SETTLED = 1e-18  # relative change of every constant that ends Newton
_TOLERANCE = 1e-4  # how much of the error may be unlevelled


@dataclass(frozen=True)
class Curve:
    """What is approximated, at the points of a scan.

    Attributes:
        x: Ascending.
        target: Values at ``x``.
        rest: What is missing in ``target`` to 32 digits.
        weights: Of the errors.
    """

    x: Float64[np.ndarray, " points"]
    target: Float64[np.ndarray, " points"]
    rest: Float64[np.ndarray, " points"]
    weights: Float64[np.ndarray, " points"]


@dataclass(frozen=True)
class Exchange:
    """How hard to try.

    Attributes:
        interpolation: Newton steps for the interpolation, at most.
        rounds: Exchanges of the reference, at most.
        newton: Newton steps on one reference, at most.
    """

    interpolation: int = 12
    rounds: int = 6
    newton: int = 4


def fits(programs: ProgramBatch) -> Bool[np.ndarray, " programs"]:
    """Which programs can be fitted: one input, primitives that there are, not too many constants."""
    known = np.zeros(256, bool)
    known[[0, *(BY_NAME[name].code for name in NAMES)]] = True
    few = (programs.n_constants >= 1) & (programs.n_constants <= WIDEST)
    return np.asarray(known[programs.ops].all(axis=1) & few & (programs.n_inputs == 1))


def level(
    programs: ProgramBatch,
    curve: Curve,
    exchange: Exchange,
    *,
    primitives: PrimitiveSet | None = None,
) -> tuple[Float64[np.ndarray, "programs constants"], Float64[np.ndarray, " programs"]]:
    """Constants near the programs' own of the least maximal error, and that error.

    Args:
        programs: Canonical programs for which `fits` holds.
        curve: What is approximated.
        exchange: How hard to try.
        primitives: The set to compile for; by default the smallest of a few fixed ones.

    Returns:
        Constants rounded to float64, and the largest weighted error on the scan of the constants
        of 32 digits; infinite where nothing was found.
    """
    primitives = primitives or _supported(programs)
    code = assemble(programs)
    registers = -(-code.registers // 8) * 8
    layout = Layout(1, WIDEST, registers, _POINTS, 1)
    batch, length = bucket(len(programs), 1024, 4), -(-code.ops.shape[1] // 16) * 16
    words, third = encode(code, primitives, layout)

    def padded(array: np.ndarray, *shape: int) -> np.ndarray:
        return np.pad(array, [(0, w - h) for w, h in zip(shape, array.shape, strict=True)])

    width = min(programs.constants.shape[1], WIDEST)
    arrays = (
        padded(words, batch, length),
        padded(third, batch, length),
        padded(code.lengths, batch),
        padded(programs.n_constants, batch),
        padded(code.results + layout.first_register, batch),
        padded(programs.constants[:, :width], batch, WIDEST),
        np.int32(len(programs)),
        curve.x,
        curve.target + 1j * curve.rest,
        curve.weights,
        _nodes(curve.x),
    )
    key = ("exchange", primitives.names, layout, batch, length, len(curve.x), exchange)
    kernel = backend.compiled(
        key, lambda: _kernel(primitives, layout, exchange), *arrays, wide=True
    )
    constants, errors = (np.asarray(part)[: len(programs)] for part in kernel(*arrays))
    whole = programs.constants.copy()
    whole[:, :width] = constants[:, :width]
    return whole, errors


def _supported(programs: ProgramBatch) -> PrimitiveSet:
    names = [name for name in smallest_set(programs).names if name in NAMES]
    return PrimitiveSet.named(names)


def _nodes(x: Float64[np.ndarray, " points"]) -> np.ndarray:
    """Row k: indices of the scan points next to k Chebyshev nodes; the last is repeated."""
    table = np.zeros((_POINTS + 1, _POINTS), np.int32)
    for k in range(1, _POINTS + 1):
        angles = (np.arange(k) + 0.5) * np.pi / k
        nodes = x[0] + (x[-1] - x[0]) * np.sin(angles / 2) ** 2
        table[k, :k] = np.abs(x[:, None] - nodes).argmin(axis=0)
        table[k, k:] = table[k, k - 1]
    return table


class _Fitter:
    """Newton and the exchange for one traced program."""

    def __init__(
        self,
        forward: Extended,
        program: Program,
        exchange: Exchange,
        x: Array,
        target: Array,
        weights: Array,
    ) -> None:
        self.forward, self.program, self.exchange = forward, program, exchange
        self.x, self.target, self.weights = x, target, weights

    def scan(self, constants: Array, files: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
        """Weighted errors at all points of the scan."""
        wide, rows, tangents = files
        value, wide = self.forward.values(self.program, constants, self.x, wide)
        errors = dd.scaled(dd.sub(value, self.target), self.weights)
        return dd.high(errors), (wide, rows, tangents)

    def newton(
        self, constants: Array, places: Array, count: Array, signs: Array, steps: int, files: Any
    ) -> tuple[Array, Array, Any]:
        """Solve error = signs * E at the first ``count`` of the places; constants, rank."""
        n = self.program.n_constants
        x, target = self.x[places], self.target[places]
        used = jnp.arange(_POINTS) < count
        weights = jnp.where(used, self.weights[places], 0.0)
        levelled = jnp.any(signs != 0)

        def going(state: Any) -> Array:
            i, _, _, change, _ = state
            return (i < steps) & (change > _SETTLED)

        def step(state: Any) -> Any:
            i, constants, _, _, (wide, rows, tangents) = state
            value, jacobian, rows, tangents = self.forward.tangents(
                self.program, constants, x, rows, tangents
            )
            residual = dd.scaled(dd.sub(target, value), weights)
            change, rank = solve(jacobian, weights, residual, signs, n, levelled)
            size = jnp.abs(dd.high(constants))
            change = change[: len(constants)]
            ratio = jnp.abs(dd.high(change)) / (size + 0.05)
            largest = jnp.max(ratio)
            shrink = jnp.minimum(1.0, _CLIP / jnp.maximum(largest, 1e-300))
            constants = dd.add(constants, dd.scaled(change, shrink))
            return i + 1, constants, rank, largest, (wide, rows, tangents)

        start = (ZERO, constants, n, jnp.float64(1.0), files)
        _, constants, rank, _, files = lax.while_loop(going, step, start)
        return constants, rank, files

    def run(self, own: Array, nodes: Array, files: Any) -> tuple[Array, Array, Any]:
        """Best constants [constants], their error, and the used files."""
        n = self.program.n_constants
        none = jnp.zeros(_POINTS)
        constants, rank, files = self.newton(
            dd.of(own), nodes[n], n, none, self.exchange.interpolation, files
        )
        errors, files = self.scan(constants, files)
        worst = _largest(errors)

        def going(state: Any) -> Array:
            i, _, _, _, _, _, done, _ = state
            return (i < self.exchange.rounds) & ~done

        def turn(state: Any) -> Any:
            i, constants, errors, rank, best, error, _, files = state
            places, level, enough = reference(errors, rank + 1)
            here = errors[places]
            signs = jnp.where(jnp.arange(_POINTS) <= rank, jnp.sign(here), 0.0)
            next, new_rank, files = self.newton(
                constants, places, rank + 1, signs, self.exchange.newton, files
            )
            errors, files = self.scan(next, files)
            worst = _largest(errors)
            better = enough & (worst < error)
            best = jnp.where(better, next, best)
            gained = worst < error * (1 - _TOLERANCE)
            error = jnp.where(better, worst, error)
            done = ~enough | ~jnp.isfinite(worst) | (~gained & (i > 0))
            return i + 1, next, errors, new_rank, best, error, done, files

        done = ~jnp.isfinite(worst)
        start = (ZERO, constants, errors, rank, constants, worst, done, files)
        _, _, _, _, best, error, _, files = lax.while_loop(going, turn, start)
        return dd.high(best), error, files


def _largest(errors: Array) -> Array:
    worst = jnp.max(jnp.abs(errors))
    return jnp.where(jnp.isfinite(worst), worst, jnp.inf)


def solve(
    jacobian: Array, weights: Array, right: Array, signs: Array, count: Array, levelled: Array
) -> tuple[Array, Array]:
    """Least squares in double-double: the change of constants (and of E), and the rank.

    Gram-Schmidt without square roots. The last column, of signs, belongs to the level E; it goes
    first, so that it is never the redundant one.
    """
    columns = dd.scaled(jacobian, weights)
    c = len(columns)
    sizes = jnp.sum(dd.high(columns) ** 2, axis=1)

    def remove(unit: Array, inverse: Array, column: Array) -> tuple[Array, Array]:
        part = dd.mul(dd.total(dd.mul(unit, column)), inverse)
        return part, dd.sub(column, dd.mul(unit, jnp.broadcast_to(part, unit.shape)))

    def norm(column: Array, size: Array) -> tuple[Array, Array]:
        square = dd.total(dd.mul(column, column))
        alive = dd.high(square) > _DEPENDENT * size
        square = jnp.where(alive, square, dd.of(jnp.float64(1.0)))
        inverse = dd.div(dd.of(jnp.float64(1.0)), square)
        return jnp.where(alive, inverse, dd.of(jnp.float64(0.0))), alive

    level = dd.of(signs)
    inverse, _ = norm(level, jnp.where(levelled, jnp.sum(signs**2), 1.0))
    _, right = remove(level, inverse, right)

    def first(j: Array, columns: Array) -> Array:
        return put(columns, remove(level, inverse, get(columns, j))[1], j)

    columns = lax.fori_loop(ZERO, count, first, columns)

    def orthogonalise(k: Array, state: Any) -> Any:
        columns, r, g, right, rank = state
        unit = get(columns, k)
        inverse, alive = norm(unit, get(sizes, k))
        part, right = remove(unit, inverse, right)

        def inner(j: Array, state: Any) -> Any:
            columns, r = state
            part, column = remove(unit, inverse, get(columns, j))
            return put(columns, column, j), put(r, part, k, j)

        columns, r = lax.fori_loop(k + 1, count, inner, (columns, r))
        return columns, r, put(g, part, k), right, rank + alive.astype(jnp.int32)

    zero = jnp.zeros((c, c), columns.dtype)
    start = (columns, zero, jnp.zeros(c, columns.dtype), right, ZERO)
    columns, r, g, right, rank = lax.fori_loop(ZERO, count, orthogonalise, start)

    def substitute(i: Array, d: Array) -> Array:
        k = count - 1 - i
        known = dd.total(dd.mul(get(r, k), d))
        return put(d, dd.sub(get(g, k), known), k)

    change = lax.fori_loop(ZERO, count, substitute, jnp.zeros(c, columns.dtype))
    return change, rank


def reference(errors: Array, count: Array) -> tuple[Array, Array, Array]:
    """Places [points] of ``count`` extrema of alternating sign, their level, whether there are.

    Of more alternations the smaller end goes, until they are so many.
    """
    n = len(errors)

    def visit(i: Array, state: Any) -> Any:
        places, last = state
        error, held = errors[i], errors[places[last]]
        same = (error >= 0) == (held >= 0)
        last = jnp.where(same, last, last + 1)
        replace = ~same | (jnp.abs(error) > jnp.abs(held))
        at = jnp.where(replace, i, places[last])
        return lax.dynamic_update_slice(places, at[None], (last,)), last

    start = (jnp.zeros(n, jnp.int32), ZERO)
    places, last = lax.fori_loop(jnp.int32(1), jnp.int32(n), visit, start)
    enough = last + 1 >= count

    def shorten(state: Any) -> Any:
        first, last = state
        from_left = jnp.abs(errors[places[first]]) < jnp.abs(errors[places[last]])
        return jnp.where(from_left, first + 1, first), jnp.where(from_left, last, last - 1)

    first, last = lax.while_loop(lambda s: s[1] - s[0] + 1 > count, shorten, (ZERO, last))
    index = jnp.minimum(first + jnp.arange(_POINTS, dtype=jnp.int32), last)
    chosen = places[index]
    return chosen, jnp.min(jnp.abs(errors[chosen])), enough


def _kernel(
    primitives: PrimitiveSet, layout: Layout, exchange: Exchange
) -> Callable[..., tuple[Any, Any]]:
    forward = Extended(primitives, layout)

    def kernel(
        words: Array,
        third: Array,
        lengths: Array,
        n_constants: Array,
        results: Array,
        own: Array,
        count: Array,
        x: Array,
        target: Array,
        weights: Array,
        nodes: Array,
    ) -> tuple[Array, Array]:
        def one(p: Array, state: Any) -> Any:
            fitted, errors, files = state
            program = Program(words[p], third[p], lengths[p], n_constants[p], results[p])
            fitter = _Fitter(forward, program, exchange, x, target, weights)
            constants, error, files = fitter.run(own[p], nodes, files)
            return put(fitted, constants, p), put(errors, error, p), files

        depth = layout.first_register + layout.registers
        wide = jnp.zeros((depth, len(x)), jnp.complex128)
        rows = jnp.zeros((depth, layout.points), jnp.complex128)
        tangents = jnp.zeros((layout.registers + 1, layout.constants, layout.points), rows.dtype)
        start = (own, jnp.full(len(own), jnp.inf), (wide, rows, tangents))
        fitted, errors, _ = lax.fori_loop(ZERO, count, one, start)
        return fitted, errors

    return kernel
