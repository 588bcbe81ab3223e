"""Rules: the derivative of every primitive that is not arithmetic, written in primitives.

Each rule gets the algebra, the arguments and their derivatives by x. At kinks the derivative is
that of the left side.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from evosearch.genomes.primitives import PROTECTED, SELU_ALPHA, SELU_SCALE

if TYPE_CHECKING:
    from search_spaces.activations.algebra import Algebra

Args = Sequence[Any]
Rule = Callable[["Algebra", Args, Args], Any]


def _outer(rule: "Callable[[Algebra, Any], Any]") -> Rule:
    """Chain rule for a primitive of one argument."""
    return lambda al, args, inner: al.mul(rule(al, args[0]), inner[0])


def _one_minus(al: "Algebra", term: Any) -> Any:
    return al.sub(al.constant(1.0), term)


def _gaussian(al: "Algebra", a: Any, factor: float) -> Any:
    """Factor * exp(-a^2)."""
    return al.scale(factor, al.apply("gauss", a))


def _logistic(al: "Algebra", a: Any) -> Any:
    """Derivative of the sigmoid."""
    value = al.apply("sigmoid", a)
    return al.mul(value, _one_minus(al, value))


def _elu(al: "Algebra", a: Any, alpha: float) -> Any:
    step = al.apply("step", a)
    left = al.apply("exp", al.apply("min", a, al.constant(0.0)))
    return al.add(step, al.scale(alpha, al.mul(_one_minus(al, step), left)))


def _hardsigmoid(al: "Algebra", a: Any) -> Any:
    above = al.apply("step", al.add(a, al.constant(3.0)))
    below = al.apply("step", al.sub(al.constant(3.0), a))
    return al.scale(1 / 6, al.mul(above, below))


def _sinc(al: "Algebra", a: Any) -> Any:
    return al.div(al.sub(al.apply("cos", a), al.apply("sinc", a)), a)


def _swish(al: "Algebra", a: Any) -> Any:
    value = al.apply("sigmoid", a)
    return al.mul(value, al.add(al.constant(1.0), al.mul(a, _one_minus(al, value))))


def _gelu(al: "Algebra", a: Any) -> Any:
    scaled = al.scale(math.sqrt(0.5), a)
    below = al.scale(0.5, al.add(al.constant(1.0), al.apply("erf", scaled)))
    return al.add(below, al.mul(a, _gaussian(al, scaled, 1 / math.sqrt(2 * math.pi))))


def _mish(al: "Algebra", a: Any) -> Any:
    value = al.apply("tanh", al.apply("softplus", a))
    slope = al.mul(_one_minus(al, al.power(value, 2)), al.apply("sigmoid", a))
    return al.add(value, al.mul(a, slope))


def _i0e(al: "Algebra", a: Any) -> Any:
    return al.sub(al.apply("i1e", a), al.mul(al.apply("sign", a), al.apply("i0e", a)))


def _i1e(al: "Algebra", a: Any) -> Any:
    steeper = al.add(al.apply("sign", a), al.power(a, -1))
    return al.sub(al.apply("i0e", a), al.mul(steeper, al.apply("i1e", a)))


def _softsign(al: "Algebra", a: Any) -> Any:
    return al.power(al.add(al.constant(1.0), al.apply("abs", a)), -2)


def _beyond(al: "Algebra", a: Any) -> Any:
    """1 where a protected primitive does not protect."""
    return al.apply("step", al.sub(al.apply("abs", a), al.constant(PROTECTED)))


def _larger(al: "Algebra", args: Args, inner: Args) -> Any:
    step = al.apply("step", al.sub(args[0], args[1]))
    return al.add(al.mul(step, inner[0]), al.mul(_one_minus(al, step), inner[1]))


def _smaller(al: "Algebra", args: Args, inner: Args) -> Any:
    return _larger(al, args, inner[::-1])


def _pdiv(al: "Algebra", args: Args, inner: Args) -> Any:
    a, b = args
    slope = al.sub(al.mul(inner[0], b), al.mul(a, inner[1]))
    return al.mul(_beyond(al, b), al.div(slope, al.power(b, 2)))


def _gate(al: "Algebra", args: Args, inner: Args) -> Any:
    moved = al.mul(_logistic(al, args[0]), args[1], inner[0])
    return al.add(moved, al.mul(al.apply("sigmoid", args[0]), inner[1]))


def _gaussdiff(al: "Algebra", args: Args, inner: Args) -> Any:
    apart, faster = al.sub(*args), al.sub(*inner)
    return al.scale(-2.0, al.mul(apart, faster, al.apply("gaussdiff", *args)))


def _absdiff(al: "Algebra", args: Args, inner: Args) -> Any:
    sign, faster = al.apply("sign", al.sub(*args)), al.sub(*inner)
    return al.scale(-1.0, al.mul(sign, faster, al.apply("absdiff", *args)))


def _pow(al: "Algebra", args: Args, inner: Args) -> Any:
    a, b = args
    lower = al.apply("pow", a, al.sub(b, al.constant(1.0)))
    rising = al.mul(al.apply("log", a), al.apply("pow", a, b), inner[1])
    return al.add(al.mul(b, lower, inner[0]), rising if inner[1] else al.constant(0.0))


def _nothing(al: "Algebra", _args: Args, _inner: Args) -> Any:
    return al.constant(0.0)


RULES: dict[str, Rule] = {
    "step": _nothing,
    "sign": _nothing,
    "max": _larger,
    "min": _smaller,
    "abs": _outer(lambda al, a: al.apply("sign", a)),
    "sqrt": _outer(lambda al, a: al.scale(0.5, al.power(al.apply("sqrt", a), -1))),
    "exp": _outer(lambda al, a: al.apply("exp", a)),
    "log": _outer(lambda al, a: al.power(a, -1)),
    "sin": _outer(lambda al, a: al.apply("cos", a)),
    "cos": _outer(lambda al, a: al.scale(-1.0, al.apply("sin", a))),
    "tan": _outer(lambda al, a: al.add(al.constant(1.0), al.power(al.apply("tan", a), 2))),
    "tanh": _outer(lambda al, a: _one_minus(al, al.power(al.apply("tanh", a), 2))),
    "atan": _outer(lambda al, a: al.power(al.add(al.constant(1.0), al.power(a, 2)), -1)),
    "sinh": _outer(lambda al, a: al.apply("cosh", a)),
    "cosh": _outer(lambda al, a: al.apply("sinh", a)),
    "pdiv": _pdiv,
    "plog": _outer(lambda al, a: al.mul(_beyond(al, a), al.power(a, -1))),
    "psqrt": _outer(
        lambda al, a: al.scale(
            0.5, al.mul(al.apply("sign", a), al.power(al.apply("psqrt", a), -1))
        )
    ),
    "sigmoid": _outer(_logistic),
    "logsigmoid": _outer(lambda al, a: _one_minus(al, al.apply("sigmoid", a))),
    "softplus": _outer(lambda al, a: al.apply("sigmoid", a)),
    "softsign": _outer(_softsign),
    "erf": _outer(lambda al, a: _gaussian(al, a, 2 / math.sqrt(math.pi))),
    "erfc": _outer(lambda al, a: _gaussian(al, a, -2 / math.sqrt(math.pi))),
    "expm1": _outer(lambda al, a: al.apply("exp", a)),
    "asinh": _outer(
        lambda al, a: al.power(al.apply("sqrt", al.add(al.constant(1.0), al.power(a, 2))), -1)
    ),
    "relu": _outer(lambda al, a: al.apply("step", a)),
    "elu": _outer(lambda al, a: _elu(al, a, 1.0)),
    "selu": _outer(lambda al, a: al.scale(SELU_SCALE, _elu(al, a, SELU_ALPHA))),
    "hardsigmoid": _outer(_hardsigmoid),
    "sinc": _outer(_sinc),
    "gauss": _outer(lambda al, a: al.scale(-2.0, al.mul(a, al.apply("gauss", a)))),
    "i0e": _outer(_i0e),
    "i1e": _outer(_i1e),
    "swish": _outer(_swish),
    "gelu": _outer(_gelu),
    "mish": _outer(_mish),
    "gate": _gate,
    "gaussdiff": _gaussdiff,
    "absdiff": _absdiff,
    "pow": _pow,
}
