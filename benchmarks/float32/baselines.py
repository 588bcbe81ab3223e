"""Baselines: minimax polynomials and ratios with float32 coefficients, computed here.

A form (see `benchmarks.float32.forms`) is fitted by the evaluator that fits what the search finds:
a real minimax fit with weights 1 / ulp, then the nearest point of the coefficients' lattice
(fpminimax) and a search about it on exact float32 results. Nothing is looked up.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.float32.forms import forms
from evaluators.approximation.float32 import (
    Float32Approximation,
    arithmetic,
    reference,
    sample,
    ulp,
)
from evaluators.approximation.float32.options import Float32Options, GridOptions
from evaluators.approximation.interval import Interval
from evaluators.approximation.options import EffortOptions
from evaluators.approximation.targets import named
from evosearch.export.document import Node, ProgramDocument
from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import ProgramBatch

FIT_POINTS = 64
SEEDS = 4
STARTS = 8  # sets of four, of real fits
NOT_FUSED = ", not fused"
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
        "both ends, degree 8",
        (
            ("log2f(1 + x)", "jnp.log2(1 + x)"),
            ("log1pf(x) * 1.44269504f", "jnp.log1p(x) * jnp.float32(1.44269504)"),
        ),
    ),
    Problem("tanh", "tanh", "[0, 1]", "odd, degree 15", (("tanhf(x)", "jnp.tanh(x)"),)),
)


@lru_cache(maxsize=64)
def fitted(problem: Problem, name: str, seeds: int = SEEDS) -> tuple[ProgramDocument, float]:
    """One of `forms` with the best coefficients found, and its largest error in ULP.

    The error is that on `points`, a dense sample; several searches start from other random moves.
    """
    if name.endswith(NOT_FUSED):
        document = unfused(fitted(problem, name.removesuffix(NOT_FUSED), seeds)[0])
        return document, _error(problem, document.to_program())
    evaluator = Float32Approximation(options(problem), Path())
    prepared = evaluator.prepare(np.zeros(2, np.uint32))
    program = forms(problem.name)[name]
    program = program.with_constants(_least_squares(problem, program))
    found = [
        evaluator.refine(program, prepared, np.array([seed, 0], np.uint32))
        for seed in range(seeds)
    ]
    errors = [_error(problem, each) for each in found]
    best = int(np.argmin(errors))
    metadata = {"campaign": f"{problem.name} {name}", "id": 0}
    return ProgramDocument.from_program(found[best], 0, metadata=metadata), errors[best]


def options(problem: Problem) -> Float32Options:
    """The search's own, made to try harder and never to be content."""
    grid = GridOptions(turns=200, pairs=128, patience=6, rounds=6, real=1e6, level=1e6)
    return Float32Options(
        target=problem.target,
        interval=problem.interval,
        bar=0.5001,
        search_points=SEARCH,
        score_points=WIDE,
        thorough_points=0,
        fit_points=FIT_POINTS,
        effort=EffortOptions(rounds=STARTS),
        grid=grid,
    )


def unfused(document: ProgramDocument) -> ProgramDocument:
    """The same with a product and a sum for every fused operation."""
    nodes: list[Node] = []
    names: dict[str, str] = {}
    for k, node in enumerate(document.nodes):
        args = [names.get(argument, argument) for argument in node.args]
        if node.op == "fma":
            nodes.append(Node("mul", (args[0], args[1])))
            args = [f"n{len(nodes) - 1}", args[2]]
        nodes.append(Node("add" if node.op == "fma" else node.op, tuple(args)))
        names[f"n{k}"] = f"n{len(nodes) - 1}"
    output = names.get(document.outputs[0], document.outputs[0])
    return replace(document, nodes=tuple(nodes), outputs=(output,))


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


def _error(problem: Problem, program: ProgramBatch) -> float:
    x = points(problem, CHECK)
    return error_of(problem, arithmetic.evaluate(program, x)[0], x)


def _least_squares(problem: Problem, program: ProgramBatch) -> npt.NDArray[np.float64]:
    """Where the fit starts: coefficients [1, coefficients] of least weighted squares.

    Polynomials are affine in their coefficients, so that unit coefficients give the columns;
    ratios start from the fit's own random ones.
    """
    if np.any(program.ops == BY_NAME["div"].code):
        return program.constants
    x = problem.where.chebyshev(FIT_POINTS)
    y = reference.values(named(problem.target), problem.where, x)
    weights = 1 / ulp.ulp(y)
    n = int(program.n_constants[0])
    units = np.concatenate([np.zeros((1, n)), np.eye(n)])
    values = arithmetic.in_float64(program, 0, units, x)
    columns = (values[1:] - values[0]).T * weights[:, None]
    return np.linalg.lstsq(columns, (y - values[0]) * weights, rcond=None)[0][None]
