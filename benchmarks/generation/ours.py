"""This project's search: a campaign as ``evosearch run`` drives it."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.generation.course import FUNCTIONS, POPULATION, Course
from benchmarks.throughput.workloads import MIXED, W2, batch
from evosearch.campaign import Campaign
from evosearch.config import parse
from evosearch.store import queries
from evosearch.store.store import Store

WARM_UP = 3  # generations that are not counted: kernels are compiled in the first ones


def ours(generations: int) -> Course:
    """Every generation is committed to an SQLite file; W2's programs join the first one."""
    course = Course()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/campaigns.db"
        seeds = batch(W2.trees(POPULATION), W2.inputs)
        with Campaign.create(_config(generations), url, seeds) as campaign:

            def note(_: Any) -> None:
                genomes = campaign.state.islands[0].genomes
                course.functions.append(float(genomes.lengths.mean()))

            campaign.run(note)
        with Store.open(url, "read") as store:
            told = queries.generations(store, "generation")
            course.best = queries.status(store, "generation")["best"]["error"]
    later = slice(WARM_UP, None)  # kernels are compiled in the first generations
    course.functions = course.functions[later]
    course.seconds = np.diff(told.seconds, prepend=0.0)[later].tolist()
    course.evaluations = np.diff(told.evaluations, prepend=0)[later].tolist()
    course.profile = {part: float(each[later].sum()) for part, each in told.profile.items()}
    return course


def _config(generations: int) -> Any:
    document = {
        "campaign": {"name": "generation", "seed": 1},
        "space": {
            "use": "expressions",
            "primitives": list(MIXED),
            "inputs": W2.inputs,
            "max_operations": FUNCTIONS,
        },
        "evaluator": {"use": "./regression.py:Regression"},
        "algorithm": {"use": "nsga2", "population": POPULATION, "survivors": POPULATION},
        "execution": {"workers": 1, "batch": POPULATION},
        "budget": {"generations": generations + WARM_UP},
    }
    return parse(document, Path(__file__).parent)
