"""Policies of the page: the best of finished campaigns, as documents."""

import contextlib
import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.functions import campaigns
from benchmarks.functions.campaigns import command
from benchmarks.sor_campaigns.tasks import TASKS, Task
from evosearch.config import stored
from evosearch.report import toml
from evosearch.store import queries
from evosearch.store.store import Store


@dataclass(frozen=True)
class Found:
    """What stands in one file: the genome as text, and how it was found and judged."""

    text: str
    about: dict[str, Any]


def make(task: Task, seed: int, url: str, folder: Path) -> str:
    """Run the campaign, write its best genome and verify it; what came out, in a line.

    Raises:
        StoppedError: By a signal, or because a command failed.
    """
    campaigns.run(task, seed, url)
    name = task.campaign(seed)
    with Store.open(url) as store:
        member = queries.front(store, name)[0]
        status = queries.status(store, name)
    path = folder / "relaxation" / f"{task.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        exported = Path(temporary) / path.name
        command(url, "export", name, str(member.id), "--format", "json", "--output", str(exported))
        written = json.loads(exported.read_text("utf-8"))
        if "genes" in written or "nodes" not in written:
            outcome = told(url, "verify", name, str(member.id), "--json")
        else:
            outcome = verified(exported, task)
    written["metadata"]["result"] = {
        "command": f"python -m benchmarks sor_campaigns {task.name} --seed {seed}",
        "campaign_file": task.shown_file,
        "overrides": list(task.overrides),
        "seed": seed,
        "evaluations": status["evaluations"],
        "seconds": round(status["seconds"]),
        "digest": status["digest"],
        "expression": member.expression,
        "metrics": outcome["metrics"],
        "rows": outcome["rows"],
    }
    path.write_text(json.dumps(written, indent=1) + "\n", "utf-8")
    return f"{task.name}: {outcome['metrics']}"


def verified(path: Path, task: Task) -> dict[str, Any]:
    """What `evosearch verify FILE --on CAMPAIGN.toml --json` says of a document."""
    with tempfile.TemporaryDirectory() as temporary:
        judge = Path(temporary) / "campaign.toml"
        judge.write_text(changed(task), encoding="utf-8")
        return told("", "verify", str(path), "--on", str(judge), "--json")


def told(url: str, *arguments: str) -> dict[str, Any]:
    """What `evosearch verify --json` says; raises StoppedError where it does not pass."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        command(url, *arguments)
    outcome: dict[str, Any] = json.loads(output.getvalue())
    return outcome


def changed(task: Task) -> str:
    """The campaign file with the task's changes in it."""
    settings = stored(task.config)
    return toml.write({key: value for key, value in settings.items() if key != "base"})


def read(folder: Path) -> dict[str, Found]:
    """What is there, by the name of its task."""
    paths = {task.name: folder / "relaxation" / f"{task.name}.json" for task in TASKS}
    found = {}
    for name, path in paths.items():
        if path.is_file():
            about = json.loads(path.read_text("utf-8"))["metadata"]["result"]
            found[name] = Found(about["expression"], about)
    return found
