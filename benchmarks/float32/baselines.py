"""Baselines: minimax polynomials whose coefficients are float32, computed here, in usual forms.

A form is fitted as the search fits its programs: a real minimax fit with weights 1 / ulp, then the
nearest point of the coefficients' lattice (fpminimax) and a search about it on exact float32
results. Nothing is looked up.

Forms of a polynomial P, each with fused multiply-adds or, where it says so, without:

- Horner: P(x)
- Estrin: pairs of terms, joined by powers of x; a shorter path, more operations
- odd: x + x s P(s) with s = x^2, for functions with f(x) = x + O(x^3)
- times x: x P(x), for functions that vanish at 0
- plus x: x + x P(x), whose last operation rounds nearly all of the error away
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from evaluators.approximation.float32 import arithmetic, fit, reference, sample, ulp
from evaluators.approximation.float32.options import GridOptions
from evaluators.approximation.interval import Interval
from evaluators.approximation.options import EffortOptions
from evaluators.approximation.targets import named
from evosearch import fitting
from evosearch.export.document import Node, ProgramDocument
from evosearch.genomes.program import ProgramBatch

FIT_POINTS = 64
SEEDS = 4
EFFORT = GridOptions(turns=200, pairs=128, patience=6, rounds=6, real=1e6, level=1e6)
SEARCH, WIDE, CHECK = 4096, 1 << 17, 1 << 20  # inputs of the search, of its checks, of the error


@dataclass(frozen=True)
class Problem:
    """A function on an interval, and how C and JAX compute it themselves.

    Attributes:
        name: Of the campaign that searches it, without ``_float32``.
        target: The evaluator's name.
        interval: As in the campaign file.
        rival: The name of the form that a kernel has to beat.
        libraries: Expressions in C and in JAX that ask a library for it; the first is the usual.
    """

    name: str
    target: str
    interval: str
    rival: str
    libraries: tuple[tuple[str, str], ...]

    @property
    def where(self) -> Interval:
        """The interval."""
        return Interval.parse(self.interval)


PROBLEMS = (
    Problem("exp2", "exp2", "[0, 1]", "degree 6, Horner", (("exp2f(x)", "jnp.exp2(x)"),)),
    Problem(
        "sin", "sin", "[0, 0.7853981633974483]", "odd, degree 7", (("sinf(x)", "jnp.sin(x)"),)
    ),
    Problem(
        "log2",
        "log1p2",
        "[0, 1]",
        "x plus x times degree 9",
        (
            ("log2f(1 + x)", "jnp.log2(1 + x)"),
            ("log1pf(x) * 1.44269504f", "jnp.log1p(x) * jnp.float32(1.44269504)"),
        ),
    ),
    Problem("tanh", "tanh", "[0, 1]", "odd, degree 15", (("tanhf(x)", "jnp.tanh(x)"),)),
)


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

    def times_plus(self, a: str, b: str, c: str, fused: bool) -> str:
        """``a * b + c``."""
        return self.do("fma", a, b, c) if fused else self.do("add", self.do("mul", a, b), c)

    def horner(self, x: str, degree: int, fused: bool = True) -> str:
        """A polynomial with a free coefficient of every degree."""
        value = self.c()
        for _ in range(degree):
            value = self.times_plus(value, x, self.c(), fused)
        return value

    def done(self, output: str) -> ProgramBatch:
        """The program, all coefficients 0."""
        zeros = ("0",) * self.coefficients
        return ProgramDocument(("x",), zeros, tuple(self.nodes), (output,)).to_program()


def horner(degree: int, *, fused: bool = True) -> ProgramBatch:
    """P(x)."""
    writer = Writer()
    return writer.done(writer.horner("x", degree, fused))


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


def forms(problem: Problem) -> dict[str, ProgramBatch]:
    """What usually is written for a function, by name, without coefficients."""
    if problem.name == "exp2":
        made = {f"degree {d}, Horner": horner(d) for d in (5, 6, 7)}
        made["degree 6, Horner, not fused"] = horner(6, fused=False)
        made["degree 6, Estrin"] = estrin(6)
        return made
    if problem.name == "log2":
        made = {f"x plus x times degree {d}": plus_x(d) for d in (8, 9)}
        return made | {"x times degree 8": times_x(8)}
    degrees = (2, 3) if problem.name == "sin" else (5, 6)
    return {f"odd, degree {2 * d + 3}": odd(d) for d in degrees}


@lru_cache(maxsize=64)
def fitted(problem: Problem, name: str, seeds: int = SEEDS) -> tuple[ProgramDocument, float]:
    """One of `forms` with the best coefficients found, and its largest error in ULP.

    The error is that on `points`, a dense sample; several searches start from other random moves.
    """
    program = forms(problem)[name]
    real = program.with_constants(_real(problem, program))
    search, wide, check = (_task(problem, n, k) for k, n in enumerate((SEARCH, WIDE, CHECK)))
    found = []
    for seed in range(seeds):
        constants = fit.fit(real, 0, search, wide, 0.5, seed, EFFORT)
        found.append((float(check.worst(program, 0, constants[None])[0]), constants.tolist()))
    error, best = min(found)
    metadata = {"campaign": f"{problem.name} {name}", "id": 0}
    done = program.with_constants(np.array([best]))
    return ProgramDocument.from_program(done, 0, metadata=metadata), error


def error_of(
    problem: Problem, values: npt.NDArray[np.float32], x: npt.NDArray[np.float32]
) -> float:
    """Largest error in ULP of values computed by anything."""
    y = reference.values(named(problem.target), problem.where, x.astype(np.float64))
    return float(ulp.errors(values, y, ulp.ulp(y)).max())


def points(problem: Problem, n: int = CHECK, seed: int = 2) -> npt.NDArray[np.float32]:
    """A dense sample of the float32 in the interval, 0 and normal numbers: XLA has no others."""
    x = sample.sample(problem.where, n, np.random.default_rng(seed))
    return x[(x == 0) | (x >= np.finfo(np.float32).tiny)]


def _task(problem: Problem, n: int, seed: int) -> fit.Task:
    x = points(problem, n, seed)
    return fit.Task.of(
        x, reference.values(named(problem.target), problem.where, x.astype(np.float64))
    )


def _real(problem: Problem, program: ProgramBatch) -> npt.NDArray[np.float64]:
    """Real coefficients [1, coefficients]: least squares, then minimax, weighted by 1 / ulp.

    All forms are affine in their coefficients, so that unit coefficients give the columns.
    """
    x = problem.where.chebyshev(FIT_POINTS)
    y = reference.values(named(problem.target), problem.where, x)
    weights = 1 / ulp.ulp(y)
    n = int(program.n_constants[0])
    units = np.concatenate([np.zeros((1, n)), np.eye(n)])
    values = arithmetic.in_float64(program, 0, units, x)
    columns = (values[1:] - values[0]).T * weights[:, None]
    start = np.linalg.lstsq(columns, (y - values[0]) * weights, rcond=None)[0]
    effort = EffortOptions().effort(minimax=True)
    seeds = np.zeros(1, np.uint32)
    started = program.with_constants(start[None])
    return np.asarray(fitting.fit(started, x[None], y, weights, seeds, effort))
