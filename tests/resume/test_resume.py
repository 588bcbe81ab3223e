"""Killed anywhere and resumed, a campaign ends as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evosearch.campaign import Campaign
from evosearch.config import load
from evosearch.errors import StorageError, UsageError
from evosearch.store import queries
from evosearch.store.store import Store

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
GENERATIONS = 12
CONFIG = f"""
[campaign]
name = "pairs"
seed = 5
[space]
use = "{HERE / "toy.py"}:Pairs"
shapes = 12
[evaluator]
use = "{HERE / "toy.py"}:Raising"
poison = 7
[algorithm]
population = 30
survivors = 10
islands = 2
max_fits = 3
[algorithm.migration]
interval = 3
size = 4
[execution]
use = "inline"
batch = 8
workers = 2
[budget]
generations = {GENERATIONS}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("resume") / "pairs.toml"
    path.write_text(CONFIG)
    return path


def start(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, HERE / "driver.py", *map(str, arguments)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(process):
    """Exit code of a driver that is left alone."""
    process.communicate(timeout=120)
    return process.returncode


@pytest.fixture(scope="module")
def undisturbed(file, tmp_path_factory):
    """Digest of the campaign that nobody kills."""
    return run_here(file, f"sqlite:///{tmp_path_factory.mktemp('whole') / 'a.db'}")


def run_here(file, url, *overrides):
    """The final digest of a campaign run in this process."""
    with Campaign.create(load(file, overrides), url) as campaign:
        campaign.run()
        return campaign.state.digest.hex()


def kill_after(process, acknowledgements, milliseconds):
    """SIGKILL a driver some time after it said so many generations; returns the last one said."""
    last = -1
    while acknowledgements > 0 and (line := process.stdout.readline()):
        if line[0].isdigit():
            last = int(line.split()[0])
            acknowledgements -= 1
        elif line.startswith("ready"):
            last = int(line.split()[1])
    time.sleep(milliseconds / 1000)
    process.kill()
    rest, _ = process.communicate()
    said = [int(line.split()[0]) for line in rest.splitlines() if line[:1].isdigit()]
    return max([last, *said])


def check_whole(url, last):
    """Nothing acknowledged is lost, nothing is half there."""
    with Store.open(url) as store:
        status = queries.status(store, "pairs")
        assert status["generation"] >= last
        assert len(queries.history(store, "pairs").ids) == 60 * (status["generation"] + 1)
        assert store.check() == []


def digest(url):
    with Store.open(url) as store:
        return queries.status(store, "pairs")["digest"]


def survive(file, url, kills, seed):
    """Run a campaign, killed ``kills`` times on the way, to its end; its digest."""
    rng = random.Random(seed)
    process = start("run", url, file)
    for _ in range(kills):
        check_whole(url, kill_after(process, rng.randint(1, 2), rng.uniform(0, 30)))
        process = start("resume", url, "pairs")
    assert ended(process) == 0
    return digest(url)


def test_killed_at_every_failpoint(file, storage_url, undisturbed):
    """In the thread that commits, while the loop is busy with the next generation."""
    reached = -1
    command = ("run", storage_url, file)
    for place, lost in [
        ("before-begin", 1),
        ("after-genomes", 1),
        ("before-commit", 1),
        ("after-commit", 0),
    ]:
        process = start(*command, EVOSEARCH_FAILPOINT=f"{place}:3")
        assert ended(process) == -signal.SIGKILL
        reached += 3 - lost
        check_whole(storage_url, reached)
        with Store.open(storage_url) as store:
            assert queries.status(store, "pairs")["generation"] == reached
        command = ("resume", storage_url, "pairs")
    assert ended(start(*command)) == 0
    assert digest(storage_url) == undisturbed


def test_killed_at_random_moments(file, storage_url, undisturbed):
    assert survive(file, storage_url, kills=4, seed=0) == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_killed_two_hundred_times(seed, file, tmp_path, undisturbed):
    assert survive(file, f"sqlite:///{tmp_path / 'a.db'}", kills=5, seed=seed + 1) == undisturbed


@pytest.mark.parametrize("damage", ["removed", "cut", "zeros"])
def test_a_lost_log_of_writes_is_never_a_mix(damage, file, tmp_path, undisturbed):
    """Without all of its WAL a database is as it was earlier, and goes on to the same digest."""
    url, wal = f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "a.db-wal"
    kill_after(start("run", url, file), 6, 0)
    size = wal.stat().st_size
    assert size > 10_000
    if damage == "removed":
        wal.unlink()
        (tmp_path / "a.db-shm").unlink(missing_ok=True)
    elif damage == "cut":
        os.truncate(wal, size * 2 // 3 + 11)
    else:
        with wal.open("r+b") as log:
            log.seek(size * 2 // 3 + 11)
            log.write(bytes(5000))
    try:
        check_whole(url, -1)
        process = start("resume", url, "pairs")
    except (StorageError, UsageError):  # not even the tables had been moved into the file
        assert damage == "removed"
        process = start("run", url, file)
    assert ended(process) == 0
    assert digest(url) == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_killed_between_the_stages_of_its_children(seed, file, tmp_path):
    staged = tmp_path / "staged.toml"
    text = file.read_text().replace(":Raising", ":Staged")
    staged.write_text(text.replace("max_fits = 3", "max_fits = 3\npromote = [0.5, 0.5]"))
    whole = run_here(staged, f"sqlite:///{tmp_path / 'whole.db'}")
    assert survive(staged, f"sqlite:///{tmp_path / 'a.db'}", kills=5, seed=seed) == whole


@pytest.mark.parametrize("workers", [1, 5])
def test_the_number_of_workers_does_not_matter(workers, file, tmp_path, undisturbed):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    assert run_here(file, url, f"execution.workers={workers}") == undisturbed


SEEDS = [pytest.param(n, marks=[pytest.mark.slow] if n > 1 else []) for n in range(8)]


@pytest.mark.parametrize("hash_seed", SEEDS)
def test_the_hash_seed_does_not_matter(hash_seed, file, tmp_path, undisturbed):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    process = start("run", url, file, PYTHONHASHSEED=str(hash_seed), TZ="Asia/Tokyo")
    assert ended(process) == 0
    assert digest(url) == undisturbed
