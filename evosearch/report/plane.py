"""Plane: the two quantities that a report draws a campaign in.

Upwards goes the first objective; to the right the second one, or the size where there is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from evosearch.contracts import Objective, Status
from evosearch.report.drawing import finite
from evosearch.selection.pareto import nondominated
from evosearch.store.members import History, Member

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

_MOST_LEVELS = 64
_WIDE = 1e3


@dataclass(frozen=True)
class Plane:
    """What is drawn over what.

    Attributes:
        y: The first objective.
        x: The second objective, or ``size``.
        log: Whether the first objective is drawn logarithmically.
        log_x: The same for ``x``.
    """

    y: Objective
    x: Objective
    own_x: bool  # whether x is an objective
    log: bool = False
    log_x: bool = False

    @classmethod
    def of(cls, objectives: Sequence[Objective], history: History) -> Self:
        """The plane of a campaign.

        Logarithmic, if all is positive, where the objective says so, and upwards also where the
        front spans more than three decades.
        """
        own_x = len(objectives) > 1
        made = cls(objectives[0], objectives[1] if own_x else Objective("size"), own_x)
        x, y = made.columns(history)
        _, front = made.attained(x, y)
        wide = len(front) > 1 and bool(front.max() > _WIDE * front.min())
        log = made.y.scale == "log" or wide
        log_x = own_x and made.x.scale == "log"
        return replace(made, log=log and _positive(y), log_x=log_x and _positive(x))

    def columns(self, history: History) -> tuple[Floats, Floats]:
        """(x, y) of all individuals; NaN where they were not scored."""
        y = np.where(history.status == Status.OK, history.objectives[:, 0], np.nan)
        x = history.objectives[:, 1] if self.own_x else history.sizes.astype(np.float64)
        return x, y

    def point(self, member: Member) -> tuple[float, float]:
        """(x, y) of a member."""
        x = member.objectives[self.x.name] if self.own_x else float(member.size)
        return x, member.objectives[self.y.name]

    def named(self, values: Mapping[str, float]) -> tuple[float, float] | None:
        """(x, y) of objectives by name, such as those of a baseline; None where one is missing."""
        if self.x.name not in values or self.y.name not in values:
            return None
        return float(values[self.x.name]), float(values[self.y.name])

    def at_least_as_good(self, x: Floats, level: float) -> npt.NDArray[np.bool_]:
        """Which x are no worse than ``level``."""
        with np.errstate(invalid="ignore"):
            return x <= level if self.x.direction == "minimize" else x >= level

    def best(self, y: Floats) -> float:
        """The best of these values; NaN of none."""
        y = y[np.isfinite(y)]
        if not len(y):
            return float("nan")
        return float(y.min() if self.y.direction == "minimize" else y.max())

    def running_best(self, y: Floats) -> Floats:
        """The best value up to each place; NaN before the first."""
        if self.y.direction == "minimize":
            return np.asarray(np.fmin.accumulate(y))
        return np.asarray(np.fmax.accumulate(y))

    def gain(self, better: float, worse: float) -> float:
        """How many times better a value is (``log``), or by how much; above 1 (0) if it is."""
        if self.log:
            quotient = better / worse if self.y.direction == "maximize" else worse / better
            return float(quotient)
        return better - worse if self.y.direction == "maximize" else worse - better

    def attained(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """The points that no other one dominates, by ascending x."""
        drawn = finite(x, log=self.log_x) & finite(y, log=self.log)
        costs = np.stack([x[drawn], y[drawn]], axis=1) * self._signs
        rows = np.flatnonzero(drawn)[nondominated(costs)] if len(costs) else np.zeros(0, np.int64)
        rows = rows[np.argsort(x[rows], kind="stable")]
        return x[rows], y[rows]

    @property
    def _signs(self) -> Floats:
        return np.array([1.0 if o.direction == "minimize" else -1.0 for o in (self.x, self.y)])

    @property
    def steps(self) -> Any:
        """How a front's staircase turns: what is reached at x holds for every worse x."""
        return "steps-post" if self.x.direction == "minimize" else "steps-pre"

    def levels(self, x: Floats) -> list[float]:
        """Values of x at which results are compared: these, where they are whole numbers."""
        values = np.unique(x[np.isfinite(x)])
        whole = bool(np.all(values == np.round(values)))
        return values.tolist() if whole and len(values) <= _MOST_LEVELS else []


def _positive(values: Floats) -> bool:
    values = values[np.isfinite(values)]
    return len(values) > 0 and bool((values > 0).all())
