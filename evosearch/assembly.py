"""Programs as register code: which row every instruction reads and writes.

Shared by the interpreter and by fitting. Everything is vectorised over the batch; loops run over
instruction positions only.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int32, Int64, UInt8, UInt64

from evosearch.genomes.primitives import ARITY, COMMUTATIVE
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch

COPY = 0  # op of the one instruction of a program that only returns an input or a constant
MAX_REGISTERS = 64


@dataclass(frozen=True)
class Assembly:
    """Register code of a batch. Every program has at least one instruction.

    Attributes:
        ops: Primitive codes, or COPY.
        sources: Per operand: constant index where ``constant``, else input or V + register.
        constant: Which operands are constants; never all operands of an operation, COPY excepted.
        targets: Register written by each instruction (without the offset V).
        lengths: Instructions of each program.
        results: Register that holds each program's value at the end.
        registers: Registers needed by the neediest program.
    """

    ops: UInt8[np.ndarray, "batch length"]
    sources: Int32[np.ndarray, "batch length 3"]
    constant: Bool[np.ndarray, "batch length 3"]
    targets: Int32[np.ndarray, "batch length"]
    lengths: Int32[np.ndarray, " batch"]
    results: Int32[np.ndarray, " batch"]
    registers: int


def assemble(programs: ProgramBatch) -> Assembly:
    """Register code with constants on the right of commutative operations.

    Raises:
        ValueError: If a program needs more than 64 registers at once, or has an operation of
            constants alone (canonical programs have none).
    """
    if has_constant_operations(programs):
        raise ValueError("expected programs without operations of constants alone: canonical()")
    n, length = programs.ops.shape
    ops, args, lengths = _with_copies(programs)
    used = np.arange(3) < np.maximum(ARITY[ops], 1)[:, :, None]
    swap = COMMUTATIVE[ops] & (args[:, :, 0] <= FIRST_CONSTANT) & (args[:, :, 1] > FIRST_CONSTANT)
    args[:, :, :2] = np.where(swap[:, :, None], args[:, :, 1::-1], args[:, :, :2])
    constant = (args <= FIRST_CONSTANT) & used
    outputs = np.where(programs.lengths > 0, programs.outputs, 0).astype(np.int64)
    last = _last_uses(args, used, lengths, outputs)
    targets = _allocate(args, used, lengths, last)
    rows = np.arange(n)
    node = np.clip(args, 0, length - 1)
    from_register = programs.n_inputs + targets[rows[:, None, None], node]
    from_input = FIRST_INPUT - args
    sources = np.where(args >= 0, from_register, from_input)
    sources = np.where(constant, FIRST_CONSTANT - args, np.where(used, sources, 0))
    return Assembly(
        ops,
        sources.astype(np.int32),
        constant,
        targets.astype(np.int32),
        lengths.astype(np.int32),
        targets[rows, outputs].astype(np.int32),
        int(targets.max(initial=0)) + 1,
    )


def has_constant_operations(programs: ProgramBatch) -> bool:
    """Whether some operation of some program has constant arguments only."""
    first = (programs.args[:, :, 0] <= FIRST_CONSTANT) & (programs.ops > 0)
    arity = ARITY[programs.ops[first]]
    second, third = (programs.args[first][:, k] <= FIRST_CONSTANT for k in (1, 2))
    return bool(((second | (arity < 2)) & (third | (arity < 3))).any())


def _with_copies(
    programs: ProgramBatch,
) -> tuple[UInt8[np.ndarray, "n l"], Int64[np.ndarray, "n l 3"], Int64[np.ndarray, " n"]]:
    args = programs.args.astype(np.int64)
    empty = programs.lengths == 0
    args[empty, 0, 0] = programs.outputs[empty]
    return programs.ops.copy(), args, np.maximum(programs.lengths, 1).astype(np.int64)


def _last_uses(
    args: Int64[np.ndarray, "n l 3"],
    used: Bool[np.ndarray, "n l 3"],
    lengths: Int64[np.ndarray, " n"],
    outputs: Int64[np.ndarray, " n"],
) -> Int64[np.ndarray, "n l"]:
    """Position of the last instruction that reads each node; the end for the output."""
    n, length = args.shape[:2]
    rows = np.arange(n)
    last = np.full((n, length + 1), -1, np.int64)  # the extra column takes what is no node
    for position in range(length):
        active = (position < lengths)[:, None] & used[:, position] & (args[:, position] >= 0)
        node = np.where(active, args[:, position], length)
        for slot in range(3):
            last[rows, node[:, slot]] = position
    last[rows, outputs] = length
    return last[:, :length]


def _allocate(
    args: Int64[np.ndarray, "n l 3"],
    used: Bool[np.ndarray, "n l 3"],
    lengths: Int64[np.ndarray, " n"],
    last: Int64[np.ndarray, "n l"],
) -> Int64[np.ndarray, "n l"]:
    """Linear scan: operands that die here are freed, then the lowest free register is taken."""
    n, length = args.shape[:2]
    rows = np.arange(n)
    targets = np.zeros((n, length), np.int64)
    free: UInt64[np.ndarray, " n"] = np.full(n, 2**64 - 1, np.uint64)
    for position in range(length):
        active = position < lengths
        for slot in range(3):
            node = args[:, position, slot]
            dies = active & used[:, position, slot] & (node >= 0)
            dies &= last[rows, np.maximum(node, 0)] == position
            bit = np.uint64(1) << targets[rows, np.maximum(node, 0)].astype(np.uint64)
            free = np.where(dies, free | bit, free)
        lowest = free & (~free + np.uint64(1))
        if not (free[active] != 0).all():
            raise ValueError(f"a program needs more than {MAX_REGISTERS} registers at once")
        register = np.log2(np.maximum(lowest, 1).astype(np.float64)).astype(np.int64)
        targets[:, position] = np.where(active, register, 0)
        free = np.where(active, free & ~lowest, free)
    return targets
