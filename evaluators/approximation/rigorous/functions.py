"""The built-in targets as power series with balls as coefficients."""

from collections.abc import Callable, Mapping

from flint import arb, arb_series

from evaluators.approximation.rigorous.series import UndefinedError, cosh, log, sinh, sqrt, tanh
from evaluators.approximation.rigorous.series import divide as over
from evaluators.approximation.rigorous.series import tan as tangent
from evaluators.approximation.targets import Target, named
from evosearch.errors import UsageError

Function = Callable[[arb_series], arb_series]


def _exp2(x: arb_series) -> arb_series:
    """2^x as 2^n exp((x - n) ln 2): exact at whole numbers."""
    n = x[0].mid().floor()
    return (arb(2) ** n) * ((x - n) * arb(2).log()).exp()


def _log1p(x: arb_series) -> arb_series:
    return log(1 + x)


def _softplus(x: arb_series) -> arb_series:
    """ln(1 + e^x), for large x as x + ln(1 + e^-x)."""
    if x[0].mid() > 0:
        return x + _log1p((-x).exp())
    return _log1p(x.exp())


def _arc_sine(x: arb_series) -> arb_series:
    """At the ends of its domain its value alone is known."""
    if abs(x[0]) == 1:
        return arb_series([x[0].asin()], 1)
    return x.asin()


def _cube_root(x: arb_series) -> arb_series:
    """Odd; around zero its value alone is known."""
    if x[0] > 0:
        return (x.log() / 3).exp()
    if x[0] < 0:
        return -((-x).log() / 3).exp()
    if x[0].is_zero():
        return arb_series([0], 1)
    top = x[0].abs_upper().root(3)
    return arb_series([top.union(-top)], 1)


def _gamma(x: arb_series) -> arb_series:
    if not x[0] > 0 and x[0].contains_integer():
        raise UndefinedError("the target may have a pole")
    return x.gamma()


def _bessel_half(x: arb_series) -> arb_series:
    """I_{1/2}(x) = sqrt(2 / (pi x)) sinh x (DLMF 10.39.1)."""
    if x[0].is_zero():
        return arb_series([0], 1)
    return sqrt(over(arb_series([2 / arb.pi()]), x)) * sinh(x)


_TABLE: Mapping[str, Function] = {
    "exp2": _exp2,
    "exp": lambda x: x.exp(),
    "expm1": lambda x: x.exp() - 1,
    "log2": lambda x: log(x) / arb(2).log(),
    "log": log,
    "log10": lambda x: log(x) / arb(10).log(),
    "log1p": _log1p,
    "log1p2": lambda x: _log1p(x) / arb(2).log(),
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "tan": tangent,
    "asin": _arc_sine,
    "atan": lambda x: x.atan(),
    "sinh": sinh,
    "cosh": cosh,
    "tanh": tanh,
    "sigmoid": lambda x: over(arb_series([1]), 1 + (-x).exp()),
    "softplus": _softplus,
    "sqrt": sqrt,
    "rsqrt": lambda x: over(arb_series([1]), sqrt(x)),
    "cbrt": _cube_root,
    "erf": lambda x: x.erf(),
    "erfc": lambda x: x.erfc(),
    "normal_cdf": lambda x: (-x / arb(2).sqrt()).erfc() / 2,
    "gaussian": lambda x: (-(x * x)).exp(),
    "gamma": _gamma,
    "rgamma1p": lambda x: (1 + x).rgamma(),
    "lambertw": lambda x: x.lambertw(),
    "airy": lambda x: x.airy_ai(),
    "airy7": lambda x: (-7 * x).airy_ai(),
    "besseli_half": _bessel_half,
}

NAMES = tuple(_TABLE)


def function_of(target: Target) -> Function:
    """The ball version of a built-in target.

    Raises:
        UsageError: The target is a user's own function or a table.
    """
    if target.name in _TABLE and target.formula == named(target.name).formula:
        return _TABLE[target.name]
    raise UsageError(
        f"target {target.name}: a proof needs a function whose values are known as intervals; "
        f"expected one of {', '.join(NAMES)}, received {target.formula}"
    )
