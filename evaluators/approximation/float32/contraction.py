"""Contraction: a product with one use, in a sum or difference, becomes one fused multiply-add.

A compiler that may contract would do it anyway (XLA does), so that only a contracted program means
the same everywhere. It is one operation fewer, and the product is not rounded. ``c - a * b`` is
written ``fma(-a, b, c)``: hardware has this as one instruction, and the negation is exact.
"""

import numpy as np
from jaxtyping import Bool, Int64

from evosearch.genomes.canonical import canonical
from evosearch.genomes.primitives import ARITY, BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch

_ADD, _SUB, _MUL, _FMA, _NEG = (BY_NAME[name].code for name in ("add", "sub", "mul", "fma", "neg"))


def contract(programs: ProgramBatch) -> ProgramBatch:
    """Canonical programs with every ``a * b + c`` fused whose product has no other use."""
    spaced = _spaced(programs)
    single = _uses(spaced) == 1
    ops, args = spaced.ops, spaced.args
    for position in range(1, ops.shape[1], 2):
        for slot in (0, 1):
            rows = np.flatnonzero(_is_product(spaced, single, position, slot))
            if not len(rows):
                continue
            a, b = args[rows, args[rows, position, slot], :2].T
            c = args[rows, position, 1 - slot]
            swapped = (b <= FIRST_CONSTANT) & (a > FIRST_CONSTANT)
            a, b = np.where(swapped, b, a), np.where(swapped, a, b)
            difference = ops[rows, position] == _SUB
            negated = np.flatnonzero(difference)
            args[rows[negated], position - 1, 0] = (c if slot == 0 else a)[negated]
            place = np.int16(position - 1)
            a = np.where(difference & (slot == 1), place, a)
            c = np.where(difference & (slot == 0), place, c)
            ops[rows, position] = _FMA
            args[rows, position] = np.column_stack([a, b, c])
    return canonical(spaced)


def ambiguous(programs: ProgramBatch) -> Bool[np.ndarray, " programs"]:
    """Programs with a sum or difference that a compiler might still contract."""
    found, single = np.zeros(len(programs), bool), _uses(programs) == 1
    for position in range(programs.ops.shape[1]):
        for slot in (0, 1):
            found |= _is_product(programs, single, position, slot)
    return found


def _spaced(programs: ProgramBatch) -> ProgramBatch:
    """The same with a negation of the input, so far unused, before every instruction."""
    n, length = programs.ops.shape
    ops = np.zeros((n, 2 * length), np.uint8)
    args = np.zeros((n, 2 * length, 3), np.int16)
    live = np.arange(length) < programs.lengths[:, None]
    ops[:, ::2], ops[:, 1::2] = np.where(live, _NEG, 0), programs.ops
    args[:, ::2, 0] = np.where(live, FIRST_INPUT, 0)
    used = np.arange(3) < ARITY[programs.ops][:, :, None]
    args[:, 1::2] = np.where(used & (programs.args >= 0), 2 * programs.args + 1, programs.args)
    outputs = programs.outputs
    return ProgramBatch(
        ops,
        args,
        2 * programs.lengths,
        programs.constants,
        programs.n_constants,
        np.where(outputs >= 0, 2 * outputs + 1, outputs).astype(np.int16),
        programs.n_inputs,
    )


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
    counts = np.zeros((n, length), np.int64)
    arguments = np.where(used, programs.args, -1).reshape(n, 3 * length)
    for node in range(length):
        counts[:, node] = (arguments == node).sum(axis=1) + (programs.outputs == node)
    return counts
