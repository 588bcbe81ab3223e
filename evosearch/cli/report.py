"""``evosearch report``."""

from pathlib import Path
from typing import Annotated

import typer

from evosearch.cli.console import say
from evosearch.cli.options import LoadPlugins, Name, opened, pick


def report(
    context: typer.Context,
    name: Name,
    output: Annotated[Path | None, typer.Option(help="Folder.", show_default="runs/NAME")] = None,
    member: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose descent is told.")
    ] = None,
    load_plugins: LoadPlugins = False,
) -> None:
    """Write what a campaign found as text, pictures and one HTML page."""
    from evosearch.store import queries

    with opened(context) as store:
        queries.status(store, name)  # an unknown campaign is refused before anything is loaded
        chosen = None if member is None else pick(store, name, member).id
        from evosearch.report.write import folder_of, write

        folder = output or folder_of(Path("runs"), name)
        for path in write(store, name, folder, member=chosen, trusted=load_plugins):
            say(f"wrote {path}")
