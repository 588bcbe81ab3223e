"""Steps of a heat equation (Khodak et al. 2024, "Learning to Relax", section 4.3, script h2d).

u_t = kappa(t) Laplacian(u) + f on the unit square, zero on its boundary, by Crank and Nicolson's
method with 5-point differences. Step t asks for

    (I - CL) u_{t+1} = (I + CL) u_t + dt f(t + dt/2),   CL = dt kappa(t + dt/2) Laplacian_h / 2,

and with q = dt kappa nx^2 / 2 this is, divided by q, the unscaled Laplacian plus I/q.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

import numpy as np
import scipy.fft
from jaxtyping import Float64, Int64
from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluators.sor.facts import facts
from evaluators.sor.problems.laplacian import grid_laplacian
from evaluators.sor.systems import Systems

STEP = 1e-3  # seconds
_LARGEST = 4 * 2**30  # bytes


class HeatOptions(BaseModel):
    """Linear systems of a heat equation's steps, each started from the step before."""

    model_config = ConfigDict(extra="forbid")

    problem: Literal["heat"]
    nx: list[Annotated[int, Field(ge=3, le=2000)]] = Field(
        default=[25], min_length=1, description="Cells along a side; (nx - 1)^2 unknowns."
    )
    steps: int = Field(default=5000, ge=1, description="Steps of 1 ms.")
    stride: int = Field(default=1, ge=1, description="Every so manieth step becomes a system.")
    offset: int | None = Field(
        default=None, ge=0, description="First such step; drawn below stride where not given."
    )

    @model_validator(mode="after")
    def _fits(self) -> "HeatOptions":
        if (self.offset or 0) >= self.steps:
            raise ValueError(f"expected offset below steps = {self.steps}, not {self.offset}")
        count = -(-self.steps // self.stride)
        size = max(16 * count * (nx - 1) ** 2 for nx in self.nx)
        if size > _LARGEST:
            raise ValueError(
                f"{count} steps with nx = {max(self.nx)} need {size / 2**30:.0f} GiB of memory, "
                f"expected at most {_LARGEST // 2**30}: "
                f"write stride = {-(-size * self.stride // _LARGEST)} or more"
            )
        return self


class Step(NamedTuple):
    """One step's system, before division by q.

    Attributes:
        q: Of the half step.
        start: u_t.
        rhs: Right-hand side.
    """

    q: float
    start: Float64[np.ndarray, " n"]
    rhs: Float64[np.ndarray, " n"]


def heat(options: HeatOptions, rng: np.random.Generator) -> list[Systems]:
    """One group of systems for each nx, started from the exact u_t."""
    groups = []
    for nx in options.nx:
        offset = options.offset
        if offset is None:
            offset = int(rng.integers(min(options.stride, options.steps)))
        groups.append(_systems(nx, np.arange(offset, options.steps, options.stride)))
    return groups


def conductivity(t: Float64[np.ndarray, " times"]) -> Float64[np.ndarray, " times"]:
    """Kappa at times t in seconds: half a second up to 0.1, half a second up to 10."""
    wave = np.sin(2.0 * np.pi * t)
    return np.maximum(0.1 * wave, -10.0 * wave) + 0.0  # never -0.0


def steps(nx: int, chosen: Int64[np.ndarray, " steps"]) -> Iterator[Step]:
    """The steps of those numbers, ascending, each from the exact solution of the one before.

    The sine transform diagonalises the Laplacian, so that steps are taken on transforms and are
    exact to rounding errors.
    """
    x = np.arange(1, nx) / nx
    modes = 2.0 - 2.0 * np.cos(np.pi * x)
    eigenvalues = modes[:, None] + modes
    u = _sines(bump(x, (0.5, 0.5), 0.25))
    wanted = np.isin(np.arange(chosen[-1] + 1), chosen)
    halves = STEP * (np.arange(len(wanted)) + 0.5)
    strengths = STEP * conductivity(halves) * nx**2 / 2
    for is_wanted, half, q in zip(wanted, halves.tolist(), strengths.tolist(), strict=True):
        centre = (0.5 + np.cos(16 * np.pi * half) / 4, 0.5 + np.sin(16 * np.pi * half) / 4)
        rhs = (1.0 - q * eigenvalues) * u + STEP * 32.0 * _sines(bump(x, centre, 0.125))
        if is_wanted:
            yield Step(q, _sines(u).ravel(), _sines(rhs).ravel())
        u = rhs / (1.0 + q * eigenvalues)


def bump(
    x: Float64[np.ndarray, " side"], centre: tuple[float, float], radius: float
) -> Float64[np.ndarray, "side side"]:
    """exp(1 - 1/(1 - |x - centre|^2/radius^2)) on a grid, 0 beyond the radius; x by rows."""
    distance = (x[:, None] - centre[0]) ** 2 + (x - centre[1]) ** 2
    inside = np.maximum(0.0, 1.0 - distance / radius**2)
    with np.errstate(divide="ignore"):
        return np.exp(1.0 - 1.0 / inside)


def _sines(u: Float64[np.ndarray, "side side"]) -> Float64[np.ndarray, "side side"]:
    transformed: Float64[np.ndarray, "side side"] = scipy.fft.dstn(u, type=1, norm="ortho")
    return transformed


def _systems(nx: int, chosen: Int64[np.ndarray, " steps"]) -> Systems:
    matrix = grid_laplacian(nx - 1)
    q = np.empty(len(chosen))
    starts, rhs = np.empty((2, len(chosen), (nx - 1) ** 2))
    for place, step in enumerate(steps(nx, chosen)):
        q[place], starts[place], rhs[place] = step.q, step.start, step.rhs / step.q
    mu = 4.0 * q * np.cos(np.pi / nx) / (1.0 + 4.0 * q)
    known = facts(matrix, 1.0 / q) | {
        "m": np.full(len(chosen), nx - 1.0),
        "mu": mu,
        "lam": 1.0 - mu,
        "q": q,
        "kappa": conductivity(STEP * (chosen + 0.5)),
        "kappa_start": conductivity(STEP * chosen),
    }
    return Systems(f"heat-{nx}", matrix, 1.0 / q, rhs, starts, known)
