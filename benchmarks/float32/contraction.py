"""Contraction: which products and sums XLA's CPU compiler fuses, told by the bits of results.

A fused multiply-add rounds once, a product and a sum twice; on random numbers about half of the
results differ. What is found is one of ``fused``, ``kept`` (two roundings), or, for a sum of two
products, ``first fused`` or ``second fused``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import lax

from evaluators.approximation.float32.arithmetic import fma

Array = npt.NDArray[np.float32]
NUMBERS = 4096
LOOP = 3


@dataclass(frozen=True)
class Case:
    """One shape of code.

    Attributes:
        name: For people.
        code: A function of four arrays, in JAX; the first of its results counts.
        meanings: What it computes, by how it was compiled.
        jit: Whether it is compiled as one function.
    """

    name: str
    code: Callable[..., Any]
    meanings: Mapping[str, Callable[..., Array]]
    jit: bool = True


def cases() -> list[Case]:
    """All that is asked."""
    product = {"fused": lambda a, b, c, *_: fma(a, b, c), "kept": lambda a, b, c, *_: a * b + c}
    twice = {
        "fused": lambda a, b, c, *_: fma(a, b, c) * fma(a, b, -c),
        "kept": lambda a, b, c, *_: (a * b + c) * (a * b - c),
    }
    return [
        Case("a * b + c, not compiled", lambda a, b, c, *_: a * b + c, product, jit=False),
        Case("a * b + c", lambda a, b, c, *_: a * b + c, product),
        Case(
            "a = a * b + c, in a loop",
            lambda a, b, c, _: lax.fori_loop(0, LOOP, lambda _, a: a * b + c, a),
            {
                "fused": lambda a, b, c, *_: reduce(lambda a, _: fma(a, b, c), range(LOOP), a),
                "kept": lambda a, b, c, *_: reduce(lambda a, _: a * b + c, range(LOOP), a),
            },
        ),
        Case(
            "c = a * b + c, in a loop, whose product stays the same",
            lambda a, b, c, _: lax.fori_loop(0, LOOP, lambda _, c: a * b + c, c),
            {
                "fused": lambda a, b, c, *_: reduce(lambda c, _: fma(a, b, c), range(LOOP), c),
                "kept": lambda a, b, c, *_: reduce(lambda c, _: a * b + c, range(LOOP), c),
            },
        ),
        Case(
            "a * b - c",
            lambda a, b, c, *_: a * b - c,
            {"fused": lambda a, b, c, *_: fma(a, b, -c), "kept": lambda a, b, c, *_: a * b - c},
        ),
        Case(
            "c - a * b",
            lambda a, b, c, *_: c - a * b,
            {"fused": lambda a, b, c, *_: fma(-a, b, c), "kept": lambda a, b, c, *_: c - a * b},
        ),
        Case(
            "a * b + c * d",
            lambda a, b, c, d: a * b + c * d,
            {
                "first fused": lambda a, b, c, d: fma(a, b, c * d),
                "second fused": lambda a, b, c, d: fma(c, d, a * b),
                "kept": lambda a, b, c, d: a * b + c * d,
            },
        ),
        Case(
            "p = a * b; (p + c) * (p - c)",
            lambda a, b, c, *_: (lambda p: (p + c) * (p - c))(a * b),
            twice,
        ),
        Case(
            "p = a * b; p + c and p * d returned",
            lambda a, b, c, d: (lambda p: (p + c, p * d))(a * b),
            product,
        ),
    ]


def found(case: Case, wide: bool = False) -> str:
    """How a case is compiled here and now, or ``something else``."""
    rng = np.random.default_rng(0)
    numbers = [rng.normal(size=NUMBERS).astype(np.float32) for _ in range(4)]
    code = case.code
    if case.jit:
        options = {"xla_cpu_prefer_vector_width": "512"} if wide else None
        code = jax.jit(code).lower(*numbers).compile(compiler_options=options)
    values = np.asarray(jax.tree.leaves(code(*map(jnp.asarray, numbers)))[0])
    for name, meaning in case.meanings.items():
        if np.array_equal(values, meaning(*numbers)):
            return name
    return "something else"


def report(wide: bool = False) -> dict[str, str]:
    """What became of every case."""
    return {case.name: found(case, wide) for case in cases()}
