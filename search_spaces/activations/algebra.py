"""Algebra: expressions as sums of products of powers, for derivatives in few operations.

An expression is a sum of products. A product is a coefficient and powers of *atoms*: inputs,
primitives of expressions, and sums, which are multiplied without being expanded. So common factors
cancel, as 1 - tanh(x)^2 does in the second derivative of tanh over the first. ``step`` and
``sign`` are atoms that no primitive computes: 1 or 0, and 1 or -1, of a positive or another
argument.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from evosearch.genomes.primitives import BY_NAME
from search_spaces.activations.rules import RULES

Factors = tuple[tuple[int, int], ...]  # (atom, power), by atoms
Expression = tuple[tuple[Factors, float], ...]  # (product, coefficient), by products
ZERO: Expression = ()
ONE: Expression = (((), 1.0),)
SUM, INPUT = "sum", "input"
MOST_ATOMS = 400


@dataclass(frozen=True)
class Atom:
    """An input (number), a sum (its expression), or a primitive, step or sign of expressions."""

    op: str
    args: tuple[Expression, ...] = ()
    number: int = 0


@dataclass
class Algebra:
    """The atoms of some expressions, each once.

    Attributes:
        atoms: By number.
        numbers: Of the atoms.
        derivatives: By x, of atoms whose derivative has been asked for.
    """

    atoms: list[Atom] = field(default_factory=list)
    numbers: dict[Atom, int] = field(default_factory=dict)
    derivatives: dict[int, Expression] = field(default_factory=dict)

    def atom(self, op: str, args: tuple[Expression, ...] = (), number: int = 0) -> Expression:
        """An atom as an expression; raises OverflowError where there are too many."""
        atom = Atom(op, args, number)
        if atom not in self.numbers:
            if len(self.atoms) == MOST_ATOMS or any(len(arg) > MOST_ATOMS for arg in args):
                raise OverflowError(f"more than {MOST_ATOMS} atoms, or terms of a sum")
            self.numbers[atom] = len(self.atoms)
            self.atoms.append(atom)
        return ((((self.numbers[atom], 1),), 1.0),)

    def input(self, number: int) -> Expression:
        """Input of this number; x is 0."""
        return self.atom(INPUT, number=number)

    def constant(self, value: float) -> Expression:
        """A number."""
        return (((), value),) if value else ZERO

    def add(self, *terms: Expression) -> Expression:
        """A sum, equal products put together."""
        found: dict[Factors, float] = {}
        for term in terms:
            for factors, coefficient in self._unfolded(term):
                found[factors] = found.get(factors, 0.0) + coefficient
        return tuple(sorted((f, c) for f, c in found.items() if c != 0.0))

    def scale(self, value: float, term: Expression) -> Expression:
        """A multiple."""
        return self.add(tuple((factors, value * c) for factors, c in term)) if value else ZERO

    def sub(self, left: Expression, right: Expression) -> Expression:
        """A difference."""
        return self.add(left, self.scale(-1.0, right))

    def mul(self, *terms: Expression) -> Expression:
        """A product; sums in it stay sums."""
        powers: dict[int, int] = {}
        coefficient = 1.0
        for term in terms:
            if not term:
                return ZERO
            factors, c = self._factored(term)
            coefficient *= c
            for atom, power in factors:
                powers[atom] = powers.get(atom, 0) + power
        roots = [a for a, k in powers.items() if abs(k) > 1 and self.atoms[a].op == "sqrt"]
        if roots:  # sqrt(u)^2 is u
            half = int(powers[roots[0]] / 2)
            powers[roots[0]] -= 2 * half
            inner = self.power(self.atoms[roots[0]].args[0], half)
            left = ((tuple((a, k) for a, k in powers.items() if k), coefficient),)
            return self.mul(left, inner)
        product = tuple(sorted((atom, power) for atom, power in powers.items() if power))
        return self.add(((product, coefficient),))

    def power(self, base: Expression, exponent: int) -> Expression:
        """An integer power, negative ones too.

        Raises:
            ZeroDivisionError: It is a negative power of zero.
        """
        if not base:
            if exponent <= 0:
                raise ZeroDivisionError("a power of zero")
            return ZERO
        factors, c = self._factored(base)
        return self.mul(((tuple((atom, exponent * k) for atom, k in factors), c**exponent),))

    def div(self, left: Expression, right: Expression) -> Expression:
        """A quotient, common factors cancelled."""
        return self.mul(left, self.power(right, -1))

    def apply(self, op: str, *args: Expression) -> Expression:
        """A primitive of expressions, arithmetic carried out."""
        if op in _ARITHMETIC:
            found: Expression = _ARITHMETIC[op](self, *args)
            return found
        return self.atom(op, args)

    def derivative(self, term: Expression) -> Expression:
        """By x."""
        parts = []
        for factors, c in term:
            for place, (atom, power) in enumerate(factors):
                rest = (*factors[:place], *factors[place + 1 :])
                if power != 1:
                    rest = tuple(sorted((*rest, (atom, power - 1))))
                parts.append(self.mul(((rest, c * power),), self._of_atom(atom)))
        return self.add(*parts)

    def logarithmic_derivative(self, term: Expression) -> Expression:
        """Derivative of ln|term| by x, factor by factor, so that factors cancel."""
        factors, _ = self._factored(term)
        return self.add(
            *(
                self.mul(self._of_atom(atom), (((((atom, -1),), float(power))),))
                for atom, power in factors
            )
        )

    def evaluate(
        self, term: Expression, inputs: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Values at points, shape [inputs, points] to [points]; IEEE where something is wrong."""
        known: dict[int, npt.NDArray[np.float64]] = {}

        def of_atom(number: int) -> npt.NDArray[np.float64]:
            if number not in known:
                atom = self.atoms[number]
                args = [of_expression(arg) for arg in atom.args]
                known[number] = inputs[atom.number] if atom.op == INPUT else _value(atom.op, args)
            return known[number]

        def of_expression(expression: Expression) -> npt.NDArray[np.float64]:
            total = np.zeros(inputs.shape[1])
            for factors, c in expression:
                product = np.full(inputs.shape[1], c)
                for atom, power in factors:
                    product = product * of_atom(atom) ** float(power)
                total = total + product
            return total

        with np.errstate(all="ignore"):
            return of_expression(term)

    def denominators(self, term: Expression) -> set[int]:
        """Atoms that something in it is divided by."""
        found: set[int] = set()
        seen: set[int] = set()

        def visit(expression: Expression) -> None:
            for factors, _ in expression:
                for atom, power in factors:
                    if power < 0:
                        found.add(atom)
                    if atom not in seen:
                        seen.add(atom)
                        for arg in self.atoms[atom].args:
                            visit(arg)

        visit(term)
        return found

    def _unfolded(self, term: Expression) -> Expression:
        """Terms, a lone sum as its own terms."""
        terms: list[tuple[Factors, float]] = []
        for factors, c in term:
            atom = self.atoms[factors[0][0]] if len(factors) == 1 and factors[0][1] == 1 else None
            if atom is not None and atom.op == SUM:
                terms += [(inner, c * own) for inner, own in atom.args[0]]
            else:
                terms.append((factors, c))
        return tuple(terms)

    def _factored(self, term: Expression) -> tuple[Factors, float]:
        """One product: what all terms have in common, times a sum whose first coefficient is 1."""
        if len(term) == 1:
            return term[0]
        common = dict(term[0][0])
        for factors, _ in term[1:]:
            own = dict(factors)
            common = {atom: min(k, own.get(atom, 0)) for atom, k in common.items()}
            common = {atom: k for atom, k in common.items() if k}
            for atom, k in own.items():
                if k < 0 and atom not in common:
                    common[atom] = k
        lead = term[0][1]
        terms = []
        for factors, c in term:
            powers = dict(factors)
            for atom, k in common.items():
                powers[atom] = powers.get(atom, 0) - k
            left = tuple(sorted((atom, k) for atom, k in powers.items() if k))
            terms.append((left, c / lead))
        ((((number, _),), _),) = self.atom(SUM, (self.add(tuple(terms)),))
        return tuple(sorted((*common.items(), (number, 1)))), lead

    def _of_atom(self, number: int) -> Expression:
        if number not in self.derivatives:
            atom = self.atoms[number]
            if atom.op == INPUT:
                found = ZERO if atom.number else ONE
            elif atom.op == SUM:
                found = self.derivative(atom.args[0])
            else:
                inner = [self.derivative(arg) for arg in atom.args]
                found = RULES[atom.op](self, atom.args, inner) if any(inner) else ZERO
            self.derivatives[number] = found
        return self.derivatives[number]


def _value(op: str, args: Sequence[Any]) -> Any:
    if op == SUM:
        return args[0]
    if op == "step":
        return (args[0] > 0).astype(float)
    if op == "sign":
        return np.where(args[0] > 0, 1.0, -1.0)
    return BY_NAME[op].compute(*args)


_ARITHMETIC: dict[str, Any] = {
    "add": Algebra.add,
    "sub": Algebra.sub,
    "mul": Algebra.mul,
    "div": Algebra.div,
    "fma": lambda algebra, a, b, c: algebra.add(algebra.mul(a, b), c),
    "neg": lambda algebra, a: algebra.scale(-1.0, a),
    "square": lambda algebra, a: algebra.power(a, 2),
    "cube": lambda algebra, a: algebra.power(a, 3),
    "recip": lambda algebra, a: algebra.power(a, -1),
}
