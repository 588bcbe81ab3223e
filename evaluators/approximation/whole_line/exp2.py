"""2^x for every float32 from a kernel on [0, 1].

x = n + r with n the integer below x, so that 2^x = 2^n 2^r; r is exact but for x from -1/2 to 0,
where it is rounded once (2^-25 at most, a third of a unit in the last place of the result). The
kernel's value y in [1, 2] is multiplied with 2^n through its exponent bits. Where the result is
subnormal its bits are rounded to nearest even as an integer, so that they are right where
processors are told to flush subnormal numbers to zero, too (XLA does so).

Nothing branches: special cases are chosen from by selection, so that compilers make vectors of it.
"""

from collections.abc import Callable

import numpy as np

from evaluators.approximation.whole_line.line import Line, Values

_LOWEST, _HIGHEST = -152.0, 128.0  # 2^x is 0 up to here, and infinite from here

_C = """\
    /* n + r with n an integer and r in [0, 1] */
    const float t = x > -152.0f ? x : -152.0f;
    const float n = floorf(t);
    const float y = KERNEL(t - n);
    /* n in the exponent: the last bits of n + 1.5 2^23 are those of n */
    const float shifted = n + 12582912.0f;
    uint32_t bits, scale;
    memcpy(&bits, &y, 4);
    memcpy(&scale, &shifted, 4);
    bits += scale << 23;
    /* the bits of a subnormal result are the integer nearest 2^149 2^n y: add 2^23, subtract it */
    uint32_t small = bits + (149u << 23);
    float scaled;
    memcpy(&scaled, &small, 4);
    scaled += 8388608.0f;
    memcpy(&small, &scaled, 4);
    bits = n < -126.0f ? small - 0x4b000000u : bits;
    float value;
    memcpy(&value, &bits, 4);
    return x < 128.0f ? value : x + HUGE_VALF; /* infinity; NaN for NaN */
"""
_JAX = """\
    # n + r with n an integer and r in [0, 1]
    t = jnp.where(x > -152.0, x, jnp.float32(-152.0))
    n = jnp.floor(t)
    y = KERNEL(t - n)
    # n in the exponent: the last bits of n + 1.5 2^23 are those of n
    scale = lax.bitcast_convert_type(n + jnp.float32(12582912.0), jnp.uint32)
    bits = lax.bitcast_convert_type(y, jnp.uint32) + (scale << 23)
    # the bits of a subnormal result are the integer nearest 2^149 2^n y: add 2^23, subtract it
    scaled = lax.bitcast_convert_type(bits + jnp.uint32(149 << 23), jnp.float32)
    small = lax.bitcast_convert_type(scaled + jnp.float32(8388608.0), jnp.uint32)
    bits = jnp.where(n < -126.0, small - jnp.uint32(0x4B000000), bits)
    value = lax.bitcast_convert_type(bits, jnp.float32)
    return jnp.where(x < 128.0, value, x + jnp.float32(jnp.inf))  # infinity; NaN for NaN
"""


def _model(x: Values, kernel: Callable[[Values], Values]) -> Values:
    with np.errstate(all="ignore"):
        t = np.clip(np.where(np.isnan(x), np.float32(_LOWEST), x), _LOWEST, _HIGHEST)
        n = np.floor(t)
        y = kernel(t - n).astype(np.float64)
        value = np.ldexp(y, n.astype(np.int64)).astype(np.float32)
        value[x >= _HIGHEST] = np.inf
        return np.where(np.isnan(x), x, value)


EXP2 = Line(
    "exp2",
    "2^x",
    "[0, 1]",
    _C,
    _JAX,
    _model,
    np.exp2,
    "exp2",
    (
        "infinity from x = 128 on, 0 below -150, subnormal results rounded to nearest even, NaN",
        "for NaN",
    ),
)
