import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evosearch.cli import main
from evosearch.store import queries
from evosearch.store.store import Store

EVOSEARCH = Path(sys.executable).with_name("evosearch")
STORAGE = "sqlite:///runs/evosearch.db"


def status(name):
    with Store.open(STORAGE) as store:
        return queries.status(store, name)


def test_a_run_ends_with_its_front_and_what_comes_next(here, capsys):
    assert main(["run", "bowl.toml"]) == 0
    out = capsys.readouterr().out
    assert "finished: 5 generations" in out
    assert "evosearch export bowl best" in out
    assert "evosearch report bowl" in out
    with Store.open(STORAGE) as store:
        best = queries.front(store, "bowl")[0]
    assert f"\n{best.id} " in out.replace("\n ", "\n").replace("\n ", "\n")
    assert status("bowl")["state"] == "finished"


def test_an_existing_name_is_refused_with_the_line_that_resumes_it(done, capsys):
    assert main(["run", "bowl.toml"]) == 4
    error = capsys.readouterr().err
    assert "    evosearch resume bowl\n" in error
    assert "--name" in error
    assert main(["run", "bowl.toml", "--name", "other", "--seed", "9"]) == 0
    with Store.open(STORAGE) as store:
        assert queries.campaign(store, "other").seed == 9


def test_the_resume_line_names_a_database_that_is_not_the_default(here, capsys):
    storage = ["--storage", "sqlite:///else where.db"]
    assert main([*storage, "run", "bowl.toml", "--set", "budget.generations=1"]) == 0
    capsys.readouterr()
    assert main([*storage, "run", "bowl.toml"]) == 4
    assert "evosearch --storage 'sqlite:///else where.db' resume bowl" in capsys.readouterr().err


def test_the_database_of_the_file_is_used_unless_another_is_named(here, monkeypatch):
    with open("bowl.toml", "a") as file:
        file.write('[store]\nurl = "sqlite:///own.db"\n')
    assert main(["run", "bowl.toml"]) == 0
    assert (here / "own.db").exists()
    monkeypatch.setenv("EVOSEARCH_STORAGE", "sqlite:///named.db")
    assert main(["run", "bowl.toml"]) == 0
    assert (here / "named.db").exists()


def test_every_mistake_of_a_file_is_told_at_once(here, capsys):
    assert main(["run", "bowl.toml", "--set", "budget.generatons=5", "--set", "algorithm=3"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 2
    assert all(line.startswith("error: ") for line in lines)
    assert any("budget.generatons" in line and "'generations'" in line for line in lines)
    assert any("algorithm" in line for line in lines)
    assert not (here / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "nowhere.toml"], 2, "nowhere.toml"),
        (["resume", "nobody"], 2, "'bowl'"),
        (["run", "bowl.toml", "--set", "campaign.name=a/b"], 2, "campaign.name"),
        (["run"], 2, "CONFIG.toml"),
        (["jump"], 2, "jump"),
    ],
)
def test_mistakes_in_a_command_are_told_without_a_traceback(done, capsys, arguments, code, words):
    assert main(arguments) == code
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_a_campaign_goes_on_to_the_digest_of_one_that_never_stopped(done, capsys):
    assert main(["run", "bowl.toml", "--name", "cut", "--set", "budget.generations=2"]) == 0
    assert main(["resume", "cut", "--set", "budget.generations=5"]) == 0
    assert status("cut")["digest"] == status("bowl")["digest"]


def test_a_changed_plugin_is_refused_until_the_change_is_accepted(here):
    assert main(["run", "bowl.toml"]) == 0
    with open("bowl.py", "a") as file:
        file.write("# changed\n")
    grow = ["--set", "budget.generations=6"]
    # a process of its own: this one has the file's former content
    command = [EVOSEARCH, "resume", "bowl", *grow]
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 4, refused.stderr
    assert "--accept-change" in refused.stderr
    accepted = subprocess.run([*command, "--accept-change"], capture_output=True, text=True)
    assert accepted.returncode == 0, accepted.stderr
    assert status("bowl")["generation"] == 6


def start_slow(here):
    """A run of many slow generations, in a process of its own, past its second generation."""
    text = (here / "bowl.py").read_text().replace("\n    return", "\n    sleep(0.01)\n    return")
    (here / "bowl.py").write_text("from time import sleep\n" + text)
    process = subprocess.Popen(
        [EVOSEARCH, "run", "bowl.toml", "--set", "budget.generations=999"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.05)
        if (here / "runs" / "evosearch.db").exists() and process.poll() is None:
            try:
                if (status("bowl")["generation"] or 0) >= 2:
                    return process
            except Exception:
                continue  # not there yet
    process.kill()
    raise AssertionError(process.communicate())


def test_one_signal_ends_the_generation_and_all_of_it_is_committed(here):
    process = start_slow(here)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 3, error
    assert out.splitlines()[-1] == "resume: evosearch resume bowl"
    stopped = status("bowl")
    assert stopped["state"] == "paused"
    assert f"stopped after generation {stopped['generation']}" in out
    goal = stopped["generation"] + 2
    assert main(["resume", "bowl", "--set", f"budget.generations={goal}"]) == 0
    assert status("bowl")["state"] == "finished"


def test_two_signals_stop_at_once_and_lose_only_the_generation_in_progress(here):
    process = start_slow(here)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.02)  # two signals at once may be delivered as one
    process.send_signal(signal.SIGTERM)
    out, error = process.communicate(timeout=60)
    if process.returncode == 3:
        pytest.skip("the generation ended between the two signals")
    assert process.returncode == 128 + signal.SIGTERM, error
    assert out.splitlines()[-1] == "resume: evosearch resume bowl"
    goal = status("bowl")["generation"] + 1
    assert main(["resume", "bowl", "--set", f"budget.generations={goal}"]) == 0


def test_output_that_nobody_reads_any_more_is_no_error(done):
    reader, writer = os.pipe()
    os.close(reader)
    command = [EVOSEARCH, "front", "bowl"]
    result = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert "Traceback" not in result.stderr


def test_a_disk_that_is_full_stops_a_run_after_what_is_committed(here, capsys, monkeypatch):
    from evosearch.errors import StorageError
    from evosearch.store.ingest import Ingest

    commit = Ingest.commit

    def full(self, record):
        if record.generation == 2:
            raise StorageError("runs/evosearch.db has no room left (disk full)")
        return commit(self, record)

    with monkeypatch.context() as failing:
        failing.setattr(Ingest, "commit", full)
        assert main(["run", "bowl.toml"]) == 5
    assert capsys.readouterr().err == "error: runs/evosearch.db has no room left (disk full)\n"
    assert status("bowl")["generation"] == 1
    assert main(["resume", "bowl"]) == 0
    assert status("bowl")["state"] == "finished"
