"""Refinement: constants of policies fitted to a profile, before they are scored.

First least squares toward the best omega of every system, in the value that `squash` makes omegas
of; then a (1 + 6) evolution strategy with one-fifth rule (Rechenberg 1973) on the iterations that
the profile tells, because too small an omega costs much more than one as much too large.
"""

import numpy as np
from jaxtyping import Float64, UInt32

from evaluators.sor.profile import Profile, grid
from evaluators.sor.squash import unsquash
from evosearch import interpreter
from evosearch.fitting import Effort, fit
from evosearch.genomes.program import ProgramBatch

_OFFSPRING = 6
_FIT_SYSTEMS = 48
_EFFORT = Effort(rounds=1, draws=8, steps=24, newton=8, reweightings=0)


def refined(
    programs: ProgramBatch,
    inputs: Float64[np.ndarray, "features systems"],
    profile: Profile,
    weights: Float64[np.ndarray, " systems"],
    seeds: UInt32[np.ndarray, " programs"],
    rounds: int,
) -> ProgramBatch:
    """Programs with constants of fewer iterations; a pure function of each program and its seed.

    Args:
        programs: Policies.
        inputs: What they are told about every system.
        profile: Iterations of these systems by omega.
        weights: Share of every system in the sum that is made small.
        seeds: Of each program.
        rounds: Generations of the evolution strategy; 0 leaves the programs as they are.
    """
    rows = np.flatnonzero(programs.n_constants > 0)
    if not len(rows) or not rounds:
        return programs
    chosen = programs.take(rows)
    search = _Search(chosen, inputs, profile, weights)
    constants = search.better(chosen.constants, _squares(chosen, inputs, profile, seeds[rows]))
    constants = _evolve(search, constants, chosen.n_constants, seeds[rows], rounds)
    found = programs.constants.copy()
    found[rows] = constants
    return with_constants(programs, found)


def with_constants(
    programs: ProgramBatch, constants: Float64[np.ndarray, "programs constants"]
) -> ProgramBatch:
    """The same programs with other constants."""
    return ProgramBatch(
        programs.ops,
        programs.args,
        programs.lengths,
        constants,
        programs.n_constants,
        programs.outputs,
        programs.n_inputs,
    )


class _Search:
    """Costs of programs with constants to be tried."""

    def __init__(
        self,
        programs: ProgramBatch,
        inputs: Float64[np.ndarray, "features systems"],
        profile: Profile,
        weights: Float64[np.ndarray, " systems"],
    ) -> None:
        self.programs, self.inputs, self.profile, self.weights = programs, inputs, profile, weights

    def costs(
        self, constants: Float64[np.ndarray, "tries programs constants"]
    ) -> Float64[np.ndarray, "tries programs"]:
        """Weighted iterations; infinite where an omega is no number."""
        tries, n = constants.shape[:2]
        repeated = self.programs.take(np.tile(np.arange(n), tries))
        batch = with_constants(repeated, constants.reshape(tries * n, -1))
        values = interpreter.evaluate(batch, self.inputs)
        costs = self.profile.at(values) @ self.weights
        return np.asarray(np.where(np.isnan(values).any(axis=1), np.inf, costs).reshape(tries, n))

    def better(self, *constants: Float64[np.ndarray, "programs constants"]) -> np.ndarray:
        """Of several sets of constants the best for each program, the first among equals."""
        stacked = np.stack(constants)
        best = self.costs(stacked).argmin(axis=0)
        return np.asarray(stacked[best, np.arange(len(best))])


def _squares(
    programs: ProgramBatch,
    inputs: Float64[np.ndarray, "features systems"],
    profile: Profile,
    seeds: UInt32[np.ndarray, " programs"],
) -> Float64[np.ndarray, "programs constants"]:
    """Constants that bring values near the best omegas, by least squares."""
    every = max(1, -(-inputs.shape[1] // _FIT_SYSTEMS))
    best = grid()[profile.crossing.argmin(axis=1)]
    target = unsquash(best)[::every]
    found = fit(programs, inputs[:, ::every], target, np.ones(len(target)), seeds, _EFFORT)
    width = programs.constants.shape[1]
    return np.asarray(np.where(np.isfinite(found), found, programs.constants)[:, :width])


def _evolve(
    search: _Search,
    constants: Float64[np.ndarray, "programs constants"],
    counts: np.ndarray,
    seeds: UInt32[np.ndarray, " programs"],
    rounds: int,
) -> Float64[np.ndarray, "programs constants"]:
    """(1 + 6) with steps relative to a constant's size, each program with a step of its own."""
    n, width = constants.shape
    used = np.arange(width) < counts[:, None]
    sigma = np.full(n, 0.1)
    costs = search.costs(constants[None])[0]
    streams = [np.random.default_rng(seed) for seed in seeds.tolist()]
    draws = np.stack([each.standard_normal((rounds, _OFFSPRING, width)) for each in streams])
    for turn in range(rounds):
        steps = draws[:, turn].transpose(1, 0, 2) * sigma[:, None] * used
        tried = constants + steps * np.maximum(np.abs(constants), 0.1)
        found = search.costs(tried)
        best = found.argmin(axis=0)
        gained = found.min(axis=0) < costs
        constants = np.where(gained[:, None], tried[best, np.arange(n)], constants)
        costs = np.minimum(costs, found.min(axis=0))
        sigma = np.clip(sigma * np.where(gained, 1.6, 0.8), 1e-5, 1.0)
    return constants
