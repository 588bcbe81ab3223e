"""Strategies over the table. Evolution breeds and survives by the engine's own selection."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int64

from benchmarks.tiny_actbench.oracle import Oracle
from benchmarks.tiny_actbench.space import BINARY, SHAPE, SIZE, UNARY, Space, genes, numbers
from evosearch.contracts import Status
from evosearch.population import Population
from evosearch.selection.registry import build

Strategy = Callable[[Space, Oracle, np.random.Generator], None]
KNOWN = ("elu", "relu", "selu", "sigmoid", "softplus", "softsign", "swish", "tanh")
CHILDREN = 16
_NEAREST = 3
_REFIT = 4  # evaluations between two fits of the ridge regression


def random(_: Space, oracle: Oracle, rng: np.random.Generator) -> None:
    """All functions in random order."""
    _in_turn(oracle, rng.permutation(SIZE))


def exhaustive(_: Space, oracle: Oracle, rng: np.random.Generator) -> None:
    """All functions in the order of lists, which are shuffled: one binary after another."""
    orders = [rng.permutation(length) for length in SHAPE]
    places = np.stack(np.meshgrid(*orders, indexing="ij"), axis=-1).reshape(-1, 3)
    _in_turn(oracle, numbers(places))


def ageing(space: Space, oracle: Oracle, rng: np.random.Generator) -> None:
    """Ageing evolution, 64 survivors, tournaments of 16; one gene is drawn anew."""
    _evolve(space, oracle, rng, "ageing", {"survivors": 64, "tournament": 16}, crossed=0.0)


def nsga2(space: Space, oracle: Oracle, rng: np.random.Generator) -> None:
    """Error and operations by NSGA-II, 64 survivors; half of the children are recombined."""
    _evolve(space, oracle, rng, "nsga2", {"survivors": 64}, crossed=0.5)


def niches(space: Space, oracle: Oracle, rng: np.random.Generator) -> None:
    """The best 32 of every number of operations; half of the children are recombined."""
    _evolve(space, oracle, rng, "niches", {"keep": 32}, crossed=0.5)


def neighbours(space: Space, oracle: Oracle, rng: np.random.Generator) -> None:
    """Next is what the mean of the three nearest known ones, by outputs, says is best.

    As in AQuaSurF, where distances are in a map of outputs and Fisher spectra, there is no bonus
    for what is far from everything known, and eight well-known functions come first.
    """
    features = _features(space)
    nearest = np.full((len(features), _NEAREST), np.inf)
    values = np.zeros_like(nearest)
    open_ = np.ones(len(features), bool)
    for place in _first(space, rng):
        _learn(oracle, space, place, features, nearest, values, open_)
    while not oracle.spent and open_.any():
        weights = np.isfinite(nearest)
        guess = (values * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1)
        guess += 1e-9 * rng.random(len(guess))
        place = int(np.argmax(np.where(open_, guess, -np.inf)))
        _learn(oracle, space, place, features, nearest, values, open_)


def ridge(space: Space, oracle: Oracle, rng: np.random.Generator) -> None:
    """Next are the four best by ridge regression with Gaussian kernels over outputs."""
    kernel = _kernel(_features(space))
    asked, scores = list[int](), list[float]()
    wanted: Sequence[int] = _first(space, rng)
    while not oracle.spent and len(wanted):
        found = oracle.ask(space.representatives[np.array(wanted)])
        asked += list(wanted)
        scores += np.where(np.isnan(found), np.nanmin([*found, *scores, 1.0]), found).tolist()
        guess = _regressed(kernel, np.array(asked), np.array(scores))
        guess[asked] = -np.inf
        wanted = [
            each for each in np.argsort(-guess)[:_REFIT].tolist() if np.isfinite(guess[each])
        ]


STRATEGIES: Mapping[str, Strategy] = {
    each.__name__: each for each in (random, exhaustive, ageing, nsga2, niches, neighbours, ridge)
}


def _in_turn(oracle: Oracle, order: Int64[np.ndarray, " n"]) -> None:
    for start in range(0, len(order), CHILDREN):
        if oracle.spent:
            return
        oracle.ask(order[start : start + CHILDREN])


@dataclass(frozen=True, eq=False)
class _Functions:
    """Functions by number, as genomes of a population."""

    numbers: Int64[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: Int64[np.ndarray, " rows"]) -> "_Functions":
        return _Functions(self.numbers[rows])

    def concatenate(self, others: Sequence["_Functions"]) -> "_Functions":
        return _Functions(np.concatenate([self.numbers, *(each.numbers for each in others)]))


def _evolve(
    space: Space,
    oracle: Oracle,
    rng: np.random.Generator,
    algorithm: str,
    options: dict[str, Any],
    *,
    crossed: float,
) -> None:
    """Generations of 16 children until the budget is spent; 64 at random to begin with."""
    selection = build(algorithm, options)
    population = _population(space, oracle, rng.integers(SIZE, size=64), 0, 1)
    generation = 0
    while not oracle.spent:
        generation += 1
        if len(population.selectable):
            pool = population.genomes.numbers[selection.mating_pool(population, CHILDREN, 2, rng)]
            children = _children(pool, crossed, rng)
        else:
            children = rng.integers(SIZE, size=CHILDREN)
        born = _population(space, oracle, children, generation, 64 + CHILDREN * generation)
        everyone = population.concatenate(born)
        population = everyone.take(selection.survivors(everyone, rng))


def _children(
    pool: Int64[np.ndarray, "n 2"], crossed: float, rng: np.random.Generator
) -> Int64[np.ndarray, " n"]:
    """Each gene of either parent; or the first parent's, one of them drawn anew."""
    first, second = genes(pool[:, 0]), genes(pool[:, 1])
    rows = np.arange(len(pool))
    mutated = first.copy()
    place = rng.integers(3, size=len(pool))
    mutated[rows, place] = (rng.random(len(pool)) * np.array(SHAPE)[place]).astype(np.int64)
    mixed = np.where(rng.random(first.shape) < 0.5, first, second)
    which = rng.random(len(pool)) < crossed
    return numbers(np.where(which[:, None], mixed, mutated))


def _population(
    space: Space, oracle: Oracle, children: Int64[np.ndarray, " n"], birth: int, first_id: int
) -> Population:
    """Children with their error and operations; those without an accuracy are invalid."""
    accuracy = oracle.ask(children)
    sizes = space.programs.sizes()[children]
    objectives = np.stack([1.0 - accuracy, sizes.astype(np.float64)], axis=1)
    status = np.where(np.isnan(accuracy), Status.INVALID, Status.OK).astype(np.int8)
    behaviours = oracle.table.behaviours[children]
    return Population(
        ids=np.arange(first_id, first_id + len(children), dtype=np.int64),
        genomes=_Functions(children),
        digests=[blake2b(str(each).encode(), digest_size=16).digest() for each in behaviours],
        objectives=objectives,
        costs=objectives,
        status=status,
        measures=np.zeros((len(children), 0)),
        sizes=sizes,
        births=np.full(len(children), birth, np.int64),
    )


def _first(space: Space, rng: np.random.Generator) -> list[int]:
    """Behaviours of eight well-known functions, in random order."""
    add, zero = BINARY.index("add"), UNARY.index("0")
    places = np.array([[add, zero, UNARY.index(name)] for name in KNOWN])
    found = dict.fromkeys(space.behaviours[numbers(places)].tolist())
    return list(rng.permutation([each for each in found if each >= 0]).tolist())


def _features(space: Space) -> Float64[np.ndarray, "behaviours points"]:
    values = space.features
    return np.asarray(values / np.sqrt(values.shape[1]))


def _learn(
    oracle: Oracle,
    space: Space,
    place: int,
    features: Float64[np.ndarray, "behaviours points"],
    nearest: Float64[np.ndarray, "behaviours nearest"],
    values: Float64[np.ndarray, "behaviours nearest"],
    open_: Bool[np.ndarray, " behaviours"],
) -> None:
    """Ask for one behaviour and put it among the nearest of all that it is nearer to."""
    open_[place] = False
    value = float(oracle.ask(space.representatives[[place]])[0])
    if np.isnan(value):
        return
    distance = np.sqrt(((features - features[place]) ** 2).sum(axis=1))
    worst = np.argmax(nearest, axis=1)
    rows = np.flatnonzero(distance < nearest[np.arange(len(nearest)), worst])
    nearest[rows, worst[rows]] = distance[rows]
    values[rows, worst[rows]] = value


def _kernel(
    features: Float64[np.ndarray, "behaviours points"],
) -> Float64[np.ndarray, "behaviours behaviours"]:
    squares = (features**2).sum(axis=1)
    distance = np.maximum(squares[:, None] + squares - 2 * features @ features.T, 0.0)
    return np.asarray(np.exp(-distance / np.median(distance)))


def _regressed(
    kernel: Float64[np.ndarray, "behaviours behaviours"],
    asked: Int64[np.ndarray, " asked"],
    scores: Float64[np.ndarray, " asked"],
) -> Float64[np.ndarray, " behaviours"]:
    mean = scores.mean()
    inner = kernel[np.ix_(asked, asked)] + 1e-3 * np.eye(len(asked))
    return np.asarray(mean + kernel[:, asked] @ np.linalg.solve(inner, scores - mean))
