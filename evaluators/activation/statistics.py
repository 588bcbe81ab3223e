"""Statistics of paired trainings: the same seeds for every function, so differences say more.

Student's t: Student 1908, "The probable error of a mean". Corrected p-values: S. Holm 1979, "A
simple sequentially rejective multiple test procedure". Rank correlation: C. Spearman 1904.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.special import stdtr
from scipy.stats import rankdata

from evosearch.seeding import stream

_PLACE = 0x5B  # of the stream that halves the seeds
_HALVINGS = 200


@dataclass(frozen=True)
class Paired:
    """How much higher one function scores than another, seed by seed.

    Attributes:
        difference: Mean of first minus second.
        standard_error: Of the mean; NaN of a single pair.
        t: Difference in standard errors; infinite where all differences are the same.
        degrees: Of freedom: pairs less one.
        two_sided: Probability of a ``t`` at least so far from 0 if there were no difference.
        greater: Probability of a ``t`` at least so high.
    """

    difference: float
    standard_error: float
    t: float
    degrees: int
    two_sided: float
    greater: float


def paired(first: Float64[np.ndarray, " seeds"], second: Float64[np.ndarray, " seeds"]) -> Paired:
    """Student's t of the differences; p-values are NaN of a single pair or where one is NaN."""
    differences = first - second
    mean, error = float(differences.mean()), standard_error(differences)
    degrees = len(differences) - 1
    t = _ratio(mean, error)
    if degrees < 1 or np.isnan(t):
        return Paired(mean, error, t, degrees, np.nan, np.nan)
    return Paired(
        mean,
        error,
        t,
        degrees,
        two_sided=min(1.0, 2 * float(stdtr(degrees, -abs(t)))),
        greater=float(stdtr(degrees, -t)),
    )


def standard_error(values: Float64[np.ndarray, " seeds"]) -> float:
    """Of the mean; NaN of a single value."""
    if len(values) < 2:
        return float("nan")
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def holm(p: Float64[np.ndarray, " tests"]) -> Float64[np.ndarray, " tests"]:
    """P-values corrected for there being several: the chance of one false finding among them all.

    The smallest is multiplied by the number of tests, the next by one less, and so on, but none
    becomes smaller than one before it. A test without a p-value (NaN) counts as 1.
    """
    known = np.where(np.isnan(p), 1.0, p)
    order = np.argsort(known, kind="stable")
    factors = np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(known[order] * factors), 1.0)
    return corrected


def rank_correlation(
    first: Float64[np.ndarray, " functions"], second: Float64[np.ndarray, " functions"]
) -> float:
    """Spearman's: of ranks, equal values sharing theirs. NaN where all of one are equal."""
    a, b = (rankdata(values) - (len(values) + 1) / 2 for values in (first, second))
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else float("nan")


def split_half(scores: Float64[np.ndarray, "functions seeds"], seed: int = 0) -> float:
    """Rank correlation of means over half of the seeds with means over the other half.

    The mean over 200 random halvings: how well as many seeds rank these functions.
    """
    rng = stream(seed, "prepare", island=_PLACE)
    half = scores.shape[1] // 2
    found = []
    for _ in range(_HALVINGS):
        order = rng.permutation(scores.shape[1])
        halves = (order[:half], order[half : 2 * half])
        first, second = (scores[:, places].mean(axis=1) for places in halves)
        found.append(rank_correlation(first, second))
    return float(np.mean(found))


def _ratio(mean: float, error: float) -> float:
    if error == 0:
        return float(np.copysign(np.inf, mean)) if mean else 0.0
    return mean / error
