"""One function's contest: kernels, polynomials and libraries, in C and in JAX, in one run each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.float32.baselines import Problem, error_of, fitted, points
from benchmarks.float32.forms import forms
from benchmarks.float32.native import POINTS, CFunction, Native
from benchmarks.float32.protocol import Times, timed
from benchmarks.float32.xla import Xla, XlaFunction, defined
from evaluators.approximation.float32 import arithmetic
from evaluators.approximation.float32.costs import CostTable, cost
from evaluators.approximation.whole_line import judge
from evaluators.approximation.whole_line.c import WholeLineC
from evaluators.approximation.whole_line.exp2 import EXP2
from evaluators.approximation.whole_line.jax import WholeLineJax
from evaluators.approximation.whole_line.kernel import c_function, jax_function, source
from evaluators.approximation.whole_line.line import Line, Values
from evosearch.export.document import ProgramDocument

WHOLE = ", whole line"
NOTHING = "the loop around nothing"
LIBRARY = {"strict": "C: {}, -O3", "fast": "C: {}, -O3 -ffast-math"}
XLA = "XLA: {}"
LINES = {"exp2": EXP2}
ENGINES = ("C", "JAX", "JAX, 512 bits")


@dataclass
class Contestant:
    """One line of the table.

    Attributes:
        name: For people.
        document: The program, if it is one.
        line: What makes a function of every float32 of it, if it is to be one.
        times: Of each of `ENGINES` that ran it.
        errors: Largest errors in ULP of what each computed on a dense sample.
        exact: Whether each gave the bits that IEEE 754 demands of the program there.
    """

    name: str
    document: ProgramDocument | None = None
    line: Line | None = None
    times: dict[str, Times] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    exact: dict[str, bool] = field(default_factory=dict)

    @property
    def cost(self) -> float | None:
        """What the stored table says of a kernel, in picoseconds."""
        if self.document is None or self.line is not None:
            return None
        return float(cost(self.document.to_program(), CostTable.load())[0])

    def in_c(self) -> CFunction:
        """As C source; a whole line is compiled strictly, because it has to know NaN."""
        assert self.document is not None
        if self.line is None:
            return CFunction(self.name, c_function(self.document, "FUNCTION"))
        name = source(self.document).name
        text = WholeLineC(self.line).write(self.document)
        # the function that compilers put into loops; the others get other names
        text = text.replace(f"{name}_inline", "FUNCTION").replace(name, "LINE_FUNCTION")
        return CFunction(self.name, text, "strict")

    def in_jax(self) -> XlaFunction:
        """As a JAX function."""
        assert self.document is not None
        if self.line is None:
            text, name = jax_function(self.document, "kernel"), "kernel"
        else:
            text, name = WholeLineJax(self.line).write(self.document), source(self.document).name
        return XlaFunction(self.name, defined(text, name))

    def expected(self, x: Values) -> Values:
        """The values that IEEE 754 demands."""
        assert self.document is not None
        if self.line is not None:
            return judge.expected(self.line, self.document, x)
        return arithmetic.evaluate(self.document.to_program(), x)[0]


@dataclass(frozen=True)
class Contest:
    """All that was timed.

    Attributes:
        problem: What they compute.
        contestants: All lines.
        kernels: Those of programs that were found.
        vector_calls: Vector functions of the C library that were called.
    """

    problem: Problem
    contestants: list[Contestant]
    kernels: list[Contestant]
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
    polynomials = {name: fitted(problem, name)[0] for name in forms(problem.name)}
    programs = [Contestant(name, document) for name, document in [*kernels, *polynomials.items()]]
    if problem.name in LINES:
        whole = [*programs[: len(kernels)], *(p for p in programs if p.name == problem.rival)]
        programs += [
            Contestant(each.name + WHOLE, each.document, LINES[problem.name]) for each in whole
        ]
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
    named = [name for name, _ in kernels]
    found = [p for p in programs if p.name.removesuffix(WHOLE) in named]
    return Contest(problem, [*programs, *libraries, *own, nothing], found, vector_calls)


def _in_c(
    problem: Problem,
    contestants: Sequence[Contestant],
    others: Mapping[str, CFunction],
    seconds: float,
) -> list[str]:
    functions = [
        others[each.name] if each.document is None else each.in_c() for each in contestants
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
            functions.append(each.in_jax())
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
        each.exact[engine] = bool(np.array_equal(values, each.expected(dense)))


def _evenly(problem: Problem) -> np.ndarray:
    where = problem.where
    return np.linspace(where.low, where.high, POINTS).astype(np.float32)
