"""2^x for every float32 from a kernel on [0, 1].

x = n + r with n the integer below x, so that 2^x = 2^n 2^r; r is exact but for x from -1/2 to 0,
where it is rounded once (2^-25 at most, a third of a unit in the last place of the result). The
kernel's value y in [1, 2] is multiplied with 2^n through its exponent bits; where the result is
subnormal, its significand is shifted and rounded to nearest even among integers, so that it is
right where processors are told to flush subnormal numbers to zero, too (XLA does so).

Nothing branches: special cases are chosen from by selection, so that compilers make vectors of it.
"""

from collections.abc import Callable

import numpy as np

from evaluators.approximation.whole_line.line import Line, Values

_LOWEST, _HIGHEST = -152.0, 128.0  # 2^x is 0 up to here, and infinite from here

_C = """\
    /* n + r with n an integer and r in [0, 1]; NaN is taken for -152 */
    float t = x > -152.0f ? x : -152.0f;
    t = t < 128.0f ? t : 128.0f;
    const float n = floorf(t);
    const float y = KERNEL(t - n);
    uint32_t bits;
    memcpy(&bits, &y, 4);
    /* 2^n y through the exponent; its significand shifted where the result is subnormal */
    const int32_t exponent = (int32_t)(bits >> 23) + (int32_t)n;
    const uint32_t shift = exponent < 1 ? (exponent > -25 ? (uint32_t)(1 - exponent) : 26u) : 1u;
    const uint32_t significand = (bits & 0x7fffffu) | 0x800000u;
    const uint32_t half = (1u << (shift - 1u)) - 1u + ((significand >> shift) & 1u);
    const uint32_t small = (significand + half) >> shift;
    const uint32_t normal = bits + ((uint32_t)(int32_t)n << 23);
    uint32_t result = exponent < 1 ? small : normal;
    result = x >= 128.0f ? 0x7f800000u : result;
    float value;
    memcpy(&value, &result, 4);
    return x == x ? value : x;
"""
_JAX = """\
    # n + r with n an integer and r in [0, 1]; NaN is taken for -152
    t = jnp.where(x > -152.0, x, jnp.float32(-152.0))
    t = jnp.where(t < 128.0, t, jnp.float32(128.0))
    n = jnp.floor(t)
    y = KERNEL(t - n)
    bits = lax.bitcast_convert_type(y, jnp.uint32)
    # 2^n y through the exponent; its significand shifted where the result is subnormal
    whole = n.astype(jnp.int32)
    exponent = (bits >> 23).astype(jnp.int32) + whole
    shift = jnp.clip(1 - exponent, 1, 26).astype(jnp.uint32)
    significand = (bits & jnp.uint32(0x7FFFFF)) | jnp.uint32(0x800000)
    half = (jnp.uint32(1) << (shift - 1)) - 1 + ((significand >> shift) & 1)
    small = (significand + half) >> shift
    normal = bits + lax.shift_left(whole, jnp.int32(23)).astype(jnp.uint32)
    result = jnp.where(exponent < 1, small, normal)
    result = jnp.where(x >= 128.0, jnp.uint32(0x7F800000), result)
    value = lax.bitcast_convert_type(result, jnp.float32)
    return jnp.where(x == x, value, x)
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
