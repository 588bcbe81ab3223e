"""Forms: how polynomials and ratios usually are written for a function, without coefficients.

Forms of a polynomial P, in fused multiply-adds where it does not say "not fused":

- Horner: P(x)
- Estrin: pairs of terms, joined by powers of x; a shorter path, more operations
- odd: x + x s P(s) with s = x^2, for functions with f(x) = x + O(x^3)
- times x: x P(x), for functions that vanish at 0
- plus x: x + x P(x), whose last operation rounds nearly all of the error away
- both ends: x + (x - x^2) P(x), for functions that are 0 at 0 and 1 at 1, where it has no error

Ratios P/Q, Q with the leading coefficient 1, stand in the place of P in the odd form and that of
both ends.
"""

from evosearch.export.document import Node, ProgramDocument
from evosearch.genomes.program import ProgramBatch


class Writer:
    """Writes nodes one by one; every coefficient is a constant of its own."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.coefficients = 0

    def c(self) -> str:
        """A new coefficient."""
        self.coefficients += 1
        return f"c{self.coefficients - 1}"

    def do(self, op: str, *arguments: str) -> str:
        """One operation; its result."""
        self.nodes.append(Node(op, arguments))
        return f"n{len(self.nodes) - 1}"

    def horner(self, x: str, degree: int) -> str:
        """A polynomial with a free coefficient of every degree."""
        value = self.c()
        for _ in range(degree):
            value = self.do("fma", value, x, self.c())
        return value

    def ratio(self, x: str, above: int, below: int) -> str:
        """A quotient of polynomials of these degrees."""
        numerator = self.horner(x, above)
        denominator = self.do("add", x, self.c())
        for _ in range(below - 1):
            denominator = self.do("fma", denominator, x, self.c())
        return self.do("div", numerator, denominator)

    def between(self, x: str) -> str:
        """x - x^2, rounded once."""
        return self.do("fma", self.do("neg", x), x, x)

    def done(self, output: str) -> ProgramBatch:
        """The program, all coefficients 0."""
        zeros = ("0",) * self.coefficients
        return ProgramDocument(("x",), zeros, tuple(self.nodes), (output,)).to_program()


def horner(degree: int) -> ProgramBatch:
    """P(x)."""
    writer = Writer()
    return writer.done(writer.horner("x", degree))


def times_x(degree: int) -> ProgramBatch:
    """x P(x)."""
    writer = Writer()
    return writer.done(writer.do("mul", "x", writer.horner("x", degree)))


def plus_x(degree: int) -> ProgramBatch:
    """x + x P(x)."""
    writer = Writer()
    return writer.done(writer.do("fma", "x", writer.horner("x", degree), "x"))


def odd(degree: int) -> ProgramBatch:
    """x + x s P(s) with s = x^2."""
    writer = Writer()
    s = writer.do("mul", "x", "x")
    p = writer.horner(s, degree)
    return writer.done(writer.do("fma", writer.do("mul", "x", s), p, "x"))


def odd_ratio(above: int, below: int) -> ProgramBatch:
    """x + x s P(s) / Q(s) with s = x^2."""
    writer = Writer()
    s = writer.do("mul", "x", "x")
    p = writer.ratio(s, above, below)
    return writer.done(writer.do("fma", writer.do("mul", "x", s), p, "x"))


def both_ends(degree: int) -> ProgramBatch:
    """x + (x - x^2) P(x)."""
    writer = Writer()
    p = writer.horner("x", degree)
    return writer.done(writer.do("fma", writer.between("x"), p, "x"))


def both_ends_ratio(above: int, below: int) -> ProgramBatch:
    """x + (x - x^2) P(x) / Q(x)."""
    writer = Writer()
    p = writer.ratio("x", above, below)
    return writer.done(writer.do("fma", writer.between("x"), p, "x"))


def estrin(degree: int) -> ProgramBatch:
    """P(x), neighbouring terms joined level by level."""
    writer = Writer()
    terms = [writer.c() for _ in range(degree + 1)]
    power = "x"
    while len(terms) > 1:
        joined = [
            writer.do("fma", power, terms[k + 1], terms[k]) for k in range(0, len(terms) - 1, 2)
        ]
        terms = joined + terms[len(joined) * 2 :]
        if len(terms) > 1:
            power = writer.do("mul", power, power)
    return writer.done(terms[0])


def forms(name: str) -> dict[str, ProgramBatch]:
    """What usually is written for a function (exp2, sin, log2, tanh), by name."""
    if name == "exp2":
        made = {f"degree {d}, Horner": horner(d) for d in (5, 6, 7)}
        return made | {"degree 6, Estrin": estrin(6), "degree 6, Horner, not fused": horner(6)}
    if name == "log2":
        made = {f"x plus x times degree {d}": plus_x(d) for d in (9, 10)}
        made |= {f"both ends, degree {d}": both_ends(d) for d in (7, 8)}
        return made | {f"both ends, ratio [{m}/2]": both_ends_ratio(m, 2) for m in (2, 3)}
    degrees = (2, 3) if name == "sin" else (5, 6)
    made = {f"odd, degree {2 * d + 3}": odd(d) for d in degrees}
    return made | ({"odd, ratio [1/2]": odd_ratio(1, 2)} if name == "tanh" else {})
