"""Campaigns of the results page: launched or resumed by the command line, one after the other."""

from typing import Any

from benchmarks.functions.problems import Problem
from evosearch.cli import main
from evosearch.config import load, restore
from evosearch.errors import UsageError
from evosearch.store import queries
from evosearch.store.location import locate
from evosearch.store.store import Store

INTERRUPTED = 3  # exit code of a campaign that a signal stopped


class StoppedError(Exception):
    """A command ended with another exit code than 0; ``output`` is what it printed, if kept."""

    def __init__(self, what: str, code: int) -> None:
        super().__init__(f"{what}: exit code {code}")
        self.code = code
        self.output = ""


def run(problem: Problem, seed: int, url: str) -> None:
    """Launch the campaign, or go on with it where the database has it.

    Raises:
        StoppedError: By a signal, or because the command failed.
    """
    status = known(problem, seed, url)
    name, budget = problem.campaign(seed), problem.config.budget
    if status is None:
        changes = [part for text in problem.overrides for part in ("--set", text)]
        command(url, "run", str(problem.file), "--name", name, "--seed", str(seed), *changes)
    elif status["state"] != "finished" or status["evaluations"] < (budget.evaluations or 0):
        limits = {"evaluations": budget.evaluations, "generations": budget.generations}
        changes = [
            part
            for key, limit in limits.items()
            if limit is not None
            for part in ("--set", f"budget.{key}={limit}")
        ]
        command(url, "resume", name, *changes)


def command(url: str, *arguments: str) -> None:
    """One command, on a database where there is one; raises StoppedError."""
    storage = ["--storage", url] if url else []
    code = main([*storage, *arguments])
    if code:
        raise StoppedError(f"evosearch {' '.join(arguments)}", code)


def known(problem: Problem, seed: int, url: str) -> dict[str, Any] | None:
    """Status of the campaign; None where there is none yet.

    Raises:
        SystemExit: The database has a campaign of another file under that name.
    """
    name, path = problem.campaign(seed), locate(url).path
    if path is not None and not path.exists():
        return None
    with Store.open(url) as store:
        try:
            record = queries.campaign(store, name)
        except UsageError:
            return None
        status = queries.status(store, name)
    wanted = load(problem.file, problem.overrides, name, seed)
    if restore(record.config).hash != wanted.hash:
        raise SystemExit(
            f"{url} has a campaign {name!r} of another {problem.shown_file}: name another "
            "database with --storage, or remove that one"
        )
    return status
