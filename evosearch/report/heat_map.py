"""Heat map: a matrix as a picture, in one colour that grows stronger with the value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from evosearch.contracts import HeatMap
from evosearch.report import drawing
from evosearch.report.content import Picture
from evosearch.report.drawing import INK, MUTED, SERIES
from evosearch.report.numbers import shortened
from evosearch.report.plane import Floats

_FAINT, _STRONG = 0.05, 0.65  # opacity of the least and of the largest value: ink stays legible
_STEPS = 5  # of the legend
_LETTERS = 16  # of a name
_NAMED = 48  # rows or columns up to which all are named
_WRITTEN = 24  # columns up to which values are written into their cells
_HALF = 0.47  # of a cell, so that a gap remains
_CELL, _MARGIN = 0.3, 1.5  # inches
_WIDEST, _HIGHEST = 6.0, 10.0  # inches of all cells


@dataclass(frozen=True)
class _Scale:
    """What is faint and what is strong."""

    low: float
    high: float

    @classmethod
    def of(cls, values: Floats) -> Self:
        known = values[np.isfinite(values)]
        low, high = min(0.0, *known, 0.0), max(0.0, *known, 0.0)
        return cls(float(low), float(high) if high > low else low + 1.0)

    def colour(self, value: float) -> tuple[float, float, float, float]:
        share = (value - self.low) / (self.high - self.low)
        return *to_rgb(SERIES[0]), round(_FAINT + (_STRONG - _FAINT) * share, 3)


def picture(heat_map: HeatMap) -> Picture:
    """Cells in the page's own colour, so that they follow light and dark.

    Raises:
        ValueError: The matrix has not one value for each row and column.
    """
    values = np.asarray(heat_map.values, np.float64)
    shape = len(heat_map.rows), len(heat_map.columns)
    if values.shape != shape:
        raise ValueError(
            f"HeatMap {heat_map.name!r}: expected values of shape {shape}, as many as there are "
            f"names, received {values.shape}"
        )

    def paint(figure: Figure) -> None:
        figure.set_layout_engine("compressed")  # that of axes whose aspect is fixed
        axes = figure.subplots()
        scale = _Scale.of(values)
        _cells(axes, values, scale)
        _names(axes, heat_map)
        _legend(axes, scale, heat_map.unit)
        axes.set_title(heat_map.title, color=INK)

    cell = min(_CELL, _WIDEST / max(shape[1], 1))
    size = (8.0, _MARGIN + min(cell * max(shape[0], 4), _HIGHEST))
    return drawing.draw_figure(paint, heat_map.name, heat_map.caption, heat_map.title, size)


def _cells(axes: Axes, values: Floats, scale: _Scale) -> None:
    corners = _HALF * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    places = np.argwhere(np.isfinite(values))
    squares = [corners + place for place in places[:, ::-1]]
    colours = [scale.colour(values[row, column]) for row, column in places]
    axes.add_collection(PolyCollection(squares, facecolors=colours, edgecolors="none"))
    if values.shape[1] > _WRITTEN:
        return
    size = 8.5 if values.shape[1] <= _WRITTEN // 2 else 7
    for row, column in places:
        text = drawing.tick(float(f"{values[row, column]:.2g}"))
        axes.text(column, row, text, ha="center", va="center", fontsize=size)


def _names(axes: Axes, heat_map: HeatMap) -> None:
    style: Any = {"labelcolor": INK, "labelsize": 8.5, "length": 0}
    axes.set_yticks(*_ticks(heat_map.rows))
    axes.set_xticks(*_ticks(heat_map.columns), rotation=45, ha="right", rotation_mode="anchor")
    axes.tick_params(**style)
    axes.set_xlim(-0.5, len(heat_map.columns) - 0.5)
    axes.set_ylim(len(heat_map.rows) - 0.5, -0.5)
    axes.set_aspect("equal", anchor="W")
    axes.grid(visible=False)
    axes.spines[["bottom", "left"]].set_visible(False)


def _ticks(names: Sequence[str]) -> tuple[list[int], list[str]]:
    """Places and texts of the names that there is room for."""
    places = list(range(0, len(names), -(-len(names) // _NAMED) or 1))
    return places, [shortened(names[place], _LETTERS) for place in places]


def _legend(axes: Axes, scale: _Scale, unit: str) -> None:
    values = np.linspace(scale.high, scale.low, _STEPS)
    axes.legend(
        handles=[Patch(facecolor=scale.colour(value)) for value in values],
        labels=[drawing.tick(float(f"{value:.2g}")) for value in values],
        title=unit,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
        fontsize=8.5,
        title_fontproperties={"size": 8.5},
        labelcolor=MUTED,
        alignment="left",
    )
