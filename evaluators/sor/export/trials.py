"""Trials: small linear systems that every written solver has to solve, always the same."""

import numpy as np
import scipy.sparse

from evaluators.sor.export.solve import required
from evaluators.sor.facts import facts
from evaluators.sor.options import Options
from evaluators.sor.problems.gallery import finite_volumes
from evaluators.sor.problems.heat import HeatOptions, heat
from evaluators.sor.problems.laplacian import LaplacianOptions, gaussian, laplacian
from evaluators.sor.spectrum import with_spectrum
from evaluators.sor.systems import Systems

_SEED = 20_231_017
_FEW = 3  # systems of a group


def trials(options: Options) -> list[Systems]:
    """Groups of systems that know all features that the policy asks for.

    Shifted Laplacians, steps of a heat equation from the step before, diffusion with a varied
    coefficient and, where two colours need not be enough, finite elements of 9 points. A feature
    that a group does not have gets numbers from 0.1 to 2.
    """
    rng = np.random.default_rng(_SEED)
    groups = laplacian(LaplacianOptions(problem="laplacian", sizes=[7], instances=_FEW), rng)
    groups += heat(HeatOptions(problem="heat", nx=[8], steps=900, stride=300, offset=250), rng)
    groups.append(_group("diffusion", finite_volumes(np.exp(rng.normal(size=(7, 7)))), rng))
    if options.ordering != "red-black":
        groups.append(_group("elements", _elements(6), rng))
    return [_told(systems, options, rng) for systems in groups]


def _group(name: str, matrix: scipy.sparse.csr_array, rng: np.random.Generator) -> Systems:
    still = np.zeros(_FEW)
    vectors = gaussian(_FEW, matrix.shape[0], rng)
    return with_spectrum(Systems(name, matrix, still, vectors, facts=facts(matrix, still)))


def _elements(side: int) -> scipy.sparse.csr_array:
    """Laplacian by bilinear finite elements on a square grid, rows scaled apart."""
    shape = (side, side)
    stiff = scipy.sparse.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=shape)
    mass = scipy.sparse.diags_array([1.0, 4.0, 1.0], offsets=[-1, 0, 1], shape=shape)
    scale = scipy.sparse.diags_array(np.linspace(1.0, 3.0, side**2))
    whole = scipy.sparse.kron(stiff, mass) + scipy.sparse.kron(mass, stiff)
    matrix = scipy.sparse.csr_array(scale @ whole @ scale)
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return matrix


def _told(systems: Systems, options: Options, rng: np.random.Generator) -> Systems:
    known = dict(systems.facts)
    for name in required(options.features):
        if name not in known:
            known[name] = rng.uniform(0.1, 2.0, len(systems))
    return Systems(
        systems.name, systems.matrix, systems.shifts, systems.rhs, systems.starts, known
    )
