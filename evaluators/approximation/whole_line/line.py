"""Line: how a kernel on one interval becomes a function of every float32."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Float32

Array = npt.NDArray[Any]
Values = Float32[np.ndarray, " n"]


@dataclass(frozen=True)
class Line:
    """One function of every float32.

    Attributes:
        name: Of the function, and of the evaluator's target.
        formula: For people.
        interval: Where its kernel has to be good, for people.
        c: Body of a C function of ``float x``, with KERNEL for the kernel's name.
        jax: Body of a JAX function of a float32 array ``x``, likewise.
        model: What both have to compute, bit for bit: inputs and the kernel to values.
        reference: The function in float64; None for a kernel as it is, good on its interval alone.
        c_reference: Its name in the C library, or "".
        notes: What a reader of an export should know about results.
    """

    name: str
    formula: str
    interval: str
    c: str
    jax: str
    model: Callable[[Values, Callable[[Values], Values]], Values]
    reference: Callable[[Array], Array] | None
    c_reference: str
    notes: tuple[str, ...]

    @property
    def domain(self) -> str:
        """Where it can be used, for people."""
        return self.interval if self.reference is None else "every float32"


KERNEL = Line(
    "float32",
    "The kernel",
    "its interval",
    "    return KERNEL(x);\n",
    "    return KERNEL(x)\n",
    lambda x, kernel: kernel(x),
    None,
    "",
    ("good on the interval that it was made for, and nowhere else",),
)
