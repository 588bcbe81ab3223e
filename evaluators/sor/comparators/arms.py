"""Arms: the omegas that bandits choose from, and what their choices cost."""

import numpy as np
from jaxtyping import Float64, Int64

from evaluators.sor.comparators.comparison import Comparison
from evaluators.sor.comparators.profiles import Profiles

ARMS = np.linspace(1.0, 1.95, 20)


def played(
    name: str,
    profiles: Profiles,
    arms: Float64[np.ndarray, " omegas"],
    chosen: Int64[np.ndarray, " systems"],
    notes: str,
) -> Comparison:
    """A game's choices, ``chosen`` for each system in its order, as a comparison."""
    counts = profiles.table(arms)[np.arange(len(chosen)), chosen]
    game = f"{len(arms)} omegas in [{arms[0]:g}, {arms[-1]:g}]"
    return profiles.comparison(name, counts, arms[chosen], f"{game}; {notes}" if notes else game)
