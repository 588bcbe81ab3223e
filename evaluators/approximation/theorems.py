"""Theorem: a functional equation that a target satisfies, used to approximate it on less ground.

- f = g^2 for f(x) = c e^(k x): 1 operation
- cos x = 2 cos^2(x/2) - 1, and cosh: 2 operations
- sin x = 3 sin(x/3) - 4 sin^3(x/3), and sinh: 3 operations
- tanh x = 2 / (t + 1/t) with t = tanh(x/2) or its reciprocal, and tan: 3 operations, 2 for each
  further time; what approximates t may lack a constant factor and be upside down
- ln(1 + x) is odd in u = x / (x + 2): 2 operations
- f = sqrt(g), where f vanishes like a square root: 1 operation

The inner function may be scaled by any constant, because constants are free in what approximates
it: so one of the constants of each equation is 1. Whether an equation holds is found out at a few
points of the target.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mpmath import mp, mpf

from evaluators.approximation.scan import Real
from evaluators.approximation.targets import Target
from evosearch.errors import ConfigError

ROOT = "square root"
_DIGITS = 25  # to which an equation has to hold, at most
Function = Callable[[Real], Real]


class Level(NamedTuple):
    """One use of an equation: a f(x) = outer(b f(x / part)) with scales a before and b after."""

    outer: Function
    slope: Function  # of outer
    scale: Real  # b


@dataclass(frozen=True)
class Theorem:
    """An equation between f(x) and f(x / part).

    Attributes:
        name: What is done, for people.
        ops: Operations of one use.
        part: What the argument is divided by.
        equation: f(x) from f(x / part).
        level: One use, given the scale before.
        scaled: Whether it takes any multiple of f(x / part), and its reciprocal as well.
    """

    name: str
    ops: int
    part: int
    equation: Function
    level: Callable[[Real], Level]
    scaled: bool = False

    def holds(self, target: Target, points: Sequence[Real]) -> bool:
        """Whether the target satisfies it, as far as these points can tell."""
        try:
            return all(
                same(target.exact(x), self.equation(target.exact(x / self.part)), target.digits)
                for x in points
            )
        except (ConfigError, ZeroDivisionError):
            return False


def same(a: Real, b: Real, digits: int) -> bool:
    """Whether two values are equal, as exactly as a target of so many digits is known."""
    return bool(abs(a - b) <= abs(a) * mpf(10) ** (3 - min(digits, _DIGITS + 3)))


def _double_cosine(a: Real) -> Level:
    """With b^2 = 2 a: a cos x = (b cos(x/2))^2 - a."""
    return Level(lambda v: v * v - a, lambda v: 2 * v, mp.sqrt(2 * a))


def _triple_sine(sign: int) -> Callable[[Real], Level]:
    """With b^3 = 4 a: a sin x = s (3 a / b - s^2) with s = b sin(x/3); sinh with a plus."""

    def level(a: Real) -> Level:
        b = mp.cbrt(4 * a)
        return Level(
            lambda v: v * (3 * a / b - sign * v * v), lambda v: 3 * a / b - 3 * sign * v * v, b
        )

    return level


def _double_tangent(sign: int) -> Callable[[Real], Level]:
    """With t = tanh(x/2): a tanh x = 2 a / (t + 1/t); tan with a minus."""

    def level(a: Real) -> Level:
        return Level(
            lambda v: 2 * a * v / (1 + sign * v * v),
            lambda v: 2 * a * (1 - sign * v * v) / (1 + sign * v * v) ** 2,
            mpf(1),
        )

    return level


THEOREMS = (
    Theorem("halved argument", 2, 2, lambda c: 2 * c * c - 1, _double_cosine),
    Theorem("third of the argument", 3, 3, lambda s: 3 * s - 4 * s**3, _triple_sine(1)),
    Theorem("third of the argument", 3, 3, lambda s: 3 * s + 4 * s**3, _triple_sine(-1)),
    Theorem("halved argument", 3, 2, lambda t: 2 * t / (1 + t * t), _double_tangent(1), True),
    Theorem("halved argument", 3, 2, lambda t: 2 * t / (1 - t * t), _double_tangent(-1), True),
)


@dataclass(frozen=True)
class Composition:
    """What is done with an inner function to have the target.

    Attributes:
        name: For people; empty where nothing is done.
        ops: Operations.
        inner: The inner function, exactly.
        levels: From the target inwards.
        scaled: Whether any multiple of the inner function and of its reciprocal will do.
    """

    name: str
    ops: int
    inner: Target
    levels: tuple[Level, ...] = ()
    scaled: bool = False

    def outer(self, v: Real) -> Real:
        """The target's value where the inner function's is v."""
        for level in reversed(self.levels):
            v = level.outer(v)
        return v

    def slope(self, v: Real) -> Real:
        """Derivative of `outer`."""
        product = mpf(1)
        for level in reversed(self.levels):
            product *= level.slope(v)
            v = level.outer(v)
        return product


def squared(target: Target, times: int) -> Composition:
    """The 2^times-th root of a positive target, squared so often."""
    power = 2**times
    levels = (Level(lambda v: v * v, lambda v: 2 * v, mpf(1)),) * times
    root = Target(
        f"{target.name}^(1/{power})",
        target.formula,
        lambda x: mp.root(target.exact(x), power),
        target.digits,
    )
    return Composition("squarings", times, root, levels)


def composed(target: Target, theorem: Theorem, times: int) -> Composition:
    """A theorem used a number of times."""
    levels: list[Level] = []
    scale = mpf(1)
    for _ in range(times):
        levels.append(theorem.level(scale))
        scale = levels[-1].scale
    part = theorem.part**times
    inner = Target(
        f"{target.name}(x/{part})",
        target.formula,
        lambda x: scale * target.exact(x / part),
        target.digits,
    )
    ops = theorem.ops * times - theorem.scaled * (times - 1)  # 2 / v is 1 / v where v is scaled
    return Composition(theorem.name, ops, inner, tuple(levels), theorem.scaled)


def rooted(target: Target) -> Composition:
    """The square root of the target's square."""
    square = Target(
        f"{target.name}^2", target.formula, lambda x: target.exact(x) ** 2, target.digits
    )
    level = Level(mp.sqrt, lambda v: 1 / (2 * mp.sqrt(v)), mpf(1))
    return Composition(ROOT, 1, square, (level,))


def odd_in_quotient(target: Target, points: Sequence[Real]) -> bool:
    """Whether the target is odd in u = x / (x + 2), as ln(1 + x) is: f(-x / (1 + x)) = -f(x)."""
    try:
        pairs = [(target.exact(x), target.exact(-x / (1 + x))) for x in points if x > -1]
    except ConfigError:
        return False
    return bool(pairs) and all(same(a, -b, target.digits) for a, b in pairs)


def in_quotient(target: Target) -> Target:
    """The target as a function of u = x / (x + 2)."""
    return Target(
        f"{target.name}(2u/(1-u))",
        target.formula,
        lambda u: target.exact(2 * u / (1 - u)),
        target.digits,
    )
