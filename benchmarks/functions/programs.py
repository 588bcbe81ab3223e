"""Programs of the results page: the best ones of finished campaigns, as program documents.

A document holds everything that the page says of its program: the claims that `evosearch verify`
judges, and under ``result`` how the program was found and what is known beside it, for its own
number of operations and for those up to the next program's.
"""

import contextlib
import importlib.util
import io
import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.functions.campaigns import StoppedError, command
from benchmarks.functions.problems import Problem
from evaluators.approximation import baselines as classical
from evosearch.export import file
from evosearch.export.document import ProgramDocument
from evosearch.export.targets.json import JsonExporter
from evosearch.export.verify import PROVED
from evosearch.genomes.text import expressions
from evosearch.report.facts import exact
from evosearch.store import queries
from evosearch.store.members import Member
from evosearch.store.store import Store

LEAST_GAIN = 1e-3  # relative, of a program with more operations than another
FEWEST = 2  # operations that the page begins with
_NAME = re.compile(r"(?P<problem>\w+)_(?P<ops>\d+)ops\.json")


@dataclass(frozen=True)
class Found:
    """A member of a campaign's front."""

    campaign: str
    seed: int
    member: Member

    @property
    def operations(self) -> int:
        return int(self.member.objectives["operations"])

    @property
    def error(self) -> float:
        return exact(self.member, "error")


@dataclass(frozen=True)
class Result:
    """A program document of the page."""

    path: Path
    document: ProgramDocument

    @property
    def problem(self) -> str:
        return str(self.about["problem"])

    @property
    def about(self) -> dict[str, Any]:
        about: dict[str, Any] = self.document.metadata["result"]
        return about

    @cached_property
    def operations(self) -> int:
        return self.document.operations

    @property
    def error(self) -> float:
        """What the document claims."""
        return float(self.document.claims[self.about["metric"]])

    @property
    def proved(self) -> float | None:
        """The bound that was proved for it."""
        bound = self.document.claims.get(f"{PROVED}{self.about['metric']}")
        return None if bound is None else float(bound)

    @property
    def expression(self) -> str:
        [text] = expressions(self.document.simplified().to_program())
        return text


def collect(problem: Problem, seeds: Sequence[int], url: str, folder: Path) -> list[Path]:
    """Write and verify the best program of each operation count; the files.

    Files of the problem that are no longer among them are removed.

    Raises:
        StoppedError: An export failed, or a document does not pass `evosearch verify`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chosen = best(problem, seeds, url)
    bounds = pairwise([*(found.operations for found in chosen), problem.most + 1])
    written = [
        _write(problem, found, range(max(FEWEST, start), end), url, folder)
        for found, (start, end) in zip(chosen, bounds, strict=True)
        if end > FEWEST
    ]
    for path in files(folder, problem.name):
        if path not in written:
            path.unlink()
    return written


def best(problem: Problem, seeds: Sequence[int], url: str) -> list[Found]:
    """The polished members with the least error at their count, and less than at any smaller."""
    found = []
    with Store.open(url) as store:
        for seed in seeds:
            name = problem.campaign(seed)
            members = [each for each in queries.front(store, name) if each.polish is not None]
            found += [Found(name, seed, member) for member in members]
    chosen: list[Found] = []
    for each in sorted(found, key=lambda each: (each.operations, each.error)):
        if not chosen or each.error < chosen[-1].error * (1 - LEAST_GAIN):
            chosen += [each] if each.operations else []
    return chosen


def _write(problem: Problem, found: Found, counts: range, url: str, folder: Path) -> Path:
    path = folder / f"{problem.name}_{found.operations}ops.json"
    with tempfile.TemporaryDirectory() as temporary:
        exported = Path(temporary) / path.name
        id = str(found.member.id)
        command(url, "export", found.campaign, id, "--format", "json", "--output", str(exported))
        document = ProgramDocument.read(exported)
        about = _about(problem, found, url) | {"beside": [beside(problem, n) for n in counts]}
        document = replace(document, metadata={**document.metadata, "result": about})
        file.export(document, JsonExporter(), exported)
        verify(problem, exported)
        file.export(proved(problem, exported), JsonExporter(), path)
    return path


def verify(problem: Problem, path: Path, *options: str) -> dict[str, Any]:
    """What `evosearch verify` finds; raises StoppedError where it is not ok."""
    output = io.StringIO()
    arguments = ["verify", str(path), "--on", str(problem.file), "--json", *options]
    try:
        with contextlib.redirect_stdout(output):
            command("", *arguments)
    except StoppedError as stop:
        stop.output = output.getvalue()
        raise
    outcome: dict[str, Any] = json.loads(output.getvalue())
    return outcome


def proved(problem: Problem, path: Path) -> ProgramDocument:
    """The document with the bounds that `evosearch verify --rigorous` proves.

    Without them where python-flint is not installed or the bound cannot be decided.

    Raises:
        StoppedError: A claim is refuted.
    """
    if importlib.util.find_spec("flint") is None:
        return ProgramDocument.read(path)
    output = path.with_name(f"proved_{path.name}")
    try:
        verify(problem, path, "--rigorous", "--output", str(output))
    except StoppedError as stop:
        outcome = json.loads(stop.output) if stop.output else {"checks": {}}
        verdicts = {check.get("proof") for check in outcome["checks"].values()}
        if "refuted" in verdicts or not all(
            check["holds"] for check in outcome["checks"].values() if "proof" not in check
        ):
            raise
        print(f"{path.name}: not proved")
        return ProgramDocument.read(path)
    return ProgramDocument.read(output)


def _about(problem: Problem, found: Found, url: str) -> dict[str, Any]:
    with Store.open(url) as store:
        status = queries.status(store, found.campaign)
    return {
        "problem": problem.name,
        "command": problem.command(found.seed),
        "seed": found.seed,
        "evaluations": status["evaluations"],
        "generation": found.member.generation,
        "seconds": round(status["seconds"], 1),
        "campaign_digest": status["digest"],
        "metric": problem.measure.name,
    }


def beside(problem: Problem, operations: int) -> dict[str, Any]:
    """What else is known with at most so many operations."""
    known = classical.best(problem.baselines, operations)
    classic = None
    if known is not None:
        error, count = (known.objectives[name] for name in ("error", "operations"))
        classic = {
            "family": known.family,
            "label": known.label,
            "operations": int(count),
            "error": error,
        }
    return {
        "operations": operations,
        "classical": classic,
        "published": problem.published.get(operations),
    }


def files(folder: Path, problem: str | None = None) -> list[Path]:
    """The documents of a problem, or of all, by operations."""
    found = []
    for path in folder.glob("*.json"):
        match = _NAME.fullmatch(path.name)
        if match and problem in (None, match["problem"]):
            found.append((match["problem"], int(match["ops"]), path))
    return [path for _, _, path in sorted(found)]


def read(folder: Path) -> list[Result]:
    """Every document that has a ``result``."""
    found = [Result(path, ProgramDocument.read(path)) for path in files(folder)]
    return [each for each in found if "result" in each.document.metadata]
