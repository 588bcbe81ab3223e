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
from evosearch.genomes.primitives import PROTECTED

_LARGEST_EXPONENT = 20_000  # in bits


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
}
