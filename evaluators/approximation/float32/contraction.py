"""Contraction: a product with one use, in a sum, becomes one fused multiply-add.

A compiler that may contract would do it anyway (XLA does), so that only a contracted program means
the same everywhere. It is one operation fewer, and the product is not rounded.
"""

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool, Int64

from evosearch.genomes.canonical import canonical
from evosearch.genomes.primitives import ARITY, BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, ProgramBatch

_ADD, _SUB, _MUL, _FMA = (BY_NAME[name].code for name in ("add", "sub", "mul", "fma"))


def contract(programs: ProgramBatch) -> ProgramBatch:
    """Canonical programs with every ``a * b + c`` fused whose product has no other use.

    ``c - a * b`` is fused where a or b is a constant, which is negated. Other differences have no
    fused form without a negation, see `ambiguous`.
    """
    ops, args = programs.ops.copy(), programs.args.copy()
    constants = programs.constants.copy()
    single = _uses(programs) == 1
    for position in range(ops.shape[1]):
        for slot in (0, 1):
            rows = np.flatnonzero(_is_product(programs, single, position, slot))
            factors = programs.args[rows, programs.args[rows, position, slot], :2]
            fused = ops[rows, position] == _ADD
            negated = factors <= FIRST_CONSTANT
            if slot == 1:
                subtracted = (ops[rows, position] == _SUB) & negated.any(axis=1)
                which = np.argmax(negated, axis=1)
                turned = np.flatnonzero(subtracted)
                place = FIRST_CONSTANT - factors[turned, which[turned]]
                constants[rows[turned], place] *= -1
                fused |= subtracted
            rows, factors = rows[fused], factors[fused]
            third = programs.args[rows, position, 1 - slot]
            ops[rows, position] = _FMA
            args[rows, position] = np.column_stack([factors, third])
    return canonical(
        ProgramBatch(
            ops,
            args,
            programs.lengths,
            constants,
            programs.n_constants,
            programs.outputs,
            programs.n_inputs,
        )
    )


def ambiguous(programs: ProgramBatch) -> Bool[np.ndarray, " programs"]:
    """Programs with a sum or difference that a compiler might still contract."""
    found, single = np.zeros(len(programs), bool), _uses(programs) == 1
    for position in range(programs.ops.shape[1]):
        for slot in (0, 1):
            found |= _is_product(programs, single, position, slot)
    return found


def _is_product(
    programs: ProgramBatch, single: Bool[np.ndarray, "programs length"], position: int, slot: int
) -> Bool[np.ndarray, " programs"]:
    """Where an argument of the sum or difference at a position is a product used only there."""
    rows = np.arange(len(programs))
    argument = programs.args[:, position, slot].astype(np.int64)
    node = np.maximum(argument, 0)
    product = (argument >= 0) & (programs.ops[rows, node] == _MUL)
    sums = np.isin(programs.ops[:, position], (_ADD, _SUB))
    return np.asarray(sums & product & single[rows, node])


def _uses(programs: ProgramBatch) -> Int64[np.ndarray, "programs length"]:
    """How often each instruction's result is used, by others or as the output."""
    n, length = programs.ops.shape
    used = np.arange(3) < ARITY[programs.ops][:, :, None]
    counts: npt.NDArray[np.int64] = np.zeros((n, length), np.int64)
    arguments = np.where(used, programs.args, -1).reshape(n, 3 * length)
    for node in range(length):
        counts[:, node] = (arguments == node).sum(axis=1) + (programs.outputs == node)
    return counts
