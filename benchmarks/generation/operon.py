"""pyoperon's search."""

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
from benchmarks.throughput.engines import operon_maximum
from benchmarks.throughput.workloads import MIXED, W2


def pyoperon(generations: int, threads: int) -> Course:
    """`GeneticProgrammingAlgorithm` without local search."""
    import pyoperon as operon

    x, y = W2.data("float32")
    columns = np.asfortranarray(np.vstack([x, y]).T)  # a Dataset is a view: keep it alive
    algorithm, evaluator, kept = _operon_search(operon, operon.Dataset(columns), generations)
    course = Course()
    clock = Clock()

    def note() -> None:  # an exception in here would end the run without a word
        clock.stop()
        individuals = list(algorithm.Individuals)[:POPULATION]
        counts = [sum(not node.IsLeaf for node in i.Genotype.Nodes) for i in individuals]
        course.functions.append(float(np.mean(counts)))
        course.evaluations.append(evaluator.CallCount)
        course.best = min(course.best, *(i.GetFitness(0) for i in individuals))
        clock.start()

    clock.start()
    algorithm.Run(operon.RandomGenerator(1), note, threads)
    if len(course.functions) != generations + 1:
        raise RuntimeError(
            f"pyoperon ran {len(course.functions) - 1} of {generations} generations"
        )
    course.seconds = clock.laps[1:]
    course.functions = course.functions[1:]
    course.evaluations = np.diff(course.evaluations).tolist()
    del kept
    return course


def _operon_search(operon: Any, data: Any, generations: int) -> tuple[Any, Any, list[Any]]:
    """The algorithm, its evaluator, and what has to stay alive beside them."""
    *inputs, target = sorted(data.Variables, key=lambda variable: variable.Index)
    hashes = [variable.Hash for variable in inputs]
    problem = operon.Problem(data)
    problem.TrainingRange = operon.Range(0, W2.points)
    problem.TestRange = operon.Range(W2.points - 1, W2.points)
    problem.Target, problem.InputHashes = target, hashes
    kind = operon.NodeType
    used = [operon_maximum(operon) if n == "max" else getattr(kind, n.capitalize()) for n in MIXED]
    symbols = kind.Constant | kind.Variable
    for symbol in used:
        symbols = symbols | symbol
    problem.ConfigurePrimitiveSet(symbols)
    primitives, metric = problem.PrimitiveSet, operon.SSE()
    creator = operon.BalancedTreeCreator(primitives, hashes, bias=0.0)
    coefficients = operon.NormalCoefficientInitializer()
    coefficients.ParameterizeDistribution(0, 1)
    trees = operon.UniformLengthTreeInitializer(creator)
    trees.ParameterizeDistribution(12, NODES)
    trees.MaxDepth = DEPTH
    table = operon.DispatchTable()
    evaluator = operon.Evaluator(problem, table, metric, False)
    evaluator.Budget = 10**9
    optimizer = operon.LMOptimizer(table, problem, max_iter=0)
    local = operon.CoefficientOptimizer(optimizer)
    selector = operon.TournamentSelector(objective_index=0)
    selector.TournamentSize = TOURNAMENT
    crossover = operon.SubtreeCrossover(0.9, DEPTH, NODES)
    mutation = operon.MultiMutation()
    mutations = [
        operon.NormalOnePointMutation(),
        operon.ChangeVariableMutation(hashes),
        operon.ChangeFunctionMutation(primitives),
        operon.ReplaceSubtreeMutation(creator, coefficients, DEPTH, NODES),
    ]
    for each in mutations:
        mutation.Add(each, 1)
    generator = operon.BasicOffspringGenerator(
        evaluator, crossover, mutation, selector, selector, local
    )
    reinserter = operon.ReplaceWorstReinserter(objective_index=0)
    config = operon.GeneticAlgorithmConfig(
        generations=generations,
        max_evaluations=10**9,
        local_iterations=0,
        population_size=POPULATION,
        pool_size=POPULATION,
        p_crossover=CROSSOVER,
        p_mutation=MUTATION,
        p_local=0.0,
        epsilon=0.0,
        seed=1,
    )
    algorithm = operon.GeneticProgrammingAlgorithm(
        config, problem, trees, coefficients, generator, reinserter
    )
    kept = [
        data,
        problem,
        primitives,
        metric,
        creator,
        coefficients,
        trees,
        table,
        optimizer,
        local,
        selector,
    ]
    kept += [crossover, mutation, *mutations, generator, reinserter, config]
    return algorithm, evaluator, kept
