"""Output: tables and lines for people, JSON for programs; text of a database is made harmless."""

import json
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from evosearch.errors import ConfigError, EvosearchError
from evosearch.report.numbers import clean, shown

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


def warn(text: str) -> None:
    """A warning on standard error."""
    sys.stderr.write(f"warning: {clean(text)}\n")


def width() -> int:
    """Columns of the terminal, or of $COLUMNS; many where the output is no terminal."""
    return shutil.get_terminal_size(fallback=(_WIDE, 24)).columns


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: Collection[str] = ()
) -> str:
    """Aligned columns, numbers to the right and ``left`` ones to the left; cut to the width."""
    cells = [[clean(cell).replace("\n", " ") for cell in row] for row in [columns, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(size) if name in left else cell.rjust(size)
            for name, cell, size in zip(columns, row, widths, strict=True)
        ).rstrip()
        for row in cells
    ]
    return "\n".join(_cut(line, width()) for line in lines)


def front_table(objectives: Sequence[str], members: Sequence[Mapping[str, Any]]) -> str:
    """The members of a front (in their JSON form), smallest first; sizes and ages if known."""
    validated = objectives[0] if any(member.get("validation") for member in members) else None
    known = [key for key in ("id", "generation", "size") if any(key in each for each in members)]
    if "size" in known and _says_size(objectives, members):
        known.remove("size")
    columns = [*known, *objectives, *([f"validation {validated}"] if validated else [])]
    rows = []
    for member in members:
        row = [shown(member[key], 12) if key != "id" else str(member["id"]) for key in known]
        row += [shown(member["objectives"].get(name)) for name in objectives]
        row += [shown((member["validation"] or {}).get(validated))] if validated else []
        rows.append([*row, member["expression"] or ""])
    return table([*columns, "expression"], rows, left=["expression"])


def smallest_first(
    objectives: Sequence[Mapping[str, str]], members: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Members with the best of the last objective first, then of the one before it."""
    signs = [1 if each["direction"] == "minimize" else -1 for each in objectives][::-1]

    def order(member: Mapping[str, Any]) -> list[float]:
        values = [member["objectives"].get(each["name"]) or 0.0 for each in objectives][::-1]
        return [sign * value for sign, value in zip(signs, values, strict=True)]

    return sorted(members, key=order)


def _cut(line: str, size: int) -> str:
    return line if len(line) <= size else line[: size - 1] + "…"


def _says_size(objectives: Sequence[str], members: Sequence[Mapping[str, Any]]) -> bool:
    """Whether an objective is the size, so that a column of its own would repeat it."""
    return any(
        all(member["objectives"].get(name) == member.get("size") for member in members)
        for name in objectives
    )
