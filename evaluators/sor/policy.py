"""Policy: the omegas that genomes choose for systems, before anything is solved."""

import numpy as np
from jaxtyping import Float64

from evaluators.sor.features import SWEEP, Features
from evaluators.sor.squash import squash
from evaluators.sor.systems import Systems
from evosearch import interpreter
from evosearch.genomes.program import ProgramBatch
from evosearch.genomes.vector import VectorBatch

Genomes = ProgramBatch | VectorBatch
Omegas = Float64[np.ndarray, "genomes systems steps"]


def omegas(genomes: Genomes, systems: Systems, features: Features, sweeps: int) -> Omegas:
    """One omega for each of the first sweeps; the last one stays. NaN where a program has none.

    Args:
        genomes: Omegas, schedules or programs of ``features``.
        systems: What is to be solved.
        features: Inputs of programs, none of them history.
        sweeps: Steps of a policy that is asked before every sweep; others have one.
    """
    if isinstance(genomes, VectorBatch):
        same = (len(genomes), len(systems), genomes.values.shape[1])
        return np.broadcast_to(genomes.values[:, None, :], same)
    known = features.known(systems)
    if not features.by_sweep:
        return squash(interpreter.evaluate(genomes, known))[:, :, None]
    inputs = np.repeat(known, sweeps, axis=1)
    inputs[features.names.index(SWEEP)] = np.tile(np.arange(sweeps), len(systems))
    values = interpreter.evaluate(genomes, inputs)
    return squash(values.reshape(len(genomes), len(systems), sweeps))
