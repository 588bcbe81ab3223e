"""A made-up campaign for reports, small enough to be counted by hand."""

from dataclasses import replace

import numpy as np

from evosearch.contracts import Baseline, Objective
from evosearch.report.facts import Companion, Facts, Run
from evosearch.report.plane import Plane
from evosearch.store.members import Edge, Generations, History, Member
from evosearch.store.records import CampaignRecord

ERROR = Objective("error", "minimize", "log")
OPERATIONS = Objective("operations")

# id, generation, operator, parents, operations, error, status, reused
ROWS = [
    (1, 0, "random", (0, 0), 1, 1.0, 0, False),
    (2, 0, "random", (0, 0), 2, 0.5, 0, False),
    (3, 0, "random", (0, 0), 3, np.nan, 2, False),
    (4, 1, "insert", (1, 0), 2, 0.1, 0, False),
    (5, 1, "rewire+insert", (2, 0), 3, 0.6, 0, False),
    (6, 1, "graft", (2, 1), 2, 0.5, 0, True),
    (7, 2, "rewire", (4, 0), 2, 0.01, 0, False),
    (8, 2, "insert+insert", (4, 0), 4, 0.001, 0, False),
]


def history(rows=ROWS) -> History:
    """The rows as columns."""
    return History(
        ids=np.array([row[0] for row in rows], np.int64),
        generation=np.array([row[1] for row in rows], np.int64),
        operator=np.array([row[2] for row in rows], np.str_),
        parents=np.array([row[3] for row in rows], np.int64).reshape(-1, 2),
        sizes=np.array([row[4] for row in rows], np.int64),
        objectives=np.array([(row[5], row[4]) for row in rows], float).reshape(-1, 2),
        status=np.array([row[6] for row in rows], np.int8),
        reused=np.array([row[7] for row in rows], bool),
    )


def member(id: int, **changes) -> Member:
    """An individual of ``ROWS``."""
    _, generation, operator, parents, size, error, _, _ = ROWS[id - 1]
    made = Member(
        id=id,
        generation=generation,
        slot=0,
        island=0,
        objectives={"error": error, "operations": float(size)},
        validation=None,
        validation_status=None,
        polish=None,
        measures={},
        status="ok",
        size=size,
        expression=f"expression {id}",
        operator=operator,
        parents=[parent for parent in parents if parent],
        digest="00" * 16,
    )
    return replace(made, **changes)


def record(**changes) -> CampaignRecord:
    """The campaign."""
    made = CampaignRecord(
        name="made-up",
        seed=7,
        notes="",
        config={
            "campaign": {"name": "made-up"},
            "space": {"use": "expressions"},
            "evaluator": {"use": "approximation", "target": "exp2"},
            "algorithm": {"use": "niches"},
            "budget": {"generations": 2},
            "base": "somewhere",
        },
        fingerprint={"versions": {"numpy": "2"}, "config": {}, "primitives": {"add": 1}},
        genome_type="evosearch.genomes.program:ProgramBatch",
        objectives=(ERROR, OPERATIONS),
        measures=(),
        evaluator_key="00",
    )
    return replace(made, **changes)


def facts(**changes) -> Facts:
    """Everything about it; random search found 0.2 with its second evaluation."""
    plane = Plane.of((ERROR, OPERATIONS), history())
    random = [
        (1, 0, "random", (0, 0), 1, 2.0, 0, False),
        (2, 0, "random", (0, 0), 2, 0.2, 0, False),
    ]
    made = Facts(
        record=record(),
        status={
            "campaign": "made-up",
            "state": "finished",
            "generation": 2,
            "evaluations": 7,
            "digest": "ab" * 32,
            "started": "2026-01-01T00:00:00Z",
            "seconds": 3.5,
            "best": {"error": 0.001, "operations": 1.0},
            "reused": 1,
            "failed": 1,
            "profile": {"score": 2.0},
        },
        front=[member(8), member(7), member(1)],
        generations=Generations(
            generation=np.arange(3),
            evaluations=np.array([3, 5, 7]),
            seconds=np.array([1.0, 2.0, 3.5]),
            best={"error": np.array([0.5, 0.1, 0.001])},
            reused=np.array([0, 1, 0]),
            failed=np.array([1, 0, 0]),
            profile={
                "score": np.array([1.0, 0.5, 0.5]),
                "breed": np.array([0.1, 0.1, 0.1]),
                "total": np.array([1.1, 0.6, 0.6]),
                "store": np.array([0.4, 0.3, 0.3]),
            },
        ),
        plane=plane,
        search=Run.of("made-up", history(), plane),
        random=Run.of("luck", history(random), plane),
        companion=Companion(
            [
                Baseline("polynomial", "degree 1", {"error": 0.05, "operations": 2.0}),
                Baseline("polynomial", "degree 2", {"error": 0.02, "operations": 4.0}),
                Baseline("ratio", "[1/1]", {"error": 0.04, "operations": 3.0}),
                Baseline("other", "without a size", {"error": 0.0}),
            ]
        ),
        chosen=member(8),
        ancestors=[member(8), member(4), member(1)],
        edges=[Edge(8, 4, "insert+insert", 0), Edge(4, 1, "insert", 0)],
        genomes={8: b"8", 7: b"7", 1: b"1"},
    )
    return replace(made, **changes)
