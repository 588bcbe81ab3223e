"""Recurrence: the omegas of half sweeps from coefficients that suit every shift.

    omega_0 = 1,   omega_(k+1) = 1 / (1 - beta_k mu^2 omega_k)

In red-black order the residual after k half sweeps is a polynomial of degree k of Jacobi's
iteration, divided by its value at 1; these are its three-term recurrence, beta_k its coefficients
on a spectrum scaled to [-1, 1]. With beta = 1/2, 1/4, 1/4, ... it is Chebyshev's (Golub and Varga
1961), the best for a spectrum of which only the ends are known. A spectrum scales with mu when the
diagonal is shifted, so that coefficients which fit one suit all shifts.
"""

import numpy as np
from jaxtyping import Float64

from evaluators.sor.squash import HIGHEST, LOWEST

PREFIX = "beta_"  # of the names of genes


def omegas(
    betas: Float64[np.ndarray, "genomes steps"], mu: Float64[np.ndarray, " systems"]
) -> Float64[np.ndarray, "genomes systems omegas"]:
    """One omega more than there are coefficients, within [0.001, 1.999999]; the last one stays."""
    squares = mu**2
    found = [np.ones((len(betas), len(mu)))]
    for beta in betas.T:
        step = 1.0 - beta[:, None] * squares * found[-1]
        with np.errstate(divide="ignore"):
            omega = np.where(step > 0, 1.0 / step, HIGHEST)
        found.append(np.clip(omega, LOWEST, HIGHEST))
    return np.stack(found, axis=2)
