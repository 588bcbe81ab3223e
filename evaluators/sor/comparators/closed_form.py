"""Omegas in closed form, told exact eigenvalues."""

import numpy as np
from jaxtyping import Float64

from evaluators.sor.comparators.comparison import Comparison
from evaluators.sor.comparators.profiles import Profiles


def young_omega(mu: Float64[np.ndarray, " systems"]) -> Float64[np.ndarray, " systems"]:
    """2 / (1 + sqrt(1 - mu^2)), optimal where A is consistently ordered (Young 1954).

    Args:
        mu: Spectral radius of Jacobi's iteration.

    Returns:
        Not a number from mu = 1 on.
    """
    with np.errstate(invalid="ignore"):
        return np.where(mu < 1.0, 2.0 / (1.0 + np.sqrt(1.0 - mu**2)), np.nan)


def extended_omega(lam: Float64[np.ndarray, " systems"]) -> Float64[np.ndarray, " systems"]:
    """2 / (1 + sqrt(lam (2 - lam))): Young's with mu = 1 - lam, whatever the top of the spectrum.

    Args:
        lam: Smallest eigenvalue of D^-1/2 A D^-1/2, at most 1.
    """
    return np.asarray(2.0 / (1.0 + np.sqrt(lam * (2.0 - lam))))


def symmetric_omega(mu: Float64[np.ndarray, " systems"]) -> Float64[np.ndarray, " systems"]:
    """2 / (1 + sqrt(2 (1 - mu))), for symmetric sweeps (Young 1977), but at least 1.

    Args:
        mu: Spectral radius of Jacobi's iteration, at most 1.
    """
    return np.asarray(np.maximum(1.0, 2.0 / (1.0 + np.sqrt(2.0 * (1.0 - mu)))))


def gauss_seidel(profiles: Profiles) -> Comparison:
    """Omega = 1 everywhere."""
    ones = np.ones(len(profiles))
    return profiles.comparison("omega = 1", profiles.solve(ones).iterations, ones)


def young(profiles: Profiles) -> Comparison:
    """Young's omega; systems with mu >= 1, where it is undefined, cost the cap."""
    omegas = young_omega(profiles.spectrum.mu)
    defined = np.isfinite(omegas)
    counts = profiles.solve(np.where(defined, omegas, 1.0)).iterations
    missing = int((~defined).sum())
    notes = f"undefined for {missing} of {len(profiles)}, mu >= 1" if missing else ""
    cost = np.where(defined, counts, profiles.cap)
    return profiles.comparison("Young", cost, omegas, notes)


def extended(profiles: Profiles) -> Comparison:
    """The extended form."""
    omegas = extended_omega(profiles.spectrum.lowest)
    return profiles.comparison("extended Young", profiles.solve(omegas).iterations, omegas)


def symmetric(profiles: Profiles) -> Comparison:
    """The formula for symmetric sweeps, with mu = 1 - lambda."""
    omegas = symmetric_omega(1.0 - profiles.spectrum.lowest)
    return profiles.comparison("symmetric sweeps", profiles.solve(omegas).iterations, omegas)
