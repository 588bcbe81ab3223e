"""Exporters: what ``export --format`` knows whole-line functions by."""

from evaluators.approximation.whole_line.c import WholeLineC
from evaluators.approximation.whole_line.exp2 import EXP2
from evaluators.approximation.whole_line.jax import WholeLineJax


def c_exp2() -> WholeLineC:
    """2^x in C."""
    return WholeLineC(EXP2)


def jax_exp2() -> WholeLineJax:
    """2^x in JAX."""
    return WholeLineJax(EXP2)
