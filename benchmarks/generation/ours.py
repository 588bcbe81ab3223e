"""This project's search: a campaign as ``evosearch run`` drives it."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.generation.course import FUNCTIONS, POPULATION, SCORED, Course
from benchmarks.throughput.workloads import MIXED, W2, batch
from evosearch.campaign import Campaign
from evosearch.config import parse
from evosearch.store import queries
from evosearch.store.store import Store

WARM_UP = 3  # generations that are not counted: kernels are compiled in the first ones


def ours(generations: int) -> Course:
    """Every generation is committed to an SQLite file; W2's programs join the first one."""
    SCORED.clear()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/campaigns.db"
        seeds = batch(W2.trees(POPULATION), W2.inputs)
        with Campaign.create(_config(generations), url, seeds) as campaign:
            campaign.run()
        with Store.open(url, "read") as store:
            told = queries.generations(store, "generation")
            best = queries.status(store, "generation")["best"]["error"]
    if len(SCORED) != told.evaluations[-1]:
        raise RuntimeError(f"{len(SCORED)} programs scored, {told.evaluations[-1]} evaluations")
    functions = [np.mean(part) for part in np.split(SCORED, told.evaluations[:-1])]
    later = slice(WARM_UP, None)
    return Course(
        np.diff(told.seconds, prepend=0.0)[later].tolist(),
        np.diff(told.evaluations, prepend=0)[later].tolist(),
        functions[later],
        best,
        {part: float(each[later].sum()) for part, each in told.profile.items()},
    )


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
        "algorithm": {
            "use": "nsga2",
            "population": POPULATION,
            "survivors": POPULATION,
            "mutations": [1.0],  # at most one a child, as in the other searches
        },
        "execution": {"use": "inline", "workers": 1, "batch": POPULATION},
        "budget": {"generations": generations + WARM_UP},
    }
    return parse(document, Path(__file__).parent)
