"""Policies of the page: the best of finished campaigns, as program documents."""

import contextlib
import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.functions import campaigns
from benchmarks.functions.campaigns import StoppedError, command
from benchmarks.sor_campaigns.tasks import TASKS, Task
from evosearch.export import file
from evosearch.export.document import ProgramDocument
from evosearch.export.targets.json import JsonExporter
from evosearch.store import queries
from evosearch.store.store import Store

Document = ProgramDocument


def make(task: Task, seed: int, url: str, folder: Path) -> str:
    """Run the campaign, write its policy and verify it; what came out, in a line.

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
        outcome = verified(exported, task)
        document = ProgramDocument.read(exported)
        about = {
            "command": f"python -m benchmarks sor_campaigns {task.name} --seed {seed}",
            "campaign_file": task.shown_file,
            "overrides": list(task.overrides),
            "seed": seed,
            "evaluations": status["evaluations"],
            "seconds": round(status["seconds"]),
            "digest": status["digest"],
            "metrics": outcome["metrics"],
            "rows": outcome["rows"],
        }
        document = replace(document, metadata={**document.metadata, "result": about})
        file.export(document, JsonExporter(), path)
    return f"{task.name}: {outcome['metrics']}"


def verified(path: Path, task: Task) -> dict[str, Any]:
    """What `evosearch verify FILE --on CAMPAIGN.toml --json` says of a document."""
    with tempfile.TemporaryDirectory() as temporary:
        judge = Path(temporary) / "campaign.toml"
        judge.write_text(changed(task), encoding="utf-8")
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            command("", "verify", str(path), "--on", str(judge), "--json")
    outcome: dict[str, Any] = json.loads(output.getvalue())
    if outcome["status"] != "ok":
        raise StoppedError(f"verify {path.name}: {outcome['status']}", 1)
    return outcome


def changed(task: Task) -> str:
    """The campaign file with the task's changes in it."""
    from evosearch.config import stored
    from evosearch.report import toml

    settings = stored(task.config)
    return toml.write({key: value for key, value in settings.items() if key != "base"})


def read(folder: Path) -> dict[str, Document]:
    """The documents that are there, by the name of their task."""
    paths = {task.name: folder / "relaxation" / f"{task.name}.json" for task in TASKS}
    return {name: Document.read(path) for name, path in paths.items() if path.is_file()}


def names() -> Sequence[str]:
    """Of all tasks."""
    return [task.name for task in TASKS]
