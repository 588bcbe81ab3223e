"""Forms: the instructions that a kernel knows, one branch each.

An instruction leaves its value in the *accumulator*, where the next one finds it. A form says
where operands are: ``a`` the accumulator, ``r`` a row of the register file, ``c`` the
instruction's constant. Operands of an addition may be negated, so that ``sub`` needs no forms. A
fused form adds a second operation, whose operand ``t`` is the value of the first.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from evosearch.genomes.primitives import BY_NAME, Primitive, PrimitiveSet

MAX_PAIRS = 48  # fused forms of a kernel: more compile slowly and gain little
NOTHING, CONSTANT = "nothing", "constant"

_EXPENSIVE = {"exp", "log", "sin", "cos", "tan", "tanh", "atan", "sinh", "cosh", "plog"}
# How often operands lie so in the programs of a search, roughly: decides which pairs are fused.
_LIKELY = {"ar": 8, "rr": 6, "ra": 5, "a": 6, "r": 6, "rc": 3, "ac": 3, "cr": 1, "ca": 1}
_LIKELY |= {"tr": 8, "ta": 5, "rt": 5, "at": 4, "t": 6, "tc": 4, "ct": 1}


@dataclass(frozen=True)
class Form:
    """One or two operations of an instruction.

    Attributes:
        operation: Primitive name of the first one, NOTHING or CONSTANT.
        operands: Where its operands are: letters of ``arc``.
        second: Primitive name of the second operation; empty where there is none.
        others: Where its operands are: letters of ``tarc``, one of them ``t``.
    """

    operation: str
    operands: str
    second: str = ""
    others: str = ""


@dataclass(frozen=True)
class Forms:
    """The forms of a primitive set, and how to find them.

    Attributes:
        members: All forms; the number of a form is its place. The first one does nothing.
        operations: Names of the operations, singles before CONSTANT; an operation's number is its
            place.
    """

    members: tuple[Form, ...]
    operations: tuple[str, ...]

    def singles(self) -> npt.NDArray[np.int32]:
        """[operation, left, right] -> form, operand places being 0 none, 1 a, 2 r, 3 c."""
        table = np.zeros((len(self.operations), 4, 4), np.int32)
        for number, form in enumerate(self.members):
            if not form.second and form.operation in self.operations:
                places = [" arc".index(letter) for letter in form.operands.ljust(2)]
                table[self.operations.index(form.operation), *places] = number
        return table

    def pairs(self) -> npt.NDArray[np.int32]:
        """[form, second operation, left, right] -> fused form or 0; t counts as 1, a as 4."""
        table = np.zeros((len(self.members), len(self.operations), 5, 5), np.int32)
        singles = enumerate(form for form in self.members if not form.second)
        first = {(form.operation, form.operands): number for number, form in singles}
        for number, form in enumerate(self.members):
            if form.second:
                row = first[form.operation, form.operands]
                places = [" trca".index(letter) for letter in form.others.ljust(2)]
                table[row, self.operations.index(form.second), *places] = number
        return table


@lru_cache
def forms_of(primitives: PrimitiveSet) -> Forms:
    """Every single form of these primitives, and the likeliest pairs where they pay.

    Where a function takes much longer than to load its operand, nothing is gained by fusing.
    """
    names = {*primitives.names, "add"} - {"sub"}  # copies are additions of -0.0
    if "fma" in names:
        names = names - {"fma"} | {"mul"}
    chosen = [BY_NAME[name] for name in sorted(names)]
    singles = [Form(p.name, operands) for p in chosen for operands in _operands(p)]
    pairs = [pair for first in singles for p in chosen for pair in _pairs(first, p)]
    pairs.sort(key=_likelihood, reverse=True)
    pairs = [] if _EXPENSIVE & names else pairs[:MAX_PAIRS]
    members = (Form(NOTHING, ""), Form(CONSTANT, "c"), *singles, *pairs)
    return Forms(members, (*(p.name for p in chosen), CONSTANT))


def _operands(primitive: Primitive) -> list[str]:
    """Constants are on the right where the operation commutes."""
    if primitive.arity == 1:
        return ["a", "r"]
    if primitive.commutative:
        return ["ar", "rr", "ac", "rc"]
    return ["ar", "ra", "rr", "ac", "rc", "ca", "cr"]


def _pairs(first: Form, second: Primitive) -> list[Form]:
    if first.operation == second.name == "div":
        return []  # XLA would compute a / b / c as a / (b * c)
    free = "rc" if "a" in first.operands else "rca"  # the first one may need the accumulator
    if second.arity == 1:
        places = ["t"]
    elif second.commutative:
        places = [f"t{other}" for other in free]
    else:
        places = [f"t{other}" for other in free] + [f"{other}t" for other in free]
    return [Form(first.operation, first.operands, second.name, others) for others in places]


def _likelihood(pair: Form) -> int:
    both: int = 2 ** ((pair.operation == "add") + (pair.second == "add"))  # add serves sub, too
    return both * _LIKELY[pair.operands] * _LIKELY[pair.others]
