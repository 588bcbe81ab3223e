"""Target: the rows that every cell of a table should have, and how much each partition weighs.

Everything here follows from noisy answers and public rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from evaluators.private_data.answers import Answers, cleared, forbidden, independent
from evaluators.private_data.constraints import Constraint
from evaluators.private_data.options import Fit

_RANGE = 2.0  # of the weights of pairs, upwards and downwards
_FAINT = 1e-3  # signal of a pair that shows none, in units of the noise's variance


@dataclass(frozen=True, eq=False)
class Target:
    """What tables of the private table's number of rows are fitted to.

    Attributes:
        counts: Rows that every cell should have.
        deviations: Of every partition's noise.
        weights: Of a squared row, for every partition.
        marginals: From which new codes are proposed, one a column.
        rows: Of the private table, as the answers tell.
    """

    counts: Float64[np.ndarray, " cells"]
    deviations: Float64[np.ndarray, " partitions"]
    weights: Float64[np.ndarray, " partitions"]
    marginals: list[Float64[np.ndarray, "..."]]
    rows: float


def target_of(
    answers: Answers,
    sizes: Sequence[int],
    constraints: Sequence[Constraint],
    fit: Fit,
    rows: float | None = None,
) -> Target:
    """Clear answers of noise by the spectra of pairs; weigh pairs by their signal.

    Args:
        answers: From `prepare`.
        sizes: Codes of every column.
        constraints: What no row breaks.
        fit: Options ``spectral`` and ``strength``.
        rows: Of the private table, where that is public.
    """
    total = answers.total() if rows is None else rows
    marginals = answers.marginals(sizes)
    parts, signals = [], []
    for part, partition, deviation in zip(
        answers.parts(), answers.partitions, answers.deviations, strict=True
    ):
        signal = np.nan
        if not np.isfinite(deviation):
            part = np.zeros(part.shape)
        elif len(partition.shape) == 2:
            expected = total * independent(partition, marginals)
            apart = part - expected
            signal = max(float((apart**2).mean()) / deviation**2 - 1, 0.0) + _FAINT
            clear = expected + cleared(apart, deviation)
            part = (1 - fit.spectral) * part + fit.spectral * clear
        if partition.shape:
            part = np.where(forbidden(partition, constraints), 0.0, part)
        parts.append(part.ravel())
        signals.append(signal)
    weights = _relative(np.array(signals), fit.strength) / answers.deviations**2
    return Target(np.concatenate(parts), answers.deviations, weights, marginals, total)


def _relative(
    signals: Float64[np.ndarray, " partitions"], strength: float
) -> Float64[np.ndarray, " partitions"]:
    """Weights about 1: more where there is more signal; 1 where nothing is known of it."""
    known = ~np.isnan(signals)
    weights = np.ones(len(signals))
    if known.any():
        logs = np.log(signals[known])
        weights[known] = np.clip(np.exp(strength * (logs - logs.mean())), 1 / _RANGE, _RANGE)
    return weights


def debiased(
    target: Float64[np.ndarray, " cells"],
    residual: Float64[np.ndarray, " cells"],
    deviations: Float64[np.ndarray, " cells"],
    threshold: float,
) -> Float64[np.ndarray, " cells"]:
    """Targets with what of the residual stands out of the noise added to them.

    Fitting at a temperature flattens what is strong; this thresholded Bregman iteration (Osher et
    al. 2005) gives it back.

    Args:
        target: Of the last fit.
        residual: Of the first target and the table fitted last.
        deviations: Of each cell's noise; infinite where nothing was measured.
        threshold: In deviations.
    """
    known = np.isfinite(deviations)
    least = np.multiply(threshold, deviations, where=known, out=np.full(len(known), np.inf))
    beyond = np.maximum(np.abs(residual) - least, 0.0)
    return np.asarray(target + np.sign(residual) * beyond)
