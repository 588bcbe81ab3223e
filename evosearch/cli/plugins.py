"""``evosearch plugins``."""

from importlib import metadata

from evosearch.cli.console import emit, say, table
from evosearch.cli.options import AsJson

GROUPS = {
    "search space": "evosearch.search_spaces",
    "evaluator": "evosearch.evaluators",
    "exporter": "evosearch.exporters",
}


def plugins(as_json: AsJson = False) -> None:
    """List the installed search spaces, evaluators and exporters."""
    found = [
        {
            "kind": kind,
            "name": point.name,
            "object": point.value,
            "distribution": f"{point.dist.name} {point.dist.version}" if point.dist else "",
        }
        for kind, group in GROUPS.items()
        for point in sorted(metadata.entry_points(group=group), key=lambda point: point.name)
    ]
    if as_json:
        emit(found)
        return
    columns = ["kind", "name", "object", "distribution"]
    say(table(columns, [[each[key] for key in columns] for each in found], left=columns))
