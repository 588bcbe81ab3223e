"""Policy: the omegas that genomes choose for systems, before anything is solved."""

import numpy as np
from jaxtyping import Float64

from evaluators.sor import recurrence
from evaluators.sor.features import RECENT, SWEEP, Features, fact
from evaluators.sor.squash import squash
from evaluators.sor.systems import Systems
from evaluators.sor.walk import Walk
from evosearch import interpreter
from evosearch.genomes.program import ProgramBatch
from evosearch.genomes.vector import VectorBatch

Genomes = ProgramBatch | VectorBatch
Omegas = Float64[np.ndarray, "genomes systems steps"]


def omegas(genomes: Genomes, systems: Systems, features: Features, sweeps: int) -> Omegas:
    """One omega for each of the first sweeps; the last one stays. NaN where a program has none.

    Args:
        genomes: Omegas, schedules, coefficients of a recurrence or programs of ``features``.
        systems: What is to be solved.
        features: Inputs of programs, none of them history.
        sweeps: Steps of a policy that is asked before every sweep; others have one.
    """
    if isinstance(genomes, VectorBatch):
        if genomes.genes[0].name.startswith(recurrence.PREFIX):
            return recurrence.omegas(genomes.values, fact(systems, "mu"))
        same = (len(genomes), len(systems), genomes.values.shape[1])
        return np.broadcast_to(genomes.values[:, None, :], same)
    known = features.known(systems)
    if not features.by_sweep:
        return squash(interpreter.evaluate(genomes, known))[:, :, None]
    if features.recurrent:
        return _recurrent(genomes, known, features, sweeps)
    inputs = np.repeat(known, sweeps, axis=1)
    inputs[features.names.index(SWEEP)] = np.tile(np.arange(sweeps), len(systems))
    values = interpreter.evaluate(genomes, inputs)
    return squash(values.reshape(len(genomes), len(systems), sweeps))


def _recurrent(
    programs: ProgramBatch,
    known: Float64[np.ndarray, "features systems"],
    features: Features,
    sweeps: int,
) -> Omegas:
    """One sweep after the other, each told the omega of the one before."""
    n, systems = len(programs), known.shape[1]
    inputs = np.repeat(known[:, None, :], n, axis=1)
    found, walk = np.empty((sweeps, n, systems)), Walk(programs)
    recent = features.names.index(RECENT)
    inputs[recent] = 1.0
    for k in range(sweeps):
        if SWEEP in features.names:
            inputs[features.names.index(SWEEP)] = k
        found[k] = inputs[recent] = squash(walk(inputs))
    return found.transpose(1, 2, 0)
