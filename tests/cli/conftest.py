"""A campaign that is cheap: vectors scored by a function of a file."""

import shutil
from pathlib import Path

import pytest

from evosearch.cli import main

FUNCTION = """
def evaluate(v):
    return {"error": 1e-9 + (v["a"] - 0.3) ** 2 + 0.001 * (v["n"] - 3) ** 2, "cost": v["n"]}
"""
CAMPAIGN = """
[campaign]
name = "bowl"
seed = 3
notes = "A <script>alert('x')</script> & more"

[space]
use = "hyperparameters"

[space.genes]
z = { kind = "categorical", choices = ["x", "y"] }
n = { kind = "integer", low = 1, high = 8 }
a = { kind = "real", low = -1.0, high = 1.0 }

[evaluator]
use = "./bowl.py:evaluate"

[algorithm]
use = "nsga2"
population = 16
operators = { sbx = 0.0, differential = 0.0 }

[budget]
generations = 5
"""


def write_campaign(folder: Path) -> Path:
    """The campaign file and the function beside it."""
    (folder / "bowl.py").write_text(FUNCTION)
    path = folder / "bowl.toml"
    path.write_text(CAMPAIGN)
    return path


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the campaign, and random search like it, have run."""
    folder = tmp_path_factory.mktemp("stored")
    path = str(write_campaign(folder))
    storage = ["--storage", f"sqlite:///{folder}/runs/evosearch.db"]
    assert main([*storage, "run", path]) == 0
    random = ["--name", "bowl-random", "--set", "algorithm.use=random"]
    assert main([*storage, "run", path, *random]) == 0
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with the campaign file."""
    monkeypatch.chdir(tmp_path)
    write_campaign(tmp_path)
    return tmp_path


@pytest.fixture
def done(stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of ``stored`` to work in."""
    shutil.copytree(stored, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path
