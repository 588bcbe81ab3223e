"""The contestants: this project's interpreter, and every peer called as its authors mean it.

Each is a function that builds the engine's own form of the programs and returns an `Engine`; an
`ImportError` says that the peer is not installed.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np

from benchmarks.throughput.case import UFUNCS, Array, Case, prefix, squares
from benchmarks.throughput.workloads import Workload, batch
from evosearch import interpreter
from evosearch.genomes.primitives import PrimitiveSet
from evosearch.genomes.program import FIRST_CONSTANT, ProgramBatch

# Programs that a peer gets; the cost of a node does not depend on how many there are.
NUMPY_PROGRAMS = {"W2": 128, "W3": 2_000}
PYOPERON_PROGRAMS = {"W3": 20_000}


@dataclass(frozen=True)
class Engine:
    """One contestant on one workload.

    Attributes:
        name: What it is called in results.
        dtype: Type that it computes in.
        programs: How many programs a run scores.
        build_seconds: What its own form of the programs took to build; not part of a run.
        run: Scores all programs.
        losses: Sums of squared errors of the first n programs.
        protected: Whether its division and logarithm are other functions, by design.
        loses_nan: Functions that return the other operand where one is NaN, by design.
    """

    name: str
    dtype: str
    programs: int
    build_seconds: float
    run: Callable[[], Any]
    losses: Callable[[int], Array]
    protected: bool = False
    loses_nan: tuple[str, ...] = ()


# --- This project's ---------------------------------------------------------------------------


def encoded(programs: ProgramBatch, workload: Workload, dtype: str, cores: int) -> Any:
    """The interpreter's own form of the programs, finished."""
    primitives = PrimitiveSet.named(workload.names)
    code = interpreter.encode(programs, dtype, primitives=primitives, cores=cores)
    jax.block_until_ready([(part.records, part.lengths) for part in code.parts])
    return code


def ours(case: Case, cores: int, dtype: str | None = None) -> Engine:
    """Losses fused into the loop; the data go to the device and the losses come back each run."""
    dtype = dtype or case.workload.dtype
    programs = batch(case.trees, case.workload.inputs)
    x, y = case.data[dtype]
    seconds = np.inf
    for _ in range(4):  # the first one compiles
        started = time.perf_counter()
        code = encoded(programs, case.workload, dtype, cores)
        seconds = min(seconds, time.perf_counter() - started)
    run = partial(interpreter.loss, code, x, y, kind="sum_squares")
    name = f"ours_{cores}" if dtype == case.workload.dtype else f"ours_{cores}_{dtype}"
    return Engine(name, dtype, len(case.trees), seconds, run, lambda n: run()[:n])


def ours_encoding(case: Case, cores: int) -> Engine:
    """The same with the programs encoded anew each run."""
    dtype = case.workload.dtype
    programs = batch(case.trees, case.workload.inputs)
    x, y = case.data[dtype]

    def run() -> Array:
        code = encoded(programs, case.workload, dtype, cores)
        return interpreter.loss(code, x, y, kind="sum_squares")

    return Engine(f"ours_{cores}_encoding", dtype, len(case.trees), 0.0, run, lambda n: run()[:n])


# --- pyoperon ---------------------------------------------------------------------------------


def pyoperon(case: Case, threads: int) -> Engine:
    """`EvaluateTrees` into one array that is kept; it forms no error."""
    import pyoperon as operon

    x, y = case.data["float32"]
    columns = np.asfortranarray(np.vstack([x, y]).T)  # a Dataset is a view: keep it alive
    data = operon.Dataset(columns)
    variables = sorted(data.Variables, key=lambda variable: variable.Index)
    hashes = [variable.Hash for variable in variables]
    maximum = operon_maximum(operon)
    count = _programs(case, PYOPERON_PROGRAMS)
    started = time.perf_counter()
    trees = [_operon_tree(operon, prefix(tree), hashes, maximum) for tree in case.trees[:count]]
    seconds = time.perf_counter() - started
    points = case.workload.points
    out = np.zeros(count * points, np.float32)

    def run() -> Array:
        operon.EvaluateTrees(trees, data, operon.Range(0, points), out, threads)
        return columns

    def losses(n: int) -> Array:
        values = out.reshape(count, points)[:n].astype(np.float64)
        return np.array([squares(row, y.astype(np.float64)) for row in values])

    name = f"pyoperon_{threads}"
    return Engine(name, "float32", count, seconds, run, losses, loses_nan=("max",))


def operon_maximum(operon: Any) -> Any:
    """The node type that computes the larger: in 0.6.2 it is called Fmin."""
    columns = np.asfortranarray(np.array([[1.0, 2.0]], np.float32))
    data = operon.Dataset(columns)
    hashes = [variable.Hash for variable in data.Variables]
    out = np.zeros(1, np.float32)
    tree = _operon_tree(operon, ["max", 0, 1], hashes, operon.NodeType.Fmax)
    operon.EvaluateTrees([tree], data, operon.Range(0, 1), out, 1)
    return operon.NodeType.Fmax if out[0] == 2 else operon.NodeType.Fmin


def _operon_tree(
    operon: Any, tokens: Sequence[str | int | float], hashes: list[int], maximum: Any
) -> Any:
    """Polish order read backwards: a function's first operand stands directly before it."""
    nodes = []
    for token in reversed(tokens):
        if isinstance(token, str):
            kind = maximum if token == "max" else getattr(operon.NodeType, token.capitalize())
            nodes.append(operon.Node(kind))
        elif isinstance(token, int):
            nodes.append(operon.Node(operon.NodeType.Variable, hashes[token]))
            nodes[-1].Value = 1.0
        else:
            nodes.append(operon.Node(operon.NodeType.Constant))
            nodes[-1].Value = token
    return operon.Tree(nodes).UpdateNodes()


# --- Peers in Python --------------------------------------------------------------------------


def deap(case: Case) -> Engine:
    """`gp.compile` and a call with NumPy's functions; compiling recurs, so it is counted."""
    from deap import gp

    primitives = gp.PrimitiveSet("M", case.workload.inputs)
    for name in case.workload.names:
        primitives.addPrimitive(UFUNCS[name], UFUNCS[name].nin, name=name)

    def node(token: str | int | float) -> Any:
        if isinstance(token, float):
            return gp.Terminal(token, False, object)  # a Python float: NumPy's print otherwise
        return primitives.mapping[token if isinstance(token, str) else f"ARG{token}"]

    started = time.perf_counter()
    trees = [
        gp.PrimitiveTree([node(token) for token in prefix(tree)])
        for tree in case.trees[: _programs(case, NUMPY_PROGRAMS)]
    ]
    seconds = time.perf_counter() - started
    x, y = case.data[case.workload.dtype]

    def score(tree: Any) -> float:
        return squares(gp.compile(tree, primitives)(*x), y)

    return _one_by_one("deap", case, trees, score, seconds)


def gplearn(case: Case) -> Engine:
    """`_Program.execute`, which is what its estimators call; division and log are protected."""
    from gplearn import functions
    from gplearn._program import _Program

    known = {name: functions._function_map[name] for name in functions._function_map}
    for name in ("exp", "tanh"):
        known[name] = functions._Function(function=UFUNCS[name], name=name, arity=1)

    def program(tree: Any) -> Any:
        tokens = [known[token] if isinstance(token, str) else token for token in prefix(tree)]
        return _Program(
            function_set=list(known.values()),
            arities={},
            init_depth=(2, 6),
            init_method="grow",
            n_features=case.workload.inputs,
            const_range=(-1.0, 1.0),
            metric=None,
            p_point_replace=0.0,
            parsimony_coefficient=0.0,
            random_state=None,
            program=tokens,
        )

    started = time.perf_counter()
    trees = [program(tree) for tree in case.trees[: _programs(case, NUMPY_PROGRAMS)]]
    seconds = time.perf_counter() - started
    x, y = case.data[case.workload.dtype]
    rows = np.asfortranarray(x.T)

    def score(tree: Any) -> float:
        return squares(tree.execute(rows), y)

    return _one_by_one("gplearn", case, trees, score, seconds, protected=True)


def per_program(case: Case) -> Engine:
    """NumPy: the programs' own instructions, one call each."""
    x, y = case.data[case.workload.dtype]
    count = _programs(case, NUMPY_PROGRAMS)
    started = time.perf_counter()
    programs = batch(case.trees[:count], case.workload.inputs)
    lists = [_steps(programs, row, case) for row in range(count)]
    seconds = time.perf_counter() - started

    def score(steps: Any) -> float:
        constants, instructions = steps
        values: list[Any] = [*x, *constants]
        for function, places in instructions:
            values.append(function(*[values[place] for place in places]))
        return squares(values[-1], y)

    return _one_by_one("numpy", case, lists, score, seconds)


def _steps(programs: ProgramBatch, row: int, case: Case) -> tuple[list[Any], list[Any]]:
    """Constants, and per instruction its function with the places of its operands."""
    dtype, inputs = np.dtype(case.workload.dtype).type, programs.n_inputs
    constants = [dtype(c) for c in programs.constants[row, : programs.n_constants[row]]]

    def place(argument: int) -> int:
        if argument >= 0:
            return inputs + len(constants) + argument
        return -1 - argument if argument > FIRST_CONSTANT else inputs + FIRST_CONSTANT - argument

    instructions = []
    names = {PrimitiveSet.named([name]).codes[0]: name for name in case.workload.names}
    for k in range(programs.lengths[row]):
        function = UFUNCS[names[programs.ops[row, k]]]
        arguments = programs.args[row, k, : function.nin].tolist()
        instructions.append((function, [place(argument) for argument in arguments]))
    return constants, instructions


def _one_by_one(
    name: str,
    case: Case,
    programs: list[Any],
    score: Callable[[Any], float],
    seconds: float,
    protected: bool = False,
) -> Engine:
    def losses(n: int) -> Array:
        with np.errstate(all="ignore"):
            return np.array([score(program) for program in programs[:n]])

    count = len(programs)
    run = partial(losses, count)
    return Engine(name, case.workload.dtype, count, seconds, run, losses, protected)


def _programs(case: Case, most: dict[str, int]) -> int:
    return min(len(case.trees), most.get(case.workload.name, len(case.trees)))


PEERS: dict[str, Callable[[Case], Engine]] = {
    "pyoperon_1": partial(pyoperon, threads=1),
    "pyoperon_2": partial(pyoperon, threads=2),
    "deap": deap,
    "gplearn": gplearn,
    "numpy": per_program,
}
