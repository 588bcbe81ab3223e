"""The page docs/results/functions.md, made of the program documents alone."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.functions.problems import Problem
from benchmarks.functions.programs import Result
from benchmarks.tables import table
from evosearch.report.numbers import duration

TIE = 0.01  # relative difference up to which two errors count as equal

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


def text(results: Sequence[Result], folder: Path) -> str:
    """The page; ``folder`` is where it stands, for links."""
    problems = [p for p in Problem.all() if any(r.problem == p.name for r in results)]
    if not problems:
        return HEAD + NOTHING
    by_name = {p.name: [r for r in results if r.problem == p.name] for p in problems}
    parts = [HEAD, summary(problems, by_name)]
    parts += [section(p, by_name[p.name], folder) for p in problems]
    return "\n".join(parts)


def summary(problems: Sequence[Problem], results: dict[str, list[Result]]) -> str:
    """Wins and losses of every problem."""
    head = ["target", "operations", "wins", "equal", "losses", "largest gain", "at", "published"]
    rows = []
    for problem in problems:
        mine = results[problem.name]
        outcomes = [outcome(result) for result in mine]
        top = max(mine, key=gain)
        rows.append(
            [
                f"[{problem.target.formula}](#{anchor(problem)})",
                ", ".join(str(result.operations) for result in mine),
                *(str(outcomes.count(kind)) for kind in ("win", "equal", "loss")),
                times(gain(top)),
                f"{top.operations} ops",
                against_published(mine),
            ]
        )
    return f"## Summary\n\n{table(head, rows)}\n"


def section(problem: Problem, results: Sequence[Result], folder: Path) -> str:
    """One problem."""
    commands = list(dict.fromkeys(result.about["command"] for result in results))
    operations = ", ".join(problem.primitives)
    lines = [
        f"## {title(problem)}",
        "",
        f"{problem.target.formula} on {problem.interval}, largest {problem.measure.kind} error, "
        f"out of {operations}. `python -m benchmarks functions {problem.name}` makes this table; "
        f"its campaigns are {' and '.join(f'`{c}`' for c in commands)}.",
        "",
        table(
            [
                *("operations", "error", "classical", "times as good", "classical form"),
                *(["published"] if problem.published else []),
                *("seed", "evaluations", "time", "program"),
            ],
            [row(problem, result, folder) for result in results],
        ),
        "",
    ]
    lines += [
        f"- {result.operations}: `{result.expression}`"
        for result in results
        if len(result.expression) <= 250
    ]
    return "\n".join(lines) + "\n"


def row(problem: Problem, result: Result, folder: Path) -> list[str]:
    """A program's line in its table."""
    about, known = result.about, result.about["baseline"]
    published = about["published"]
    link = result.path.relative_to(folder).as_posix()
    return [
        str(result.operations),
        error(result.error),
        error(known["error"]) if known else "–",
        times(gain(result)),
        form(result),
        *([error(published) if published else "–"] if problem.published else []),
        str(about["seed"]),
        f"{about['evaluations']:,}",
        duration(about["seconds"]),
        f"[{result.path.name}]({link})",
    ]


def form(result: Result) -> str:
    """The classical approximation, and its operations where it has fewer."""
    known = result.about["baseline"]
    if known is None:
        return "–"
    fewer = known["operations"] < result.operations
    return f"{known['family']}, {known['label']}" + f" ({known['operations']} ops)" * fewer


def gain(result: Result) -> float:
    """How many times smaller the error is than the classical one; 0 where there is none."""
    known = result.about["baseline"]
    return float(known["error"]) / result.error if known else 0.0


def outcome(result: Result) -> str:
    """Whether the program wins against the classical approximation; a win where there is none."""
    if result.about["baseline"] is None:
        return "win"
    if abs(gain(result) - 1) <= TIE:
        return "equal"
    return "win" if gain(result) > 1 else "loss"


def against_published(results: Sequence[Result]) -> str:
    """The published errors over ours."""
    found = [r for r in results if r.about["published"]]
    gains = [f"{times(r.about['published'] / r.error)} at {r.operations} ops" for r in found]
    return ", ".join(gains) or "–"


def title(problem: Problem) -> str:
    return problem.name.replace("_", " ")


def anchor(problem: Problem) -> str:
    return problem.name.replace("_", "-")


def error(value: float) -> str:
    return f"{value:.3e}"


def times(value: float) -> str:
    if not value:
        return "–"
    return f"{value:.3g}" if value < 1e4 else f"{value:.1e}"
