"""Forms: the operators that activation functions are made of, as the instructions they take.

Most are one primitive. The others are written with the argument(s) ``a`` and ``b``, numbers, the
results of earlier instructions (0, 1) and ``beta``, a learnable parameter or a constant.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt8

from evosearch.genomes.primitives import ALL, BY_NAME

A, B, BETA, ZERO, ONE = -1, -2, -3, -4, -5  # what an argument can be besides an instruction
LONGEST = 3  # instructions of a form
Symbols = tuple[int, ...]


@dataclass(frozen=True)
class Form:
    """One operator.

    Attributes:
        arity: 1 or 2.
        nodes: Primitives and what they take, in order.
        result: An instruction's place, or a symbol for a form without instructions.
    """

    arity: int
    nodes: tuple[tuple[str, Symbols], ...]
    result: int

    @property
    def symbols(self) -> set[int]:
        """What occurs in it."""
        return {self.result, *(symbol for _, args in self.nodes for symbol in args)}


FORMS: dict[str, Form] = {
    "identity": Form(1, (), A),
    "zero": Form(1, (), ZERO),
    "one": Form(1, (), ONE),
    "beta": Form(1, (), BETA),
    "scale": Form(1, (("mul", (BETA, A)),), 0),
    "shift": Form(1, (("add", (A, BETA)),), 0),
    "negpart": Form(1, (("min", (A, ZERO)),), 0),
    # beta a + (1 - beta) b
    "mix": Form(2, (("sub", (A, B)), ("mul", (BETA, 0)), ("add", (1, B))), 2),
} | {
    primitive.name: Form(primitive.arity, ((primitive.name, (A, B)[: primitive.arity]),), 0)
    for primitive in ALL.members
    if primitive.arity <= 2
}

# The lists of Bingham and Miikkulainen (PANGAEA, arXiv:2006.03179; as published with
# arXiv:2301.05785): 27 unary, 7 binary.
PANGAEA = (
    *("zero", "one", "identity", "neg", "abs", "recip", "square", "exp", "erf", "erfc", "sinh"),
    *("cosh", "tanh", "expm1", "sigmoid", "logsigmoid", "asinh", "atan", "i0e", "i1e", "relu"),
    *("elu", "selu", "swish", "softplus", "softsign", "hardsigmoid"),
    *("add", "sub", "mul", "div", "pow", "max", "min"),
)
# Ramachandran, Zoph and Le 2017 (arXiv:1710.05941); with protected primitives for sqrt(x),
# log(|x| + e) and a / (b + e), and both distances without a beta of their own.
RAMACHANDRAN = (
    *("identity", "neg", "abs", "square", "cube", "psqrt", "scale", "shift", "plog", "exp", "sin"),
    *("cos", "sinh", "cosh", "tanh", "asinh", "atan", "sinc", "relu", "negpart", "sigmoid"),
    *("softplus", "gauss", "erf", "beta"),
    *("add", "mul", "sub", "pdiv", "max", "min", "gate", "gaussdiff", "absdiff", "mix"),
)
# gate(x, x) is swish in one operator; pow is NaN on half of the line; the others duplicate.
_LEFT_OUT = {"gate", "pow", "pdiv", "erfc", "psqrt", "beta"}
UNION = tuple(name for name in dict.fromkeys(PANGAEA + RAMACHANDRAN) if name not in _LEFT_OUT)
PRESETS = {"union": UNION, "pangaea": PANGAEA, "ramachandran": RAMACHANDRAN}


@dataclass(frozen=True)
class FormTable:
    """Forms as arrays, for work on whole batches; index -1 of a form is ``identity``.

    Attributes:
        counts: Instructions of each form.
        ops: Their primitives' codes.
        args: Their arguments: places of instructions, or symbols.
        results: As `Form.result`.
        arities: 1 or 2.
    """

    counts: Int64[np.ndarray, " forms"]
    ops: UInt8[np.ndarray, "forms nodes"]
    args: Int64[np.ndarray, "forms nodes 2"]
    results: Int64[np.ndarray, " forms"]
    arities: Int64[np.ndarray, " forms"]

    @classmethod
    def of(cls, names: Sequence[str]) -> "FormTable":
        """The forms of these names, in their order."""
        forms = [FORMS[name] for name in (*names, "identity")]
        ops = np.zeros((len(forms), LONGEST), np.uint8)
        args = np.zeros((len(forms), LONGEST, 2), np.int64)
        for row, form in enumerate(forms):
            for place, (name, symbols) in enumerate(form.nodes):
                ops[row, place] = BY_NAME[name].code
                args[row, place, : len(symbols)] = symbols
        return cls(
            np.array([len(form.nodes) for form in forms]),
            ops,
            args,
            np.array([form.result for form in forms]),
            np.array([form.arity for form in forms]),
        )

    def of_arity(self, arity: int) -> Int64[np.ndarray, " some"]:
        """Indices of the forms of an arity."""
        return np.flatnonzero(self.arities[:-1] == arity)

    def codes(self, arity: int) -> UInt8[np.ndarray, " some"]:
        """Primitives of an arity that are a form by themselves or part of one."""
        ops = self.ops[self.ops > 0]
        return np.unique(ops[[_ARITIES[op] == arity for op in ops.tolist()]])


_ARITIES = {primitive.code: primitive.arity for primitive in ALL.members}
