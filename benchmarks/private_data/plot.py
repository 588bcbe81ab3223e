"""Plot: errors against epsilon, in the look of all pictures, as an SVG file of its own."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from benchmarks.private_data.lines import ROOT, Line, grouped
from benchmarks.private_data.page import grouped_loosely
from evosearch.report.drawing import COLOURS, DASHES, SERIES, Label, axis, draw, label_ends, tick

PATH = ROOT / "docs" / "results" / "private-data-epsilon.svg"
_NAME = "private-data-epsilon"
_SVG = 'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" style="background: #ffffff"'


def write(lines: Sequence[Line], path: Path = PATH) -> None:
    """Average total variation distance over pairs, a line for each campaign file."""
    curves = {str(name): _curve(own) for (name,), own in grouped_loosely(lines, "table").items()}

    def paint(axes: Axes) -> None:
        ends = []
        for number, (name, points) in enumerate(curves.items()):
            colour = SERIES[number % len(SERIES)]
            style: Any = {
                "linestyle": DASHES[number % len(DASHES)],
                "marker": "o",
                "markersize": 4,
            }
            axes.plot(*points.T, color=colour, **style)
            ends.append(Label(float(points[-1, 1]), name, colour))
        every = np.concatenate(list(curves.values()))
        for which, values in zip("xy", every.T, strict=True):
            axis(axes, which, values, log=True)
        axes.set_xticks(
            sorted(set(every[:, 0])), [tick(value) for value in np.unique(every[:, 0])]
        )
        axes.set_xlabel("epsilon, at delta = 1/n²")
        axes.set_title("average total variation distance over all pairs of columns")
        label_ends(axes, ends)

    names = ", ".join(curves)
    caption = "Errors of synthetic tables against epsilon."
    picture = draw(paint, _NAME, caption, f"Lines of {names} that fall with epsilon.")
    path.write_text(standing_alone(picture.svg) + "\n", "utf-8")


def standing_alone(svg: str) -> str:
    """A picture of a page as a file: the page's colours written out."""
    svg = re.sub("<svg", f"<svg {_SVG}", svg, count=1)
    for name, colour in COLOURS.items():
        svg = svg.replace(f"var(--{name})", colour)
    return svg.replace("font-family: inherit", "font-family: sans-serif")


def _curve(lines: Sequence[Line]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Points [epsilons, 2] in ascending order: epsilon and mean error."""
    groups = grouped(lines, "epsilon").values()
    points = [
        (each[0]["epsilon"], np.mean([line["avg_tvd_2"] for line in each])) for each in groups
    ]
    return np.array(sorted(points))
