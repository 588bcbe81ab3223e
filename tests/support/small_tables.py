"""A campaign of tables that is cheap, with an evaluator that spends privacy in name only."""

from pathlib import Path

PLUGIN = """
from fractions import Fraction
from pathlib import Path

import numpy as np

from evaluators.private_data import csv_file
from evaluators.private_data.domain import Domain
from evaluators.private_data.true_error import true_errors
from evaluators.private_data.usage import Usage
from evosearch.contracts import Charge, Objective, Operator, scores_of
from evosearch.genomes.table import TableBatch

DOMAIN = Domain.from_json(
    {
        "kids": {"values": [0, 1, 2], "missing": "N"},
        "people": {"values": [2, 3]},
        "pay": {"edges": [0, 10, 20.5, 30]},
    }
)
ROWS = 30


def born(rng, parents, n):
    sizes = [column.size for column in DOMAIN.columns()]
    codes = np.stack([rng.integers(0, size, (n, ROWS)) for size in sizes], axis=2)
    return TableBatch(DOMAIN.columns(), codes.astype(np.uint16))


class Space:
    genome_type = TableBatch
    operators = {"born": Operator(0, born)}

    def describe(self, genomes):
        return ["a table"] * len(genomes)


class Evaluator:
    genome_type = TableBatch
    objectives = (Objective("error"),)
    measures = ()
    fidelities = ("full",)

    def charge(self):
        details = {"epsilon": 1.0, "delta": 1e-9, "cells": 3}
        return Charge("people", "replace-one", "noise", Fraction(1, 70), Fraction(1, 10), details)

    def prepare(self, key):
        return {}

    def score(self, genomes, prepared, *, fidelity, key):
        return scores_of(genomes.codes.mean(axis=(1, 2))[:, None].astype(np.float64))

    def usage(self):
        return Usage.of(DOMAIN, ["kids < people"]).to_json()

    def against(self, genomes, path: Path):
        real = csv_file.read(path, DOMAIN)
        return true_errors(real, genomes.codes[0], DOMAIN.sizes)
"""
CAMPAIGN = """
[campaign]
name = "small"
seed = 3

[space]
use = "./small.py:Space"

[evaluator]
use = "./small.py:Evaluator"

[algorithm]
use = "random"
population = 4

[execution]
use = "inline"

[budget]
generations = 1
"""
PRIVATE = "kids,people,pay\n" + "0,2,5\nN,3,20.5\n1,3,30\n" * 5


def write_campaign(folder: Path) -> Path:
    """The campaign file, its plug-ins, and a private table ``data.csv`` beside it."""
    (folder / "small.py").write_text(PLUGIN)
    (folder / "data.csv").write_text(PRIVATE)
    path = folder / "small.toml"
    path.write_text(CAMPAIGN)
    return path
