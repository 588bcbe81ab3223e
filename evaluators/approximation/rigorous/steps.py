"""Steps: one program as plain instructions, to be run on values of any kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from evosearch.genomes.primitives import ARITY, BY_CODE
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch

Value = TypeVar("Value")


@dataclass(frozen=True)
class Steps:
    """Instructions of a program of one input, arguments numbered as in `ProgramBatch`."""

    ops: tuple[str, ...]
    args: tuple[tuple[int, ...], ...]
    output: int

    @classmethod
    def of(cls, programs: ProgramBatch, row: int) -> "Steps":
        """The program at ``row``."""
        length = int(programs.lengths[row])
        codes = programs.ops[row, :length].tolist()
        args = programs.args[row, :length].tolist()
        return cls(
            tuple(BY_CODE[code].name for code in codes),
            tuple(tuple(arg[: ARITY[code]]) for code, arg in zip(codes, args, strict=True)),
            int(programs.outputs[row]),
        )

    def run(
        self,
        x: Value,
        constants: Sequence[Value],
        compute: Mapping[str, Callable[..., Value]],
    ) -> dict[int, Value]:
        """The value of every node, constant and input by its number."""
        nodes = {FIRST_INPUT: x} | {FIRST_CONSTANT - j: c for j, c in enumerate(constants)}
        for k, (op, args) in enumerate(zip(self.ops, self.args, strict=True)):
            nodes[k] = compute[op](*(nodes[a] for a in args))
        return nodes
