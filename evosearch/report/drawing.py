"""Drawing: one look for all pictures, labels beside what they name, SVG that follows the page."""

import io
import math
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from evosearch.report.content import Picture
from evosearch.report.numbers import clean

# On white; the page's style sheet has a variable of each name, for light and for dark.
COLOURS = {
    "ink": "#1d2430",
    "muted": "#5c6675",
    "grid": "#e3e7ed",
    "search": "#c8501a",
    "a": "#0f6cb0",
    "b": "#12876a",
    "c": "#a8477f",
    "d": "#8a6d00",
    "e": "#3d9ad1",
    "plain": "#7b8594",
}
SERIES = [COLOURS[name] for name in "abcde"]  # told apart by colour-blind readers, too
DASHES = ["-", (0, (6, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)), (0, (3, 1.5))]
SEARCH, PLAIN, INK, MUTED = (COLOURS[name] for name in ("search", "plain", "ink", "muted"))

_STYLE: Any = {
    "font.size": 10,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlecolor": MUTED,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "lines.linewidth": 2,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "none",
    "text.parse_math": False,  # names come from outside
}
_TICKS = 8  # at most, along a logarithmic axis


@dataclass(frozen=True)
class Label:
    """Text at the right end of a line, at the height ``y`` in data units."""

    y: float
    text: str
    colour: str


def draw(
    paint: Callable[[Axes], None],
    name: str,
    caption: str,
    description: str,
    size: tuple[float, float] = (8.0, 4.4),
) -> Picture:
    """A picture of whatever ``paint`` puts on the axes; ``size`` in inches."""
    return draw_figure(lambda figure: paint(figure.subplots()), name, caption, description, size)


def draw_figure(
    paint: Callable[[Figure], None],
    name: str,
    caption: str,
    description: str,
    size: tuple[float, float],
) -> Picture:
    """A picture of whatever ``paint`` puts on the figure, axes too; ``size`` in inches."""
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        figure = Figure(figsize=size, layout="constrained")
        paint(figure)
        for text in figure.findobj(Text):
            text.set_text(clean(text.get_text()))
        png, svg = io.BytesIO(), io.BytesIO()
        warnings.filterwarnings("ignore", "Glyph")  # a letter that the font has not is a box
        figure.savefig(png, format="png", dpi=160, metadata={"Software": None})
        figure.savefig(svg, format="svg", metadata={"Date": None})
    return Picture(
        name, _inline(svg.getvalue().decode(), name), png.getvalue(), caption, description
    )


def axis(axes: Axes, which: str, values: npt.NDArray[np.float64], *, log: bool) -> None:
    """Scale and ticks of the axis ``which`` (``x`` or ``y``) for these values."""
    along = axes.xaxis if which == "x" else axes.yaxis
    if log:
        getattr(axes, f"set_{which}scale")("log")
        along.set_major_locator(FixedLocator(decades(values)))
        along.set_minor_locator(NullLocator())
    else:
        whole = bool(np.all(values == np.round(values)))
        along.set_major_locator(MaxNLocator(nbins=_TICKS, integer=whole))
    along.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))


def decades(values: npt.NDArray[np.float64]) -> list[float]:
    """Powers of ten around positive values, few enough to be read."""
    low, high = math.floor(np.log10(values.min())), math.ceil(np.log10(values.max()))
    step = max(1, math.ceil((high - low) / _TICKS))
    return [10.0**exponent for exponent in range(low - low % step, high + step, step)]


def tick(value: float) -> str:
    """``1e-05`` as ``1e-5``; numbers near 1 as they are; thousands with commas."""
    if value == 0 or 1e-2 <= abs(value) < 1e7:
        return f"{value:,.10g}"
    mantissa, _, exponent = f"{value:.3g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def label_ends(axes: Axes, labels: Sequence[Label], gap: float = 0.055) -> None:
    """Labels to the right of the axes, moved apart until ``gap`` (share of the height) is kept."""
    place = axes.transData + axes.transAxes.inverted()
    x = axes.get_xlim()[1]
    ordered = sorted(labels, key=lambda label: float(place.transform((x, label.y))[1]))
    heights = spread([float(place.transform((x, label.y))[1]) for label in ordered], gap)
    for label, height in zip(ordered, heights, strict=True):
        axes.text(
            1.015,
            height,
            label.text,
            color=label.colour,
            transform=axes.transAxes,
            verticalalignment="center",
            fontsize=9.5,
        )


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Ascending heights moved to be ``gap`` apart, centred where they crowd."""
    groups: list[list[float]] = []  # each: wanted heights of labels that touch
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _top(groups[-2], gap) + gap > _bottom(groups[-1], gap):
            last = groups.pop()
            groups[-1] += last
    return [_bottom(group, gap) + gap * i for group in groups for i in range(len(group))]


def _bottom(group: list[float], gap: float) -> float:
    return sum(group) / len(group) - gap * (len(group) - 1) / 2


def _top(group: list[float], gap: float) -> float:
    return sum(group) / len(group) + gap * (len(group) - 1) / 2


def _inline(svg: str, name: str) -> str:
    """An SVG file as part of a page: no references, ids of its own, the page's colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<(metadata|style).*?</\1>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (xmlns(:\w+)?|version)="[^"]*"', "", svg)
    svg = re.sub(r'<svg([^>]*?) width="[^"]*"', r"<svg\1", svg, count=1)
    svg = re.sub(r'<svg([^>]*?) height="[^"]*"', r"<svg\1", svg, count=1)
    svg = svg.replace("xlink:href", "href")
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"font-family:\s*'DejaVu Sans'[^;\"]*", "font-family: inherit", svg)
    for key, colour in COLOURS.items():
        svg = re.sub(colour, f"var(--{key})", svg, flags=re.IGNORECASE)
    return svg.replace("#ffffff", "transparent").strip()


def finite(values: Any, *, log: bool) -> npt.NDArray[np.bool_]:
    """Which values can be drawn."""
    array = np.asarray(values, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.isfinite(array) & ((array > 0) if log else True)
