"""History: systems solved one after the other by policies that remember the one before."""

import numpy as np
from jaxtyping import Float64, Int64

from evaluators.sor.features import HISTORY, Features
from evaluators.sor.solve import Method
from evaluators.sor.squash import squash
from evaluators.sor.systems import Systems
from evaluators.sor.walk import Walk
from evosearch.genomes.program import ProgramBatch

FIRST = (1.0, 1.0)  # omega and count of the system before the first


def follow(
    programs: ProgramBatch, systems: Systems, features: Features, method: Method
) -> tuple[
    Float64[np.ndarray, "programs systems"],
    Int64[np.ndarray, "programs systems"],
    Float64[np.ndarray, "programs systems"],
]:
    """Omegas, iterations and crossings along the sequence.

    Where an omega is not a number, the system is solved with omega = 1, whatever that counts as.
    """
    known = features.known(systems)
    walk = Walk(programs)
    shape = (len(programs), len(systems))
    omegas, crossing = np.empty(shape), np.empty(shape)
    iterations = np.empty(shape, np.int64)
    last = dict(zip(HISTORY, (np.full(len(programs), value) for value in FIRST), strict=True))
    for t in range(len(systems)):
        inputs = np.repeat(known[:, t, None], len(programs), axis=1)
        for name, values in last.items():
            if name in features.names:
                inputs[features.names.index(name)] = values
        omega = squash(walk(inputs[:, :, None])[:, 0])
        usable = np.nan_to_num(omega, nan=1.0)
        counts = method.run(systems, np.full(len(programs), t), usable[:, None])
        omegas[:, t], iterations[:, t], crossing[:, t] = omega, counts.iterations, counts.crossing
        last = {"omega1": usable, "count1": iterations[:, t].astype(np.float64)}
    return omegas, iterations, crossing
