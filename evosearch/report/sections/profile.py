"""Where the time went."""

import numpy as np
from matplotlib.axes import Axes

from evosearch.report import drawing
from evosearch.report.account import MEANING, Account
from evosearch.report.content import Column, Paragraph, Picture, Section, Table
from evosearch.report.drawing import COLOURS, INK
from evosearch.report.facts import Facts
from evosearch.report.numbers import duration, share, shown


def section(facts: Facts) -> Section | None:
    """A bar and a row of a table for each part, longest first."""
    sums = {name: float(np.nansum(each)) for name, each in facts.generations.profile.items()}
    account = Account.of(sums)
    if not account.parts:
        return None
    return Section(
        "Where the time went", [Paragraph(_rate(facts)), _bars(account), _table(account)]
    )


def _bars(account: Account) -> Picture:
    parts = account.parts
    caption = f"{duration(account.total)} of the search loop by part."

    def paint(axes: Axes) -> None:
        heights = np.arange(len(parts))[::-1]
        axes.barh(heights, list(parts.values()), height=0.62, color=COLOURS["a"])
        for height, seconds in zip(heights, parts.values(), strict=True):
            text = f" {duration(seconds)}, {share(seconds, account.total)}"
            axes.text(seconds, height, text, va="center", fontsize=9.5, color=INK)
        axes.set_yticks(heights, list(parts))
        axes.set_xlim(0, max(parts.values()) * 1.2)
        axes.tick_params(axis="y", labelcolor=INK)
        axes.xaxis.set_visible(False)
        axes.grid(visible=False)
        axes.spines[["bottom", "left"]].set_visible(False)

    height = 0.5 + 0.42 * len(parts)
    return drawing.draw(paint, "profile", caption, "seconds by part", size=(8.0, height))


def _table(account: Account) -> Table:
    columns = [
        Column("part"),
        Column("what it is"),
        Column("time", "number"),
        Column("share", "number"),
    ]
    rows = [
        [name, MEANING.get(name, ""), duration(seconds), share(seconds, account.total)]
        for name, seconds in account.parts.items()
    ]
    rows.append(["all", "", duration(account.total), share(account.total, account.total)])
    if account.store:
        rows.append(["store, beside these", MEANING["store"], duration(account.store), "–"])
    return Table(columns, rows)


def _rate(facts: Facts) -> str:
    evaluations, seconds = facts.status["evaluations"], facts.status["seconds"]
    if not seconds:
        return ""
    return (
        f"{shown(evaluations)} evaluations in {duration(seconds)}: "
        f"{shown(evaluations / seconds, 3)} a second."
    )
