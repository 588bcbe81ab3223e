"""Folders with the cheap campaign of ``bowl``, not yet run and run."""

import shutil
from pathlib import Path

import pytest
from bowl import write_campaign

from evosearch.cli import main


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
