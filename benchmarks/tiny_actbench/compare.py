"""Strategies against each other: regret by evaluations, over many seeds."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64

from benchmarks.tables import number, table
from benchmarks.tiny_actbench.oracle import Oracle
from benchmarks.tiny_actbench.space import Space
from benchmarks.tiny_actbench.strategies import STRATEGIES
from benchmarks.tiny_actbench.table import Table
from evosearch.seeding import stream

AT = (10, 30, 100, 300)
NEAR = 0.3  # points below the best at which a function counts as found

Regrets = Mapping[str, Float64[np.ndarray, "seeds budget"]]


def regrets(
    space: Space, truth: Table, names: Sequence[str], seeds: Sequence[int], budget: int
) -> Regrets:
    """Points below the best of the table after each evaluation."""
    return {
        name: np.stack([_run(space, truth, name, seed, budget) for seed in seeds])
        for name in names
    }


def written(found: Regrets) -> str:
    """Mean regret and its standard error after some evaluations, and how soon it is small."""
    budget = next(iter(found.values())).shape[1]
    at = [each for each in AT if each <= budget]
    head = ["strategy", *(f"after {each}" for each in at), f"evaluations to within {NEAR}"]
    return table(head, [_row(name, each, at) for name, each in found.items()])


def until_near(
    regret: Float64[np.ndarray, "seeds budget"], near: float = NEAR
) -> Float64[np.ndarray, " seeds"]:
    """Evaluations until the regret is at most ``near``; infinite where it never is."""
    reached = regret <= near + 1e-9
    first = np.argmax(reached, axis=1) + 1.0
    return np.where(reached.any(axis=1), first, np.inf)


def _run(
    space: Space, truth: Table, name: str, seed: int, budget: int
) -> Float64[np.ndarray, " budget"]:
    oracle = Oracle(truth, budget)
    STRATEGIES[name](space, oracle, stream(seed, "birth"))
    return oracle.regret()


def _row(name: str, regret: Float64[np.ndarray, "seeds budget"], at: Sequence[int]) -> list[str]:
    errors = regret.std(axis=0, ddof=1) / np.sqrt(len(regret)) if len(regret) > 1 else None
    cells = [
        f"{regret[:, each - 1].mean():.2f}"
        + (f" ± {errors[each - 1]:.2f}" if errors is not None else "")
        for each in at
    ]
    median = float(np.median(until_near(regret)))
    reached = number(median) if np.isfinite(median) else f"more than {regret.shape[1]}"
    return [name, *cells, reached]
