"""What a strategy may ask of the table, and the account that is kept of it."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64, Int64

from benchmarks.tiny_actbench.table import Table


@dataclass
class Oracle:
    """Accuracies by function. A behaviour costs one evaluation, when it is first asked for.

    What is refused without training (-1) and what is known already costs nothing, as in a campaign
    whose evaluator keeps the scores of behaviours.

    Attributes:
        table: The truth.
        budget: Evaluations in all.
        trace: Accuracies in the order in which they were paid for.
    """

    table: Table
    budget: int
    trace: list[float] = field(default_factory=list)
    _known: set[int] = field(default_factory=set)
    _asked: int = 0

    def __post_init__(self) -> None:
        self._best = self.table.best
        # A strategy that keeps asking for what it knows is stopped as well.
        self._most = 20 * self.budget + 2 * len(self.table.behaviours)

    @property
    def spent(self) -> bool:
        """Whether the budget is, or there is nothing left to ask for."""
        everything = len(self._known) == int(np.isfinite(self._best).sum())
        return len(self.trace) >= self.budget or everything or self._asked >= self._most

    def ask(self, functions: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Accuracy of each; NaN of what is refused, not known, or beyond the budget."""
        return np.array([self._one(int(each)) for each in self.table.behaviours[functions]])

    def _one(self, behaviour: int) -> float:
        self._asked += 1
        if behaviour < 0 or np.isnan(self._best[behaviour]):
            return float("nan")
        if behaviour not in self._known:
            if self.spent:
                return float("nan")
            self._known.add(behaviour)
            self.trace.append(float(self._best[behaviour]))
        return float(self._best[behaviour])

    def regret(self) -> Float64[np.ndarray, " budget"]:
        """Best of the table less the best so far, after 1, 2, ... evaluations; in points."""
        reached = np.maximum.accumulate(np.array([*self.trace, *[-np.inf] * self._short()]))
        return np.asarray(100 * (np.nanmax(self._best) - reached))

    def _short(self) -> int:
        return self.budget - len(self.trace)
