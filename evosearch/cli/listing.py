"""``evosearch list``."""

import typer

from evosearch.cli.console import emit, say, table
from evosearch.cli.options import AsJson, opened
from evosearch.report.numbers import duration, shown


def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the campaigns of the database."""
    from evosearch.store import queries
    from evosearch.store.location import locate
    from evosearch.store.members import finite

    location = locate(context.obj.url)
    found = []
    if location.path is None or location.path.exists():
        with opened(context) as store:
            found = queries.campaigns(store)
    if as_json:
        emit(finite(found))
    elif not found:
        say(f"no campaigns in {location.shown}; evosearch run CONFIG.toml launches one")
    else:
        columns = ["campaign", "state", "generation", "evaluations", "time", "best", "started"]
        rows = [
            [
                each["campaign"],
                each["state"],
                shown(each["generation"]),
                shown(each["evaluations"]),
                duration(each["seconds"]),
                each["started"],
                ", ".join(f"{name} {shown(value)}" for name, value in each["best"].items()),
            ]
            for each in found
        ]
        columns = ["campaign", "state", "generation", "evaluations", "time", "started", "best"]
        say(table(columns, rows, left=["campaign", "state", "started", "best"]))
