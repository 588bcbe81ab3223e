"""Stages: children scored cheaply first, the best of them at dearer fidelities.

Successive halving (Jamieson and Talwalkar 2016) of each generation's children. What a stage said
is kept; only children of the last stage can be selected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Bool, Float64, Int8, Int64

from evosearch.contracts import Status


@dataclass(frozen=True, eq=False)
class Stage:
    """What one fidelity said of the children that it scored.

    Attributes:
        number: 0 for the cheapest fidelity.
        fidelity: Its name.
        rows: The children that it scored, ascending.
        objectives: Of these; before the last stage NaN where the fidelity tells nothing of one.
        status: A `Status` each.
        promoted: Whether each was scored at the next fidelity too.
        seconds: What each took: its share of its batch.
        key: Of the evaluator's random numbers.
    """

    number: int
    fidelity: str
    rows: Int64[np.ndarray, " scored"]
    objectives: Float64[np.ndarray, "scored objectives"]
    status: Int8[np.ndarray, " scored"]
    promoted: Bool[np.ndarray, " scored"]
    seconds: Float64[np.ndarray, " scored"]
    key: tuple[int, int]


def promoted(
    costs: Float64[np.ndarray, " scored"],
    status: Int8[np.ndarray, " scored"],
    digests: Sequence[bytes],
    share: float,
) -> Int64[np.ndarray, " promoted"]:
    """Which of the scored go on, ascending: a share of those that are OK, rounded up.

    Args:
        costs: First objective, lower is better. Equal ones go by their digests.
        status: A `Status` each.
        digests: Of the genomes.
        share: Above 0, at most 1.
    """
    able = np.flatnonzero(status == Status.OK).tolist()
    order = sorted(able, key=lambda row: (costs[row], digests[row]))
    return np.array(sorted(order[: ceil(share * len(able))]), dtype=np.int64)
