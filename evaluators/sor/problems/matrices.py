"""The user's own matrices, and those that evosearch ships."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from evaluators.sor.facts import facts
from evaluators.sor.matrix_file import find, read, stem
from evaluators.sor.problems.laplacian import gaussian
from evaluators.sor.spectrum import with_spectrum
from evaluators.sor.systems import Systems
from evosearch.errors import ConfigError


class MatricesOptions(BaseModel):
    """Symmetric positive definite matrices from files, with random right-hand sides."""

    model_config = ConfigDict(extra="forbid")

    problem: Literal["matrices"]
    matrices: list[str] = Field(
        min_length=1,
        description='Files, folders or patterns ("*.mtx"), relative to the campaign file; '
        '"builtin:NAME" for one that is shipped.',
    )
    rhs: int = Field(default=3, ge=1, description="Gaussian right-hand sides of each matrix.")
    spectrum: bool = Field(default=False, description="Tell policies mu and lam, exactly.")


def matrices(options: MatricesOptions, rng: np.random.Generator, base: Path) -> list[Systems]:
    """A group for each file, in the order of the option.

    Raises:
        ConfigError: All that is wrong with the files.
    """
    groups: list[Systems] = []
    mistakes: list[str] = []
    for pattern in options.matrices:
        try:
            groups.extend([_systems(path, options, rng) for path in find(pattern, base)])
        except ConfigError as error:
            mistakes.extend(error.mistakes)
    if mistakes:
        raise ConfigError(mistakes)
    return groups


def _systems(path: Path, options: MatricesOptions, rng: np.random.Generator) -> Systems:
    matrix = read(path)
    still = np.zeros(options.rhs)
    vectors = gaussian(options.rhs, matrix.shape[0], rng)
    name = stem(path)
    systems = Systems(name, matrix, still, vectors, facts=facts(matrix, still))
    return with_spectrum(systems) if options.spectrum else systems
