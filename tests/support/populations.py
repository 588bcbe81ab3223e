"""Populations for tests of selection: costs in, everything else made up."""

from hashlib import blake2b

import numpy as np

from evosearch.contracts import Status
from evosearch.genomes.program import ProgramBatch
from evosearch.population import Population


def population(
    costs, *, ids=None, names=None, status=None, measures=None, sizes=None, births=None
):
    """Individuals of these costs (minimised); ``names`` are hashed to digests, one each."""
    costs = np.asarray(costs, dtype=np.float64)
    costs = costs[:, None] if costs.ndim == 1 else costs
    n = len(costs)
    ids = np.arange(1, n + 1) if ids is None else np.asarray(ids)
    names = ids.tolist() if names is None else names
    return Population(
        ids=ids.astype(np.int64),
        genomes=ProgramBatch.identity(n),
        digests=[digest(name) for name in names],
        objectives=costs,
        costs=costs,
        status=np.full(n, Status.OK, np.int8) if status is None else np.array(status, np.int8),
        measures=np.zeros((n, 0)) if measures is None else np.asarray(measures, np.float64),
        sizes=np.ones(n, np.int64) if sizes is None else np.asarray(sizes, np.int64),
        births=np.zeros(n, np.int64) if births is None else np.asarray(births, np.int64),
    )


def digest(name) -> bytes:
    """16 bytes that stand for a genome of this name."""
    return blake2b(str(name).encode(), digest_size=16).digest()


def random_population(rng, n, objectives=2, *, levels=None):
    """Individuals with every kind of tie: costs on a grid, repeated digests, failures."""
    costs = rng.normal(size=(n, objectives))
    if levels:
        costs = np.floor(rng.random((n, objectives)) * levels)
    failed = rng.random(n) < 0.1
    costs[failed] = np.nan
    return population(
        costs,
        ids=rng.permutation(10 * n)[:n] + 1,
        names=rng.integers(4 * n, size=n).tolist(),
        status=np.where(failed, Status.NONFINITE, Status.OK),
        measures=rng.normal(size=(n, 2)),
        sizes=rng.integers(1, 6, size=n),
        births=rng.integers(0, 9, size=n),
    )
