"""``evosearch front``."""

import typer

from evosearch.cli.console import emit, front_table, say, smallest_first
from evosearch.cli.options import AsJson, Name, opened


def front(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show the individuals that no other one beats in every objective."""
    from evosearch.store import queries

    with opened(context) as store:
        objectives = queries.objectives(store, name)
        members = [member.as_json() for member in queries.front(store, name)]
    if as_json:
        emit({"campaign": name, "objectives": objectives, "members": members})
    elif members:
        names = [each["name"] for each in objectives]
        say(front_table(names, smallest_first(objectives, members)))
    else:
        say("the front is empty: nothing has been scored successfully yet")
