"""ChebCB: a contextual bandit that learns each omega's cost as a Chebyshev series of the context.

Khodak et al. 2024, "Learning to Relax", algorithm 3; constants as in their learner (ChebCB.m, MIT
licence), among them that the smallest loss is taken as 0 before the last round, because losses
are preallocated there.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64
from numpy.polynomial import chebyshev
from scipy.optimize import lsq_linear

from evaluators.sor.comparators.arms import ARMS, played
from evaluators.sor.comparators.comparison import Comparison
from evaluators.sor.comparators.profiles import Profiles


@dataclass
class Series:
    """Least squares for one arm, kept as a triangle so that a round costs the same forever.

    Attributes:
        terms: Coefficients.
        rows: Losses learnt.
        triangle: R of the QR decomposition of their features.
        target: Q^T of the losses.
        lost: Sum of squares of the losses outside the range of the features.
    """

    terms: int
    rows: int = 0
    triangle: Float64[np.ndarray, "terms terms"] = field(init=False)
    target: Float64[np.ndarray, " terms"] = field(init=False)
    lost: float = 0.0

    def __post_init__(self) -> None:
        self.triangle = np.zeros((self.terms, self.terms))
        self.target = np.zeros(self.terms)

    def add(self, features: Float64[np.ndarray, " terms"], loss: float) -> None:
        """Learn one more loss, count - 1."""
        q, r = np.linalg.qr(np.vstack([self.triangle, features]), mode="complete")
        turned = q.T @ np.append(self.target, loss)
        self.triangle, self.target = r[:-1], turned[:-1]
        self.lost += float(turned[-1] ** 2)
        self.rows += 1

    def fit(
        self, scale: float, bound: Float64[np.ndarray, " terms"]
    ) -> tuple[Float64[np.ndarray, " terms"], float]:
        """Coefficients for losses / scale, and the sum of squares left where the bound is met.

        The solution of least norm if it is within the bound, otherwise the best one within.
        """
        target = self.target / scale
        theta = np.linalg.lstsq(self.triangle, target, rcond=None)[0]
        if np.all(abs(theta) <= bound):
            return theta, 0.0
        theta = lsq_linear(self.triangle, target, (-bound, bound), method="bvls").x
        residual = ((self.triangle @ theta - target) ** 2).sum() + self.lost / scale**2
        return theta, float(residual)


class ChebCB:
    """The bandit.

    Args:
        arms: How many omegas there are.
        interval: Of the context.
        terms: Of the series, T_0 to T_{terms - 1}.

    Attributes:
        theta: Coefficients of each arm, [arms, terms].
        rate: Of the inverse gap weighting, eta.
    """

    def __init__(self, arms: int, interval: tuple[float, float], terms: int = 6) -> None:
        self.theta = np.zeros((arms, terms))
        self.rate = 0.0
        self._series = [Series(terms) for _ in range(arms)]
        self._middle, self._half = sum(interval) / 2.0, (interval[1] - interval[0]) / 2.0
        self._largest = 0.0
        self._rounds = 0
        self._moments = np.zeros(3)  # sums of prediction^2, prediction times loss, loss^2

    def features(self, context: float) -> Float64[np.ndarray, " terms"]:
        """Chebyshev polynomials of the context, scaled to [-1, 1]."""
        scaled = (context - self._middle) / self._half
        return np.asarray(chebyshev.chebvander(np.array([scaled]), self.theta.shape[1] - 1)[0])

    def probabilities(
        self, features: Float64[np.ndarray, " terms"]
    ) -> Float64[np.ndarray, " arms"]:
        """Inverse gap weighting: 1 / (arms + rate (y_i - y_min)), and the rest to the best."""
        predicted = self.theta @ features
        best = int(predicted.argmin())
        p = 1.0 / (len(predicted) + self.rate * (predicted - predicted[best]))
        p[best] = 0.0
        p[best] = 1.0 - p.sum()
        return np.asarray(p)

    def update(self, arm: int, features: Float64[np.ndarray, " terms"], count: int) -> None:
        """Learn the iterations that the arm took."""
        terms = self.theta.shape[1]
        predicted = float(self.theta[arm] @ features)
        self._moments += predicted**2, predicted * count, count**2
        self._rounds += 1
        self._series[arm].add(features, count - 1.0)
        grown, self._largest = count > self._largest, max(self._largest, float(count))
        if self._largest == 0.0:  # no iterations needed so far: nothing to scale by
            return
        # (b - a) Lhat is the largest count K, as the smallest is taken as 0; so N is a constant
        number = 2.0 + 4.0 * (1.0 + math.log(terms))
        scale = self._largest * number
        bound = np.append(1.0, 2.0 / np.arange(1, terms)) / number
        residual = 0.0
        for i in range(len(self.theta)) if grown else [arm]:
            if self._series[i].rows:
                self.theta[i], left = self._series[i].fit(scale, bound)
                residual = left or residual
        self._set_rate(scale, number, residual)

    def _set_rate(self, scale: float, number: float, residual: float) -> None:
        """Eta = 2 t sqrt(d t / (R - residual + 2 alpha^2 t)), R the squared prediction errors."""
        arms, terms = self.theta.shape
        square, product, losses = self._moments.tolist()
        errors = square - 2.0 * product / scale + losses / scale**2
        alpha = (math.pi + 2.0 / math.pi * math.log(2 * terms + 1)) / (2 * number * (terms + 1))
        t = self._rounds
        spread = max(errors - residual, 0.0) + 2.0 * alpha**2 * t
        self.rate = 2.0 * t * math.sqrt(arms * t / spread)


def chebcb(
    profiles: Profiles,
    rng: np.random.Generator,
    *,
    context: str = "c",
    interval: tuple[float, float] = (-0.15, 0.65),
    arms: Float64[np.ndarray, " omegas"] = ARMS,
) -> Comparison:
    """Through all systems in their order; by default as published for shifted Laplacians."""
    learner, table, chosen = ChebCB(len(arms), interval), profiles.table(arms), []
    for counts, told in zip(table, profiles.fact(context).tolist(), strict=True):
        features = learner.features(told)
        arm = int(rng.choice(len(arms), p=learner.probabilities(features)))
        learner.update(arm, features, int(counts[arm]))
        chosen.append(arm)
    notes = f"told {context} in [{interval[0]:g}, {interval[1]:g}]"
    return played("ChebCB", profiles, arms, np.array(chosen), notes)
