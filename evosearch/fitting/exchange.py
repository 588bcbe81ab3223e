"""Constants of the least maximal error, in double-double, for a batch of programs of one input.

Least squares in float64 stalls in flat valleys, whose condition number reaches 1e16, and sees
nothing below 1e-15. Here the system "error = 0 at as many points as there are constants" is solved
by undamped Newton in 32 digits, and then "error = +-E" on references that Remez's exchange finds
(Remez 1934; Barrar and Loeb 1970 for families that are not linear in their constants). Redundant
constants are told by the rank of the derivatives, and stay as they are.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Bool, Float64, Int64

from evosearch import backend
from evosearch.fitting import double_double as dd
from evosearch.fitting.code import encode
from evosearch.fitting.extended import NAMES, Extended
from evosearch.fitting.forward import ZERO, Array, Layout, Program, get, put
from evosearch.genomes.primitives import BY_NAME, PrimitiveSet
from evosearch.genomes.program import ProgramBatch
from evosearch.interpreter import smallest_set

WIDEST = 15  # constants of a program that can be fitted: references have one point more
_POINTS = WIDEST + 1
_DEPENDENT = 1e-46  # of a column's squared length: less left means that others span it
_CLIP = 0.4  # of each constant, plus a little: the largest change in one Newton step
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
    """How hard to try; the kernel is the same for every effort.

    Attributes:
        interpolation: Newton steps for the interpolation, at most.
        rounds: Exchanges of the reference, at most.
        newton: Newton steps on one reference, at most.
    """

    interpolation: int = 30
    rounds: int = 6
    newton: int = 4


@dataclass(frozen=True)
class Levelled:
    """What `level` finds.

    Attributes:
        constants: Of each program, rounded to float64.
        rest: What is missing in them to 32 digits.
        errors: Largest weighted error on the scan, of constants and rest; infinite where nothing
            was found.
    """

    constants: Float64[np.ndarray, "programs constants"]
    rest: Float64[np.ndarray, "programs constants"]
    errors: Float64[np.ndarray, " programs"]

    def take(self, rows: Int64[np.ndarray, " rows"]) -> "Levelled":
        """Those at ``rows``."""
        return Levelled(self.constants[rows], self.rest[rows], self.errors[rows])


def fits(programs: ProgramBatch) -> Bool[np.ndarray, " programs"]:
    """Which programs can be fitted: of one input, known primitives, at most `WIDEST` constants."""
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
) -> Levelled:
    """Constants of the least maximal error near the programs' own.

    Args:
        programs: Canonical programs for which `fits` holds.
        curve: What is approximated.
        exchange: How hard to try.
        primitives: The set to compile for; by default the smallest of a few fixed ones.

    Raises:
        ValueError: The curve's points are not in ascending order.
    """
    if not len(programs):
        return Levelled(programs.constants, programs.constants, np.zeros(0))
    if (np.diff(curve.x) < 0).any():
        raise ValueError("expected points of the curve in ascending order, received others")
    primitives = primitives or _supported(programs)
    layout, code = encode(programs, primitives, _POINTS, 1, WIDEST)
    width = min(programs.constants.shape[1], WIDEST)
    rows = (0, len(code[0]) - len(programs))
    arrays = (
        code,
        np.pad(programs.constants[:, :width], (rows, (0, WIDEST - width))),
        np.int32(len(programs)),
        np.array(astuple(exchange), np.int32),
        curve.x,
        curve.target + 1j * curve.rest,
        curve.weights,
        _nodes(curve.x),
    )
    key = ("exchange", primitives.names, layout, code[0].shape, len(curve.x))
    kernel = backend.compiled(key, lambda: _kernel(primitives, layout), *arrays, wide=True)
    fitted, errors = (np.asarray(part)[: len(programs)] for part in kernel(*arrays))
    whole = programs.constants.astype(np.complex128)
    whole[:, :width] = fitted[:, :width]
    return Levelled(whole.real.copy(), whole.imag.copy(), errors)


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
        value, wide = self.forward.values_at(self.program, constants, self.x, wide)
        errors = dd.scaled(dd.sub(value, self.target), self.weights)
        return dd.high(errors), (wide, rows, tangents)

    def newton(
        self,
        constants: Array,
        places: Array,
        count: Array,
        signs: Array,
        steps: Array,
        files: Any,
    ) -> tuple[Array, Array, Any]:
        """Solve error = signs * E at the first ``count`` of the places; constants, rank."""
        n = self.program.n_constants
        x, target = self.x[places], self.target[places]
        used = jnp.arange(_POINTS) < count
        weights = jnp.where(used, self.weights[places], 0.0)

        def going(state: Any) -> Array:
            i, _, _, change, _ = state
            return (i < steps) & (change > _SETTLED)

        def step(state: Any) -> Any:
            i, constants, _, _, (wide, rows, tangents) = state
            value, jacobian, rows, tangents = self.forward.tangents_at(
                self.program, constants, x, rows, tangents
            )
            residual = dd.scaled(dd.sub(target, value), weights)
            change, rank = solve(jacobian, weights, residual, signs, n)
            size = jnp.abs(dd.high(constants))
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
            places, enough = reference(errors, rank + 1)
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
        return best, error, files


def _largest(errors: Array) -> Array:
    worst = jnp.max(jnp.abs(errors))
    return jnp.where(jnp.isfinite(worst), worst, jnp.inf)


def solve(
    jacobian: Array, weights: Array, right: Array, signs: Array, count: Array
) -> tuple[Array, Array]:
    """Least squares in double-double: the change of the constants, and the rank.

    Minimises the sum of (weights * J d + signs * E - right)^2 over d and E by Gram-Schmidt without
    square roots; redundant constants do not change.

    Args:
        jacobian: [constants, points].
        weights: [points], float64.
        right: [points].
        signs: [points], float64; all zero for no E.
        count: Constants in use.
    """
    c = len(jacobian)
    columns = jnp.concatenate([dd.scaled(jacobian, weights).T, right[:, None]], axis=1)
    sizes = jnp.sum(dd.high(columns) ** 2, axis=0)
    none, one = dd.of(jnp.float64(0.0)), dd.of(jnp.float64(1.0))

    def remove(unit: Array, columns: Array, least: Array) -> tuple[Array, ...]:
        """Columns without their parts along ``unit``, these parts, whether it is long enough."""
        unit = unit[:, None]
        dots = dd.total(dd.mul(unit, columns))
        square = dd.total(dd.mul(unit, unit))[0]
        alive = dd.high(square) > least
        inverse = jnp.where(alive, dd.div(one, jnp.where(alive, square, one)), none)
        parts = dd.mul(dots, jnp.broadcast_to(inverse, dots.shape))
        return dd.sub(columns, dd.mul(unit, parts)), parts, alive

    columns, _, _ = remove(dd.of(signs), columns, jnp.float64(0.0))

    def orthogonalise(k: Array, state: Any) -> Any:
        columns, triangle, rank = state
        unit = lax.dynamic_slice(columns, (ZERO, k), (len(right), 1))[:, 0]
        columns, parts, alive = remove(unit, columns, _DEPENDENT * get(sizes, k))
        return columns, put(triangle, parts, k), rank + alive.astype(jnp.int32)

    start = (columns, jnp.zeros((c, c + 1), columns.dtype), ZERO)
    _, triangle, rank = lax.fori_loop(ZERO, count, orthogonalise, start)
    triangle = triangle.T

    def substitute(i: Array, state: Any) -> Any:
        change, left = state
        k = count - 1 - i
        value = get(left, k)
        column = dd.mul(get(triangle, k), jnp.broadcast_to(value, left.shape))
        return put(change, value, k), dd.sub(left, column)

    nothing = jnp.zeros(c, columns.dtype)
    change, _ = lax.fori_loop(ZERO, count, substitute, (nothing, triangle[c]))
    return change, rank


def reference(errors: Array, count: Array) -> tuple[Array, Array]:
    """Places [points] of ``count`` extrema of alternating sign, and whether there are so many.

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
    return places[index], enough


def _kernel(primitives: PrimitiveSet, layout: Layout) -> Callable[..., tuple[Any, Any]]:
    forward = Extended(primitives, layout)

    def kernel(
        code: tuple[Array, ...],
        own: Array,
        count: Array,
        exchange: Array,
        x: Array,
        target: Array,
        weights: Array,
        nodes: Array,
    ) -> tuple[Array, Array]:
        def one(p: Array, state: Any) -> Any:
            fitted, errors, files = state
            program = Program(*(part[p] for part in code))
            fitter = _Fitter(forward, program, Exchange(*exchange), x, target, weights)
            constants, error, files = fitter.run(own[p], nodes, files)
            return put(fitted, constants, p), put(errors, error, p), files

        depth = layout.first_register + layout.registers
        wide = jnp.zeros((depth, len(x)), jnp.complex128)
        rows = jnp.zeros((depth, layout.points), jnp.complex128)
        tangents = jnp.zeros((layout.registers + 1, layout.constants, layout.points), rows.dtype)
        start = (dd.of(own), jnp.full(len(own), jnp.inf), (wide, rows, tangents))
        fitted, errors, _ = lax.fori_loop(ZERO, count, one, start)
        return fitted, errors

    return kernel
