"""exp, sinh, cosh and tanh.

``x = k ln 2 + r`` with a whole k and ``|r| <= ln(2) / 2``; polynomials in r; powers of two are
made of bits.
"""

import math
from typing import Any

import jax.numpy as jnp

from evosearch.elementary.dispatch import own
from evosearch.elementary.formats import Format

LN2 = (math.log(2), 2.3190468138462996e-17)
HIGH_BITS = {"float32": (13,), "float64": (32,)}  # of ln 2

# exp(r) = 1 + r e(r), for the least relative error of exp
EXP = {
    "float32": (9.999997e-01, 4.9999136e-01, 1.6667652e-01, 4.189973e-02, 8.289978e-03),
    "float64": (
        1.0,
        0.5000000000000013,
        0.166666666666662,
        0.04166666666651315,
        0.008333333333556446,
        0.001388888894770303,
        0.00019841269427417485,
        2.480148912666611e-05,
        2.755763137090796e-06,
        2.763160806366731e-07,
        2.499100422754241e-08,
    ),
}
# exp(r) - 1 = r e(r), for the least relative error of that difference
EXPM1 = {
    "float32": (9.9999994e-01, 4.9999368e-01, 1.666694e-01, 4.187674e-02, 8.3333235e-03),
    "float64": (
        1.0,
        0.5000000000000006,
        0.1666666666666656,
        0.041666666666570984,
        0.008333333333399895,
        0.0013888888933281827,
        0.0001984126970424063,
        2.480150330574663e-05,
        2.755741635351767e-06,
        2.76268015082713e-07,
        2.5052075624223785e-08,
    ),
}
# sinh(r) = r (1 + u s(u)) and cosh(r) = 1 + u c(u) with u = r**2
SINH = {
    "float32": (1.666654e-01, 8.36684e-03),
    "float64": (
        0.16666666666666677,
        0.008333333333321254,
        0.00019841269887195062,
        2.7557243031049752e-06,
        2.5109479939447554e-08,
    ),
}
COSH = {
    "float32": (5.0e-01, 4.166626e-02, 1.3946668e-03),
    "float64": (
        0.5000000000000013,
        0.04166666666650959,
        0.0013888888948606947,
        2.480148822844861e-05,
        2.7631914762801596e-07,
    ),
}


def _reduced(x: Any, form: Format, offset: int = 0) -> tuple[Any, Any]:
    """The rest r, and bits whose low half is that of the integer ``offset - k``."""
    k, bits = form.nearest(x, 1 / math.log(2), offset)
    for part in form.parts(LN2, HIGH_BITS[form.name]):
        x = x - k * part
    return x, bits


@own(jnp.exp)
def exp(x: Any, form: Format) -> Any:
    """The exponential function.

    Relative error: 1.7e-7 (float32), 1 ulp (float64). Results under twice the smallest normal
    number are 0. (Half of the result is made, with ``k - 1`` added to an exponent, and then added
    to itself: that overflows where it must, and flushes what is too small to be normal.)
    """
    ln2 = math.log(2)
    x = form.clamped(x, -(form.bias - 1.4) * ln2, (form.bias + 1.4) * ln2)
    r, bits = _reduced(x, form, offset=1)
    value = r * form.polynomial(EXP[form.name], r) + form.real(1)
    half = form.from_bits(form.bits(value) - (bits << form.fraction))
    return (half + (r - r)) + half  # r - r restores a NaN, whose exponent the bits may change


@own(jnp.tanh)
def tanh(x: Any, form: Format) -> Any:
    """The hyperbolic tangent: ``e / (e + 2)`` with ``e = exp(2 x) - 1``, never beyond 1.

    Absolute error for float32: 1.5e-7, relative 7e-7. For float64: 4 ulp.
    """
    x = form.clamped(x, -(form.fraction + 3) * 0.35, (form.fraction + 3) * 0.35)
    r, bits = _reduced(x + x, form, offset=-form.bias)
    power = form.from_bits(-(bits << form.fraction))
    value = r * form.polynomial(EXPM1[form.name], r)
    e = power * value - (form.real(1) - power)
    return e / (e + form.real(2))


def _hyperbolic(x: Any, form: Format) -> tuple[Any, Any, Any, Any]:
    """Of r: sinh and cosh. Of ``k ln 2``: half of sinh and half of cosh; for ``x >= 0``."""
    limit = form.real((form.bias + 2.3) * math.log(2))
    x = jnp.where(x > limit, limit, x)
    r, bits = _reduced(x, form)
    u = r * r
    odd = r * (u * form.polynomial(SINH[form.name], u) + form.real(1))
    even = u * form.polynomial(COSH[form.name], u) + form.real(1)
    minus_k = bits << form.fraction
    base = form.integer((form.bias - 2) << form.fraction)
    up = form.from_bits(base - minus_k)
    down = base + minus_k
    down = form.from_bits(jnp.where(down < 0, 0, down))
    return odd, even, up - down, up + down


@own(jnp.sinh)
def sinh(x: Any, form: Format) -> Any:
    """The hyperbolic sine, by the theorem of addition, so that no digits cancel near 0.

    Relative error: 3.7e-7 (float32), 5 ulp (float64).
    """
    odd, even, odd_power, even_power = _hyperbolic(jnp.abs(x), form)
    half = even * odd_power + odd * even_power
    return form.from_bits(form.bits(half + half) ^ form.sign(x))


@own(jnp.cosh)
def cosh(x: Any, form: Format) -> Any:
    """The hyperbolic cosine.

    Relative error: 2.6e-7 (float32), 3 ulp (float64).
    """
    odd, even, odd_power, even_power = _hyperbolic(jnp.abs(x), form)
    half = even * even_power + odd * odd_power
    return half + half
