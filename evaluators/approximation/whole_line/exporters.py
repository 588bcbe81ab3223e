"""Exporters: what ``export --format`` knows kernels and whole-line functions by."""

from evaluators.approximation.whole_line.c import WholeLineC
from evaluators.approximation.whole_line.exp2 import EXP2
from evaluators.approximation.whole_line.jax import WholeLineJax
from evaluators.approximation.whole_line.line import KERNEL


def c_exp2() -> WholeLineC:
    """2^x in C."""
    return WholeLineC(EXP2)


def jax_exp2() -> WholeLineJax:
    """2^x in JAX."""
    return WholeLineJax(EXP2)


def c_float32() -> WholeLineC:
    """A kernel as it is in C, every operation rounded once."""
    return WholeLineC(KERNEL)


def jax_float32() -> WholeLineJax:
    """A kernel as it is in JAX, every operation rounded once."""
    return WholeLineJax(KERNEL)
