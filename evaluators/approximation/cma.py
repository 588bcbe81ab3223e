"""Constants by CMA-ES (Hansen 2016, arXiv:1604.00772), for errors without a useful derivative.

The strategies of all programs advance together, so that each generation is one call of the
interpreter; the strategy itself is the ``cmaes`` package's (extra ``cmaes``).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt32

from evosearch.errors import PluginError
from evosearch.genomes.program import ProgramBatch

_POPULATION = 16

Errors = Callable[[ProgramBatch], Float64[np.ndarray, " programs"]]


def fit(
    programs: ProgramBatch, seeds: UInt32[np.ndarray, " programs"], errors: Errors, steps: int
) -> ProgramBatch:
    """Programs with the best constants seen, their own included.

    Args:
        programs: What to fit; programs of fewer than two constants come back as they are.
        seeds: Per program.
        errors: Error of every program of a batch.
        steps: Generations of 16 candidates each.

    Raises:
        PluginError: The ``cmaes`` package is not installed.
    """
    fitted = np.flatnonzero(programs.n_constants >= 2)  # the package needs two dimensions
    if not len(fitted):
        return programs
    best = programs.constants.copy()
    lowest = _finite(errors(programs))
    strategies = [_strategy(programs, int(row), int(seeds[row])) for row in fitted]
    tried = programs.take(np.repeat(fitted, _POPULATION))
    for _ in range(steps):
        candidates = np.zeros((len(fitted), _POPULATION, programs.constants.shape[1]))
        for place, strategy in enumerate(strategies):
            width = programs.n_constants[fitted[place]]
            candidates[place, :, :width] = [strategy.ask() for _ in range(_POPULATION)]
        batch = tried.with_constants(candidates.reshape(len(tried), -1))
        found = _finite(errors(batch)).reshape(len(fitted), _POPULATION)
        for place, strategy in enumerate(strategies):
            width = programs.n_constants[fitted[place]]
            strategy.tell(list(zip(candidates[place, :, :width], found[place], strict=True)))
        winner = found.argmin(axis=1)
        value = found[np.arange(len(fitted)), winner]
        better = value < lowest[fitted]
        best[fitted[better]] = candidates[np.flatnonzero(better), winner[better]]
        lowest[fitted[better]] = value[better]
    return programs.with_constants(best)


def _strategy(programs: ProgramBatch, row: int, seed: int) -> Any:
    try:
        from cmaes import CMA
    except ImportError as error:
        raise PluginError(
            "fit = 'cmaes' needs the cmaes package: pip install 'evosearch[cmaes]'"
        ) from error
    start = programs.constants[row, : programs.n_constants[row]]
    scale = max(0.1, float(np.abs(start).mean()))
    return CMA(mean=start, sigma=0.5 * scale, population_size=_POPULATION, seed=seed)


def _finite(errors: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    return np.where(np.isfinite(errors), errors, np.finfo(np.float64).max)
