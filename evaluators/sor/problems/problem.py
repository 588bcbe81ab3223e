"""Problem: which linear systems are solved, by the option ``problem``."""

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from evaluators.sor.problems.gallery import (
    AnisotropicOptions,
    VariableOptions,
    anisotropic,
    variable,
)
from evaluators.sor.problems.heat import HeatOptions, heat
from evaluators.sor.problems.laplacian import (
    LaplacianOptions,
    PoissonOptions,
    laplacian,
    poisson,
)
from evaluators.sor.problems.matrices import MatricesOptions, matrices
from evaluators.sor.systems import Systems

Problem = Annotated[
    LaplacianOptions
    | PoissonOptions
    | HeatOptions
    | AnisotropicOptions
    | VariableOptions
    | MatricesOptions,
    Field(discriminator="problem"),
]


def problem(options: Problem, rng: np.random.Generator, base: Path) -> list[Systems]:
    """Groups of systems, each of one matrix up to shifts: a pure function of its arguments.

    Args:
        options: Which, how large and how many.
        rng: What is random; another stream gives systems to hold out.
        base: Folder that file names are relative to.
    """
    match options:
        case LaplacianOptions():
            return laplacian(options, rng)
        case PoissonOptions():
            return poisson(options, rng)
        case HeatOptions():
            return heat(options, rng)
        case AnisotropicOptions():
            return anisotropic(options, rng)
        case VariableOptions():
            return variable(options, rng)
        case MatricesOptions():
            return matrices(options, rng, base)
