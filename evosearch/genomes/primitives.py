"""The operations that programs are made of.

A primitive's ``code`` is part of the stored byte form of genomes: never change or reuse one.

``pdiv``, ``plog`` and ``psqrt`` are protected: ``a / b``, but 1 where ``|b| <= 2**-10``;
``log(|a|)``, but 0 where ``|a| <= 2**-10``; ``sqrt(|a|)``. All others follow IEEE 754.

The engine's interpreter and fitting compute the primitives of `CORE`. The others are those of
activation functions, after Ramachandran, Zoph and Le 2017 (arXiv:1710.05941) and Bingham and
Miikkulainen (arXiv:2006.03179, arXiv:2301.05785); evaluators that know them compute them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evosearch.errors import ConfigError

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Primitive:
    """One operation.

    Attributes:
        name: As written in campaign files and program documents.
        code: The byte that stands for it in stored genomes.
        arity: Number of arguments, 1 to 3.
        commutative: Whether the first two arguments may be exchanged.
        text: Format of an expression with ``{0}``, ``{1}``, ``{2}`` for the arguments.
        compute: NumPy function of ``arity`` arrays.
    """

    name: str
    code: int
    arity: int
    commutative: bool
    text: str
    compute: Callable[..., Array]


PROTECTED = 2.0**-10  # arguments up to here are too close to zero for a protected primitive


def _fma(a: Array, b: Array, c: Array) -> Array:
    return a * b + c


def _protected_div(a: Array, b: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(b) <= PROTECTED, np.ones_like(b), a / b)


def _protected_log(a: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.where(np.abs(a) <= PROTECTED, np.zeros_like(a), np.log(np.abs(a)))


def _protected_sqrt(a: Array) -> Array:
    return np.asarray(np.sqrt(np.abs(a)))


_CORE = (
    Primitive("add", 1, 2, True, "({0} + {1})", np.add),
    Primitive("sub", 2, 2, False, "({0} - {1})", np.subtract),
    Primitive("mul", 3, 2, True, "({0} * {1})", np.multiply),
    Primitive("div", 4, 2, False, "({0} / {1})", np.divide),
    Primitive("max", 5, 2, True, "max({0}, {1})", np.maximum),
    Primitive("min", 6, 2, True, "min({0}, {1})", np.minimum),
    Primitive("fma", 7, 3, True, "fma({0}, {1}, {2})", _fma),
    Primitive("neg", 8, 1, False, "(-{0})", np.negative),
    Primitive("abs", 9, 1, False, "abs({0})", np.abs),
    Primitive("sqrt", 10, 1, False, "sqrt({0})", np.sqrt),
    Primitive("exp", 11, 1, False, "exp({0})", np.exp),
    Primitive("log", 12, 1, False, "log({0})", np.log),
    Primitive("sin", 13, 1, False, "sin({0})", np.sin),
    Primitive("cos", 14, 1, False, "cos({0})", np.cos),
    Primitive("tan", 15, 1, False, "tan({0})", np.tan),
    Primitive("tanh", 16, 1, False, "tanh({0})", np.tanh),
    Primitive("atan", 17, 1, False, "atan({0})", np.arctan),
    Primitive("sinh", 18, 1, False, "sinh({0})", np.sinh),
    Primitive("cosh", 19, 1, False, "cosh({0})", np.cosh),
    Primitive("pdiv", 20, 2, False, "pdiv({0}, {1})", _protected_div),
    Primitive("plog", 21, 1, False, "plog({0})", _protected_log),
    Primitive("psqrt", 22, 1, False, "psqrt({0})", _protected_sqrt),
)


def _special(name: str) -> Callable[[Array], Array]:
    """A function of scipy.special, which is loaded when it is first called."""

    def compute(a: Array) -> Array:
        from scipy import special

        return np.asarray(getattr(special, name)(a))

    return compute


_sigmoid = _special("expit")
_normal_cdf = _special("ndtr")


def _softplus(a: Array) -> Array:
    return np.asarray(np.logaddexp(a, np.zeros_like(a)))


def _elu(a: Array) -> Array:
    return np.where(a > 0, a, np.expm1(np.minimum(a, 0)))


# Klambauer et al. 2017 (arXiv:1706.02515), equations 2 and 14.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _selu(a: Array) -> Array:
    return np.asarray(SELU_SCALE * np.where(a > 0, a, SELU_ALPHA * np.expm1(np.minimum(a, 0))))


def _sinc(a: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(a == 0, np.ones_like(a), np.sin(a) / a)


def _gelu(a: Array) -> Array:
    return np.asarray(a * _normal_cdf(a))


def _mish(a: Array) -> Array:
    return a * np.tanh(_softplus(a))


_ACTIVATION = (
    Primitive("square", 23, 1, False, "square({0})", np.square),
    Primitive("cube", 24, 1, False, "cube({0})", lambda a: a * a * a),
    Primitive("recip", 25, 1, False, "recip({0})", np.reciprocal),
    Primitive("sigmoid", 26, 1, False, "sigmoid({0})", _sigmoid),
    Primitive("logsigmoid", 27, 1, False, "logsigmoid({0})", lambda a: -_softplus(-a)),
    Primitive("softplus", 28, 1, False, "softplus({0})", _softplus),
    Primitive("softsign", 29, 1, False, "softsign({0})", lambda a: a / (1 + np.abs(a))),
    Primitive("erf", 30, 1, False, "erf({0})", _special("erf")),
    Primitive("erfc", 31, 1, False, "erfc({0})", _special("erfc")),
    Primitive("expm1", 32, 1, False, "expm1({0})", np.expm1),
    Primitive("asinh", 33, 1, False, "asinh({0})", np.arcsinh),
    Primitive("relu", 34, 1, False, "relu({0})", lambda a: np.maximum(a, 0)),
    Primitive("elu", 35, 1, False, "elu({0})", _elu),
    Primitive("selu", 36, 1, False, "selu({0})", _selu),
    Primitive(
        "hardsigmoid", 37, 1, False, "hardsigmoid({0})", lambda a: np.clip(a / 6 + 0.5, 0, 1)
    ),
    Primitive("sinc", 38, 1, False, "sinc({0})", _sinc),  # sin(a) / a
    Primitive("gauss", 39, 1, False, "gauss({0})", lambda a: np.exp(-a * a)),
    Primitive("i0e", 40, 1, False, "i0e({0})", _special("i0e")),
    Primitive("i1e", 41, 1, False, "i1e({0})", _special("i1e")),
    Primitive("swish", 42, 1, False, "swish({0})", lambda a: a * _sigmoid(a)),
    Primitive("gelu", 43, 1, False, "gelu({0})", _gelu),
    Primitive("mish", 44, 1, False, "mish({0})", _mish),
    Primitive("gate", 45, 2, False, "gate({0}, {1})", lambda a, b: _sigmoid(a) * b),
    Primitive(
        "gaussdiff", 46, 2, True, "gaussdiff({0}, {1})", lambda a, b: np.exp(-((a - b) ** 2))
    ),
    Primitive("absdiff", 47, 2, True, "absdiff({0}, {1})", lambda a, b: np.exp(-np.abs(a - b))),
    Primitive("pow", 48, 2, False, "pow({0}, {1})", np.power),
)
_ALL = (*_CORE, *_ACTIVATION)

BY_NAME = {primitive.name: primitive for primitive in _ALL}
BY_CODE = {primitive.code: primitive for primitive in _ALL}

# Tables over codes for vectorised work; code 0 is "no instruction".
ARITY = np.zeros(256, dtype=np.int64)
COMMUTATIVE = np.zeros(256, dtype=bool)
KNOWN = np.zeros(256, dtype=bool)
for _primitive in _ALL:
    ARITY[_primitive.code] = _primitive.arity
    COMMUTATIVE[_primitive.code] = _primitive.commutative
    KNOWN[_primitive.code] = True


@dataclass(frozen=True)
class PrimitiveSet:
    """The primitives that a search may use, in order of their codes."""

    members: tuple[Primitive, ...]

    @classmethod
    def named(cls, names: Iterable[str]) -> "PrimitiveSet":
        """The set with these names; raises ConfigError for an unknown one."""
        names = list(names)
        unknown = [name for name in names if name not in BY_NAME]
        if unknown:
            raise ConfigError(
                f"unknown primitive {', '.join(map(repr, unknown))}: "
                f"expected names from {', '.join(BY_NAME)}"
            )
        chosen = {BY_NAME[name].code for name in names}
        return cls(tuple(p for p in _ALL if p.code in chosen))

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """Codes of the members, ascending."""
        return np.array([primitive.code for primitive in self.members], dtype=np.uint8)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the members, by ascending code."""
        return tuple(primitive.name for primitive in self.members)


ARITHMETIC = PrimitiveSet.named(["add", "sub", "mul", "div"])
CORE = PrimitiveSet(_CORE)  # what the interpreter, fitting and the space `expressions` know
ALL = PrimitiveSet(_ALL)
