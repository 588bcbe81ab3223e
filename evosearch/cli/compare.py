"""``evosearch compare``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from evosearch.cli.console import emit, say, table
from evosearch.cli.options import AsJson, opened
from evosearch.report.numbers import duration, shown

if TYPE_CHECKING:
    from evosearch.store.members import Member


def compare(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Campaigns.")],
    as_json: AsJson = False,
) -> None:
    """Put the fronts of campaigns side by side."""
    from evosearch.store import queries
    from evosearch.store.members import finite

    names = list(dict.fromkeys(names))
    with opened(context) as store:
        states = [queries.status(store, name) for name in names]
        kinds = {name: queries.objectives(store, name) for name in names}
        fronts = {name: queries.front(store, name) for name in names}
    if as_json:
        campaigns = [
            {
                **finite(state),
                "objectives": kinds[state["campaign"]],
                "members": [member.as_json() for member in fronts[state["campaign"]]],
            }
            for state in states
        ]
        emit({"campaigns": campaigns, "sizes": finite(by_size(kinds, fronts))})
        return
    _print_states(states)
    for name in names[1:]:
        if kinds[name] != kinds[names[0]]:
            say(f"\n{name} has other objectives than {names[0]}: the values mean different things")
    say()
    rows = [
        [shown(row["size"]), *(shown(row["values"][name]) for name in names)]
        for row in by_size(kinds, fronts)
    ]
    say(table(["size", *names], rows))
    first = sorted({each[0]["name"] for each in kinds.values()})
    say(f"\n{' and '.join(first)}: the best member of the front that is at most as large")


def by_size(
    kinds: dict[str, list[dict[str, Any]]], fronts: dict[str, list["Member"]]
) -> list[dict[str, Any]]:
    """For every size on a front: the best first objective of members at most as large."""
    sizes = sorted({member.size for front in fronts.values() for member in front})
    return [
        {
            "size": size,
            "values": {name: _best(kinds[name][0], fronts[name], size) for name in fronts},
        }
        for size in sizes
    ]


def _best(objective: dict[str, Any], front: list["Member"], size: int) -> float | None:
    values = [member.objectives[objective["name"]] for member in front if member.size <= size]
    if not values:
        return None
    return min(values) if objective["direction"] == "minimize" else max(values)


def _print_states(states: list[dict[str, Any]]) -> None:
    rows = [
        [
            each["campaign"],
            each["state"],
            shown(each["generation"]),
            shown(each["evaluations"]),
            duration(each["seconds"]),
            (each["digest"] or "–")[:16],
        ]
        for each in states
    ]
    columns = ["campaign", "state", "generation", "evaluations", "time", "digest"]
    say(table(columns, rows, left=["campaign", "state", "digest"]))
