"""log: ``x = 2**k (1 + f)`` with ``1 + f`` between the roots of 1/2 and 2, from the bits of x."""

import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from evosearch.elementary.dispatch import own
from evosearch.elementary.formats import SINGLE, Format

# log(1 + f) = f + f**2 q(f)
LOG_SINGLE = (
    -4.999999e-01,
    3.333395e-01,
    -2.5001755e-01,
    1.9962072e-01,
    -1.6570507e-01,
    1.4917964e-01,
    -1.4307532e-01,
    8.734886e-02,
)
# log(1 + f) = 2 s + s z q(z) with s = f / (2 + f) and z = s**2
LOG_DOUBLE = (
    0.6666666666666734,
    0.39999999999414687,
    0.2857142874238502,
    0.22222198573470872,
    0.1818356431052028,
    0.15314050966428944,
    0.14795945415115447,
)


def _parts(x: Any, form: Format) -> tuple[Any, Any]:
    """The whole number k, as a float, and f; for a positive x."""
    root = np.sqrt(np.dtype(form.name).type(0.5)).view(form.integer)
    bits = form.bits(x) - root
    exponent = bits >> form.fraction
    significand = form.from_bits(form.bits(x) - (bits & -(1 << form.fraction)))
    return exponent.astype(form.name), significand - form.real(1)


@own(jnp.log)
def log(x: Any, form: Format) -> Any:
    """The natural logarithm; -inf for numbers too small to be normal.

    Relative error: 1e-7 (float32), 2 ulp (float64).
    """
    k, f = _parts(x, form)
    if form.name == SINGLE.name:
        value = (f * f) * form.polynomial(LOG_SINGLE, f) + f
    else:
        s = f / (f + form.real(2))
        z = s * s
        half = f * (f * form.real(0.5))
        value = f + (s * (z * form.polynomial(LOG_DOUBLE, z) + half) - half)
    value = k * form.real(math.log(2)) + value
    beyond = jnp.abs(x) - form.real(
        float(np.finfo(form.name).max)
    )  # greater than any logarithm for inf alone
    value = jnp.where(value > beyond, value, beyond)
    special = jnp.where(x < form.real(0), form.real(np.nan), form.real(-np.inf))
    return jnp.where(x < form.real(float(np.finfo(form.name).tiny)), special, value)
