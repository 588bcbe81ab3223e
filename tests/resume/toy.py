"""A search that takes a second: pairs of a structure and a fitted number.

Small enough to be read at a glance, yet with all that a campaign can have: refinement, failures,
measures, operators of arity 0 to 2, validation and polish.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from jaxtyping import Float64, Int64
from pydantic import BaseModel, ConfigDict, Field

from evosearch.contracts import Objective, Operator, Polished, Scores, scores_of
from evosearch.errors import GenomeFormatError

MAGIC = b"PAIR"


@dataclass(frozen=True, eq=False)
class PairBatch:
    """Genomes of one whole number (the structure) and one real number (fitted)."""

    shapes: Int64[np.ndarray, " batch"]
    values: Float64[np.ndarray, " batch"]

    def __len__(self) -> int:
        return len(self.shapes)

    def take(self, rows):
        return PairBatch(self.shapes[rows], self.values[rows])

    def concatenate(self, others: Sequence["PairBatch"]):
        every = [self, *others]
        return PairBatch(
            np.concatenate([batch.shapes for batch in every]),
            np.concatenate([batch.values for batch in every]),
        )

    def to_bytes(self) -> list[bytes]:
        bodies = [
            MAGIC + struct.pack("<qd", shape, value)
            for shape, value in zip(self.shapes.tolist(), self.values.tolist(), strict=True)
        ]
        return [body + struct.pack("<I", zlib.crc32(body)) for body in bodies]

    @classmethod
    def from_bytes(cls, rows: Sequence[bytes]):
        for row in rows:
            sound = len(row) == 24 and row[:4] == MAGIC
            if not sound or struct.unpack("<I", row[-4:])[0] != zlib.crc32(row[:-4]):
                raise GenomeFormatError("not a pair")
        pairs = [struct.unpack("<qd", row[4:20]) for row in rows]
        return cls(
            np.array([shape for shape, _ in pairs], dtype=np.int64),
            np.array([value for _, value in pairs], dtype=np.float64),
        )

    def digests(self) -> list[bytes]:
        return [blake2b(row, digest_size=16).digest() for row in self.to_bytes()]

    def structures(self) -> list[bytes]:
        return PairBatch(self.shapes, np.zeros(len(self))).digests()

    def sizes(self):
        return np.abs(self.shapes)


class PairsOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    shapes: int = Field(40, ge=1, description="Number of structures.")


class Pairs:
    """Structures 0 .. shapes - 1 with numbers of any size."""

    options_model = PairsOptions
    genome_type = PairBatch

    def __init__(self, options: PairsOptions) -> None:
        self.shapes = options.shapes
        self.operators = {
            "random": Operator(0, self._random),
            "zero": Operator(0, lambda _rng, _parents, n: _pairs(np.zeros(n), np.zeros(n)), 0.2),
            "step": Operator(1, self._step),
            "shift": Operator(1, _shift, 0.5),
            "mix": Operator(2, _mix),
        }

    def describe(self, genomes: PairBatch) -> list[str]:
        return [f"{s}:{v:.6g}" for s, v in zip(genomes.shapes, genomes.values, strict=True)]

    def _random(self, rng, _parents, n):
        return _pairs(rng.integers(self.shapes, size=n), rng.normal(size=n))

    def _step(self, rng, parents, n):
        step = rng.integers(-2, 3, size=n)
        return _pairs((parents[0].shapes + step) % self.shapes, parents[0].values)


def _pairs(shapes, values) -> PairBatch:
    return PairBatch(np.asarray(shapes, dtype=np.int64), np.asarray(values, dtype=np.float64))


def _shift(rng, parents, n):
    return _pairs(parents[0].shapes, parents[0].values + 0.1 * rng.normal(size=n))


def _mix(rng, parents, n):
    first = rng.random(n) < 0.5
    return _pairs(
        np.where(first, parents[0].shapes, parents[1].shapes),
        np.where(first, parents[1].values, parents[0].values),
    )


class DistanceOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    goal: float = Field(1.0, description="What numbers should be near to.")
    poison: int = Field(-1, description="The structure whose scores are not finite.")


class Plain:
    """How far the number is from a goal that its structure makes easier to reach."""

    options_model = DistanceOptions
    genome_type = PairBatch
    objectives = (Objective("error", "minimize", "log"), Objective("shape", "maximize"))
    measures = ("shape", "value")
    fidelities = ("full",)

    def __init__(self, options: DistanceOptions) -> None:
        self.options = options

    def prepare(self, key):
        return {"noise": np.random.default_rng(key).normal(size=64)}

    def score(self, genomes: PairBatch, prepared, *, fidelity, key) -> Scores:
        error = np.abs(genomes.values - self.options.goal) * (1 + genomes.shapes)
        error = error + 1e-3 * np.abs(prepared["noise"][genomes.shapes % 64])
        error = np.where(genomes.shapes == self.options.poison, np.nan, error)
        measures = np.stack([genomes.shapes.astype(float), genomes.values], axis=1)
        return scores_of(
            np.stack([error, genomes.shapes.astype(float)], axis=1), measures=measures
        )

    def validate(self, genomes: PairBatch, prepared) -> Scores:
        scores = self.score(genomes, prepared, fidelity="full", key=np.zeros(2, np.uint32))
        return Scores(2 * scores.objectives, scores.status, scores.measures)

    def polish(self, genomes: PairBatch, prepared) -> list[Polished | None]:
        return [
            Polished((repr(value),), {"error": 0.0}) if shape % 2 else None
            for shape, value in zip(genomes.shapes.tolist(), genomes.values.tolist(), strict=True)
        ]


class Distance(Plain):
    """The same with refinement."""

    def refine(self, genomes: PairBatch, prepared, key) -> PairBatch:
        """A step towards the goal whose length depends on the genome and the key."""
        share = 0.5 + 0.25 * np.sin(genomes.values + float(key[0] % 97))
        return PairBatch(
            genomes.shapes, genomes.values + share * (self.options.goal - genomes.values)
        )


class Raising(Distance):
    """Raises for every batch that holds the poisoned structure."""

    def score(self, genomes: PairBatch, prepared, *, fidelity, key) -> Scores:
        if (genomes.shapes == self.options.poison).any():
            raise ZeroDivisionError(f"structure {self.options.poison}")
        return super().score(genomes, prepared, fidelity=fidelity, key=key)


class Staged(Distance):
    """Scored roughly first, without the second objective, and in steps of a half in between."""

    fidelities = ("rough", "halves", "full")

    def score(self, genomes: PairBatch, prepared, *, fidelity, key) -> Scores:
        scores = super().score(genomes, prepared, fidelity=fidelity, key=key)
        if fidelity == "full":
            return scores
        steps = {"rough": 1.0, "halves": 0.5}[fidelity]
        objectives = np.full_like(scores.objectives, np.nan)
        objectives[:, 0] = np.round(scores.objectives[:, 0] / steps) * steps
        return Scores(objectives, scores.status, scores.measures)
