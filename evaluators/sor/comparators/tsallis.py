"""Tsallis-INF: a bandit over omegas (Zimmert and Seldin 2021, JMLR 22; Khodak et al. 2024).

Two forms. The published learner of "Learning to Relax" (MATLAB, MIT licence) looks for the
probabilities by Newton's method from x = -1. Once losses have grown, after a hundred rounds or so,
that often overshoots and ends at the pole of one arm of a small estimate, which is then played
without learning anything: exploration, then commitment. The exact form starts where Newton's
method converges, and is the algorithm that the theory is about.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64

from evaluators.sor.comparators.arms import ARMS, played
from evaluators.sor.comparators.comparison import Comparison
from evaluators.sor.comparators.profiles import Profiles

_NEWTON_STEPS = 20
_START = -1.0  # as published


def probabilities(
    losses: Float64[np.ndarray, " arms"], rate: float, start: float | None = None
) -> Float64[np.ndarray, " arms"]:
    """p_i = 4 / (rate (losses_i - x))^2, with the x below all losses for which they sum to 1.

    Args:
        losses: Estimated sums of losses.
        rate: Learning rate eta, above 0.
        start: Of Newton's method; by default where it converges monotonically. From elsewhere the
            result need not sum to 1, nor be finite.
    """
    x = float(losses.min()) - 2.0 / rate if start is None else start  # the first p is 1 here
    p = losses
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(_NEWTON_STEPS):
            p = 4.0 / (rate * (losses - x)) ** 2
            x -= (p.sum() - 1.0) / (rate * (p**1.5).sum())
    return p


@dataclass
class TsallisINF:
    """One bandit, with eta_t = 2 / sqrt(t).

    Attributes:
        arms: How many omegas there are.
        exact: Whether probabilities are solved for exactly, not as published.
        rounds: Played so far.
        total: Sum of all counts less one a round.
        losses: Importance-weighted estimate of it for each arm.
    """

    arms: int
    exact: bool = False
    rounds: int = 0
    total: float = 0.0
    losses: Float64[np.ndarray, " arms"] = field(init=False)

    def __post_init__(self) -> None:
        self.losses = np.zeros(self.arms)

    def weights(self) -> Float64[np.ndarray, " arms"]:
        """Of the arms in the next round; they sum to 1 if exact. Uniform where there are none."""
        scale = self.total / self.rounds if self.rounds else 1.0
        if scale != 0.0:
            rate = 2.0 / np.sqrt(self.rounds + 1)
            p = probabilities(self.losses / scale, rate, None if self.exact else _START)
            if np.isfinite(p.sum()) and p.sum() > 0.0:
                return p
        return np.full(self.arms, 1.0 / self.arms)

    def choose(self, rng: np.random.Generator) -> tuple[int, float]:
        """An arm and its weight."""
        p = self.weights()
        arm = int(rng.choice(self.arms, p=p / p.sum()))
        return arm, float(p[arm])

    def update(self, arm: int, weight: float, count: int) -> None:
        """Learn the iterations that the arm took."""
        self.rounds += 1
        self.total += count - 1.0
        self.losses[arm] += (count - 1.0) / weight


class TsallisINFCB:
    """A Tsallis-INF of its own for each of equal bins of the context.

    Args:
        arms: How many omegas there are.
        interval: Of the context.
        bins: How many; contexts beyond the interval fall into its first and last.
        exact: Whether the bandits are exact.
    """

    def __init__(
        self, arms: int, interval: tuple[float, float], bins: int, *, exact: bool = False
    ) -> None:
        self.bandits = [TsallisINF(arms, exact) for _ in range(bins)]
        self._low, self._width = interval[0], (interval[1] - interval[0]) / bins

    def bandit(self, context: float) -> TsallisINF:
        """The one that plays in this context."""
        place = int((context - self._low) // self._width)
        return self.bandits[min(max(place, 0), len(self.bandits) - 1)]


def tsallis_inf(
    profiles: Profiles,
    rng: np.random.Generator,
    *,
    exact: bool = False,
    arms: Float64[np.ndarray, " omegas"] = ARMS,
) -> Comparison:
    """One bandit through all systems in their order, told nothing but its counts."""
    bandit, table, chosen = TsallisINF(len(arms), exact), profiles.table(arms), []
    for counts in table:
        arm, weight = bandit.choose(rng)
        bandit.update(arm, weight, int(counts[arm]))
        chosen.append(arm)
    name = "Tsallis-INF, exact" if exact else "Tsallis-INF"
    return played(name, profiles, arms, np.array(chosen), "")


def tsallis_inf_cb(
    profiles: Profiles,
    rng: np.random.Generator,
    *,
    exact: bool = False,
    context: str = "c",
    interval: tuple[float, float] = (-0.15, 0.65),
    bins: int = 5,
    arms: Float64[np.ndarray, " omegas"] = ARMS,
) -> Comparison:
    """A bandit in each bin of a fact; by default as published for shifted Laplacians."""
    learner = TsallisINFCB(len(arms), interval, bins, exact=exact)
    table, chosen = profiles.table(arms), []
    for counts, told in zip(table, profiles.fact(context).tolist(), strict=True):
        bandit = learner.bandit(told)
        arm, weight = bandit.choose(rng)
        bandit.update(arm, weight, int(counts[arm]))
        chosen.append(arm)
    name = "Tsallis-INF-CB, exact" if exact else "Tsallis-INF-CB"
    notes = f"told {context}, {bins} bins of [{interval[0]:g}, {interval[1]:g}]"
    return played(name, profiles, arms, np.array(chosen), notes)
