"""The operations that programs are made of.

A primitive's ``code`` is part of the stored byte form of genomes: never change or reuse one.

``pdiv``, ``plog`` and ``psqrt`` are protected: ``a / b``, but 1 where ``|b| <= 2**-10``;
``log(|a|)``, but 0 where ``|a| <= 2**-10``; ``sqrt(|a|)``. All others follow IEEE 754.
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


_ALL = (
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
ALL = PrimitiveSet(_ALL)
