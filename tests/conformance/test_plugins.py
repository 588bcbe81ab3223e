"""Every installed search space and evaluator keeps the promises that the engine relies on.

A new entry point is tested by being installed; where its options have no defaults, add an example.
"""

from pathlib import Path

import pytest

from evosearch import plugins
from evosearch.testing import check_evaluator, check_search_space, grown

TABLES = {"domain": "../../runs/data/acs20_tx.json", "columns": ["AGEP", "SEX", "EDU"]}
EXAMPLES = {
    "hyperparameters": {
        "genes": {
            "rate": {"kind": "log", "low": 1e-4, "high": 1.0},
            "layers": {"kind": "integer", "low": 1, "high": 8},
            "shift": {"kind": "real", "low": -1.0, "high": 1.0},
            "activation": {"kind": "categorical", "choices": ["relu", "tanh", "sin"]},
        }
    },
    "activation": {
        "tasks": [{"data": "digits"}],
        "short": {"steps": 4, "seeds": 2, "rates": [0.01]},
        "full": {"steps": 8, "seeds": 2, "rates": [0.01, 0.02]},
        "confirmation_seeds": 2,
    },
    "approximation": {"target": "exp2", "interval": "[0, 1]"},
    "relaxation": {"form": "policy", "features": ["mu"]},
    "sor": {
        "features": ["mu"],
        "train": {"problem": "laplacian", "sizes": [6], "instances": 12},
    },
    "tables": {**TABLES, "rows": 30},
    "private_data": {**TABLES, "data": "../../runs/data/acs_tx2019.csv.gz", "epsilon": 1.0},
    "float32": {"target": "exp2", "interval": "[0, 1]", "score_points": 4096},
}
HERE = Path(__file__).parent


def space_named(name):
    plugin = plugins.resolve("search space", name, HERE)
    return plugins.make_space(plugin, EXAMPLES.get(name, {}), HERE)


def space_of(genome_type):
    """An installed search space that makes these genomes."""
    for name in plugins.installed("search space"):
        space = space_named(name)
        if space.genome_type is genome_type:
            return space
    raise AssertionError(f"no installed search space makes {genome_type.__name__}")


# of evaluators that not every space of their genomes suits
SPACES = {
    "activation": "activations",
    "approximation": "expressions",
    "float32": "expressions",
    "sor": "relaxation",
}


def space_for(plugin, name):
    """The search space that an evaluator is tried with."""
    return space_named(SPACES[name]) if name in SPACES else space_of(plugin.target.genome_type)


@pytest.mark.parametrize("name", plugins.installed("search space"))
def test_search_space(name):
    check_search_space(space_named(name))


@pytest.mark.parametrize("name", plugins.installed("evaluator"))
def test_evaluator(name):
    plugin = plugins.resolve("evaluator", name, HERE)
    space = space_for(plugin, name)
    evaluator = plugins.make_evaluator(plugin, EXAMPLES.get(name, {}), HERE, space)
    check_evaluator(evaluator, grown(space, 12))
