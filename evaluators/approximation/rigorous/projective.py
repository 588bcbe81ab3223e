"""Values as quotients that are not divided: programs pass poles that do not reach their output.

A continued fraction may divide by zero inside, 1/0 = inf, and then by that, 1/inf = 0, as in IEEE
arithmetic. A quotient (n, d) takes part in both without harm; what has no value (0/0, 0 inf,
inf - inf) becomes (0, 0), and stays so up to the output, whose denominator is then zero.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from flint import arb_series

from evaluators.approximation.rigorous import series


class Quotient(NamedTuple):
    """``above / below``; infinite where ``below`` is zero and ``above`` is not."""

    above: arb_series
    below: arb_series

    def value(self) -> arb_series:
        """The quotient as one series; raises UndefinedError where it may be infinite."""
        return series.divide(self.above, self.below)


def whole(a: arb_series) -> Quotient:
    """``a / 1``."""
    return Quotient(a, arb_series([1]))


def _add(a: Quotient, b: Quotient) -> Quotient:
    return Quotient(a.above * b.below + b.above * a.below, a.below * b.below)


def _negative(a: Quotient) -> Quotient:
    return Quotient(-a.above, a.below)


def _multiply(a: Quotient, b: Quotient) -> Quotient:
    return Quotient(a.above * b.above, a.below * b.below)


def _affine(function: Callable[..., arb_series]) -> Callable[..., Quotient]:
    """A primitive that takes finite arguments only."""
    return lambda *args: whole(function(*(argument.value() for argument in args)))


COMPUTE: Mapping[str, Callable[..., Quotient]] = {
    name: _affine(function) for name, function in series.COMPUTE.items()
} | {
    "add": _add,
    "sub": lambda a, b: _add(a, _negative(b)),
    "mul": _multiply,
    "div": lambda a, b: Quotient(a.above * b.below, a.below * b.above),
    "fma": lambda a, b, c: _add(_multiply(a, b), c),
    "neg": _negative,
}
