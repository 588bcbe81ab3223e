"""Islands: the populations of a campaign, bred and selected side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int64

from evosearch import seeding
from evosearch.campaign.parts import Parts
from evosearch.campaign.state import State
from evosearch.contracts import Bars, Operator
from evosearch.evaluation import Evaluated
from evosearch.population import Population
from evosearch.selection import migrate
from evosearch.store.records import IndividualRows
from evosearch.variation import Births, breed

SEED_FILE = "seed-file"  # operator of individuals that the user brought


@dataclass(frozen=True, eq=False)
class Brood:
    """The births of one generation, island by island.

    Attributes:
        births: Of all islands.
        islands: Island of each.
        slots: Slot of each within its island.
    """

    births: Births
    islands: Int64[np.ndarray, " n"]
    slots: Int64[np.ndarray, " n"]


def bred(
    parts: Parts, operators: Mapping[str, Operator], state: State, n: int, seeds: Any = None
) -> Brood:
    """The next generation's births: n on each island, ``seeds`` added to the first island."""
    seed, generation = parts.config.campaign.seed, state.generation + 1
    births = [
        breed(
            operators,
            parts.algorithm,
            population,
            n,
            mating=seeding.stream(seed, "mating", island=island, generation=generation),
            variation=seeding.stream(seed, "variation", island=island, generation=generation),
            mutations=parts.config.algorithm.mutations,
        )
        for island, population in enumerate(state.islands)
    ]
    if seeds is not None:
        births[0] = _joined([births[0], _seeded(seeds, births[0].parents.shape[1])])
    sizes = [len(born) for born in births]
    return Brood(
        _joined(births),
        np.repeat(np.arange(len(births)), sizes),
        np.concatenate([np.arange(size) for size in sizes]),
    )


def survived(
    parts: Parts, state: State, children: Population, islands: Int64[np.ndarray, " n"]
) -> list[Population]:
    """Who lives on, on each island, after selection and migration."""
    seed, generation = parts.config.campaign.seed, state.generation + 1
    populations = []
    for island, before in enumerate(state.islands):
        born = children.take(np.flatnonzero(islands == island))
        everyone = born if before is None else before.concatenate(born)
        rng = seeding.stream(seed, "selection", island=island, generation=generation)
        populations.append(everyone.take(parts.algorithm.survivors(everyone, rng)))
    migration = parts.config.algorithm.migration
    if len(populations) > 1 and generation > 0 and generation % migration.interval == 0:
        rng = seeding.stream(seed, "migration", generation=generation)
        populations = migrate(populations, migration.size, rng)
    return populations


def bars_of(algorithm: Any, islands: Sequence[Population | None]) -> Bars | None:
    """What children have to beat on the island where that is easiest; None where it is unknown."""
    populations = [population for population in islands if population is not None]
    if not populations or not hasattr(algorithm, "bars"):
        return None
    found = [algorithm.bars(population) for population in populations]
    length = min(map(len, found))
    return np.asarray(np.max([bars[:length] for bars in found], axis=0))


def rows_of(brood: Brood, evaluated: Evaluated, children: Population) -> IndividualRows:
    """Births and evaluations as the store keeps them."""
    return IndividualRows(
        ids=children.ids,
        islands=brood.islands,
        slots=brood.slots,
        operators=brood.births.operators,
        parents=brood.births.parents,
        genomes=children.genomes.to_bytes(),
        digests=children.digests,
        structures=evaluated.structures,
        sizes=children.sizes,
        objectives=children.objectives,
        status=children.status,
        measures=children.measures,
        reused=evaluated.reused,
        messages=evaluated.messages,
        stages=evaluated.stages,
    )


def _seeded(genomes: Any, arity: int) -> Births:
    n = len(genomes)
    return Births(genomes, [SEED_FILE] * n, np.zeros((n, arity), dtype=np.int64))


def _joined(births: Sequence[Births]) -> Births:
    first, *others = (born.genomes for born in births)
    return Births(
        first.concatenate(others),
        [name for born in births for name in born.operators],
        np.concatenate([born.parents for born in births]),
    )
