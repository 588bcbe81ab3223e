"""Worker processes: whatever an evaluator does ends with its process, the others are scored."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from evosearch.campaign import Campaign
from evosearch.campaign.parts import Parts
from evosearch.config import load, stored
from evosearch.contracts import Status
from evosearch.errors import FormatError, PluginError
from evosearch.evaluation import Evaluation
from evosearch.execution import InlineExecutor, Message, ProcessExecutor
from tests.execution.faulty import FAULTS, FIRST
from tests.resume.toy import PairBatch

CONFIG = """
[campaign]
name = "pairs"
seed = 5
[space]
use = "tests.resume.toy:Pairs"
shapes = 12
[evaluator]
use = "tests.execution.faulty:Faulty"
[algorithm]
population = 24
max_fits = 3
[execution]
use = "process"
batch = 8
workers = 2
timeout = 1.0
memory = 600
warmup = 0.0
[budget]
generations = 4
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("process") / "pairs.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def parts(file):
    return Parts.of(load(file))


@pytest.fixture(scope="module")
def prepared(parts):
    return parts.evaluator.prepare(np.array([1, 2], np.uint32))


@pytest.fixture(scope="module")
def processes(parts, prepared):
    recipe = Message(
        {"make": "evosearch.campaign.executors:answer", "config": stored(parts.config)}, prepared
    )
    executor = ProcessExecutor(recipe, 2, timeout=1.0, memory=600)
    yield executor
    executor.close()


def genomes(shapes):
    return PairBatch(np.array(shapes, np.int64), np.linspace(-1, 1, len(shapes)))


def evaluated(parts, prepared, executor, shapes):
    evaluation = Evaluation(parts.worker(prepared), executor, batch=8, max_fits=3)
    return evaluation.evaluate(genomes(shapes))


def faulty(fault):
    return FIRST + FAULTS.index(fault)


def inline(parts, prepared, shapes):
    executor = InlineExecutor(1)
    try:
        return evaluated(parts, prepared, executor, shapes)
    finally:
        executor.close()


def test_processes_say_what_threads_say(parts, prepared, processes):
    here = inline(parts, prepared, range(11))
    there = evaluated(parts, prepared, processes, range(11))
    assert there.digests == here.digests
    assert np.array_equal(there.objectives, here.objectives)
    assert np.array_equal(there.measures, here.measures)


@pytest.mark.parametrize(
    ("fault", "status", "message"),
    [
        ("hang", Status.TIMEOUT, "no result within 1 s"),
        ("spin", Status.TIMEOUT, "no result within 1 s"),
        ("eat", Status.MEMORY, "took more than 600 MiB"),
        ("crash", Status.ERROR, "was killed by SIGSEGV"),
        ("leave", Status.ERROR, "ended with exit code 0"),
        ("raise", Status.ERROR, "ZeroDivisionError: as asked"),
    ],
)
def test_a_culprit_is_found_and_the_others_are_scored(
    parts, prepared, processes, fault, status, message
):
    shapes = [1, 2, 3, faulty(fault), 4, 5, 6, 7, 8]
    found = evaluated(parts, prepared, processes, shapes)
    wanted = inline(parts, prepared, [1, 2, 3, faulty("print"), 4, 5, 6, 7, 8])
    others = np.arange(9) != 3
    assert found.status[3] == status
    assert message in found.messages[3]
    assert (found.status[others] == Status.OK).all()
    assert np.array_equal(found.objectives[others], wanted.objectives[others])
    # The pool is whole again: the next batch needs no new process.
    evaluated(parts, prepared, processes, [9, 10])
    before = processes.pids
    evaluated(parts, prepared, processes, [9, 10])
    assert processes.pids == before


def test_what_an_evaluator_prints_stays_out_of_the_output(parts, prepared, processes, capfd):
    evaluated(parts, prepared, processes, [1, faulty("print")])
    assert capfd.readouterr().out == ""


def test_a_killed_worker_costs_nothing_but_time(parts, prepared, processes):
    evaluated(parts, prepared, processes, [1])
    for pid in processes.pids:
        os.kill(pid, signal.SIGKILL)
    found = evaluated(parts, prepared, processes, [1, 2, 3])
    assert (found.status == Status.OK).all()


def test_a_campaign_ends_with_the_digest_of_the_inline_one(file, tmp_path):
    digests = []
    for use in ("inline", "process"):
        url = f"sqlite:///{tmp_path / use}.db"
        with Campaign.create(load(file, [f"execution.use={use}"]), url) as campaign:
            campaign.run()
            digests.append(campaign.state.digest)
    assert digests[0] == digests[1]


def test_nothing_is_left_behind(parts, prepared, file, tmp_path):
    with Campaign.create(load(file), f"sqlite:///{tmp_path / 'a.db'}") as campaign:
        campaign.evaluate(campaign.ask())
        pids = campaign._executor.pids
        assert len(pids) == 2
    assert not any(_alive(pid) for pid in pids)


def _alive(pid):
    return Path(f"/proc/{pid}").exists()


def test_workers_die_with_their_driver(file, tmp_path):
    import subprocess
    import sys

    code = (
        "import sys, time\n"
        "from evosearch.campaign import Campaign\n"
        "from evosearch.config import load\n"
        f"with Campaign.create(load({str(file)!r}), 'sqlite:///{tmp_path}/a.db') as campaign:\n"
        "    campaign.evaluate(campaign.ask())\n"
        "    print(*campaign._executor.pids, flush=True)\n"
        "    time.sleep(60)\n"
    )
    driver = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in driver.stdout.readline().split()]
    assert len(pids) == 2
    driver.kill()
    driver.communicate()
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_alive(pid) for pid in pids)


def test_an_evaluator_that_cannot_be_made_there_says_why(parts):
    recipe = Message({"make": "evosearch.campaign.executors:nothing"})
    executor = ProcessExecutor(recipe, 1)
    try:
        with pytest.raises(PluginError, match="cannot start: AttributeError"):
            executor.run(parts.worker({"noise": np.zeros(64)}), [genomes([1])])
    finally:
        executor.close()
        executor.close()


def test_workers_see_no_passwords(monkeypatch):
    from evosearch.execution.limits import environment

    given = {"PATH": "/bin", "EVOSEARCH_STORAGE": "postgresql://me:secret@host/db", "API_KEY": "k"}
    assert environment(given) == {"PATH": "/bin"}


# --- Messages -----------------------------------------------------------------------------------


def test_messages_come_back_as_they_were():
    message = Message(
        {"a": [1, "two", None]},
        {"x": np.array([[1.5, np.nan]]), "flags": np.array([True]), "none": np.zeros((0, 3))},
        [b"", b"\x00\xff"],
    )
    back = Message.unpack(message.pack())
    assert back.facts == message.facts
    assert back.blobs == list(message.blobs)
    for name, array in message.arrays.items():
        assert back.arrays[name].dtype == array.dtype
        assert np.array_equal(back.arrays[name], array, equal_nan=array.dtype.kind == "f")


@pytest.mark.parametrize("cut", [0, 5, 20, -1])
def test_bytes_that_are_no_message_are_refused(cut):
    data = Message({"a": 1}, {"x": np.arange(4)}, [b"abc"]).pack()
    with pytest.raises(FormatError):
        Message.unpack(data[:cut])
    with pytest.raises(FormatError):
        Message.unpack(data + b"x")
