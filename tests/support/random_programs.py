"""Programs that no operator would make: not canonical, with dead code, repetitions and folds."""

import numpy as np

from evosearch.genomes.primitives import ARITY, COMMUTATIVE
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch


def random_programs(
    rng: np.random.Generator,
    n: int,
    max_length: int = 12,
    *,
    codes: tuple[int, ...] = tuple(range(1, 20)),
    n_inputs: int = 2,
    n_constants: int = 4,
) -> ProgramBatch:
    """Arguments uniform over inputs, constants and earlier nodes, preferring the last node."""
    lengths = rng.integers(0, max_length + 1, n)
    live = np.arange(max_length) < lengths[:, None]
    ops = np.where(live, rng.choice(np.array(codes, np.uint8), (n, max_length)), np.uint8(0))
    leaves = n_inputs + n_constants
    args = np.zeros((n, max_length, 3), np.int64)
    for node in range(max_length):
        source = rng.integers(0, leaves + node, (n, 3))
        args[:, node] = np.where(source < leaves, _leaf(source, n_inputs), source - leaves)
        if node:
            chained = rng.random(n) < 0.7
            slot = rng.integers(0, np.maximum(ARITY[ops[:, node]], 1))
            args[chained, node, slot[chained]] = node - 1
    args[np.arange(3) >= ARITY[ops][:, :, None]] = 0
    leaf = _leaf(rng.integers(0, leaves, n), n_inputs)
    outputs = np.where(lengths == 0, leaf, lengths - 1)
    constants = rng.normal(size=(n, n_constants)).round(1)  # rounded: some are equal, some zero
    counts = np.full(n, n_constants, np.int32)
    return ProgramBatch(
        ops,
        args.astype(np.int16),
        lengths.astype(np.int32),
        constants,
        counts,
        outputs.astype(np.int16),
        n_inputs,
    )


def _leaf(number: np.ndarray, n_inputs: int) -> np.ndarray:
    return np.where(number < n_inputs, FIRST_INPUT - number, FIRST_CONSTANT + n_inputs - number)


def relabelled(rng: np.random.Generator, batch: ProgramBatch) -> ProgramBatch:
    """The same graphs written in another way.

    Instructions and constants are in another order, commutative arguments exchanged, one
    instruction is written twice, and a dead one is added.
    """
    n, length = batch.ops.shape
    padded = batch.padded(length + 2, 1)
    ops, args = np.zeros_like(padded.ops), np.zeros_like(padded.args)
    lengths, outputs = padded.lengths.copy(), padded.outputs.copy()
    constants = np.zeros_like(batch.constants)
    for row in range(n):
        program = _Rewritten(rng, batch, row)
        ops[row, : len(program.ops)] = program.ops
        args[row, : len(program.ops)] = np.array(program.args).reshape(-1, 3)
        lengths[row], outputs[row] = len(program.ops), program.output
        constants[row, program.permutation] = batch.constants[row, : batch.n_constants[row]]
    return ProgramBatch(ops, args, lengths, constants, batch.n_constants, outputs, batch.n_inputs)


class _Rewritten:
    """One program, instruction by instruction in a random topological order."""

    def __init__(self, rng: np.random.Generator, batch: ProgramBatch, row: int) -> None:
        self.rng = rng
        self.permutation = rng.permutation(int(batch.n_constants[row]))
        self.ops: list[int] = []
        self.args: list[list[int]] = []
        self.copies: dict[int, list[int]] = {}
        waiting = list(range(int(batch.lengths[row])))
        while waiting:
            able = [
                node
                for node in waiting
                if all(a < 0 or a in self.copies for a in self._arguments(batch, row, node))
            ]
            node = self._pick(able)
            waiting.remove(node)
            self._write(batch, row, node)
        if self.copies:
            self._write(batch, row, self._pick(list(self.copies)))
        self._write_dead()
        self.output = self._place(int(batch.outputs[row]))

    def _pick(self, choices: list[int]) -> int:
        return choices[int(self.rng.random() * len(choices))]

    @staticmethod
    def _arguments(batch: ProgramBatch, row: int, node: int) -> list[int]:
        return [int(a) for a in batch.args[row, node, : ARITY[batch.ops[row, node]]]]

    def _place(self, argument: int) -> int:
        if argument >= 0:
            return self._pick(self.copies[argument])
        if argument > FIRST_CONSTANT:
            return argument
        return FIRST_CONSTANT - int(self.permutation[FIRST_CONSTANT - argument])

    def _write(self, batch: ProgramBatch, row: int, node: int) -> None:
        op = int(batch.ops[row, node])
        arguments = [self._place(a) for a in self._arguments(batch, row, node)]
        if COMMUTATIVE[op] and self.rng.random() < 0.5:
            arguments[:2] = arguments[1::-1]
        self.copies.setdefault(node, []).append(len(self.ops))
        self.ops.append(op)
        self.args.append(arguments + [0] * (3 - len(arguments)))

    def _write_dead(self) -> None:
        self.ops.append(3)
        self.args.append([FIRST_INPUT, max(len(self.ops) - 2, FIRST_INPUT), 0])
