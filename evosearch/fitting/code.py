"""Register code as the fitting kernels read it: one word per instruction, and the third source."""

import numpy as np
from jaxtyping import Int32

from evosearch.assembly import COPY, Assembly
from evosearch.fitting.forward import Layout
from evosearch.genomes.primitives import PrimitiveSet


def encode(
    code: Assembly, primitives: PrimitiveSet, layout: Layout
) -> tuple[Int32[np.ndarray, "batch length"], Int32[np.ndarray, "batch length"]]:
    """Words (op, two sources, target) and third sources, as rows of the register file."""
    number = np.zeros(256, np.int32)
    number[COPY] = 0
    for index, primitive in enumerate(primitives.members):
        number[primitive.code] = index + 1
    is_register = ~code.constant & (code.sources >= layout.inputs)
    rows = np.where(code.constant, code.sources + layout.inputs, code.sources)
    rows = np.where(is_register, code.sources + layout.constants, rows)
    target = code.targets + layout.first_register
    words = (number[code.ops] << 24) | (rows[:, :, 0] << 16) | (rows[:, :, 1] << 8) | target
    return words.astype(np.int32), rows[:, :, 2].astype(np.int32)
