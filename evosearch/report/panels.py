"""Panels: many small pictures side by side, each a few bars with marks on them."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evosearch.contracts import Panel, Panels
from evosearch.report import drawing
from evosearch.report.content import Picture
from evosearch.report.drawing import INK, MUTED, SEARCH, SERIES
from evosearch.report.numbers import shortened
from evosearch.report.plane import Floats

_ACROSS = 4
_NAMED = 10  # bars up to which all are named
_LETTERS = 11  # of a bar's name
_TITLE = 22  # letters of a panel's
_ROOM = 5  # bars that a panel has room for, even where it has fewer
_HIGH, _HEAD = 1.75, 0.4  # inches of a row of panels, of what stands above them
_MARKS = ("|", "x", "+", "1")


def picture(panels: Panels) -> Picture:
    """Bars that lie, the first one on top, names at their left.

    Raises:
        ValueError: A panel has not a value for each series and name.
    """
    drawn = [_values(panels, panel) for panel in panels.panels]
    down = max(1, -(-len(drawn) // _ACROSS))
    size = (8.0, _HEAD + _HIGH * down)

    def paint(figure: Figure) -> None:
        grid = figure.subplots(down, _ACROSS, squeeze=False).ravel()
        for axes, panel, values in zip(grid, panels.panels, drawn, strict=False):
            _panel(axes, panel, values)
        for axes in grid[len(drawn) :]:
            axes.set_visible(False)
        title = f"{panels.title}, {panels.unit}" if panels.unit else panels.title
        figure.text(0.01, 1 - 0.12 / size[1], title, va="top", color=INK)
        _legend(figure, panels)

    return drawing.draw_figure(paint, panels.name, panels.caption, panels.title, size)


def _values(panels: Panels, panel: Panel) -> Floats:
    values = np.asarray(panel.values, np.float64)
    shape = len(panels.series), len(panel.labels)
    if values.shape != shape:
        raise ValueError(
            f"Panels {panels.name!r}, {panel.title!r}: expected values of shape {shape}, one for "
            f"each series and label, received {values.shape}"
        )
    return values


def _panel(axes: Axes, panel: Panel, values: Floats) -> None:
    places = np.arange(len(panel.labels))
    axes.barh(places, values[0], height=0.8, color=SEARCH, alpha=0.55, linewidth=0)
    for number, others in enumerate(values[1:]):
        axes.plot(others, places, **_mark(number, len(places)))
    named = places[:: max(1, -(-len(places) // _NAMED))]
    axes.set_yticks(named, [shortened(panel.labels[place], _LETTERS) for place in named])
    axes.set_ylim(max(len(places), _ROOM) - 0.4, -0.6)
    axes.set_xlim(left=min(0.0, float(np.nanmin(values, initial=0.0))))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: drawing.tick(value)))
    axes.tick_params(labelsize=7)
    axes.tick_params(axis="y", labelcolor=INK, length=0)
    axes.grid(visible=False, axis="y")
    axes.set_title(shortened(panel.title, _TITLE), color=INK, fontsize=8.5, pad=4)


def _mark(number: int, bars: int) -> dict[str, Any]:
    return {
        "color": SERIES[number % len(SERIES)],
        "linestyle": "",
        "marker": _MARKS[number % len(_MARKS)],
        "markersize": float(np.clip(70 / max(bars, 1), 3, 9)),
        "markeredgewidth": 1.8,
    }


def _legend(figure: Figure, panels: Panels) -> None:
    marks = [Line2D([], [], **_mark(number, 9)) for number in range(len(panels.series) - 1)]
    figure.legend(
        handles=[Patch(facecolor=SEARCH, alpha=0.55), *marks],
        labels=list(panels.series),
        loc="outside upper right",
        ncols=len(panels.series),
        frameon=False,
        fontsize=8.5,
        labelcolor=MUTED,
    )
