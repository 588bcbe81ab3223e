"""Arguments that several commands have, and the database that they mean."""

import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from evosearch.errors import UsageError
from evosearch.store.location import locate

if TYPE_CHECKING:
    from evosearch.store.members import Member
    from evosearch.store.store import Store

DEFAULT_STORAGE = "sqlite:///runs/evosearch.db"

Name = Annotated[str, typer.Argument(metavar="NAME", help="A campaign.", show_default=False)]
Id = Annotated[
    str,
    typer.Argument(metavar="ID", help="An individual: its number, or 'best'.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Set = Annotated[
    list[str],
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Change a value of the file."),
]
LoadPlugins = Annotated[
    bool,
    typer.Option(
        "--load-plugins",
        help="Also load plug-ins that the database names by module or file: that runs their code.",
    ),
]


@dataclass(frozen=True)
class Storage:
    """Which database was asked for; None where neither option nor variable says so."""

    given: str | None

    @property
    def url(self) -> str:
        """The database that reading commands mean."""
        return self.given or DEFAULT_STORAGE

    def resume_line(self, name: str, url: str | None = None) -> str:
        """The command that goes on with a campaign; holds no password."""
        words = ["evosearch"]
        url = url or self.url
        if url != (os.environ.get("EVOSEARCH_STORAGE") or DEFAULT_STORAGE):
            location = locate(url)
            words += ["--storage", url if location.path is not None else location.shown]
        return shlex.join([*words, "resume", name])


def opened(context: typer.Context) -> "Store":
    """The database, for reading; a context manager."""
    from evosearch.store.store import Store

    return Store.open(context.obj.url)


def pick(store: "Store", name: str, id: str) -> "Member":
    """The individual that an ID argument means.

    Raises:
        UsageError: It is neither a number of a stored individual nor ``best``.
    """
    from evosearch.store import queries

    if id == "best":
        front = queries.front(store, name)
        if not front:
            raise UsageError(f"the front of campaign {name!r} is empty: nothing is best yet")
        return front[0]
    if not (id.isascii() and id.isdigit() and len(id) < 19):
        raise UsageError(f"ID: expected the number of an individual or 'best', received {id!r}")
    return queries.member(store, name, int(id))
