"""Killed at every place of a commit, a campaign goes on to the same end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evosearch.store import queries
from evosearch.store.store import Store
from tests.store.fakes import drive, filled, search

ROOT = Path(__file__).parents[2]
GENERATIONS = 4


def kill_driver(url, failpoint, way):
    """Let a driver go on with the campaign until it is killed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "EVOSEARCH_FAILPOINT": failpoint}
    command = [sys.executable, "-m", "tests.store.driver", url, str(GENERATIONS), way]
    done = subprocess.run(command, cwd=ROOT, env=environment, timeout=60)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("place", "stored"),
    [("before-begin", 1), ("after-genomes", 1), ("before-commit", 1), ("after-commit", 2)],
)
@pytest.mark.parametrize("way", ["call", "thread"])
def test_a_kill_loses_nothing_that_was_committed(storage_url, way, place, stored):
    with Store.open(storage_url, mode="write") as store:
        filled(store, 1)
    kill_driver(storage_url, f"{place}:2", way)
    with Store.open(storage_url) as store:
        status = queries.status(store, "exp2")
        assert (status["generation"], status["state"]) == (stored, "interrupted")
        assert len(queries.history(store, "exp2").ids) == 12 * (stored + 1)
        assert store.check() == []
    with Store.open(storage_url, mode="write") as store:
        number, _, _ = store.load_campaign("exp2")
        store.acquire(number)  # at once: the owner is dead
        drive(store, number, GENERATIONS)
        *_, last = [record for record, _ in zip(search(), range(GENERATIONS), strict=False)]
        assert store.resume_point(number).digest == last.digest
        assert len(store.structures(number).ids) == 12 * GENERATIONS
        assert store.check() == []
