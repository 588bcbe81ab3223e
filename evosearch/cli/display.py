"""What a running campaign shows: a header over the front, or plain lines."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from evosearch.cli.console import console, front_table, say
from evosearch.report.numbers import clean, duration, shown

if TYPE_CHECKING:
    from rich.console import RenderableType

    from evosearch.campaign import Progress

Show = Callable[["Progress"], None]

_LINE_SECONDS = 2.0
_ROWS = 20


@contextmanager
def display(name: str) -> Iterator[Show]:
    """Gives the callback of a run; draws in place on a terminal, prints lines elsewhere."""
    if sys.stdout.isatty():
        with _live(name) as show:
            yield show
        return
    lines = Lines()
    try:
        yield lines.show
    finally:
        lines.last()


class Lines:
    """A line every two seconds, and the last one."""

    def __init__(self) -> None:
        self._printed = float("-inf")
        self._waiting: Progress | None = None

    def show(self, progress: "Progress") -> None:
        """Print the line, unless the one before is too new."""
        self._waiting = progress
        if time.monotonic() - self._printed >= _LINE_SECONDS:
            self.last()

    def last(self) -> None:
        """Print what was held back."""
        if self._waiting is not None:
            say(line(self._waiting))
            sys.stdout.flush()
            self._printed = time.monotonic()
            self._waiting = None


def line(progress: "Progress") -> str:
    """A generation in one line."""
    best = ", ".join(f"{name} {shown(value)}" for name, value in progress.best.items())
    return f"{_state(progress)}  best {best or '–'}"


def _state(progress: "Progress") -> str:
    left = time_left(progress)
    return "  ".join(
        [
            f"generation {progress.generation}",
            f"{progress.evaluations:,} new, {progress.reused:,} reused, "
            f"{progress.failed:,} failed",
            f"{progress.rate:,.0f}/s",
            f"compiled {duration(progress.compile_seconds)}",
            f"{duration(left)} left" if left is not None else "no time limit",
        ]
    )


def time_left(progress: "Progress") -> float | None:
    """Seconds until the budget is spent, at the pace so far."""
    if not progress.budget:
        return None
    return progress.seconds * (1 - progress.budget) / progress.budget


@contextmanager
def _live(name: str) -> Iterator[Show]:
    from rich.live import Live
    from rich.text import Text

    waiting = Text(f"campaign {clean(name)}: the first generation compiles its kernels")
    with Live(waiting, console=console(), transient=True, refresh_per_second=4) as live:
        yield lambda progress: live.update(screen(progress, live.console.height))


def screen(progress: "Progress", height: int) -> "RenderableType":
    """Header and front; of a long front the rows that fit."""
    from rich.console import Group
    from rich.text import Text

    members = front_members(progress.front)
    room = max(3, height - 5)
    left_out = max(0, len(members) - room)
    rows: list[RenderableType] = [
        Text(f"campaign {clean(progress.campaign)}  {_state(progress)}", style="bold"),
        Text(""),
        front_table(list(progress.best), members[left_out:]),
    ]
    if left_out:
        rows.append(Text(f"and {left_out} smaller ones", style="dim"))
    return Group(*rows)


def front_members(
    front: Sequence[tuple[int, Mapping[str, float], str]],
) -> list[dict[str, Any]]:
    """Members of a running campaign in the form of listings; sizes and ages are not told."""
    members = [
        {"id": id, "objectives": objectives, "validation": None, "expression": text}
        for id, objectives, text in front
    ]
    return sorted(members, key=lambda member: list(member["objectives"].values())[::-1])
