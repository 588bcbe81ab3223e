"""The primitives in mpmath: real arithmetic with as many digits as asked.

Division by zero is infinite as in IEEE arithmetic, so that continued fractions pass their poles;
what has no real value (a logarithm of a negative number, 0/0) is NaN. Exponents beyond those of a
128-bit float become infinity or zero, so that no program of untrusted origin can ask for
unbounded time or memory.
"""

from collections.abc import Callable, Sequence
from typing import Any

import mpmath

from evosearch.export import number
from evosearch.genomes.primitives import PROTECTED, SELU_ALPHA, SELU_SCALE

_LARGEST_EXPONENT = 20_000  # in bits
_FARTHEST = 120  # where erfc, about exp(-x^2), is below the smallest number kept


def context(digits: int) -> Any:
    """An mpmath context of its own precision; mpmath's global one is left alone."""
    made = mpmath.MPContext()
    made.dps = digits
    return made


def parse(mp: Any, text: str) -> Any:
    """A document's number in the context's precision."""
    return mp.mpf(number.to_float(text) if number.is_hex(text) else text)


def apply(mp: Any, op: str, args: Sequence[Any]) -> Any:
    """Value of one primitive."""
    if any(mp.isnan(arg) for arg in args):
        return mp.nan
    try:
        value = _COMPUTE[op](mp, *args)
    except (ZeroDivisionError, ValueError, OverflowError):
        return mp.nan
    return _bounded(mp, value) if isinstance(value, mp.mpf) else mp.nan


def _bounded(mp: Any, value: Any) -> Any:
    if not mp.isfinite(value) or value == 0:
        return value
    magnitude = mp.mag(value)
    if magnitude > _LARGEST_EXPONENT:
        return mp.inf if value > 0 else -mp.inf
    return mp.zero if magnitude < -_LARGEST_EXPONENT else value


def _div(mp: Any, a: Any, b: Any) -> Any:
    return mp.fdiv(a, b) if b or not a else mp.sign(a) * mp.inf


def _exp(mp: Any, a: Any) -> Any:
    if abs(a) > _LARGEST_EXPONENT:
        return mp.inf if a > 0 else mp.zero
    return mp.exp(a)


def _sinh(mp: Any, a: Any) -> Any:
    return mp.sinh(a) if abs(a) <= _LARGEST_EXPONENT else mp.sign(a) * mp.inf


def _cosh(mp: Any, a: Any) -> Any:
    return mp.cosh(a) if abs(a) <= _LARGEST_EXPONENT else mp.inf


def _tanh(mp: Any, a: Any) -> Any:
    return mp.tanh(a) if abs(a) <= _LARGEST_EXPONENT else mp.sign(a)


def _sigmoid(mp: Any, a: Any) -> Any:
    return 1 / (1 + _exp(mp, -a)) if a >= 0 else _exp(mp, a) / (1 + _exp(mp, a))


def _softplus(mp: Any, a: Any) -> Any:
    return max(a, 0) + mp.log1p(_exp(mp, -abs(a)))


def _elu(mp: Any, a: Any) -> Any:
    return a if a > 0 else _expm1(mp, a)


def _expm1(mp: Any, a: Any) -> Any:
    return mp.expm1(a) if abs(a) <= _LARGEST_EXPONENT else _exp(mp, a) - 1


def _erfc(mp: Any, a: Any) -> Any:
    return mp.erfc(a) if abs(a) <= _FARTHEST else mp.mpf(0 if a > 0 else 2)


def _gelu(mp: Any, a: Any) -> Any:
    return a * _erfc(mp, -a / mp.sqrt(2)) / 2


def _bessel(mp: Any, order: int, a: Any) -> Any:
    if abs(a) <= _LARGEST_EXPONENT:
        return mp.besseli(order, a) * mp.exp(-abs(a))
    # Abramowitz and Stegun, 9.7.1; the first term left out is below all digits
    term = total = mp.one
    k = 0
    while abs(term) > mp.eps:
        k += 1
        term = term * ((2 * k - 1) ** 2 - 4 * order**2) / (8 * k * abs(a))
        total = total + term
    value = total / mp.sqrt(2 * mp.pi * abs(a))
    return -value if order == 1 and a < 0 else value


def _pow(mp: Any, a: Any, b: Any) -> Any:
    if a == 0 and b < 0:
        return mp.inf
    if a and abs(b * mp.log(abs(a))) > _LARGEST_EXPONENT:
        raise OverflowError
    return mp.power(a, b)


_COMPUTE: dict[str, Callable[..., Any]] = {
    "add": lambda mp, a, b: mp.fadd(a, b),
    "sub": lambda mp, a, b: mp.fsub(a, b),
    "mul": lambda mp, a, b: mp.fmul(a, b),
    "div": _div,
    "max": lambda _, a, b: max(a, b),
    "min": lambda _, a, b: min(a, b),
    "fma": lambda mp, a, b, c: mp.fadd(mp.fmul(a, b, exact=True), c),
    "neg": lambda _, a: -a,
    "abs": lambda _, a: abs(a),
    "sqrt": lambda mp, a: mp.sqrt(a),
    "exp": _exp,
    "log": lambda mp, a: mp.log(a) if a else -mp.inf,
    "sin": lambda mp, a: mp.sin(a),
    "cos": lambda mp, a: mp.cos(a),
    "tan": lambda mp, a: mp.tan(a),
    "tanh": _tanh,
    "atan": lambda mp, a: mp.atan(a),
    "sinh": _sinh,
    "cosh": _cosh,
    "pdiv": lambda mp, a, b: mp.one if abs(b) <= PROTECTED else _div(mp, a, b),
    "plog": lambda mp, a: mp.zero if abs(a) <= PROTECTED else mp.log(abs(a)),
    "psqrt": lambda mp, a: mp.sqrt(abs(a)),
    "square": lambda _, a: a * a,
    "cube": lambda _, a: a * a * a,
    "recip": lambda mp, a: _div(mp, mp.one, a),
    "sigmoid": _sigmoid,
    "logsigmoid": lambda mp, a: -_softplus(mp, -a),
    "softplus": _softplus,
    "softsign": lambda _, a: a / (1 + abs(a)),
    "erf": lambda mp, a: mp.erf(a) if abs(a) <= _FARTHEST else mp.sign(a),
    "erfc": _erfc,
    "expm1": _expm1,
    "asinh": lambda mp, a: mp.asinh(a),
    "relu": lambda mp, a: max(a, mp.zero),
    "elu": _elu,
    "selu": lambda mp, a: SELU_SCALE * (a if a > 0 else SELU_ALPHA * _expm1(mp, a)),
    "hardsigmoid": lambda mp, a: min(max(a / 6 + mp.mpf(0.5), mp.zero), mp.one),
    "sinc": lambda mp, a: mp.sin(a) / a if a else mp.one,
    "gauss": lambda mp, a: _exp(mp, -a * a),
    "i0e": lambda mp, a: _bessel(mp, 0, a),
    "i1e": lambda mp, a: _bessel(mp, 1, a),
    "swish": lambda mp, a: a * _sigmoid(mp, a),
    "gelu": _gelu,
    "mish": lambda mp, a: a * mp.tanh(_softplus(mp, a)) if a < _LARGEST_EXPONENT else a,
    "gate": lambda mp, a, b: _sigmoid(mp, a) * b,
    "gaussdiff": lambda mp, a, b: _exp(mp, -((a - b) ** 2)),
    "absdiff": lambda mp, a, b: _exp(mp, -abs(a - b)),
    "pow": _pow,
}
