"""Power series with balls as coefficients: what every primitive makes of them.

A series ``c0 + c1 t + ... + O(t^n)`` about a point has the function's derivatives there (divided
by k!); about a ball its coefficients enclose those at every point of the ball. Where a function
is not smooth the series ends early: after ``c1`` at a kink (which then encloses the slopes of
both sides, a Clarke gradient), after ``c0`` at a jump.

Reference: Johansson, Arb: efficient arbitrary-precision midpoint-radius interval arithmetic, IEEE
Trans. Comput. 66 (2017).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import flint
from flint import arb, arb_series

from evosearch.genomes.primitives import PROTECTED


class UndefinedError(Exception):
    """No enclosure: there may be a pole, or no real value, somewhere in the ball."""


@contextmanager
def arithmetic(bits: int, terms: int) -> Iterator[None]:
    """Balls of this working precision, series of so many terms, until the end of the block."""
    known = flint.ctx.prec, flint.ctx.cap
    flint.ctx.prec, flint.ctx.cap = bits, terms
    try:
        yield
    finally:
        flint.ctx.prec, flint.ctx.cap = known


def constant(value: arb) -> arb_series:
    """The series of a number."""
    return arb_series([value])


def variable(at: arb) -> arb_series:
    """The series of x itself about a point or a ball."""
    return arb_series([at, 1])


def divide(a: arb_series, b: arb_series) -> arb_series:
    """Quotient; raises UndefinedError where the denominator may be zero."""
    if not b[0] != 0:  # true where that is certain
        raise UndefinedError("a denominator may be zero")
    return a / b


def sqrt(a: arb_series) -> arb_series:
    """Square root; at an exact zero its value alone is known."""
    if a[0].is_zero():
        return arb_series([0], 1)
    if not a[0] > 0:
        raise UndefinedError("the argument of a square root may be negative")
    return a.sqrt()


def log(a: arb_series) -> arb_series:
    """Natural logarithm."""
    if not a[0] > 0:
        raise UndefinedError("the argument of a logarithm may be zero or negative")
    return a.log()


def tan(a: arb_series) -> arb_series:
    """Tangent."""
    if a[0].cos().contains(0):
        raise UndefinedError("a tangent may have a pole")
    return a.tan()


def sinh(a: arb_series) -> arb_series:
    """Hyperbolic sine."""
    return (a.exp() - (-a).exp()) / 2


def cosh(a: arb_series) -> arb_series:
    """Hyperbolic cosine."""
    return (a.exp() + (-a).exp()) / 2


def tanh(a: arb_series) -> arb_series:
    """Hyperbolic tangent, from an exponential that cannot overflow."""
    if a[0].mid() > 0:
        return 1 - divide(arb_series([2]), (2 * a).exp() + 1)
    return divide(arb_series([2]), (-2 * a).exp() + 1) - 1


def absolute(a: arb_series) -> arb_series:
    """Absolute value."""
    if a[0] >= 0:
        return a
    if a[0] <= 0:
        return -a
    return arb_series([abs(a[0]), a[1].union(-a[1])], min(2, a.prec))


def maximum(a: arb_series, b: arb_series) -> arb_series:
    """The larger one."""
    if a[0] >= b[0]:
        return a
    if b[0] >= a[0]:
        return b
    return arb_series([a[0].max(b[0]), a[1].union(b[1])], min(2, a.prec, b.prec))


def minimum(a: arb_series, b: arb_series) -> arb_series:
    """The smaller one."""
    return -maximum(-a, -b)


def root_of_absolute(a: arb_series) -> arb_series:
    """``sqrt(abs(a))``; its value alone where ``a`` may be zero."""
    if a[0].contains(0):
        return arb_series([arb(0).union(a[0].abs_upper().sqrt())], 1)
    return sqrt(absolute(a))


def _protected(
    guard: arb_series, inside: arb_series, outside: Callable[[], arb_series]
) -> arb_series:
    """``inside`` where abs(guard) <= PROTECTED, else ``outside()``: both where either may be."""
    size = abs(guard[0])
    if size > PROTECTED:
        return outside()
    if size <= PROTECTED:
        return inside
    return arb_series([inside[0].union(outside()[0])], 1)


COMPUTE: Mapping[str, Callable[..., arb_series]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": divide,
    "max": maximum,
    "min": minimum,
    "fma": lambda a, b, c: a * b + c,
    "neg": lambda a: -a,
    "abs": absolute,
    "sqrt": sqrt,
    "exp": lambda a: a.exp(),
    "log": log,
    "sin": lambda a: a.sin(),
    "cos": lambda a: a.cos(),
    "tan": tan,
    "tanh": tanh,
    "atan": lambda a: a.atan(),
    "sinh": sinh,
    "cosh": cosh,
    "pdiv": lambda a, b: _protected(b, constant(arb(1)), lambda: divide(a, b)),
    "plog": lambda a: _protected(a, constant(arb(0)), lambda: log(absolute(a))),
    "psqrt": root_of_absolute,
}
