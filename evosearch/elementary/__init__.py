"""Elementary functions of float32 and float64 arrays, two to thirty times as fast as XLA's.

XLA:CPU computes most of them by scalar calls. These are a dozen or two plain operations each,
which XLA fuses with their surroundings into one vectorised loop. Results are the same bits in
any array, at any place in it, under `jax.jit` and `jax.vmap` or not; a caller's product is never
fused into them. Other types, and derivatives, are JAX's.

Zeros keep their signs, infinities and NaN give what NumPy gives, and exp, sinh and cosh overflow
where they must. Numbers too small to be normal count as 0, in arguments and in results, as in
everything that XLA computes on a CPU. The errors in the docstrings are those that
`python -m benchmarks elementary` finds (docs/decisions/elementary.md).
"""

from evosearch.elementary.circular import atan, cos, sin, tan
from evosearch.elementary.exponential import cosh, exp, sinh, tanh
from evosearch.elementary.logarithm import log

__all__ = ["atan", "cos", "cosh", "exp", "log", "sin", "sinh", "tan", "tanh"]
