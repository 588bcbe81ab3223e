"""Constants of programs fitted in batches, in one compiled kernel.

For each program several sets of constants ("lanes") are fitted side by side:

1. starts: the genome's own constants, perturbed ones, fresh ones, each the best of some draws;
2. Levenberg-Marquardt with geodesic acceleration (Transtrum and Sethna 2012, arXiv:1201.5885),
   every lane with a damping schedule of its own;
3. undamped Gauss-Newton steps, then Lawson's reweighting (Lawson 1961; Ellacott and Williams
   1976) from the least-squares fit toward the minimax fit.

A fit is a pure function of the program, its constants and its seed: the rest of the batch, its
width and the number of threads change nothing.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Float64, UInt32

from evosearch import backend
from evosearch.fitting.code import encode
from evosearch.fitting.forward import ZERO, Array, Forward, Layout, Program, get, put
from evosearch.fitting.least_squares import factor, total
from evosearch.genomes.primitives import PrimitiveSet
from evosearch.genomes.program import ProgramBatch
from evosearch.interpreter import loss, smallest_set

LANES = 4  # one vector of doubles
_UP = np.array([3.0, 10.0, 2.0, 5.0])  # damping after a rejected step, by lane
_DOWN = np.array([0.3, 0.1, 0.1, 0.2])  # ... after an accepted one
_PATIENCE = 8  # rejected or vanishing steps in a row, in every lane, that end a fit


@dataclass(frozen=True)
class Effort:
    """How hard to try; the kernel is the same for every effort.

    Attributes:
        rounds: Sets of four lanes that are started.
        draws: Random constants tried for each start; the best is fitted.
        steps: Levenberg-Marquardt steps at most.
        newton: Undamped Gauss-Newton steps; they cross the flat valleys where damped ones stall.
        reweightings: Lawson steps toward the minimax; 0 leaves the least-squares fit.
    """

    rounds: int = 1
    draws: int = 8
    steps: int = 24
    newton: int = 16
    reweightings: int = 4


def fit(
    programs: ProgramBatch,
    inputs: Float64[np.ndarray, "variables points"],
    target: Float64[np.ndarray, " points"],
    weights: Float64[np.ndarray, " points"],
    seeds: UInt32[np.ndarray, " programs"],
    effort: Effort,
    *,
    primitives: PrimitiveSet | None = None,
) -> Float64[np.ndarray, "programs constants"]:
    """Constants that make max |weights * (program - target)| small; the own ones if better.

    Args:
        programs: Canonical programs; those without constants come back as they are.
        inputs: Fit points.
        target: Values to be reached.
        weights: 1/|target| for a relative error, 1 for an absolute one.
        seeds: Per program, for its random starts.
        effort: How hard to try.
        primitives: The set to compile for; by default the smallest of a few fixed ones.
    """
    primitives = primitives or smallest_set(programs)
    width = -(-programs.constants.shape[1] // 12) * 12
    layout, code = encode(programs, primitives, inputs.shape[1], LANES, width)
    batch = len(code[0])
    lanes = np.ones(LANES)
    rows = (0, batch - len(programs))
    arrays = (
        code,
        np.pad(programs.constants, (rows, (0, width - programs.constants.shape[1]))),
        np.pad(seeds, rows),
        np.int32(len(programs)),
        np.array(astuple(effort), np.int32),
        inputs[:, :, None] * lanes,
        target[:, None] * lanes,
        weights[:, None] * lanes,
    )
    key = ("fit", primitives.names, layout, code[0].shape)
    kernel = backend.compiled(
        key,
        lambda: _kernel(primitives, layout),
        *arrays,
        wide="atan" not in primitives.names,
    )
    fitted = np.asarray(kernel(*arrays))[: len(programs), : programs.constants.shape[1]]
    before, after = (
        loss(batch, inputs, target, weights, "max_abs", primitives=primitives)
        for batch in (programs, programs.with_constants(fitted))
    )
    worse = ~(after < before) & np.isfinite(before)
    return np.where(worse[:, None], programs.constants, fitted)


def _uniform(seed: Array, *counters: Array) -> Array:
    """Uniform numbers in [0, 1) from counters, by a 32-bit avalanche hash (Mueller)."""
    word = seed.astype(jnp.uint32)
    for counter in counters:
        word = word ^ (counter.astype(jnp.uint32) * jnp.uint32(0x9E3779B9))
        for _ in range(2):
            word = (word ^ (word >> 16)) * jnp.uint32(0x45D9F3B)
        word = word ^ (word >> 16)
    return word.astype(jnp.float64) / 2.0**32


def _start(own: Array, seed: Array, trial: Array, first: Array) -> Array:
    """Constants [constants, lanes] of one draw: own, own times 2^U(-2,2), and two fresh lanes.

    Later rounds move the own constants a little instead of trying them again.
    """
    n = len(own)
    place = (jnp.arange(n)[:, None] * LANES + jnp.arange(LANES)).astype(jnp.uint32)
    one, two = (_uniform(seed, trial * 2 + k, place) for k in range(2))
    fresh = jnp.where(two < 0.5, -1.0, 1.0) * 10.0 ** (2.3 * one - 1.0)
    moved = own[:, None] * 2.0 ** (4.0 * one - 2.0) * jnp.where(two < 0.05, -1.0, 1.0)
    near = jnp.where(first, own[:, None], own[:, None] * 2.0 ** (one - 0.5))
    lane = jnp.arange(LANES)
    return jnp.where(lane == 0, near, jnp.where(lane == 1, moved, fresh))


class _Fitter:
    """The three stages for one traced program; every array carries the lanes last."""

    def __init__(
        self, forward: Forward, program: Program, effort: Effort, target: Array, weights: Array
    ) -> None:
        self.forward, self.program, self.effort = forward, program, effort
        self.target, self.weights = target, weights

    def cost(self, constants: Array, rows: Array) -> tuple[Array, Array]:
        """Sum of squared weighted residuals by lane; infinite where it is not finite."""
        value, rows = self.forward.values(self.program, constants, rows)
        residual = (value - self.target) * self.weights
        cost = total(residual * residual)
        return jnp.where(jnp.isfinite(cost), cost, jnp.inf), rows

    def screen(self, own: Array, seed: Array, round_: Array, rows: Array) -> tuple[Array, ...]:
        """The best of the draws of a round in each lane: constants, costs."""
        draws = self.effort.draws

        def draw(i: Array, state: tuple[Array, ...]) -> tuple[Array, ...]:
            best, cost, rows = state
            trial = round_ * draws + i
            constants = _start(own, seed, trial, round_ == 0)
            new, rows = self.cost(constants, rows)
            better = (new < cost) | (i == 0)
            return jnp.where(better, constants, best), jnp.where(better, new, cost), rows

        start = jnp.zeros((len(own), LANES)), jnp.full(LANES, jnp.inf), rows
        best: tuple[Array, ...] = lax.fori_loop(ZERO, draws, draw, start)
        return best

    def step(
        self, constants: Array, damping: Array, rows: Array, tangents: Array
    ) -> tuple[Array, ...]:
        """A damped Gauss-Newton step with geodesic correction: step, and the used files."""
        forward, program, count = self.forward, self.program, self.program.n_constants
        value, jacobian, rows, tangents = forward.tangents(program, constants, rows, tangents)
        factors = factor(jacobian, self.weights, count, damping)
        first = factors.solve((value - self.target) * self.weights)
        h = 0.1  # second derivative along the step by a finite difference
        ahead, rows = forward.values(program, constants + h * first, rows)

        def directional(j: Array, sum_: Array) -> Array:
            return sum_ + get(jacobian, j) * get(first, j)

        slope = lax.fori_loop(ZERO, count, directional, jnp.zeros_like(value))
        curvature = (2 / h) * ((ahead - value) / h - slope) * self.weights
        second = factors.solve(curvature)
        size = jnp.abs(constants) + 1e-3
        trusted = jnp.sum((second / size) ** 2, 0) < 0.56 * jnp.sum((first / size) ** 2, 0)
        return jnp.where(trusted, first + 0.5 * second, first), rows, tangents

    def descend(
        self, constants: Array, cost: Array, rows: Array, tangents: Array
    ) -> tuple[Array, ...]:
        """Levenberg-Marquardt until every lane has stopped gaining."""
        up, down = jnp.asarray(_UP), jnp.asarray(_DOWN)

        def going(state: tuple[Array, ...]) -> Array:
            return (state[0] < self.effort.steps) & jnp.any(state[4] < _PATIENCE)

        def iterate(state: tuple[Array, ...]) -> tuple[Array, ...]:
            i, constants, cost, damping, idle, rows, tangents = state
            step, rows, tangents = self.step(constants, damping, rows, tangents)
            new, rows = self.cost(constants + step, rows)
            accept = new < cost
            idle = jnp.where(new < 0.98 * cost, 0, idle + 1)
            constants = jnp.where(accept, constants + step, constants)
            damping = jnp.clip(damping * jnp.where(accept, down, up), 1e-20, 1e12)
            return i + 1, constants, jnp.where(accept, new, cost), damping, idle, rows, tangents

        damping, idle = jnp.full(LANES, 1e-2), jnp.zeros(LANES, jnp.int32)
        state = (ZERO, constants, cost, damping, idle, rows, tangents)
        _, constants, cost, _, _, rows, tangents = lax.while_loop(going, iterate, state)
        return constants, cost, rows, tangents

    def level(self, constants: Array, rows: Array, tangents: Array) -> tuple[Array, ...]:
        """Newton, then Lawson: constants and maximum errors by lane, the best seen on the way."""
        count = self.program.n_constants

        def reweight(turn: Array, state: tuple[Array, ...]) -> tuple[Array, ...]:
            constants, law, best, error, rows, tangents = state
            value, jacobian, rows, tangents = self.forward.tangents(
                self.program, constants, rows, tangents
            )
            residual = (value - self.target) * self.weights
            worst = jnp.max(jnp.abs(residual), axis=0)
            better = worst < error
            best, error = jnp.where(better, constants, best), jnp.where(better, worst, error)
            law = jnp.where(
                turn < self.effort.newton, law, law * (jnp.abs(residual) / worst + 1e-3)
            )
            law = law / jnp.max(law, axis=0)
            root = jnp.sqrt(law)
            factors = factor(jacobian, self.weights * root, count, jnp.full(LANES, 1e-13))
            step = factors.solve(residual * root)
            constants = constants + jnp.where(jnp.isfinite(step), step, 0.0)
            return constants, law, best, error, rows, tangents

        state = (
            constants,
            jnp.ones_like(self.target),
            constants,
            jnp.full(LANES, jnp.inf),
            rows,
            tangents,
        )
        turns = self.effort.newton + self.effort.reweightings + 1  # the first judges the start
        _, _, best, error, rows, tangents = lax.fori_loop(ZERO, turns, reweight, state)
        return best, error, rows, tangents

    def run(self, own: Array, seed: Array, rows: Array, tangents: Array) -> tuple[Array, ...]:
        """Best constants [constants], and the used files."""

        def one_round(i: Array, state: tuple[Array, ...]) -> tuple[Array, ...]:
            best, cost, rows, tangents = state
            constants, new, rows = self.screen(own, seed, i, rows)
            constants, new, rows, tangents = self.descend(constants, new, rows, tangents)
            better = new < cost
            return jnp.where(better, constants, best), jnp.where(better, new, cost), rows, tangents

        start = jnp.zeros((len(own), LANES)) + own[:, None], jnp.full(LANES, jnp.inf)
        rounds = self.effort.rounds
        best, _, rows, tangents = lax.fori_loop(ZERO, rounds, one_round, (*start, rows, tangents))
        best, error, rows, tangents = self.level(best, rows, tangents)
        winner = get(jnp.swapaxes(best, 0, 1), jnp.argmin(error).astype(jnp.int32))
        return winner, rows, tangents


def _kernel(primitives: PrimitiveSet, layout: Layout) -> Callable[..., Any]:
    forward = Forward(primitives, layout)

    def kernel(
        code: tuple[Array, ...],
        own: Array,
        seeds: Array,
        count: Array,
        effort: Array,
        inputs: Array,
        target: Array,
        weights: Array,
    ) -> Array:
        def one(p: Array, state: tuple[Array, ...]) -> tuple[Array, ...]:
            fitted, rows, tangents = state
            program = Program(*(part[p] for part in code))
            fitter = _Fitter(forward, program, Effort(*effort), target, weights)
            constants, rows, tangents = fitter.run(own[p], seeds[p], rows, tangents)
            return put(fitted, constants, p), rows, tangents

        point = (layout.points, layout.lanes)
        rows = jnp.zeros((layout.constants + layout.registers, *point))
        rows = jnp.concatenate([inputs, rows])
        tangents = jnp.zeros((layout.registers + 1, layout.constants, *point))
        return lax.fori_loop(ZERO, count, one, (own, rows, tangents))[0]

    return kernel
