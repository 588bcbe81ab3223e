"""Features: what a policy is told, by name."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from evaluators.sor.lanczos import lowest_ritz
from evaluators.sor.systems import Systems
from evosearch.errors import ConfigError

SWEEP = "k"  # number of the sweep (of the half sweep), from 0
RECENT = "omega"  # of the sweep (the half sweep) before; 1 before the first
LANCZOS = "lanczos"  # estimate of the smallest scaled eigenvalue
HISTORY = ("omega1", "count1")  # of the system before


@dataclass(frozen=True)
class Features:
    """Inputs of a policy.

    Attributes:
        names: In the order of the program's inputs.
        lanczos: Steps of the estimate ``lanczos``; each costs as much as a sweep.
    """

    names: tuple[str, ...]
    lanczos: int = 0

    @property
    def by_sweep(self) -> bool:
        """Whether a policy is asked before every sweep."""
        return SWEEP in self.names or self.recurrent

    @property
    def recurrent(self) -> bool:
        """Whether a policy is told what it answered before."""
        return RECENT in self.names

    @property
    def by_history(self) -> bool:
        """Whether systems have to be solved one after the other."""
        return any(name in HISTORY for name in self.names)

    def cost(self, systems: Systems) -> int:
        """Sweeps that the features of one system cost."""
        return min(self.lanczos, systems.n) if LANCZOS in self.names else 0

    def known(self, systems: Systems) -> Float64[np.ndarray, "features systems"]:
        """Values of all features; NaN of those that only solving tells.

        Raises:
            ConfigError: These systems have no such feature.
        """
        own = dict(systems.facts)
        if LANCZOS in self.names:
            own[LANCZOS] = lowest_ritz(systems, self.cost(systems))
        later = dict.fromkeys((SWEEP, RECENT, *HISTORY), np.full(len(systems), np.nan))
        rows = [_value(name, own | later, systems) for name in self.names]
        return np.array(rows, np.float64).reshape(len(rows), len(systems))


def fact(systems: Systems, name: str) -> Float64[np.ndarray, " systems"]:
    """A fact of every system; raises ConfigError where there is none of that name."""
    return _value(name, dict(systems.facts), systems)


def _value(
    name: str, known: dict[str, Float64[np.ndarray, " systems"]], systems: Systems
) -> Float64[np.ndarray, " systems"]:
    if name not in known:
        raise ConfigError(
            f"evaluator.features: no feature {name!r} of the systems {systems.name}; expected "
            f"names from {', '.join(sorted({*known, LANCZOS}))}"
        )
    return known[name]


def check(names: Sequence[str], lanczos: int) -> None:
    """Raises ValueError where features contradict each other."""
    if len(set(names)) < len(names):
        raise ValueError(f"features: a name stands twice in {list(names)}")
    if LANCZOS in names and lanczos < 1:
        raise ValueError("lanczos_steps: expected 1 or more with the feature lanczos, received 0")
    by_sweep = [name for name in names if name in (SWEEP, RECENT)]
    if by_sweep and any(name in HISTORY for name in names):
        raise ValueError(
            f"features: expected {by_sweep[0]} or history ({', '.join(HISTORY)}), received both"
        )
