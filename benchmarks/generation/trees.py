"""DEAP's search."""

import operator
import random
from typing import Any

import numpy as np

from benchmarks.generation.course import (
    CROSSOVER,
    DEPTH,
    MUTATION,
    NODES,
    POPULATION,
    TOURNAMENT,
    Clock,
    Course,
)
from benchmarks.throughput.case import UFUNCS, prefix, squares
from benchmarks.throughput.workloads import MIXED, W2


def deap(generations: int) -> Course:
    """`eaSimple` with `gp.compile` and NumPy, from the same first programs as ours."""
    from deap import algorithms, tools

    toolbox, population = _deap_search()
    clock = Clock()

    def note(trees: Any) -> float:
        clock.stop()
        functions = np.mean([sum(node.arity > 0 for node in tree) for tree in trees])
        clock.start()
        return float(functions)

    statistics = tools.Statistics()
    statistics.register("functions", note)
    random.seed(1)
    clock.start()
    with np.errstate(all="ignore"):
        population, log = algorithms.eaSimple(
            population, toolbox, CROSSOVER, MUTATION, generations, statistics, verbose=False
        )
    best = min(tree.fitness.values[0] for tree in population)
    functions, evaluations = log.select("functions", "nevals")
    return Course(clock.laps[1:], evaluations[1:], functions[1:], best)


def _deap_search() -> tuple[Any, list[Any]]:
    from deap import base, creator, gp, tools

    creator.create("Smallest", base.Fitness, weights=(-1.0,))
    creator.create("Tree", gp.PrimitiveTree, fitness=creator.Smallest)
    primitives = gp.PrimitiveSet("M", W2.inputs)
    for name in MIXED:
        primitives.addPrimitive(UFUNCS[name], UFUNCS[name].nin, name=name)
    primitives.addEphemeralConstant("constant", _constant)
    x, y = W2.data("float32")

    def error(tree: Any) -> tuple[float]:
        found = squares(gp.compile(tree, primitives)(*x) + np.zeros_like(y), y)
        return (found if np.isfinite(found) else np.inf,)

    toolbox = base.Toolbox()
    toolbox.register("evaluate", error)
    toolbox.register("select", tools.selTournament, tournsize=TOURNAMENT)
    toolbox.register("mate", gp.cxOnePoint)
    toolbox.register("grow", gp.genFull, min_=0, max_=2)
    toolbox.register("mutate", gp.mutUniform, expr=toolbox.grow, pset=primitives)
    for name in ("mate", "mutate"):
        toolbox.decorate(name, gp.staticLimit(key=len, max_value=NODES))
        toolbox.decorate(name, gp.staticLimit(key=operator.attrgetter("height"), max_value=DEPTH))

    def node(token: str | int | float) -> Any:
        if isinstance(token, float):
            return gp.Terminal(token, False, object)
        return primitives.mapping[token if isinstance(token, str) else f"ARG{token}"]

    trees = W2.trees(POPULATION)
    return toolbox, [creator.Tree([node(token) for token in prefix(tree)]) for tree in trees]


def _constant() -> float:
    return random.uniform(-3, 3)
