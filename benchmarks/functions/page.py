"""The page docs/results/functions.md, made of the program documents alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.functions.problems import Problem
from benchmarks.functions.programs import Result
from benchmarks.tables import table
from evosearch.report.numbers import duration

LONGEST = 200  # characters of an expression that the page shows
TIE = 0.01  # relative difference up to which errors count as equal

HEAD = """\
# Functions

<!-- this page is made by: python -m benchmarks functions --render -->

How closely programs of so many operations compute a function: the best that campaigns have found,
against the best of the classical approximations that the same operations allow. What the columns
mean, and how the numbers are made and checked, stands in [Results](README.md).
`python -m benchmarks functions` runs every campaign and makes this page; a name after it
(`python -m benchmarks functions sin`) does so for one.
"""

NOTHING = "\nNo campaign has been recorded yet.\n"


@dataclass(frozen=True)
class Row:
    """What is known with at most so many operations.

    Attributes:
        result: The best program.
        operations: So many.
        classical: The best classical approximation (family, label, operations, error) or None.
        published: A published error with exactly so many operations.
    """

    result: Result
    operations: int
    classical: dict[str, Any] | None
    published: float | None

    @classmethod
    def all(cls, results: Sequence[Result]) -> list["Row"]:
        return [
            cls(result, each["operations"], each["classical"], each["published"])
            for result in results
            for each in result.about["beside"]
        ]

    @property
    def gain(self) -> float:
        """How many times smaller the error is than the classical one; infinite without one."""
        return float(self.classical["error"]) / self.result.error if self.classical else math.inf

    @property
    def outcome(self) -> str:
        """``win``, ``equal`` or ``loss`` against the classical approximation."""
        if abs(self.gain - 1) <= TIE:
            return "equal"
        return "win" if self.gain > 1 else "loss"


def text(results: Sequence[Result], folder: Path) -> str:
    """The page; ``folder`` is where it stands, for links."""
    problems = [p for p in Problem.all() if any(r.problem == p.name for r in results)]
    if not problems:
        return HEAD + NOTHING
    by_name = {p.name: [r for r in results if r.problem == p.name] for p in problems}
    parts = [HEAD, summary(problems, {name: Row.all(mine) for name, mine in by_name.items()})]
    parts += [section(p, by_name[p.name], folder) for p in problems]
    return "\n".join(parts)


def summary(problems: Sequence[Problem], rows: dict[str, list[Row]]) -> str:
    """Wins and losses of every problem."""
    head = ["target", "operations", "wins", "equal", "losses", "largest gain", "published error"]
    lines = []
    for problem in problems:
        mine = rows[problem.name]
        outcomes = [row.outcome for row in mine]
        lines.append(
            [
                f"[{problem.target.formula}](#{anchor(problem)})",
                f"{mine[0].operations} to {mine[-1].operations}",
                *(str(outcomes.count(kind)) for kind in ("win", "equal", "loss")),
                largest_gain(mine),
                against_published(mine),
            ]
        )
    every = [row.outcome for mine in rows.values() for row in mine]
    counts = (
        f"{every.count('win')} wins, {every.count('equal')} equal, {every.count('loss')} losses"
    )
    return (
        f"## Summary\n\nAgainst the best classical approximation with at most as many operations: "
        f"{counts}. Errors within {TIE:.0%} are equal.\n\n{table(head, lines)}\n"
    )


def section(problem: Problem, results: Sequence[Result], folder: Path) -> str:
    """One problem."""
    commands = " and ".join(dict.fromkeys(f"`{result.about['command']}`" for result in results))
    head = ["operations", "error", "classical", "times as good", "classical form"]
    head += ["published"] if problem.published else []
    lines = [
        f"## {title(problem)}",
        "",
        f"{problem.target.formula} on {problem.interval}, largest {problem.measure.kind} error, "
        f"out of {', '.join(problem.primitives)}. `python -m benchmarks functions {problem.name}` "
        f"makes this table; the programs come from {commands}.",
        "",
        table(head, [cells(problem, row) for row in Row.all(results)]),
        "",
        table(
            [
                "program",
                "error",
                "proved below",
                "seed",
                "generation",
                "evaluations",
                "time",
                "expression",
            ],
            [program(result, folder) for result in results],
        ),
    ]
    return "\n".join(lines) + "\n"


def cells(problem: Problem, row: Row) -> list[str]:
    """A line of the comparison."""
    fewer = row.result.operations < row.operations
    known = row.classical
    return [
        str(row.operations),
        error(row.result.error) + f" ({row.result.operations} ops)" * fewer,
        error(known["error"]) if known else "–",
        times(row.gain),
        form(row),
        *([error(row.published) if row.published else "–"] if problem.published else []),
    ]


def program(result: Result, folder: Path) -> list[str]:
    """A line of the list of programs."""
    about, expression = result.about, result.expression
    return [
        f"[{result.path.stem}]({result.path.relative_to(folder).as_posix()})",
        error(result.error),
        bound(result.proved) if result.proved else "–",
        str(about["seed"]),
        str(about["generation"]),
        f"{about['evaluations']:,}",
        duration(about["seconds"]),
        f"`{expression}`" if len(expression) <= LONGEST else "see the document",
    ]


def form(row: Row) -> str:
    """The classical approximation, and its operations where it has fewer."""
    known = row.classical
    if known is None:
        return "–"
    fewer = known["operations"] < row.operations
    return f"{known['family']}, {known['label']}" + f" ({known['operations']} ops)" * fewer


def largest_gain(rows: Sequence[Row]) -> str:
    """Over the classical approximations, and where."""
    top = max((row for row in rows if row.classical), key=lambda row: row.gain, default=None)
    return f"{times(top.gain)} at {top.operations} ops" if top else "–"


def against_published(rows: Sequence[Row]) -> str:
    """The published errors over ours."""
    gains = [
        f"{times(row.published / row.result.error)} at {row.operations} ops"
        for row in rows
        if row.published
    ]
    return ", ".join(gains) or "–"


def title(problem: Problem) -> str:
    return problem.name.replace("_", " ")


def anchor(problem: Problem) -> str:
    return problem.name.replace("_", "-")


def error(value: float) -> str:
    return f"{value:.3e}"


def bound(value: float) -> str:
    """Rounded up."""
    text = error(value)
    digits, exponent = text.split("e")
    return (
        text if float(text) >= value else error(float(f"{float(digits) + 0.001:.3f}e{exponent}"))
    )


def times(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{value:.3g}x" if 1e-3 <= value < 1e4 else f"{value:.1e}x"
