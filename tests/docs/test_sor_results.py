"""The results page of SOR: its tables are made of the documents, which hold what they claim."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.sor_campaigns import page, policies
from benchmarks.sor_campaigns.tasks import TASKS
from evaluators.sor.evaluator import Sor
from evaluators.sor.options import Options
from evosearch.genomes.vector import VectorBatch
from search_spaces.relaxation import RelaxationOptions

FOLDER = Path(__file__).parents[2] / "docs" / "results"
FOUND = policies.read(FOLDER)
MADE = [task for task in TASKS if task.name in FOUND]


def test_the_page_is_made_of_the_documents():
    text = (FOLDER / "sor.md").read_text("utf-8")
    assert len(MADE) >= 5
    assert page.written(text, FOUND) == text


def metrics_again(task, path):
    """What the held-out systems say of a document today."""
    document = json.loads(path.read_text("utf-8"))
    if "nodes" in document:
        outcome = policies.verified(path, task)
        assert outcome["status"] == "ok"
        return outcome["metrics"]
    space = RelaxationOptions.model_validate(task.config.space.options)
    genes = space.genes()
    values = np.array([[document["genes"][gene.name] for gene in genes]])
    judge = Sor(Options.model_validate(task.config.evaluator.options), task.file.parent)
    return judge.metrics(VectorBatch(genes, values), [])


@pytest.mark.slow
@pytest.mark.parametrize("task", MADE, ids=lambda task: task.name)
def test_documents_hold_what_they_claim(task):
    claimed = FOUND[task.name].about["metrics"]
    found = metrics_again(task, FOLDER / "relaxation" / f"{task.name}.json")
    for name in ("mean_iterations", "ratio_to_oracle", "ratio_to_young"):
        assert found[name] == pytest.approx(claimed[name], rel=1e-4), (
            name
        )  # rounding may move a count
