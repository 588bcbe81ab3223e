"""Where the time went."""

import numpy as np
from matplotlib.axes import Axes

from evosearch.report import drawing
from evosearch.report.content import Paragraph, Section
from evosearch.report.drawing import COLOURS, INK
from evosearch.report.facts import Facts
from evosearch.report.numbers import duration, share, shown


def section(facts: Facts) -> Section | None:
    """A bar for each part, longest first."""
    sums = {name: float(np.nansum(each)) for name, each in facts.generations.profile.items()}
    parts = sorted(((v, k) for k, v in sums.items() if v > 0), reverse=True)
    if not parts:
        return None
    whole = sum(seconds for seconds, _ in parts)
    caption = ", ".join(
        f"{name} {duration(seconds)} ({share(seconds, whole)})" for seconds, name in parts
    )

    def paint(axes: Axes) -> None:
        heights = np.arange(len(parts))[::-1]
        lengths = [seconds for seconds, _ in parts]
        axes.barh(heights, lengths, height=0.62, color=COLOURS["a"])
        for height, (seconds, _) in zip(heights, parts, strict=True):
            text = f" {duration(seconds)}, {share(seconds, whole)}"
            axes.text(seconds, height, text, va="center", fontsize=9.5, color=INK)
        axes.set_yticks(heights, [name for _, name in parts])
        axes.set_xlim(0, max(lengths) * 1.2)
        axes.tick_params(axis="y", labelcolor=INK)
        axes.xaxis.set_visible(False)
        axes.grid(visible=False)
        axes.spines[["bottom", "left"]].set_visible(False)

    height = 0.5 + 0.42 * len(parts)
    picture = drawing.draw(paint, "profile", f"{caption}.", "seconds by part", size=(8.0, height))
    return Section("Where the time went", [Paragraph(_rate(facts)), picture])


def _rate(facts: Facts) -> str:
    evaluations, seconds = facts.status["evaluations"], facts.status["seconds"]
    if not seconds:
        return ""
    return (
        f"{shown(evaluations)} evaluations in {duration(seconds)}: "
        f"{shown(evaluations / seconds, 3)} a second."
    )
