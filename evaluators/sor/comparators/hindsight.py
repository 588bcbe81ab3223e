"""What could have been had: the best omega for all systems, and for each, known afterwards."""

import numpy as np
from jaxtyping import Float64

from evaluators.sor.comparators.closed_form import extended_omega
from evaluators.sor.comparators.comparison import Comparison
from evaluators.sor.comparators.profiles import Profiles

FIXED_GRID = np.linspace(1.0, 1.95, 96)
ORACLE_GRID = np.linspace(1.0, 1.99, 191)


def best_fixed(
    profiles: Profiles, grid: Float64[np.ndarray, " omegas"] = FIXED_GRID
) -> Comparison:
    """The one omega of the grid with the fewest iterations in all; ties by crossings."""
    found = profiles.solve_grid(grid)
    table = found.iterations.reshape(len(profiles), -1)
    crossings = found.crossing.reshape(table.shape)
    best = int(np.lexsort((crossings.sum(axis=0), table.sum(axis=0)))[0])
    return profiles.comparison(
        "best fixed",
        table[:, best],
        np.full(len(profiles), grid[best]),
        f"omega = {grid[best]:.4g} of {len(grid)} in [{grid[0]:g}, {grid[-1]:g}]",
    )


def oracle(profiles: Profiles, grid: Float64[np.ndarray, " omegas"] = ORACLE_GRID) -> Comparison:
    """Each system's best omega of the grid, right-hand side and all; ties by crossings.

    Relaxation is given up once it takes longer than with the grid's omega next to the extended
    form of Young's: the minimum is the same, and omegas far from it cost little.
    """
    if profiles.method == "sor":
        tried = extended_omega(profiles.spectrum.lowest)
        nearest = grid[abs(grid - tried[:, None]).argmin(axis=1)]
        found = profiles.solve_grid(grid, cap=profiles.solve(nearest).iterations)
    else:
        found = profiles.solve_grid(grid)
    shape = len(profiles), len(grid)
    table = np.where(found.converged, found.iterations, profiles.cap).reshape(shape)
    counts = table.min(axis=1)
    tied = table == counts[:, None]
    best = np.where(tied, found.crossing.reshape(shape), np.inf).argmin(axis=1)
    notes = f"each system's best of {len(grid)} in [{grid[0]:g}, {grid[-1]:g}]"
    return profiles.comparison("oracle", counts, grid[best], notes)
