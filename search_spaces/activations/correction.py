"""Correction: f + eps * c, where c lowers the entropy of what f makes of normal numbers.

After "Entropy-based Activation Function Optimization" (arXiv:2405.12954): for an invertible f and
the density p of its argument, the steepest descent of the output's entropy is, to first order,
c(x) = p(x) (x + f''(x) / f'(x)), here with p(x) = exp(-x^2 / 2). ReLU gives CRReLU,
max(0, x) + eps * x * exp(-x^2 / 2), on the whole line.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from math import sqrt

import numpy as np

from evosearch.genomes.primitives import BY_CODE, BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch
from search_spaces.activations.algebra import INPUT, SUM, Algebra, Expression, Factors

_SMALLEST, _LARGEST = 0.01, 0.3  # of |eps|
_GRID = np.linspace(-8.0, 8.0, 513)
_FEWEST = 5  # operations of a correction: that of relu
_CACHED = 8192


class NotExpressibleError(Exception):
    """What has to be written has no primitive."""


def correct(
    rng: np.random.Generator, parents: ProgramBatch, max_operations: int, max_constants: int
) -> ProgramBatch:
    """Corrected functions, not canonical; unchanged where that cannot be done.

    That is where the derivatives need something that no primitive computes, where c has a pole or
    is not finite, and where the result would be too large. ``eps`` is log-uniform in 0.01 to 0.3,
    of either sign, times the first learnable parameter that is not in use, if there is one.
    """
    n = len(parents)
    sign = np.where(rng.random(n) < 0.5, -1.0, 1.0)
    eps = sign * np.exp(rng.uniform(np.log(_SMALLEST), np.log(_LARGEST), n))
    made = []
    for row, text in enumerate(parents.to_bytes()):
        child = corrected(text, max_operations, max_constants)
        if child is None:
            made.append(parents.take(np.array([row])))
        else:
            constants = child.constants.copy()
            constants[0, 0] = eps[row]
            made.append(child.with_constants(constants))
    return made[0].concatenate(made[1:]) if made else parents


@lru_cache(_CACHED)
def corrected(text: bytes, max_operations: int, max_constants: int) -> ProgramBatch | None:
    """One corrected function with eps as its first constant, from a byte form; or None."""
    parent = ProgramBatch.from_bytes([text])
    if parent.sizes()[0] + _FEWEST > max_operations:
        return None
    writer = _Writer(Algebra())
    try:
        result = writer.read(parent)
        c = correction(writer.algebra, result)
        if c is None or not _is_regular(writer.algebra, result, c, parent.n_inputs):
            return None
        return writer.write(parent, c, max_operations, max_constants)
    except (NotExpressibleError, ZeroDivisionError, OverflowError):
        return None


def correction(algebra: Algebra, f: Expression) -> Expression | None:
    """p(x) (x + f'' / f'), or None where f does not depend on x."""
    slope = algebra.derivative(f)
    if not slope:
        return None
    x = algebra.input(0)
    p = algebra.apply("gauss", algebra.scale(sqrt(0.5), x))
    return algebra.mul(p, algebra.add(x, algebra.logarithmic_derivative(slope)))


def _is_regular(algebra: Algebra, f: Expression, c: Expression, n_inputs: int) -> bool:
    """Whether c is finite wherever f is, and nothing that it divides by changes its sign."""
    inputs = np.ones((n_inputs, len(_GRID)))
    inputs[0] = _GRID
    finite = np.isfinite(algebra.evaluate(f, inputs))
    if not np.isfinite(algebra.evaluate(c, inputs)[finite]).all():
        return False
    for atom in algebra.denominators(c):
        divisor = algebra.evaluate((((((atom, 1),), 1.0)),), inputs)[finite]
        if not ((divisor > 0).all() or (divisor < 0).all()):
            return False
    return True


@dataclass
class _Writer:
    """Writes expressions as instructions behind those of a program.

    Attributes:
        algebra: Of the expressions.
        ops: Instructions: primitive and arguments.
        constants: Their constants; the first is eps.
        written: Arguments that name expressions.
    """

    algebra: Algebra
    ops: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    constants: list[float] = field(default_factory=lambda: [1.0])
    written: dict[Expression, int] = field(default_factory=dict)

    def read(self, program: ProgramBatch) -> Expression:
        """Take a program over; its value as an expression."""
        algebra, values = self.algebra, {}
        for i in range(program.n_inputs):
            values[FIRST_INPUT - i] = algebra.input(i)
            self.written[values[FIRST_INPUT - i]] = FIRST_INPUT - i
        own = program.constants[0, : program.n_constants[0]].tolist()
        for j, value in enumerate(own):
            values[FIRST_CONSTANT - j] = algebra.constant(value)
        for k in range(int(program.lengths[0])):
            primitive = BY_CODE[int(program.ops[0, k])]
            args = program.args[0, k, : primitive.arity].tolist()
            values[k] = algebra.apply(primitive.name, *(values[arg] for arg in args))
            moved = tuple(arg - (arg <= FIRST_CONSTANT) for arg in args)
            self.ops.append((primitive.name, moved))
            self.written.setdefault(values[k], k)
        self.constants += own
        return values[int(program.outputs[0])]

    def write(
        self, parent: ProgramBatch, c: Expression, max_operations: int, max_constants: int
    ) -> ProgramBatch | None:
        """The program plus eps * c, or None where that is too large."""
        used = set(parent.args[0].ravel().tolist()) | {int(parent.outputs[0])}
        free = [FIRST_INPUT - i for i in range(1, parent.n_inputs)]
        free = [argument for argument in free if argument not in used]
        scaled = self._op("mul", self._expression(c), FIRST_CONSTANT)
        if free:
            scaled = self._op("mul", scaled, free[0])
        output = int(parent.outputs[0])
        self._op("add", output - (output <= FIRST_CONSTANT), scaled)
        if len(self.ops) > max_operations or len(self.constants) > max_constants:
            return None
        return self._program(parent.n_inputs)

    def _program(self, n_inputs: int) -> ProgramBatch:
        length = len(self.ops)
        args = np.zeros((1, length, 3), np.int16)
        for place, (_, arguments) in enumerate(self.ops):
            args[0, place, : len(arguments)] = arguments
        return ProgramBatch(
            np.array([[BY_NAME[op].code for op, _ in self.ops]], np.uint8),
            args,
            np.array([length], np.int32),
            np.array([self.constants]),
            np.array([len(self.constants)], np.int32),
            np.array([length - 1], np.int16),
            n_inputs,
        )

    def _op(self, op: str, *args: int) -> int:
        self.ops.append((op, args))
        return len(self.ops) - 1

    def _constant(self, value: float) -> int:
        self.constants.append(value)
        return FIRST_CONSTANT + 1 - len(self.constants)

    def _expression(self, term: Expression) -> int:
        """The argument that names an expression, written if it is not there yet."""
        if term not in self.written:
            self.written[term] = self._sum(term)
        return self.written[term]

    def _sum(self, term: Expression) -> int:
        if not term:
            return self._constant(0.0)
        if len(term) == 1:
            return self._product(*term[0])
        first, *rest = sorted(term, key=lambda part: part[1] <= 0)
        total = self._product(*first)
        for factors, c in rest:
            if c < 0:
                total = self._op("sub", total, self._product(factors, -c))
            else:
                total = self._op("add", total, self._product(factors, c))
        return total

    def _product(self, factors: Factors, coefficient: float) -> int:
        above = [(atom, k) for atom, k in factors if k > 0]
        below = [(atom, -k) for atom, k in factors if k < 0]
        if not above:
            top = self._constant(coefficient)
        else:
            top = self._chain(above)
            if coefficient == -1.0:
                top = self._op("neg", top)
            elif coefficient != 1.0:
                top = self._op("mul", top, self._constant(coefficient))
        return self._op("div", top, self._chain(below)) if below else top

    def _chain(self, powers: list[tuple[int, int]]) -> int:
        """Product of positive powers, without a coefficient."""
        key: Expression = ((tuple(powers), 1.0),)
        if key in self.written:
            return self.written[key]
        total, *rest = [self._power(atom, k) for atom, k in powers]
        for argument in rest:
            total = self._op("mul", total, argument)
        self.written[key] = total
        return total

    def _power(self, atom: int, k: int) -> int:
        key: Expression = ((((atom, k),), 1.0),)
        if key not in self.written:
            self.written[key] = self._new_power(atom, k)
        return self.written[key]

    def _new_power(self, atom: int, k: int) -> int:
        if k in (2, 3):
            return self._op("square" if k == 2 else "cube", self._power(atom, 1))
        if k > 3:
            return self._op("mul", self._power(atom, k - 2), self._power(atom, 2))
        meant = self.algebra.atoms[atom]
        if meant.op == SUM:
            return self._expression(meant.args[0])
        if meant.op == INPUT or meant.op not in BY_NAME:
            raise NotExpressibleError(meant.op)
        return self._op(meant.op, *(self._expression(arg) for arg in meant.args))
