"""Code: programs as the fitting kernels read them."""

from typing import Any

import numpy as np

from evosearch.assembly import COPY, assemble
from evosearch.fitting.forward import Layout
from evosearch.genomes.primitives import PrimitiveSet
from evosearch.genomes.program import ProgramBatch

_REGISTERS, _LENGTH, _BATCH = 8, 16, 512  # kernels are compiled for multiples of these


def encode(
    programs: ProgramBatch, primitives: PrimitiveSet, points: int, lanes: int, constants: int
) -> tuple[Layout, tuple[np.ndarray, ...]]:
    """Layout of a kernel for canonical programs, and their code, padded to its sizes.

    The code has a row for each program, in the order of the fields of `forward.Program`.

    Args:
        programs: Canonical programs.
        primitives: What the kernel is compiled for.
        points: Points that derivatives are taken at.
        lanes: Sets of constants fitted side by side.
        constants: Constants that there is room for.
    """
    code = assemble(programs)
    registers = -(-code.registers // _REGISTERS) * _REGISTERS
    layout = Layout(programs.n_inputs, constants, registers, points, lanes)
    number = np.zeros(256, np.int32)
    number[COPY] = 0
    for index, primitive in enumerate(primitives.members):
        number[primitive.code] = index + 1
    is_register = ~code.constant & (code.sources >= layout.inputs)
    rows = np.where(code.constant, code.sources + layout.inputs, code.sources)
    rows = np.where(is_register, code.sources + layout.constants, rows)
    target = code.targets + layout.first_register
    words = (number[code.ops] << 24) | (rows[:, :, 0] << 16) | (rows[:, :, 1] << 8) | target
    used = np.where(code.constant, code.sources + 1, 0).max(axis=2)
    length = -(-words.shape[1] // _LENGTH) * _LENGTH
    batch = max(1, -(-len(programs) // _BATCH)) * _BATCH

    def padded(array: np.ndarray, *shape: int) -> Any:
        widths = [(0, w - h) for w, h in zip((batch, *shape), array.shape, strict=True)]
        return np.pad(array, widths).astype(np.int32)

    parts = (
        padded(words, length),
        padded(rows[:, :, 2], length),
        padded(np.maximum.accumulate(used, axis=1), length),
        padded(code.lengths),
        padded(programs.n_constants),
        padded(code.results + layout.first_register),
    )
    return layout, parts
