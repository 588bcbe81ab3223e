"""Chebyshev: the cyclic Chebyshev semi-iterative method (Golub and Varga 1961, Numer. Math. 3)."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float64

from evaluators.sor.comparators.closed_form import young_omega
from evaluators.sor.comparators.comparison import Comparison
from evaluators.sor.comparators.profiles import Profiles
from evaluators.sor.solver import sor

_MOST = 2000  # half sweeps before an omega stays


def schedule(
    mu: Float64[np.ndarray, " systems"], half_sweeps: int | None = None
) -> Float64[np.ndarray, "systems half_sweeps"]:
    """Omegas of each half sweep: 1, 1 / (1 - mu^2/2), then 1 / (1 - mu^2 omega/4).

    Args:
        mu: Spectral radius of Jacobi's iteration, below 1.
        half_sweeps: How many; by default until they are Young's omega to the last digits, which
            they tend to from above the second on, or 2,000.
    """
    omegas = [np.ones_like(mu), 1.0 / (1.0 - mu**2 / 2.0)]
    limit = young_omega(mu)
    most = _MOST if half_sweeps is None else half_sweeps
    while len(omegas) < most:
        if half_sweeps is None and np.all(abs(omegas[-1] - limit) < 1e-13):
            break
        omegas.append(1.0 / (1.0 - mu**2 * omegas[-1] / 4.0))
    return np.stack(omegas[:most], axis=1)


def chebyshev(profiles: Profiles) -> Comparison:
    """Half sweeps in red-black order, told mu; counts are whole sweeps.

    It minimises the worst error after every step where A is consistently ordered.

    Raises:
        ConfigError: A matrix has no red-black order.
    """
    mu = profiles.spectrum.mu
    defined = mu < 1.0
    counts = []
    for systems, rows in profiles.parts():
        steps = schedule(np.where(defined[rows], mu[rows], 0.0))
        found = sor(
            systems,
            np.arange(len(systems)),
            steps,
            ordering="red-black",
            half_sweeps=True,
            tolerance=profiles.tolerance,
            cap=profiles.cap,
        )
        counts.append(np.where(defined[rows], found.iterations, profiles.cap))
    missing = int((~defined).sum())
    notes = f"red-black; undefined for {missing} of {len(mu)}, mu >= 1" if missing else "red-black"
    return profiles.comparison("cyclic Chebyshev", np.concatenate(counts), notes=notes)


def red_black(profiles: Profiles) -> Profiles:
    """The same systems relaxed in red-black order: what cyclic Chebyshev is to be held against."""
    return replace(profiles, method="sor", ordering="red-black")
