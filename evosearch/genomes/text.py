"""Programs as text for people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evosearch.genomes.primitives import BY_CODE
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch


def expressions(programs: ProgramBatch, inputs: Sequence[str] = ()) -> list[str]:
    """One line of infix text per program, constants to six digits.

    An instruction that is used more than once is written once, as ``t0 = ...; t1 = ...; ...``.

    Args:
        programs: What is written.
        inputs: Names of the inputs; ``x`` of a single one, ``x0``, ``x1``, ... of several, where
            none are given.
    """
    names = tuple(inputs) or input_names(programs.n_inputs)
    return [_Writer(programs, row, names).text() for row in range(len(programs))]


def input_names(n: int) -> tuple[str, ...]:
    """``x``, or ``x0``, ``x1``, ..."""
    return ("x",) if n == 1 else tuple(f"x{i}" for i in range(n))


@dataclass
class _Writer:
    programs: ProgramBatch
    row: int
    inputs: tuple[str, ...]

    def text(self) -> str:
        """Shared parts first, then the output."""
        programs, row = self.programs, self.row
        length = int(programs.lengths[row])
        uses = np.zeros(length, np.int64)
        parts: list[str] = []
        shared: list[str] = []
        for node in range(length):
            for argument in self._arguments(node):
                if argument >= 0:
                    uses[argument] += 1
        for node in range(length):
            text = self._instruction(node, parts)
            if uses[node] > 1:
                shared.append(f"t{len(shared)} = {text}")
                text = f"t{len(shared) - 1}"
            parts.append(text)
        output = self._argument(int(programs.outputs[row]), parts)
        return "; ".join([*shared, _bare(output)])

    def _arguments(self, node: int) -> list[int]:
        arity = BY_CODE[int(self.programs.ops[self.row, node])].arity
        arguments: list[int] = self.programs.args[self.row, node, :arity].tolist()
        return arguments

    def _instruction(self, node: int, parts: list[str]) -> str:
        primitive = BY_CODE[int(self.programs.ops[self.row, node])]
        texts = [self._argument(argument, parts) for argument in self._arguments(node)]
        if primitive.name == "add" and texts[1].startswith("-"):  # a negative constant
            return f"({texts[0]} - {texts[1][1:]})"
        return primitive.text.format(*texts)

    def _argument(self, argument: int, parts: list[str]) -> str:
        if argument >= 0:
            return parts[argument]
        if argument > FIRST_CONSTANT:
            return self.inputs[FIRST_INPUT - argument]
        return f"{self.programs.constants[self.row, FIRST_CONSTANT - argument]:.6g}"


def _bare(text: str) -> str:
    """Without the parentheses around the whole; every infix text has them."""
    return text[1:-1] if text.startswith("(") else text
