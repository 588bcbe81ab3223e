"""Output: tables and lines for people, JSON for programs; text of a database is made harmless."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evosearch.errors import ConfigError, EvosearchError
from evosearch.report.numbers import clean, shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_WIDE = 200  # columns where the output is no terminal


def emit(data: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(data, indent=2, allow_nan=False) + "\n")


def say(text: str = "") -> None:
    """A line on standard output."""
    sys.stdout.write(clean(text) + "\n")


def complain(error: EvosearchError) -> None:
    """An error on standard error, one line for each mistake."""
    mistakes = error.mistakes if isinstance(error, ConfigError) else [str(error)]
    for mistake in mistakes:
        sys.stderr.write(f"error: {clean(mistake)}\n")


def console() -> "Console":
    """Standard output; as wide as the terminal."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDE
    return Console(width=width, highlight=False, markup=False)


def table(columns: Sequence[str], *, left: Sequence[str] = (), wide: str = "") -> "Table":
    """An empty table: numbers to the right, ``left`` columns to the left, ``wide`` cut to fit."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        if name == wide:
            made.add_column(name, no_wrap=True, overflow="ellipsis", ratio=1)
        else:
            made.add_column(name, justify="left" if name in left else "right", no_wrap=True)
    return made


def front_table(objectives: Sequence[str], members: Sequence[Mapping[str, Any]]) -> "Table":
    """The members of a front (in their JSON form), smallest first."""
    from rich.text import Text

    validated = objectives[0] if any(member.get("validation") for member in members) else None
    sized = [] if _says_size(objectives, members) else ["size"]
    columns = ["id", "generation", *sized, *objectives]
    columns += [f"validation {validated}"] if validated else []
    made = table([*columns, "expression"], wide="expression")
    for member in sorted(members, key=lambda member: (member.get("size") or 0, member["id"])):
        values = [member["objectives"].get(name) for name in objectives]
        cells = [str(member["id"]), shown(member.get("generation"))]
        cells += [shown(member.get("size")) for _ in sized]
        cells += [shown(value) for value in values]
        cells += [shown((member["validation"] or {}).get(validated))] if validated else []
        made.add_row(*cells, Text(clean(member["expression"] or "")))
    return made


def _says_size(objectives: Sequence[str], members: Sequence[Mapping[str, Any]]) -> bool:
    """Whether an objective is the size, so that a column of its own would repeat it."""
    return any(
        all(member["objectives"].get(name) == member.get("size") for member in members)
        for name in objectives
    )
