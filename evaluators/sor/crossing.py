"""Counts: how many iterations each lane took, and where between two of them it converged."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64


@dataclass(frozen=True)
class Counts:
    """What came out of each lane.

    Attributes:
        iterations: Until the residual was small enough; the cap where it never was.
        crossing: The same without steps: where the logarithm of the residual's norm, linear from
            one iteration to the next, crosses the tolerance, in (k - 1, k]; the cap where never.
        converged: Whether it was ever small enough.
    """

    iterations: Int64[np.ndarray, " lanes"]
    crossing: Float64[np.ndarray, " lanes"]
    converged: Bool[np.ndarray, " lanes"]


def counts_of(
    iterations: Int64[np.ndarray, " lanes"],
    before: Float64[np.ndarray, " lanes"],
    after: Float64[np.ndarray, " lanes"],
    converged: Bool[np.ndarray, " lanes"],
    caps: Int64[np.ndarray, " lanes"],
    tolerance: float,
) -> Counts:
    """Counts of lanes whose relative residual went from ``before`` to ``after`` at the last step.

    crossing = k - 1 + log(before / tolerance) / log(before / after)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.log(before / tolerance) / np.log(before / after)
    whole = iterations.astype(np.float64)
    lowest = np.nextafter(whole - 1, np.inf)
    crossing = np.where(np.isfinite(part), np.clip(whole - 1 + part, lowest, whole), whole)
    return Counts(
        np.where(converged, iterations, caps),
        np.where(converged, crossing, caps),
        converged,
    )
