"""The two floating-point formats, and the steps that the functions share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax


@dataclass(frozen=True)
class Format:
    """An IEEE format and the integers of the same width.

    Attributes:
        name: Of the NumPy type.
        integer: NumPy type of the bit patterns.
        fraction: Bits of the significand after the point.
        bias: Of the exponent; also the largest exponent.
        zero: An integer 0 that the compiler does not know, or None. With it, constants are values
            of the surrounding code, not of the whole kernel. In a kernel of many branches LLVM
            makes room for none of its constants, and loads each anew in every round of a loop.
    """

    name: str
    integer: Any
    fraction: int
    bias: int
    zero: Any = None

    def real(self, value: float) -> Any:
        """A constant of this format."""
        constant = np.dtype(self.name).type(value)
        if self.zero is None:
            return constant
        return self.from_bits(jnp.asarray(constant.view(self.integer)) | self.zero)

    def bits(self, x: Any) -> Any:
        """The bit patterns of numbers."""
        return lax.bitcast_convert_type(x, self.integer)

    def from_bits(self, bits: Any) -> Any:
        """The numbers of bit patterns."""
        return lax.bitcast_convert_type(bits, self.name)

    def sign(self, x: Any) -> Any:
        """Bit patterns of the signs alone."""
        return self.bits(x) & np.iinfo(self.integer).min

    def parity(self, bits: Any) -> Any:
        """The lowest bit in the place of the sign."""
        return bits << (np.iinfo(self.integer).bits - 1)

    def parts(self, constant: tuple[float, float], widths: Sequence[int]) -> list[Any]:
        """A constant as a sum of parts of so many bits, and of the rest.

        Args:
            constant: A double, and what is missing from it to the true value.
            widths: Significant bits of all parts but the last. The product of a part and a whole
                number is exact if that has at most ``fraction + 1 - width`` bits, or if the
                product is fused with a sum.
        """
        value, missing = constant
        found = []
        for width in widths:
            mantissa, exponent = math.frexp(value)
            part = math.ldexp(math.floor(mantissa * 2**width), exponent - width)
            found.append(self.real(part))
            value -= part
        return [*found, self.real(value + missing)]

    def nearest(self, x: Any, times: float, offset: int = 0) -> tuple[Any, Any]:
        """The whole number k nearest to ``x * times``, for ``|k| < 2**(fraction - 1)``.

        The difference from ``1.5 * 2**fraction`` has no room for a fraction. XLA would simplify
        ``(x + c) - c``, but not ``c - (c - x)``, which also makes +0 of -0.

        Returns:
            k, and bits whose low half is that of the integer ``offset - k``.
        """
        shift = self.real(1.5 * 2**self.fraction + offset)
        shifted = shift - x * self.real(times)
        return shift - shifted, self.bits(shifted)

    def clamped(self, x: Any, low: float, high: float) -> Any:
        """The numbers moved between ``low`` and ``high``, NaN kept; two instructions."""
        x = jnp.where(x > self.real(high), self.real(high), x)
        return jnp.where(x < self.real(low), self.real(low), x)

    def polynomial(self, coefficients: Sequence[float], x: Any) -> Any:
        """The polynomial with these coefficients, constant term first, by Horner's rule."""
        *rest, value = map(self.real, coefficients)
        for coefficient in reversed(rest):
            value = value * x + coefficient
        return value


SINGLE = Format("float32", np.int32, 23, 127)
DOUBLE = Format("float64", np.int64, 52, 1023)
FORMATS = {form.name: form for form in (SINGLE, DOUBLE)}
