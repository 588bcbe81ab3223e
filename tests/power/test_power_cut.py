"""After a power cut at any moment nothing that was acknowledged is lost."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evosearch.campaign import Campaign
from evosearch.errors import EvosearchError
from evosearch.store import queries
from evosearch.store.store import Store
from tests.power import disk

HERE = Path(__file__).parent
TOY = HERE.parent / "resume" / "toy.py"
CONFIG = f"""
[campaign]
name = "pairs"
seed = 5
[space]
use = "{TOY}:Pairs"
shapes = 12
[evaluator]
use = "{TOY}:Distance"
[algorithm]
population = 30
survivors = 10
[execution]
use = "inline"
batch = 30
workers = 1
[budget]
generations = 10
"""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None,
    reason="needs Linux and a C compiler, for a library that records what is written",
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Folder and records of a campaign that ran to its end, and its digest."""
    folder = tmp_path_factory.mktemp("power")
    library, log, data = folder / "recorder.so", folder / "log", folder / "data"
    command = ["cc", "-O2", "-shared", "-fPIC", "-o", library, HERE / "recorder.c", "-ldl"]
    subprocess.run(command, check=True)
    data.mkdir()
    (folder / "pairs.toml").write_text(CONFIG)
    environment = {"LD_PRELOAD": str(library), "POWER_LOG": str(log), "POWER_FOLDER": str(data)}
    driver = [sys.executable, HERE.parent / "resume" / "driver.py", "run"]
    done = subprocess.run(
        [*driver, f"sqlite:///{data}/a.db", folder / "pairs.toml"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    records = disk.read(log)
    assert disk.said(records) == done.stdout
    assert sum(record.kind == disk.SYNC for record in records) > 10
    return data, records, done.stdout.split()[-1]


def after_a_cut(recorded, at, seed, folder):
    """Folder and what had been acknowledged: the last generation, or None before the first."""
    data, records, _ = recorded
    there = disk.Disk()
    for record in records[:at]:
        there.do(record)
    there.cut(random.Random(seed))
    there.save(data, folder)
    lines = disk.said(records[:at]).splitlines()
    told = [int(line.split()[0]) for line in lines if line[0].isdigit()]
    return told[-1] if told else None


def cuts(recorded, count, seed):
    """Moments after the campaign was created."""
    _, records, _ = recorded
    ready = next(i for i, record in enumerate(records) if b"ready" in record.data) + 1
    rng = random.Random(seed)
    return [rng.randint(ready, len(records)) for _ in range(count)]


def check_whole(url, told):
    with Store.open(url) as store:
        assert store.check() == []
        if told is not None:
            assert queries.status(store, "pairs")["generation"] >= told


def test_what_was_acknowledged_is_there(recorded, tmp_path):
    for number, at in enumerate(cuts(recorded, 40, seed=1)):
        folder = tmp_path / str(number)
        folder.mkdir()
        told = after_a_cut(recorded, at, number, folder)
        check_whole(f"sqlite:///{folder}/a.db", told)


@pytest.mark.slow
def test_wherever_power_is_cut(recorded, tmp_path):
    _, records, _ = recorded
    for at in range(1, len(records), 3):
        folder = tmp_path / str(at)
        folder.mkdir()
        told = after_a_cut(recorded, at, at, folder)
        if told is not None:
            check_whole(f"sqlite:///{folder}/a.db", told)
        shutil.rmtree(folder)


def test_the_campaign_goes_on_to_the_same_digest(recorded, tmp_path):
    for number, at in enumerate(cuts(recorded, 4, seed=2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        after_a_cut(recorded, at, number, folder)
        with Campaign.load(f"sqlite:///{folder}/a.db", "pairs") as campaign:
            campaign.run()
            assert campaign.state.digest.hex() == recorded[2]


def test_a_disk_that_lies_would_be_noticed(recorded, tmp_path):
    """The same cuts with every sync forgotten: or these tests could not fail."""
    data, records, digest = recorded
    unsynced = [record for record in records if record.kind != disk.SYNC]
    lying = data, unsynced, digest
    lost = 0
    for number, at in enumerate(cuts(lying, 10, seed=3)):
        folder = tmp_path / str(number)
        folder.mkdir()
        told = after_a_cut(lying, at, number, folder)
        try:
            check_whole(f"sqlite:///{folder}/a.db", told)
        except (EvosearchError, AssertionError):
            lost += 1
    assert lost > 5
