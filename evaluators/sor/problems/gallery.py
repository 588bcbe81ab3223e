"""Diffusion on square grids: rotated anisotropic stencils, and coefficients that vary in space."""

from importlib import import_module
from types import ModuleType
from typing import Annotated, Literal

import numpy as np
import scipy.ndimage
import scipy.sparse
from jaxtyping import Float64
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from evaluators.sor.facts import Facts, facts
from evaluators.sor.problems.laplacian import Side, gaussian
from evaluators.sor.spectrum import with_spectrum
from evaluators.sor.systems import Systems
from evosearch.errors import PluginError


def _ascending(values: tuple[float, float]) -> tuple[float, float]:
    if not values[0] <= values[1] < np.inf:
        raise ValueError(f"expected (low, high) with low <= high, not {values}")
    return values


Interval = Annotated[tuple[float, float], AfterValidator(_ascending)]
Positive = Annotated[tuple[Annotated[float, Field(gt=0)], float], AfterValidator(_ascending)]


class GalleryOptions(BaseModel):
    """What both kinds of grids share."""

    model_config = ConfigDict(extra="forbid")

    sizes: list[Side] = Field(default=[16], min_length=1, description="Grid sides.")
    draws: int = Field(default=8, ge=1, description="Matrices of each size.")
    rhs: int = Field(default=1, ge=1, description="Gaussian right-hand sides of each matrix.")
    spectrum: bool = Field(default=False, description="Tell policies mu and lam, exactly.")


class AnisotropicOptions(GalleryOptions):
    """Constant diffusion, stronger along a direction than across (pyamg's stencils)."""

    problem: Literal["anisotropic"]
    stencil: Literal["FD", "FE"] = Field(
        default="FD", description="Finite differences or bilinear finite elements, 9 points."
    )
    epsilon: Positive = Field(
        default=(0.01, 1.0), description="Strength across over strength along, log-uniform in it."
    )
    theta: Interval = Field(
        default=(0.0, np.pi / 2), description="Angle of the strong direction, radians, uniform."
    )


class VariableOptions(GalleryOptions):
    """-div(k grad u) by finite volumes of 5 points, log k a smoothed Gaussian field."""

    problem: Literal["variable"]
    sigma: Annotated[Interval, Field(description="Standard deviation of log k, uniform.")] = (
        0.5,
        2.0,
    )
    correlation: float = Field(
        default=1.0, ge=0, description="Width of the Gaussian filter on log k, in cells."
    )


def anisotropic(options: AnisotropicOptions, rng: np.random.Generator) -> list[Systems]:
    """A group for each matrix drawn; facts ``epsilon`` and ``theta``.

    Raises:
        PluginError: The ``pyamg`` package is not installed.
    """
    gallery = _pyamg()
    groups = []
    for side in options.sizes:
        for draw in range(options.draws):
            epsilon = float(np.exp(rng.uniform(*np.log(options.epsilon))))
            theta = float(rng.uniform(*options.theta))
            stencil = gallery.diffusion_stencil_2d(epsilon, theta, type=options.stencil)
            matrix = gallery.stencil_grid(stencil, (side, side), format="csr")
            told = {"epsilon": epsilon, "theta": theta, "m": float(side)}
            name = f"anisotropic-{side}-{draw}"
            groups.append(_systems(name, scipy.sparse.csr_array(matrix), told, options, rng))
    return groups


def variable(options: VariableOptions, rng: np.random.Generator) -> list[Systems]:
    """A group for each field drawn; fact ``sigma``."""
    groups = []
    for side in options.sizes:
        for draw in range(options.draws):
            sigma = float(rng.uniform(*options.sigma))
            noise = rng.standard_normal((side + 2, side + 2))
            noise = scipy.ndimage.gaussian_filter(noise, options.correlation, mode="wrap")
            coefficients = np.exp(sigma * (noise - noise.mean()) / noise.std())
            told = {"sigma": sigma, "m": float(side)}
            name = f"variable-{side}-{draw}"
            groups.append(_systems(name, finite_volumes(coefficients), told, options, rng))
    return groups


def finite_volumes(coefficients: Float64[np.ndarray, "k k"]) -> scipy.sparse.csr_array:
    """5-point matrix of -div(k grad u) on a square grid, zero boundary, not divided by h^2.

    Args:
        coefficients: k at the grid's points and at those of the boundary around it, above 0;
            faces have the harmonic mean of both sides.

    Returns:
        Matrix of the (k - 2)^2 inner points, row by row.
    """
    side = len(coefficients)
    below = _harmonic(coefficients[:-1], coefficients[1:])
    right = _harmonic(coefficients[:, :-1], coefficients[:, 1:])
    rows, columns = (np.arange(side**2).reshape(side, side) for _ in range(2))
    first = np.concatenate([rows[:-1].ravel(), columns[:, :-1].ravel()])
    second = np.concatenate([rows[1:].ravel(), columns[:, 1:].ravel()])
    faces = scipy.sparse.coo_array(
        (np.concatenate([below.ravel(), right.ravel()]), (first, second)), (side**2, side**2)
    )
    edges = scipy.sparse.csr_array(faces + faces.T)
    whole = scipy.sparse.diags_array(np.asarray(edges.sum(axis=1))) - edges
    inner = rows[1:-1, 1:-1].ravel()
    matrix = scipy.sparse.csr_array(scipy.sparse.csr_array(whole)[inner][:, inner])
    matrix.sort_indices()
    return matrix


def _harmonic(
    a: Float64[np.ndarray, "rows columns"], b: Float64[np.ndarray, "rows columns"]
) -> Float64[np.ndarray, "rows columns"]:
    return np.asarray(2.0 * a * b / (a + b))


def _systems(
    name: str,
    matrix: scipy.sparse.csr_array,
    told: dict[str, float],
    options: GalleryOptions,
    rng: np.random.Generator,
) -> Systems:
    still = np.zeros(options.rhs)
    matrix.eliminate_zeros()
    matrix.sort_indices()
    known: Facts = facts(matrix, still)
    known |= {key: np.full(options.rhs, value) for key, value in told.items()}
    vectors = gaussian(options.rhs, matrix.shape[0], rng)
    systems = Systems(name, matrix, still, vectors, facts=known)
    return with_spectrum(systems) if options.spectrum else systems


def _pyamg() -> ModuleType:
    try:
        return import_module("pyamg.gallery")
    except ImportError as error:
        raise PluginError(
            "problem = 'anisotropic' needs the pyamg package: pip install 'evosearch[sor]'"
        ) from error
