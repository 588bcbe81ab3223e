"""What a running campaign shows: a header over the front, or plain lines."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from evosearch.cli.console import front_table, say, smallest_first
from evosearch.report.numbers import clean, duration, shown

if TYPE_CHECKING:
    from rich.console import RenderableType

    from evosearch.campaign import Progress

Show = Callable[["Progress"], None]

_LINE_SECONDS = 2.0


@contextmanager
def display(name: str, objectives: Sequence[Mapping[str, str]]) -> Iterator[Show]:
    """Gives the callback of a run; draws in place on a terminal, prints lines elsewhere."""
    if sys.stdout.isatty():
        with _live(objectives, name) as show:
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
    return "  ".join(
        [
            f"generation {progress.generation}",
            f"{progress.evaluations:,} new, {progress.reused:,} reused, "
            f"{progress.failed:,} failed",
            f"{progress.rate:,.0f}/s",
            f"compiled {duration(progress.compile_seconds)}",
            time_left(progress),
        ]
    )


def time_left(progress: "Progress") -> str:
    """When the budget will be spent, at the pace so far."""
    if progress.budget is None:
        return "until the target is reached"
    if progress.budget >= 1.0:
        return "budget spent"
    if progress.budget <= 0.0:
        return "time left unknown"
    return f"{duration(progress.seconds * (1 / progress.budget - 1))} left"


@contextmanager
def _live(objectives: Sequence[Mapping[str, str]], name: str) -> Iterator[Show]:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    waiting = Text(clean(f"campaign {name}: compiling, then the first generation"))
    console = Console(highlight=False, markup=False)
    with Live(waiting, console=console, transient=True, refresh_per_second=4) as live:
        yield lambda progress: live.update(screen(progress, objectives, console.height))


def screen(
    progress: "Progress", objectives: Sequence[Mapping[str, str]], height: int
) -> "RenderableType":
    """Header and front; of a long front the rows that fit."""
    from rich.console import Group
    from rich.text import Text

    members = smallest_first(
        objectives,
        [
            {"id": id, "objectives": values, "validation": None, "expression": text}
            for id, values, text in progress.front
        ],
    )
    left_out = max(0, len(members) - max(3, height - 5))
    lines = front_table([each["name"] for each in objectives], members[left_out:])
    more = f"\nand {left_out} smaller ones" if left_out else ""
    header = Text(clean(f"campaign {progress.campaign}  {_state(progress)}"), style="bold")
    return Group(header, Text(""), Text(lines + more, no_wrap=True))
