"""``evosearch status``."""

from typing import Any

import typer

from evosearch.cli.console import emit, say
from evosearch.cli.options import AsJson, Name, opened
from evosearch.report.numbers import duration, share, shown


def status(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Say where a campaign stands."""
    from evosearch.store import queries
    from evosearch.store.members import finite

    with opened(context) as store:
        found = queries.status(store, name)
    if as_json:
        emit(finite(found))
    else:
        for key, value in rows(found).items():
            say(f"{key:<12}  {value}")


def rows(found: dict[str, Any]) -> dict[str, str]:
    """A status as text."""
    scored = found["evaluations"] + found["reused"]
    whole = sum(found["profile"].values())
    parts = sorted(found["profile"].items(), key=lambda part: -part[1])
    return {
        "campaign": found["campaign"],
        "state": found["state"],
        "generation": shown(found["generation"]),
        "evaluations": f"{found['evaluations']:,} new, {found['reused']:,} reused "
        f"({share(found['reused'], scored)}), {found['failed']:,} failed",
        "best": ", ".join(f"{name} {shown(value)}" for name, value in found["best"].items())
        or "–",
        "started": found["started"],
        "time": duration(found["seconds"]),
        "spent on": ", ".join(f"{name} {share(part, whole)}" for name, part in parts) or "–",
        "digest": found["digest"] or "–",
    }
