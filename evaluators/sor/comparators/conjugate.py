"""Conjugate gradients on the same systems: what relaxation is to be held against."""

from dataclasses import replace

import numpy as np

from evaluators.sor.cg import cg
from evaluators.sor.comparators.comparison import Comparison
from evaluators.sor.comparators.profiles import Profiles


def conjugate_gradients(profiles: Profiles) -> Comparison:
    """Plain, ended by the norm of b (Hestenes and Stiefel 1952)."""
    counts = [
        cg(
            systems, np.arange(len(systems)), tolerance=profiles.tolerance, cap=profiles.cap
        ).iterations
        for systems, _ in profiles.parts()
    ]
    return profiles.comparison("CG", np.concatenate(counts))


def ssor_conjugate_gradients(profiles: Profiles, omega: float = 1.0) -> Comparison:
    """Preconditioned by a symmetric sweep with one omega for all systems."""
    omegas = np.full(len(profiles), omega)
    counts = replace(profiles, method="ssor-cg").solve(omegas).iterations
    return profiles.comparison(f"SSOR-CG, omega = {omega:g}", counts, omegas)
