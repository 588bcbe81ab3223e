"""Variation: parents in, children out, each with the operator and the parents of its birth."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Int64

from evosearch.contracts import Operator, SearchSpace
from evosearch.errors import ConfigError, PluginError
from evosearch.genomes.batch import replaced
from evosearch.population import Population

RANDOM = "random"  # the operator of arity 0 that samples evenly, where a space has one


class MatingPool(Protocol):
    """What variation needs to know of an algorithm."""

    from_nothing: bool

    def mating_pool(
        self, population: Population, n: int, arity: int, rng: np.random.Generator
    ) -> Int64[np.ndarray, "n arity"]:
        """Rows of the parents of n children."""
        ...


@runtime_checkable
class InTwoSteps(Protocol):
    """An `Operator.apply` whose last part is done for several operators at once.

    ``apply(rng, parents, n)`` is then ``finish(begin(rng, parents, n), parents[0], arange(n))``,
    with None for the parents of arity 0. Equal ``finish`` are called once for all their children.
    """

    @property
    def finish(self) -> Callable[[Any, Any, Int64[np.ndarray, " n"]], Any]:
        """Children from what was begun, given a batch and for each child its first parent's row.

        No child may depend on others.
        """
        ...

    def begin(self, rng: np.random.Generator, parents: tuple[Any, ...], n: int) -> Any:
        """All that needs random numbers; a `GenomeBatch`."""
        ...

    def __call__(self, rng: np.random.Generator, parents: tuple[Any, ...], n: int) -> Any:
        """Both steps."""
        ...


@dataclass(frozen=True, eq=False)
class _Brood:
    """Children of one operator, perhaps only begun.

    Attributes:
        slots: Where they belong.
        genomes: The children.
        finish: What there is to do yet.
        parents: Row of each one's first parent.
    """

    slots: Int64[np.ndarray, " n"]
    genomes: Any
    finish: Callable[[Any, Any, Int64[np.ndarray, " n"]], Any] | None
    parents: Int64[np.ndarray, " n"]


@dataclass(frozen=True, eq=False)
class Births:
    """Children in slot order, not yet scored.

    Attributes:
        genomes: Their genomes (a `GenomeBatch`).
        operators: Name of the operator of each; mutations in a row are joined by ``+``.
        parents: Ids in the order of the operator's arguments, 0 for none.
    """

    genomes: Any
    operators: list[str]
    parents: Int64[np.ndarray, "n arity"]

    def __len__(self) -> int:
        return len(self.operators)


def weighted(space: SearchSpace, weights: Mapping[str, float]) -> dict[str, Operator]:
    """The space's operators with the campaign's weights, without those of weight 0.

    ``random`` stays, for random search.

    Raises:
        ConfigError: A weight names no operator.
        PluginError: There is nothing that gives life.
    """
    mistakes = []
    for name in weights:
        if name not in space.operators:
            near = get_close_matches(name, space.operators, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            mistakes.append(
                f"algorithm.operators.{name}: no such operator; {hint}"
                f"the search space has {', '.join(space.operators)}"
            )
    if mistakes:
        raise ConfigError(mistakes)
    operators = {
        name: Operator(operator.arity, operator.apply, weights.get(name, operator.weight))
        for name, operator in space.operators.items()
    }
    if not any(operator.arity == 0 for operator in operators.values()):
        raise PluginError("the search space has no operator of arity 0: nothing can be born")
    if not any(operator.arity == 0 and operator.weight > 0 for operator in operators.values()):
        raise ConfigError("algorithm.operators: every operator of arity 0 has weight 0")
    # random search samples evenly, however rarely the space does so otherwise
    return {
        name: operator
        for name, operator in operators.items()
        if operator.weight > 0 or (name == RANDOM and operator.arity == 0)
    }


def breed(
    operators: Mapping[str, Operator],
    algorithm: MatingPool,
    population: Population | None,
    n: int,
    *,
    mating: np.random.Generator,
    variation: np.random.Generator,
    mutations: Sequence[float],
) -> Births:
    """Make n children: choose an operator for each, apply it to all who got the same at once.

    Operators of arity 0 give life when there is nobody to breed from; operators of arity 1 may
    follow one another.

    Args:
        operators: Those in use, see `weighted`.
        algorithm: Draws the parents.
        population: The survivors, None in the beginning.
        n: Number of children.
        mating: Stream of the mating pool.
        variation: Stream of everything else.
        mutations: Weights of 1, 2, 3, ... mutations in a row.
    """
    alone = algorithm.from_nothing or population is None or not len(population.selectable)
    names = _eligible(operators, alone=alone, even=algorithm.from_nothing)
    chosen = _draw(operators, names, n, variation)
    widest = max(2, *(operator.arity for operator in operators.values()))
    parents = np.zeros((n, widest), dtype=np.int64)
    people = None if population is None else population.genomes
    broods = []
    for index, name in enumerate(names):
        slots = np.flatnonzero(chosen == index)
        if not len(slots):
            continue
        operator = operators[name]
        rows = np.zeros((len(slots), 0), np.int64)
        if operator.arity:
            assert population is not None  # names hold arity 0 alone without one
            rows = algorithm.mating_pool(population, len(slots), operator.arity, mating)
            parents[slots, : operator.arity] = population.ids[rows]
        broods.append(_begun(operator, people, rows, slots, variation))
    genomes = _finished(broods, None if alone else people)
    labels = [names[index] for index in chosen.tolist()]
    mutated = np.array([operators[name].arity == 1 for name in names])[chosen]
    genomes = _mutate_again(operators, genomes, labels, mutated, mutations, variation)
    return Births(genomes, labels, parents)


def _begun(
    operator: Operator,
    people: Any,
    rows: Int64[np.ndarray, "n arity"],
    slots: Int64[np.ndarray, " n"],
    rng: np.random.Generator,
) -> _Brood:
    """Children of the parents at ``rows`` of ``people``."""
    origin = tuple(people.take(column) for column in rows.T)
    first = rows[:, 0] if rows.shape[1] else slots
    if isinstance(operator.apply, InTwoSteps):
        raw = operator.apply.begin(rng, origin, len(slots))
        return _Brood(slots, raw, operator.apply.finish, first)
    return _Brood(slots, operator.apply(rng, origin, len(slots)), None, first)


def _finished(broods: Sequence[_Brood], people: Any) -> Any:
    """All children in the order of their slots."""
    groups, order = [], []
    for finish in dict.fromkeys(brood.finish for brood in broods):
        same = [brood for brood in broods if brood.finish == finish]
        children = same[0].genomes.concatenate([brood.genomes for brood in same[1:]])
        if finish is not None:
            children = finish(children, people, np.concatenate([b.parents for b in same]))
        groups.append(children)
        order += [brood.slots for brood in same]
    return groups[0].concatenate(groups[1:]).take(np.argsort(np.concatenate(order)))


def _eligible(operators: Mapping[str, Operator], *, alone: bool, even: bool) -> list[str]:
    if even and RANDOM in operators:
        return [RANDOM]
    breeding = [name for name, operator in operators.items() if operator.arity > 0]
    if alone or not breeding:
        return [name for name, operator in operators.items() if operator.arity == 0]
    return breeding


def _draw(
    operators: Mapping[str, Operator], names: Sequence[str], n: int, rng: np.random.Generator
) -> Int64[np.ndarray, " n"]:
    weights = np.array([operators[name].weight for name in names])
    if names == [RANDOM]:
        weights = np.ones(1)
    return rng.choice(len(names), size=n, p=weights / weights.sum())


def _mutate_again(
    operators: Mapping[str, Operator],
    genomes: Any,
    labels: list[str],
    mutated: Bool[np.ndarray, " n"],
    mutations: Sequence[float],
    rng: np.random.Generator,
) -> Any:
    """Further mutations of those that were mutated; extends their labels in place."""
    n = len(labels)
    names = [name for name, operator in operators.items() if operator.arity == 1]
    if not names:
        return genomes
    lengths = 1 + rng.choice(len(mutations), size=n, p=np.divide(mutations, np.sum(mutations)))
    for step in range(2, len(mutations) + 1):
        again = mutated & (lengths >= step)
        chosen = _draw(operators, names, n, rng)
        broods = []
        for index, name in enumerate(names):
            slots = np.flatnonzero(again & (chosen == index))
            if len(slots):
                broods.append(_begun(operators[name], genomes, slots[:, None], slots, rng))
                for slot in slots.tolist():
                    labels[slot] += f"+{name}"
        if broods:
            changed = _finished(broods, genomes)
            genomes = replaced(genomes, np.flatnonzero(again), changed)
    return genomes
