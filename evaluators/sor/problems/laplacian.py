"""Shifted Laplacians of square grids (Khodak et al. 2024, "Learning to Relax", section 4.1)."""

from typing import Annotated, Literal

import numpy as np
import scipy.sparse
from jaxtyping import Float64
from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluators.sor.facts import facts
from evaluators.sor.systems import Systems

Side = Annotated[int, Field(ge=2, le=2000)]
_BETA = {"low": (2.0, 6.0), "high": (0.5, 1.5), "uniform": (1.0, 1.0)}
_PUBLISHED_SIDE = 10
_PUBLISHED_INTERVAL = (-0.15, 0.45)


class LaplacianOptions(BaseModel):
    """A 5-point Laplacian whose diagonal is shifted at random, a sequence for each grid."""

    model_config = ConfigDict(extra="forbid")

    problem: Literal["laplacian"]
    sizes: list[Side] = Field(default=[_PUBLISHED_SIDE], min_length=1, description="Grid sides.")
    instances: int = Field(default=5000, ge=1, description="Systems of each size.")
    variance: Literal["low", "high", "uniform"] | tuple[float, float] = Field(
        default="low",
        description="Of the shifts: Beta(2, 6), Beta(1/2, 3/2), uniform, or (alpha, beta).",
    )
    interval: tuple[float, float] | None = Field(
        default=None,
        description="Of the shifts; by default (-0.15, 0.45) at side 10, and in proportion to "
        "the smallest eigenvalue elsewhere.",
    )
    rhs: Literal["gaussian-truncated", "gaussian"] = Field(
        default="gaussian-truncated", description="Right-hand sides; norm at most sqrt(n) or any."
    )

    @model_validator(mode="after")
    def _positive_definite(self) -> "LaplacianOptions":
        if isinstance(self.variance, tuple) and not min(self.variance) > 0:
            raise ValueError(f"expected variance = (alpha, beta) above 0, not {self.variance}")
        for side in self.sizes:
            low, high = self.shifts(side)
            if not -lowest(side) < low <= high < np.inf:
                raise ValueError(
                    f"expected an interval (low, high) with low above {-lowest(side):.4g}, where "
                    f"the Laplacian of side {side} stops being positive definite; received "
                    f"({low:g}, {high:g}): leave interval out to have it fitted to each size"
                )
        return self

    def shifts(self, side: int) -> tuple[float, float]:
        """Interval that the shifts of one size are drawn from."""
        if self.interval is not None:
            return self.interval
        scale = lowest(side) / lowest(_PUBLISHED_SIDE)
        low, high = _PUBLISHED_INTERVAL
        return scale * low, scale * high


class PoissonOptions(BaseModel):
    """A 5-point Laplacian as it is, with random right-hand sides."""

    model_config = ConfigDict(extra="forbid")

    problem: Literal["poisson"]
    sizes: list[Side] = Field(default=[32], min_length=1, description="Grid sides.")
    instances: int = Field(default=64, ge=1, description="Right-hand sides of each size.")
    rhs: Literal["gaussian-truncated", "gaussian"] = Field(
        default="gaussian", description="Right-hand sides; norm at most sqrt(n) or any."
    )


def laplacian(options: LaplacianOptions, rng: np.random.Generator) -> list[Systems]:
    """One sequence of systems (A + c_t I) x = b_t for each size."""
    alpha, beta = (
        options.variance if isinstance(options.variance, tuple) else _BETA[options.variance]
    )
    groups = []
    for side in options.sizes:
        low, high = options.shifts(side)
        shifts = low + (high - low) * rng.beta(alpha, beta, options.instances)
        groups.append(_systems("laplacian", side, shifts, options.rhs, rng))
    return groups


def poisson(options: PoissonOptions, rng: np.random.Generator) -> list[Systems]:
    """One group of systems A x = b_t for each size."""
    still = np.zeros(options.instances)
    return [_systems("poisson", side, still, options.rhs, rng) for side in options.sizes]


def grid_laplacian(side: int) -> scipy.sparse.csr_array:
    """5-point Laplacian with zero boundary: 4 and -1, not divided by h^2; row by row."""
    line = scipy.sparse.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(side, side))
    matrix = scipy.sparse.csr_array(scipy.sparse.kronsum(line, line, format="csr"))
    matrix.sort_indices()
    return matrix


def lowest(side: int) -> float:
    """Smallest eigenvalue of `grid_laplacian`."""
    return float(4.0 - 4.0 * np.cos(np.pi / (side + 1)))


def gaussian(
    count: int, n: int, rng: np.random.Generator, *, truncated: bool = False
) -> Float64[np.ndarray, "count n"]:
    """Standard normal vectors; truncated: those of norm above sqrt(n) drawn again."""
    vectors = rng.standard_normal((count, n))
    outside = np.arange(count if truncated else 0)
    while len(outside := outside[(vectors[outside] ** 2).sum(axis=1) > n]):
        vectors[outside] = rng.standard_normal((len(outside), n))
    return vectors


def _systems(
    name: str, side: int, shifts: Float64[np.ndarray, " t"], rhs: str, rng: np.random.Generator
) -> Systems:
    matrix = grid_laplacian(side)
    vectors = gaussian(len(shifts), side**2, rng, truncated=rhs == "gaussian-truncated")
    mu = (4.0 - lowest(side)) / (4.0 + shifts)
    grid = {"m": np.full(len(shifts), float(side)), "mu": mu, "lam": 1.0 - mu}
    known = facts(matrix, shifts) | grid
    return Systems(f"{name}-{side}", matrix, shifts, vectors, facts=known)
