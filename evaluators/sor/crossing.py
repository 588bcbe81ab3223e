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
    norms: Float64[np.ndarray, "2 lanes"],
    limits: Float64[np.ndarray, " lanes"],
    caps: Int64[np.ndarray, " lanes"],
) -> Counts:
    """Counts of lanes that stopped after so many iterations.

    crossing = k - 1 + log(before / limit) / log(before / after)

    Args:
        iterations: k.
        norms: Squared, of the last residual but one and of the last.
        limits: The squared norm that is small enough.
        caps: What not to converge counts.
    """
    before, after = norms
    converged = after <= limits
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.log(before / limits) / np.log(before / after)
    whole = iterations.astype(np.float64)
    between = np.clip(whole - 1 + part, np.nextafter(whole - 1, np.inf), whole)
    crossing = np.where(np.isfinite(part) & (iterations > 0), between, whole)
    return Counts(
        np.where(converged, iterations, caps), np.where(converged, crossing, caps), converged
    )
