"""sin, cos, tan and atan.

``x = k pi + r`` with a whole k, where pi is a sum of numbers that are short enough for exact
products, and a polynomial in r. The compiler fuses products and sums, so that the products are
exact for any k; without that the errors given here hold up to 1,600 (float32) or three million
(float64). Beyond the stated ranges errors grow with x, up to any number from -1 to 1.
"""

import math
from typing import Any

import jax.numpy as jnp

from evosearch.elementary.dispatch import own
from evosearch.elementary.formats import Format

PI = (math.pi, 1.2246467991473532e-16)
HIGH_BITS = {"float32": (15,), "float64": (33, 33)}  # of pi

# sin(r) = r (1 + u p(u)) with u = r**2
SIN = {
    "float32": (-1.666666e-01, 8.33306e-03, -1.9809102e-04, 2.6046125e-06),
    "float64": (
        -0.16666666666666666,
        0.008333333333333186,
        -0.00019841269841206274,
        2.755731921062025e-06,
        -2.5052106824412055e-08,
        1.6058937223971724e-10,
        -7.642925689694715e-13,
        2.720470130284077e-15,
    ),
}
# tan(r) = r p(u) / q(u)
TAN = {
    "float32": ((1.0e00, -9.580622e-02), (1.0e00, -4.2914024e-01, 9.718426e-03)),
    "float64": (
        (1.0, -0.1282840910533652, 0.002805987372467746, -7.484303335306853e-06),
        (1.0, -0.46161742438669556, 0.02334512883462721, -0.00020845796424943984),
    ),
}
# atan(z) = z (1 + u p(u)) with u = z**2
ATAN = {
    "float32": (-3.3332956e-01, 1.9977897e-01, -1.3879511e-01, 8.059125e-02),
    "float64": (
        -0.33333333333330206,
        0.1999999999910109,
        -0.1428571419621404,
        0.11111106690224017,
        -0.09090783208624212,
        0.0769007873903154,
        -0.06641205413109343,
        0.05692947988669275,
        -0.04360191518037734,
        0.021272301561658647,
    ),
}


def _sine(r: Any, signs: Any, form: Format) -> Any:
    """The sine with other signs, for ``|r| <= pi / 2``; from -1 to 1 for any other r.

    The sign is a factor, because as bits it would cost the compiler its minimum and maximum.
    """
    u = r * r
    value = (r * u) * form.polynomial(SIN[form.name], u) + r
    return form.clamped(value, -1, 1) * form.from_bits(form.bits(form.real(1)) ^ signs)


@own(jnp.sin)
def sin(x: Any, form: Format) -> Any:
    """The sine.

    Absolute error for float32: 1.2e-7 for ``|x| <= 1000``, 1.3e-7 to 1e5, 7e-7 to 1e6, 8e-6 to
    1e7. For float64: 2 ulp for ``|x| <= 1e6``.
    """
    r = jnp.abs(x)
    k, bits = form.nearest(r, 1 / math.pi)
    for part in form.parts(PI, HIGH_BITS[form.name]):
        r = r - k * part
    return _sine(r, form.parity(bits) ^ form.sign(x), form)


@own(jnp.cos)
def cos(x: Any, form: Format) -> Any:
    """The cosine: the sine of ``pi / 2 - x``.

    Absolute error for float32: 1.2e-7 for ``|x| <= 1000``, 2e-7 to 1e5, 3e-6 to 1e6. For
    float64: 2 ulp for ``|x| <= 1e6``.
    """
    x = jnp.abs(x)
    k, bits = form.nearest(form.real(math.pi / 2) - x, 1 / math.pi)
    high, *lower = form.parts(PI, HIGH_BITS[form.name])
    r = high / 2 - (x + k * high)
    for part in lower:
        r = r + (part / 2 - k * part)
    return _sine(r, form.parity(bits), form)


@own(jnp.tan)
def tan(x: Any, form: Format) -> Any:
    """The tangent, or a reciprocal around odd multiples of ``pi / 2``.

    Relative error: 4e-7 for float32 and ``|x| <= 3``, and 1e-11 k divided by the distance from the
    next zero or pole, for the k-th of them. For float64: 4 ulp for ``|x| <= 1e6``.
    """
    r = jnp.abs(x)
    k, bits = form.nearest(r, 2 / math.pi)
    for part in form.parts(PI, HIGH_BITS[form.name]):
        r = r - k * (part / 2)
    r = form.clamped(r, -1, 1)
    u = r * r
    top, bottom = (form.polynomial(c, u) for c in TAN[form.name])
    top = r * top
    odd = (bits & 1) != 0
    value = jnp.where(odd, -bottom, top) / jnp.where(odd, top, bottom)
    return form.from_bits(form.bits(value) ^ form.sign(x))


@own(jnp.arctan)
def atan(x: Any, form: Format) -> Any:
    """The arctangent: of x, of ``(x - 1) / (x + 1)`` or of ``-1 / x``.

    Relative error: 2.3e-7 (float32), 2 ulp (float64).
    """
    one, size = form.real(1), jnp.abs(x)
    middle, far = size > form.real(math.sqrt(2) - 1), size > form.real(math.sqrt(2) + 1)
    top = jnp.where(far, -one, jnp.where(middle, size - one, size))
    bottom = jnp.where(far, size, jnp.where(middle, size + one, one))
    turn = jnp.where(middle, form.real(math.pi / 4), form.real(0))
    z = top / bottom
    u = z * z
    value = z * (u * form.polynomial(ATAN[form.name], u) + one)
    value = value + jnp.where(far, form.real(math.pi / 2), turn)
    return form.from_bits(form.bits(value) ^ form.sign(x))
