"""Known activation functions as programs: what a found function is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch

Instruction = tuple[str | int, ...]  # a primitive's name and its arguments, as programs have them
X, ALPHA, C0 = FIRST_INPUT, FIRST_INPUT - 1, FIRST_CONSTANT


@dataclass(frozen=True, eq=False)
class Known:
    """A known function.

    Attributes:
        name: Lower case, as metrics are named by it.
        label: As people write it.
        program: A batch of one; of one input, or with learnable parameters as further inputs.
        initial: Where the parameters start.
    """

    name: str
    label: str
    program: ProgramBatch
    initial: tuple[float, ...] = ()


def plain() -> list[Known]:
    """Functions without parameters, the bar first: nothing is called better that misses it."""
    names = {
        "swish": "Swish",
        "gelu": "GELU",
        "mish": "Mish",
        "elu": "ELU",
        "relu": "ReLU",
        "tanh": "tanh",
    }
    return [Known(name, label, program([(name, X)])) for name, label in names.items()]


def crrelu() -> Known:
    """CRReLU: max(x, 0) + alpha x exp(-x²/2), alpha learnable from 0.01 on.

    Y. Sun et al., "Entropy-based Activation Function Optimization" (arXiv 2405.12954). Alpha is
    the parameter itself, not 0.01 times one that starts at 1: the optimiser's steps are as large
    as its rate whatever the scale, so a hundredth of a parameter would move a hundred times
    slower.
    """
    instructions: list[Instruction] = [
        ("mul", X, C0),
        ("gauss", 0),
        ("mul", 1, X),
        ("mul", 2, ALPHA),
        ("relu", X),
        ("add", 4, 3),
    ]
    return Known("crrelu", "CRReLU", program(instructions, [np.sqrt(0.5)], inputs=2), (0.01,))


def functions(known: Sequence[Known]) -> ProgramBatch:
    """Functions of as many inputs each, as one batch."""
    first, *others = (each.program for each in known)
    return first.concatenate(others)


def program(
    instructions: Sequence[Instruction], constants: Sequence[float] = (), inputs: int = 1
) -> ProgramBatch:
    """A batch of one program, whose value is the last instruction."""
    args = np.zeros((1, len(instructions), 3), np.int16)
    for node, (_, *arguments) in enumerate(instructions):
        args[0, node, : len(arguments)] = arguments
    codes = [BY_NAME[str(name)].code for name, *_ in instructions]
    return ProgramBatch(
        ops=np.array([codes], np.uint8),
        args=args,
        lengths=np.array([len(instructions)], np.int32),
        constants=np.array([list(constants) or [0.0]], np.float64),
        n_constants=np.array([len(constants)], np.int32),
        outputs=np.array([len(instructions) - 1], np.int16),
        n_inputs=inputs,
    )
