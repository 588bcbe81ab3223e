"""``evosearch ledger``."""

from typing import Annotated

import typer

from evosearch.cli.console import emit, say, table
from evosearch.cli.options import AsJson, opened
from evosearch.report.numbers import shown


def ledger(
    context: typer.Context,
    dataset: Annotated[
        str | None,
        typer.Argument(metavar="DATASET", help="A data set.", show_default="all"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what was spent of the privacy of data sets."""
    from evosearch.store import queries
    from evosearch.store.ledger import exact

    with opened(context) as store:
        found = queries.ledgers(store, dataset)
        place = store.shown
    if as_json:
        emit([each.as_json() for each in found])
        return
    if not found:
        say(f"nothing was charged to any data set in {place}")
    for each in found:
        spent, limit = shown(float(each.spent)), shown(float(each.limit))
        say(f"{each.dataset}: rho {spent} of {limit} spent, {each.neighbours}")
        rows = [
            [
                str(entry.entry),
                entry.kind,
                shown(float(exact(entry.rho))),
                entry.campaign,
                entry.mechanism,
                entry.at,
            ]
            for entry in each.entries
        ]
        columns = ["entry", "kind", "rho", "campaign", "mechanism", "at"]
        say(table(columns, rows, left=["kind", "campaign", "mechanism", "at"]))
