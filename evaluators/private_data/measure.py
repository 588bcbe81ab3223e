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
from evosearch.errors import ConfigError

_GRID = 1 << 60  # parts of a budget
_PARTS = 256  # of a row, in which scores are whole
_LARGEST = float(1 << 44)  # rows of a score: in parts and with signs, sums of these are exact
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


def check(
    candidates: Sequence[Partition],
    columns: Sequence[int],
    rho: Fraction,
    neighbours: Neighbours,
    workload: Workload,
) -> None:
    """Find, before anything is charged, what would keep `at_once` or `in_rounds` from their end.

    Args:
        candidates: As for those.
        columns: As for `in_rounds`.
        rho: The whole budget.
        neighbours: Of the private table.
        workload: What is to be measured.

    Raises:
        ConfigError: The budget is too small to be divided.
        EvaluatorError: OpenDP states that more would be spent.
        UsageError: OpenDP is not installed.
    """
    parts = [(tuple(candidates), rho)]
    if workload.rounds:
        first, share, choosing = _divided(rho, workload)
        _epsilon(choosing / workload.each)
        singles = tuple(candidates[at] for at in columns)
        parts = [(singles, first), (tuple(candidates), share - choosing)]  # no round has them all
    elif workload.edges and columns:
        first, rest = first_and_rest(rho, workload)
        every = tuple(candidates)
        parts = [(tuple(candidates[at] for at in columns), first), (every, rest)]
    for partitions, part in parts:
        for share in set(_shares(partitions, part, workload.split)):
            for each in noise.SQUARED_SENSITIVITY:
                noise.stated(noise.variance_of(share, neighbours), each)


def first_and_rest(rho: Fraction, workload: Workload) -> tuple[Fraction, Fraction]:
    """Budgets of single columns, and of what is measured with the bins that they tell."""
    first = _part(rho, workload.first)
    return first, rho - first


def both(one: Release, other: Release) -> Release:
    """Two releases of different partitions."""
    first, second = one.answers, other.answers
    answers = Answers(
        first.partitions + second.partitions,
        np.concatenate([first.counts, second.counts]),
        np.concatenate([first.deviations, second.deviations]),
    )
    places = tuple(at + len(one.measured) for at in other.measured)
    return Release(one.measured + places, answers, one.rho + other.rho)


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
    first, share, choosing = _divided(rho, workload)
    singles = _released(list(columns), candidates, codes, first, neighbours, workload.split)
    unknown = np.full(len(candidates), np.inf)
    done = Release(
        (), Answers(tuple(candidates), np.zeros(starts(candidates)[-1]), unknown), first * 0
    )
    done = _joined(done, singles, Fraction(0))
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
    shares = _shares(partitions, rho, split)
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
    """How far a table is off, by what measuring with this noise is expected to leave.

    Everything that private counts meet is whole in parts of a row, so that no rounding adds to
    what a row can change.
    """
    scale = min(total, _LARGEST) / len(table)
    off = [
        np.abs(each.counts(codes) - _rounded(scale * each.counts(table))).sum()
        for each in candidates
    ]
    sizes = np.array([each.size for each in candidates])
    left = np.sqrt(2 / np.pi) * deviation * sizes
    return np.asarray(np.array(off) - _rounded(np.minimum(left, _LARGEST)))


def _rounded(rows: Float64[np.ndarray, "..."]) -> Float64[np.ndarray, "..."]:
    return np.asarray(np.rint(rows * _PARTS) / _PARTS)


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
    return int(open_[noise.report_noisy_max(scores[open_], sensitivity, _epsilon(rho))])


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


def _divided(rho: Fraction, workload: Workload) -> tuple[Fraction, Fraction, Fraction]:
    """What single columns get, each round, and of each round the choices."""
    first = _part(rho, workload.first)
    share = (rho - first) / workload.rounds
    return first, share, _part(share, workload.choice)


def _shares(partitions: Sequence[Partition], rho: Fraction, split: float) -> list[Fraction]:
    """What each partition gets of rho; together no more than that."""
    powers = np.array([float(each.size) ** split for each in partitions])
    shares = [_part(rho, share) for share in (powers / powers.sum()).tolist()]
    while sum(shares) > rho:  # by rounding of the shares
        shares = [share * (1 - Fraction(1, _GRID)) for share in shares]
    _expect_some(min(shares))
    return shares


def _epsilon(rho: Fraction) -> Fraction:
    """The largest one, of a grid, with epsilon^2 / 8 at most rho."""
    epsilon = Fraction(isqrt(int(8 * rho * _GRID**2)), _GRID)
    _expect_some(epsilon)
    return epsilon


def _expect_some(share: Fraction) -> None:
    if share <= 0:
        raise ConfigError(
            "epsilon: too little to be divided among everything that is measured: write a larger "
            "one, or measure less"
        )


def _part(rho: Fraction, share: float) -> Fraction:
    """A share of a budget, rounded down."""
    return Fraction(int(rho * Fraction(share) * _GRID**2), _GRID**2)
