"""Measure: what of a workload is released, and with how much noise.

All at once, or in rounds: single columns first, then in each round what the tables fitted so far
have worst, chosen with report noisy max (after AIM: McKenna, Mullins, Sheldon and Miklau, "AIM: An
Adaptive and Iterative Mechanism for Differentially Private Synthetic Data", VLDB 2022).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, sqrt

import numpy as np
from jaxtyping import Float64, UInt16

from evaluators.private_data import noise
from evaluators.private_data.answers import Answers
from evaluators.private_data.noise import Neighbours
from evaluators.private_data.options import Workload
from evaluators.private_data.partition import Partition, starts

_GRID = 1 << 60  # parts of a budget
Codes = UInt16[np.ndarray, "rows columns"]
Refit = Callable[[Answers], Codes]


@dataclass(frozen=True)
class Release:
    """What was released.

    Attributes:
        measured: Positions of the partitions that were, in this order; one may come again.
        answers: Of these; in rounds of all candidates, with an infinite deviation where there is
            none.
        rho: What was spent, exact.
    """

    measured: tuple[int, ...]
    answers: Answers
    rho: Fraction


def at_once(
    candidates: Sequence[Partition],
    codes: Codes,
    rho: Fraction,
    neighbours: Neighbours,
    split: float,
) -> Release:
    """All candidates; their shares of rho are their numbers of cells to the power ``split``."""
    return _released(list(range(len(candidates))), candidates, codes, rho, neighbours, split)


def in_rounds(
    candidates: Sequence[Partition],
    columns: Sequence[int],
    codes: Codes,
    rho: Fraction,
    neighbours: Neighbours,
    workload: Workload,
    refit: Refit,
) -> Release:
    """Single columns, then what is worst.

    Args:
        candidates: What may be chosen, and at ``columns`` the marginals of single columns.
        columns: Positions of the marginals of single columns among them.
        codes: The private table.
        rho: The whole budget.
        neighbours: Of the private table.
        workload: Options ``rounds``, ``each``, ``first``, ``choice`` and ``split``.
        refit: A table for the answers so far; may have any number of rows.
    """
    first = _part(rho, workload.first)
    singles = _released(list(columns), candidates, codes, first, neighbours, workload.split)
    unknown = np.full(len(candidates), np.inf)
    done = Release(
        (), Answers(tuple(candidates), np.zeros(starts(candidates)[-1]), unknown), first * 0
    )
    done = _joined(done, singles, Fraction(0))
    share = (rho - first) / workload.rounds
    choosing = _part(share, workload.choice)
    for _ in range(workload.rounds):
        table, chosen = refit(done.answers), list[int]()
        deviation = _deviation((share - choosing) / workload.each, neighbours)
        scores = _gains(candidates, codes, table, deviation, done.answers.total())
        for _ in range(min(workload.each, len(candidates))):
            price = choosing / workload.each
            chosen.append(_choose(scores, chosen, price, neighbours))
        new = _released(chosen, candidates, codes, share - choosing, neighbours, workload.split)
        done = _joined(done, new, choosing)
    return done


def _released(
    chosen: Sequence[int],
    candidates: Sequence[Partition],
    codes: Codes,
    rho: Fraction,
    neighbours: Neighbours,
    split: float,
) -> Release:
    """Noisy counts of chosen partitions, which cost no more than ``rho`` together."""
    partitions = tuple(candidates[at] for at in chosen)
    powers = np.array([float(each.size) ** split for each in partitions])
    shares = [_part(rho, share) for share in (powers / powers.sum()).tolist()]
    while sum(shares) > rho:  # by rounding of the shares
        shares = [share * (1 - Fraction(1, _GRID)) for share in shares]
    variances = [noise.variance_of(share, neighbours) for share in shares]
    counts = [
        noise.discrete_gaussian(each.counts(codes), variance)
        for each, variance in zip(partitions, variances, strict=True)
    ]
    for variance in variances:
        noise.stated(variance, neighbours)  # raises where OpenDP's own accounting is above ours
    deviations = np.array([float(variance) for variance in variances]) ** 0.5
    answers = Answers(partitions, np.concatenate(counts).astype(np.float64), deviations)
    return Release(tuple(chosen), answers, Fraction(sum(shares)))


def _gains(
    candidates: Sequence[Partition],
    codes: Codes,
    table: UInt16[np.ndarray, "others columns"],
    deviation: float,
    total: float,
) -> Float64[np.ndarray, " candidates"]:
    """How far a table is off, by what measuring with this noise is expected to leave."""
    scale = total / len(table)
    off = [np.abs(each.counts(codes) - scale * each.counts(table)).sum() for each in candidates]
    sizes = np.array([each.size for each in candidates])
    return np.asarray(np.array(off) - np.sqrt(2 / np.pi) * deviation * sizes)


def _choose(
    scores: Float64[np.ndarray, " candidates"],
    chosen: Sequence[int],
    rho: Fraction,
    neighbours: Neighbours,
) -> int:
    """Report noisy max of those not yet chosen in this round."""
    open_ = np.setdiff1d(np.arange(len(scores)), np.array(chosen, int))
    # a sum of absolute differences: of a row in another cell, or of one more
    sensitivity = Fraction(noise.SQUARED_SENSITIVITY[neighbours])
    epsilon = Fraction(isqrt(int(8 * rho * _GRID**2)), _GRID)  # epsilon^2 / 8 is at most rho
    return int(open_[noise.report_noisy_max(scores[open_], sensitivity, epsilon)])


def _joined(done: Release, new: Release, choosing: Fraction) -> Release:
    """Both; what was measured twice has the mean of both answers, weighed by their precision."""
    counts, deviations = done.answers.parts(), done.answers.deviations.copy()
    for part, deviation, at in zip(
        new.answers.parts(), new.answers.deviations, new.measured, strict=True
    ):
        old, share = deviations[at] ** -2.0, deviation**-2.0
        counts[at] = (old * counts[at] + share * part) / (old + share)
        deviations[at] = (old + share) ** -0.5
    every = np.concatenate([part.ravel() for part in counts])
    answers = Answers(done.answers.partitions, every, deviations)
    return Release(done.measured + new.measured, answers, done.rho + new.rho + choosing)


def _deviation(rho: Fraction, neighbours: Neighbours) -> float:
    return sqrt(noise.variance_of(rho, neighbours))


def _part(rho: Fraction, share: float) -> Fraction:
    """A share of a budget, rounded down."""
    return Fraction(int(rho * Fraction(share) * _GRID**2), _GRID**2)
