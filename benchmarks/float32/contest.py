"""One function's contest: kernels, polynomials and libraries, in C and in JAX, in one run each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.float32.baselines import Problem, error_of, fitted, forms, points
from benchmarks.float32.native import POINTS, CFunction, Native
from benchmarks.float32.protocol import Times, timed
from benchmarks.float32.xla import Xla, XlaFunction, defined
from evaluators.approximation.float32 import arithmetic
from evaluators.approximation.float32.costs import CostTable, cost
from evaluators.approximation.whole_line.kernel import c_function, jax_function
from evosearch.export.document import ProgramDocument

NOTHING = "the loop around nothing"
LIBRARY = {"strict": "C: {}, -O3", "fast": "C: {}, -O3 -ffast-math"}
XLA = "XLA: {}"
ENGINES = ("C", "JAX", "JAX, 512 bits")


@dataclass
class Contestant:
    """One line of the table.

    Attributes:
        name: For people.
        document: The program, if it is one.
        times: Of each of `ENGINES` that ran it.
        errors: Largest errors in ULP of what each computed on a dense sample.
        exact: Whether each gave the bits that IEEE 754 demands of the program there.
    """

    name: str
    document: ProgramDocument | None = None
    times: dict[str, Times] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    exact: dict[str, bool] = field(default_factory=dict)

    @property
    def cost(self) -> float | None:
        """What the stored table says, in picoseconds."""
        if self.document is None:
            return None
        return float(cost(self.document.to_program(), CostTable.load())[0])


@dataclass(frozen=True)
class Contest:
    """All lines, kernels first; and the vector functions of the C library that were called."""

    problem: Problem
    contestants: list[Contestant]
    vector_calls: list[str]


def contest(
    problem: Problem, kernels: Sequence[tuple[str, ProgramDocument]], seconds: float
) -> Contest:
    """Time everything for about so many seconds an engine.

    Args:
        problem: What is approximated, and where.
        kernels: Programs that were found, by name; without one the polynomials are alone.
        seconds: For each of the three engines.
    """
    programs = [Contestant(name, document) for name, document in kernels]
    programs += [Contestant(name, fitted(problem, name)[0]) for name in forms(problem)]
    in_c = {
        name.format(c): CFunction.of(name.format(c), c, way)
        for c, _ in problem.libraries
        for way, name in LIBRARY.items()
    }
    in_jax = {XLA.format(text): text for _, text in problem.libraries}
    libraries = [Contestant(name) for name in in_c]
    own, nothing = [Contestant(name) for name in in_jax], Contestant(NOTHING)
    in_c[NOTHING], in_jax[NOTHING] = CFunction.of(NOTHING, "x"), "x"
    vector_calls = _in_c(problem, [*programs, *libraries, nothing], in_c, seconds)
    for wide in (False, True):
        _in_jax(problem, [*programs, *own, nothing], in_jax, seconds, wide)
    return Contest(problem, [*programs, *libraries, *own, nothing], vector_calls)


def _in_c(
    problem: Problem,
    contestants: Sequence[Contestant],
    others: Mapping[str, CFunction],
    seconds: float,
) -> list[str]:
    functions = [
        CFunction(each.name, c_function(each.document, "FUNCTION"))
        if each.document is not None
        else others[each.name]
        for each in contestants
    ]
    native = Native(functions)
    x = _evenly(problem)
    runs = {f.name: (lambda k=k: native.nanoseconds(k, x)) for k, f in enumerate(functions)}
    times = timed(runs, seconds)
    dense = points(problem)
    for k, each in enumerate(contestants):
        _note(each, "C", times[each.name], problem, native.values(k, dense), dense)
    return sorted(native.vector_calls)


def _in_jax(
    problem: Problem,
    contestants: Sequence[Contestant],
    others: Mapping[str, str],
    seconds: float,
    wide: bool,
) -> None:
    functions = []
    for each in contestants:
        if each.document is not None:
            text = jax_function(each.document, "kernel")
        else:
            text = f"def kernel(x):\n    return {others[each.name]}\n"
        functions.append(XlaFunction(each.name, defined(text, "kernel")))
    xla = Xla(functions, _evenly(problem), wide)
    runs = {f.name: (lambda k=k: xla.nanoseconds(k)) for k, f in enumerate(functions)}
    times = timed(runs, seconds)
    dense = points(problem)
    for k, each in enumerate(contestants):
        engine = ENGINES[1 + wide]
        _note(each, engine, times[each.name], problem, xla.values(k, dense), dense)


def _note(
    each: Contestant,
    engine: str,
    times: Times,
    problem: Problem,
    values: np.ndarray,
    dense: np.ndarray,
) -> None:
    each.times[engine] = times
    if each.name == NOTHING:
        return
    each.errors[engine] = error_of(problem, values, dense)
    if each.document is not None:
        expected = arithmetic.evaluate(each.document.to_program(), dense)[0]
        each.exact[engine] = bool(np.array_equal(values, expected))


def _evenly(problem: Problem) -> np.ndarray:
    where = problem.where
    return np.linspace(where.low, where.high, POINTS).astype(np.float32)
