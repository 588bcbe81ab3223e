"""``evosearch db``: care of the database."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from evosearch.cli.console import say
from evosearch.cli.options import opened
from evosearch.errors import StorageError

app = typer.Typer(help="Care of the database.", no_args_is_help=True)


@app.command()
def upgrade(context: typer.Context) -> None:
    """Bring the database to the schema of this evosearch."""
    from evosearch.store.location import locate
    from evosearch.store.store import Store

    location = locate(context.obj.url)
    if location.path is not None and not location.path.exists():
        raise StorageError(f"there is no database at {location.path}: nothing to upgrade")
    Store.open(context.obj.url, "write").close()
    say(f"{location.shown} has the schema of this evosearch")


@app.command()
def check(context: typer.Context) -> None:
    """Read everything and check it: pages, hashes of genomes, digests of generations."""
    with opened(context) as store:
        problems = store.check()
        shown = store.shown
    if problems:
        raise StorageError("\n".join([f"{shown} is damaged:", *problems]))
    say(f"{shown} is sound")


@app.command()
def backup(
    context: typer.Context,
    path: Annotated[
        Path | None,
        typer.Argument(help="New file.", show_default="beside the database, with date and time"),
    ] = None,
) -> None:
    """Write a consistent copy, also while a campaign runs."""
    from evosearch.store.location import locate

    with opened(context) as store:
        source = locate(context.obj.url).path
        target = path or _beside(source or Path("campaigns.db"))
        store.backup(target)
    say(f"wrote {target}")


def _beside(source: Path) -> Path:
    now = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    return source.with_name(f"{source.stem}-{now}{source.suffix or '.db'}")
