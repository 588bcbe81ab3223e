"""Refinement: constants of policies fitted before they are scored.

A (1 + 6) evolution strategy with the one-fifth rule (Rechenberg 1973) makes iterations few: those
that a profile tells where a policy has one omega for a system, those of some training systems
where it has many. Squared distance to the best omegas would be the wrong measure, because too
small an omega costs much more than one as much too large; it only gives a start.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64, UInt32

from evaluators.sor.profile import Profile
from evaluators.sor.squash import unsquash
from evosearch.fitting import Effort, fit
from evosearch.genomes.program import ProgramBatch

_OFFSPRING = 6
_FIT_SYSTEMS = 48
_EFFORT = Effort(rounds=1, draws=8, steps=24, newton=8, reweightings=0)
Constants = Float64[np.ndarray, "programs constants"]
Cost = Callable[[ProgramBatch], Float64[np.ndarray, " programs"]]


def evolved(
    programs: ProgramBatch,
    starts: list[Constants],
    cost: Cost,
    seeds: UInt32[np.ndarray, " programs"],
    rounds: int,
) -> ProgramBatch:
    """Programs with constants of less cost; a pure function of each program and its seed.

    Args:
        programs: Policies, each with at least one constant.
        starts: Constants to begin with besides the programs' own; the best are taken.
        cost: Of programs.
        seeds: Of each program.
        rounds: Generations.
    """
    search = _Search(programs, cost)
    constants, costs = search.best(np.stack([programs.constants, *starts]))
    n, width = constants.shape
    draws = np.zeros((n, rounds, _OFFSPRING, width))
    for row, (seed, used) in enumerate(zip(seeds.tolist(), programs.n_constants, strict=True)):
        shape = (rounds, _OFFSPRING, int(used))  # of its own constants, however wide the batch is
        draws[row, ..., :used] = np.random.default_rng(seed).standard_normal(shape)
    sigma = np.full(n, 0.1)
    for turn in range(rounds):
        steps = draws[:, turn].transpose(1, 0, 2) * sigma[:, None]
        tried, found = search.best(constants + steps * np.maximum(np.abs(constants), 0.1))
        gained = found < costs
        constants = np.where(gained[:, None], tried, constants)
        costs = np.minimum(costs, found)
        sigma = np.clip(sigma * np.where(gained, 1.6, 0.8), 1e-5, 1.0)
    return with_constants(programs, constants)


def near_best(
    programs: ProgramBatch,
    inputs: Float64[np.ndarray, "features systems"],
    profile: Profile,
    seeds: UInt32[np.ndarray, " programs"],
) -> Constants:
    """Constants that bring values near those of each system's best omega, by least squares."""
    every = max(1, -(-inputs.shape[1] // _FIT_SYSTEMS))
    target = unsquash(profile.best)[::every]
    found = fit(programs, inputs[:, ::every], target, np.ones(len(target)), seeds, _EFFORT)
    width = programs.constants.shape[1]
    return np.asarray(np.where(np.isfinite(found), found, programs.constants)[:, :width])


def with_constants(programs: ProgramBatch, constants: Constants) -> ProgramBatch:
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
    """Sets of constants compared, all in one batch."""

    def __init__(self, programs: ProgramBatch, cost: Cost) -> None:
        self._programs, self._cost = programs, cost

    def best(
        self, constants: Float64[np.ndarray, "sets programs constants"]
    ) -> tuple[Constants, Float64[np.ndarray, " programs"]]:
        """For each program the set of least cost, the first among equals, and that cost."""
        sets, n = constants.shape[:2]
        repeated = self._programs.take(np.tile(np.arange(n), sets))
        costs = self._cost(with_constants(repeated, constants.reshape(sets * n, -1)))
        costs = costs.reshape(sets, n)
        first = costs.argmin(axis=0)
        return constants[first, np.arange(n)], costs.min(axis=0)
