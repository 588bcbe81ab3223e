"""What a campaign gives to the store and gets back from it: plain records of arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int8, Int64

from evosearch.contracts import Objective, Status
from evosearch.stages import Stage

FIRST_DIGEST = bytes(32)  # what the first generation's state digest is chained to
MAX_OBJECTIVES = 8


@dataclass(frozen=True)
class CampaignRecord:
    """What is fixed when a campaign is created.

    Attributes:
        name: Unique in the database.
        seed: Of every random stream.
        notes: Free text.
        config: The resolved campaign file; can be written as JSON.
        fingerprint: What must not change on resume (plug-in hashes, versions, formats); likewise.
        genome_type: ``module:Class`` of the genomes; data for people, never imported from here.
        objectives: What is optimised, at most `MAX_OBJECTIVES`.
        measures: Names of the behaviour measures.
        evaluator_key: Hex hash; campaigns with the same key and fidelity share scores.
        n_islands: Number of islands.
        retain: ``all``, ``elites`` or ``summary``, see `evosearch.store.retention`.
        fidelity: At which the stored scores were made: the evaluator's last one.
    """

    name: str
    seed: int
    notes: str
    config: dict[str, Any]
    fingerprint: dict[str, Any]
    genome_type: str
    objectives: tuple[Objective, ...]
    measures: tuple[str, ...]
    evaluator_key: str
    n_islands: int = 1
    retain: str = "all"
    fidelity: str = "full"


@dataclass(frozen=True, eq=False)
class IndividualRows:
    """One generation's children of all islands, in (island, slot) order.

    Attributes:
        ids: Number in the campaign, from 1, consecutive in the order of commits.
        islands: Island of birth.
        slots: Slot of birth within the island.
        operators: Name of the operator that made each; a chain is written ``rewire+insert``.
        parents: Ids in the order of the operator's arguments, 0 for none.
        genomes: Byte form of each genome.
        digests: 16 bytes each, blake2b-128 of ``genomes``.
        structures: 16 bytes each, see `GenomeBatch.structures`.
        sizes: Size of each genome.
        objectives: As the evaluator returned them.
        status: A `Status` each.
        measures: May have zero columns.
        reused: Whether the scores were known before.
        messages: Row -> why it failed; the first 4 KiB are stored.
        stages: What each fidelity said of those that were scored, where there are several.
    """

    ids: Int64[np.ndarray, " n"]
    islands: Int64[np.ndarray, " n"]
    slots: Int64[np.ndarray, " n"]
    operators: Sequence[str]
    parents: Int64[np.ndarray, "n arity"]
    genomes: Sequence[bytes]
    digests: Sequence[bytes]
    structures: Sequence[bytes]
    sizes: Int64[np.ndarray, " n"]
    objectives: Float64[np.ndarray, "n objectives"]
    status: Int8[np.ndarray, " n"]
    measures: Float64[np.ndarray, "n measures"]
    reused: Bool[np.ndarray, " n"]
    messages: Mapping[int, str] = field(default_factory=dict)
    stages: Sequence[Stage] = ()

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class FrontMember:
    """An individual on the front, and its genome as text for people."""

    id: int
    expression: str


@dataclass(frozen=True, eq=False)
class GenerationRecord:
    """Everything that one transaction stores.

    Attributes:
        generation: One more than the last stored one; the first may be any number.
        individuals: The children.
        survivors: Per island, ids in the order in which selection left them.
        front: The whole current front over all islands.
        digest: 32 bytes, made with `state_digest`.
        evaluations: Cumulative, those that count for the budget.
        reused: Children of this generation whose scores were known.
        failed: Children of this generation whose status is not OK.
        seconds: Cumulative seconds of search, over all sittings.
        profile: Seconds of this generation by part; the store adds those of its own as ``store``.
        best: Best value so far by objective name.
    """

    generation: int
    individuals: IndividualRows
    survivors: Sequence[Int64[np.ndarray, " _"]]
    front: Sequence[FrontMember]
    digest: bytes
    evaluations: int
    reused: int
    failed: int
    seconds: float
    profile: Mapping[str, float] = field(default_factory=dict)
    best: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class StoredIndividuals:
    """Individuals read back, in the order asked for. ``births`` are generations."""

    ids: Int64[np.ndarray, " n"]
    genomes: list[bytes]
    digests: list[bytes]
    objectives: Float64[np.ndarray, "n objectives"]
    status: Int8[np.ndarray, " n"]
    measures: Float64[np.ndarray, "n measures"]
    sizes: Int64[np.ndarray, " n"]
    births: Int64[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class ResumePoint:
    """Where a campaign stands after its last committed generation.

    ``next_id`` is the id of the next child; ``front`` holds ids, ascending.
    """

    generation: int
    digest: bytes
    evaluations: int
    seconds: float
    next_id: int
    survivors: list[StoredIndividuals]
    front: list[int]


@dataclass(frozen=True, eq=False)
class KnownScores:
    """Scores that need not be computed again: one row per genome."""

    digests: list[bytes]
    objectives: Float64[np.ndarray, "n objectives"]
    status: Int8[np.ndarray, " n"]
    measures: Float64[np.ndarray, "n measures"]


@dataclass(frozen=True, eq=False)
class KnownStructures:
    """Every stored individual of a campaign in the order of ids, to rebuild what a driver knew.

    ``refined`` says that the individual was refined and scored by this campaign, not reused.
    ``genomes`` may read from the store when it is indexed: to be used before the store changes.
    """

    ids: Int64[np.ndarray, " n"]
    structures: list[bytes]
    digests: list[bytes]
    genomes: Sequence[bytes]
    objectives: Float64[np.ndarray, "n objectives"]
    status: Int8[np.ndarray, " n"]
    measures: Float64[np.ndarray, "n measures"]
    refined: Bool[np.ndarray, " n"]


def state_digest(previous: bytes, individuals: IndividualRows) -> bytes:
    """The next state digest: blake2b-256 over the previous one and what this generation scored.

    Hashed are ``previous``, all genome digests, all objectives (little-endian float64, row by row,
    every NaN the same) and all statuses, in the order of rows. Objectives of rows that were never
    computed (neither OK, INVALID nor NONFINITE) count as NaN. Of each stage follow its rows
    (little-endian int64), objectives, statuses and who was promoted (a byte each). Survivors
    follow from these, so they are not hashed. The first generation is chained to `FIRST_DIGEST`.
    """
    state = blake2b(previous, digest_size=32)
    state.update(b"".join(individuals.digests))
    state.update(stored_objectives(individuals.objectives, individuals.status).tobytes())
    state.update(individuals.status.astype(np.int8).tobytes())
    for stage in individuals.stages:
        state.update(stage.rows.astype("<i8").tobytes())
        state.update(stored_objectives(stage.objectives, stage.status).tobytes())
        state.update(stage.status.astype(np.int8).tobytes() + stage.promoted.tobytes())
    return state.digest()


def stored_objectives(
    objectives: Float64[np.ndarray, "n objectives"], status: Int8[np.ndarray, " n"]
) -> Float64[np.ndarray, "n objectives"]:
    """Objectives as the store keeps them: canonical NaN where nothing was computed."""
    computed = (status <= Status.NONFINITE)[:, None] & ~np.isnan(objectives)
    return np.where(computed, objectives, np.nan).astype("<f8")
