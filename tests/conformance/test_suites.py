"""The conformance suites find what they are there to find."""

import random

import numpy as np
import pytest

from evosearch import testing
from evosearch.contracts import Objective, Operator, Scores
from evosearch.errors import GenomeFormatError
from tests.resume.toy import Distance, DistanceOptions, PairBatch, Pairs, PairsOptions


def pairs():
    return Pairs(PairsOptions())


def genomes(n=8):
    return PairBatch(np.arange(n), np.linspace(-1.0, 1.0, n))


def test_the_toy_passes():
    testing.check_genome_batch(genomes())
    testing.check_search_space(pairs())
    testing.check_evaluator(Distance(DistanceOptions()), genomes())


def broken_batch(**methods):
    kind = type("Broken", (PairBatch,), methods)
    return kind(np.arange(5), np.arange(5.0))


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ({"digests": lambda self: [b"0" * 16] * len(self)}, "digests are not"),
        ({"structures": lambda self: [b"x"] * len(self)}, "structures needs 16 bytes"),
        ({"sizes": lambda self: np.zeros(len(self))}, "sizes has to be int64"),
        ({"take": lambda self, _rows: self}, "take does not give"),
        ({"concatenate": lambda self, _others: self}, "concatenate does not append"),
    ],
)
def test_a_broken_batch_is_found(methods, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_genome_batch(broken_batch(**methods))


def test_a_lenient_decoder_is_found():
    def lenient(cls, rows):
        try:
            return PairBatch.from_bytes.__func__(cls, rows)
        except GenomeFormatError:
            return cls(np.zeros(len(rows), np.int64), np.zeros(len(rows)))

    with pytest.raises(AssertionError, match="accepted damaged bytes"):
        testing.check_genome_batch(broken_batch(from_bytes=classmethod(lenient)))


def careless(rng, parents, n):
    return PairBatch(np.full(n, random.getrandbits(40)), parents[0].values)


def mutating(rng, parents, n):
    parents[0].values[:] += 1.0
    return parents[0]


def wrong_number(rng, parents, n):
    return genomes(n + 1)


@pytest.mark.parametrize(
    ("operator", "message"),
    [
        (careless, "with the same generator"),
        (mutating, "changed its parents"),
        (wrong_number, "asked for"),
    ],
)
def test_a_broken_operator_is_found(operator, message):
    space = pairs()
    space.operators = {**space.operators, "broken": Operator(1, operator)}
    with pytest.raises(AssertionError, match=f"operator 'broken' .*{message}"):
        testing.check_search_space(space)


class BySlot(Distance):
    def score(self, genomes, prepared, *, fidelity, key):
        scores = super().score(genomes, prepared, fidelity=fidelity, key=key)
        return Scores(
            scores.objectives + np.arange(len(genomes))[:, None], scores.status, scores.measures
        )


class ByNeighbour(Distance):
    def score(self, genomes, prepared, *, fidelity, key):
        scores = super().score(genomes, prepared, fidelity=fidelity, key=key)
        shift = scores.objectives.sum()
        return Scores(scores.objectives + shift, scores.status, scores.measures)


class Counting(Distance):
    calls = 0

    def score(self, genomes, prepared, *, fidelity, key):
        self.calls += 1
        scores = super().score(genomes, prepared, fidelity=fidelity, key=key)
        return Scores(scores.objectives + self.calls, scores.status, scores.measures)


class Short(Distance):
    objectives = (*Distance.objectives, Objective("third"))


class UnstableRefinement(Distance):
    def refine(self, genomes, prepared, key):
        return PairBatch(genomes.shapes, genomes.values + np.arange(len(genomes)))


@pytest.mark.parametrize(
    ("evaluator", "message"),
    [
        (BySlot, "slot of its individual"),
        (ByNeighbour, "depends on"),
        (Counting, "not a pure function"),
        (Short, r"\[8, 3\]"),
        (UnstableRefinement, "refining an individual depends on its slot"),
    ],
)
def test_a_broken_evaluator_is_found(evaluator, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_evaluator(evaluator(DistanceOptions()), genomes())
