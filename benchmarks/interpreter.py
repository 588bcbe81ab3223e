"""One compiled interpreter against DEAP's compiled trees and against NumPy.

The trees are drawn by DEAP and written as programs, so all compute the same functions in float64.
"""

import random
import time
from collections.abc import Callable

import numpy as np
from deap import gp

from evosearch import interpreter
from evosearch.genomes.canonical import canonical
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch

TREES, INPUTS, SEED = 1_000, 2, 0
ARITHMETIC = {
    "add": (np.add, 2),
    "sub": (np.subtract, 2),
    "mul": (np.multiply, 2),
    "div": (np.divide, 2),
}
WITH_FUNCTIONS = {**ARITHMETIC, "exp": (np.exp, 1), "sin": (np.sin, 1)}
Functions = dict[str, tuple[np.ufunc, int]]


def draw(functions: Functions) -> tuple[gp.PrimitiveSet, list[gp.PrimitiveTree]]:
    """Trees of depth 3 to 6 that use an input, half of them full."""
    primitives = gp.PrimitiveSet("MAIN", INPUTS, prefix="x")
    for name, (function, arity) in functions.items():
        primitives.addPrimitive(function, arity, name=name)
    for constant in (0.5, 1.25, 3.0):
        primitives.addTerminal(constant)
    random.seed(SEED)
    trees: list[gp.PrimitiveTree] = []
    while len(trees) < TREES:
        tree = gp.PrimitiveTree(gp.genHalfAndHalf(primitives, min_=3, max_=6))
        if any(str(node.value).startswith("x") for node in tree if node.arity == 0):
            trees.append(tree)
    return primitives, trees


def programs(trees: list[gp.PrimitiveTree]) -> ProgramBatch:
    """The same functions as canonical programs: constant parts folded, equal parts shared."""
    rows = [instructions(tree) for tree in trees]
    length = max(len(ops) for ops, _, _ in rows)
    width = max(1, max(len(constants) for _, _, constants in rows))
    batch = ProgramBatch(
        np.zeros((len(rows), length), np.uint8),
        np.zeros((len(rows), length, 3), np.int16),
        np.array([len(ops) for ops, _, _ in rows], np.int32),
        np.zeros((len(rows), width)),
        np.array([len(constants) for _, _, constants in rows], np.int32),
        np.array([len(ops) - 1 for ops, _, _ in rows], np.int16),
        INPUTS,
    )
    for row, (ops, arguments, constants) in enumerate(rows):
        batch.ops[row, : len(ops)] = ops
        for k, places in enumerate(arguments):
            batch.args[row, k, : len(places)] = places
        batch.constants[row, : len(constants)] = constants
    return canonical(batch)


def instructions(tree: gp.PrimitiveTree) -> tuple[list[int], list[list[int]], list[float]]:
    """Operations, arguments and constants of a tree, read from its end to its root."""
    ops: list[int] = []
    arguments: list[list[int]] = []
    constants: list[float] = []
    stack: list[int] = []
    for node in reversed(tree):
        if node.arity:
            ops.append(BY_NAME[node.name].code)
            arguments.append([stack.pop() for _ in range(node.arity)])
            stack.append(len(ops) - 1)
        elif isinstance(node.value, str):
            stack.append(FIRST_INPUT - int(node.value.removeprefix("x")))
        else:
            stack.append(FIRST_CONSTANT - len(constants))
            constants.append(float(node.value))
    return ops, arguments, constants


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The shortest of a few runs."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def compare(functions: Functions, points: int) -> None:
    """Sums of squared errors of all trees, by each of the three."""
    primitives, trees = draw(functions)
    batch = programs(trees)
    inputs = np.random.default_rng(SEED).uniform(0.2, 3.0, (INPUTS, points))
    target, weights = inputs[0] + inputs[1], np.ones(points)

    def ours() -> np.ndarray:
        return interpreter.loss(batch, inputs, target, weights, "sum_squares")

    def by_deap() -> np.ndarray:
        with np.errstate(all="ignore"):
            functions = [gp.compile(tree, primitives) for tree in trees]
            return np.array([np.sum((f(*inputs) - target) ** 2) for f in functions])

    def by_numpy() -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.sum((evaluate(batch, inputs) - target) ** 2, axis=1)

    started = time.perf_counter()
    agree = np.isclose(ours(), by_deap(), rtol=1e-6, equal_nan=True).mean()
    first = time.perf_counter() - started
    ticks = {"evosearch": seconds(ours), "DEAP": seconds(by_deap), "NumPy": seconds(by_numpy)}

    print(f"  {', '.join(functions)}: {batch.lengths.mean():.1f} operations each, {points} points")
    print(f"    errors that agree with DEAP's: {agree:.1%}; the first call takes {first:.1f} s")
    for name, spent in ticks.items():
        ratio = spent / ticks["evosearch"]
        print(f"    {name:10}{len(trees) / spent:10,.0f} programs/s {ratio:7.1f} x the time")


def main() -> None:
    for points in (64, 1024):
        compare(ARITHMETIC, points)
        compare(WITH_FUNCTIONS, points)
