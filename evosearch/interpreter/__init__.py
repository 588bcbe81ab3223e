"""Programs to values and losses: one compiled interpreter scores a whole population.

`evaluate` and `loss` take programs as they are. Where the same programs meet several data sets,
`encode` them once and pass the code.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Float, Float64

from evosearch.genomes.primitives import PrimitiveSet
from evosearch.genomes.program import ProgramBatch
from evosearch.interpreter.code import Code, encode, smallest_set
from evosearch.interpreter.losses import LOSSES, Loss, loss_of
from evosearch.interpreter.run import run_losses, run_values

__all__ = ["LOSSES", "Code", "Loss", "encode", "evaluate", "loss", "smallest_set"]

_MANY = 1 << 22  # operations times points from which on a second core pays


def evaluate(
    programs: ProgramBatch | Code,
    inputs: Float[np.ndarray, "variables points"],
    *,
    primitives: PrimitiveSet | None = None,
    cores: int | None = None,
) -> Float[np.ndarray, "programs points"]:
    """Values of every program at every point, in the type of ``inputs`` (float32 or float64).

    Args:
        programs: Programs, or their code.
        inputs: One row per input.
        primitives: A set that holds every primitive in use, see `encode`.
        cores: How many cores share the work; by default as many as pay.

    Raises:
        ValueError: If inputs and programs do not fit together.
    """
    if not len(programs):
        return np.empty((0, inputs.shape[1]), inputs.dtype)
    return run_values(_code(programs, inputs, primitives, cores), inputs)


def loss(
    programs: ProgramBatch | Code,
    inputs: Float[np.ndarray, "variables points"],
    target: Float[np.ndarray, " points"],
    weights: Float[np.ndarray, " points"] | None = None,
    kind: str | Loss = "sum_squares",
    *,
    primitives: PrimitiveSet | None = None,
    cores: int | None = None,
) -> Float64[np.ndarray, " programs"]:
    """A loss of every program, fused into the loop that computes its values.

    It is computed in the type of the inputs; the sums of all tiles are added in float64.

    Points of weight zero are left out, whatever happens there. A program that is NaN at any other
    point has loss NaN.

    Args:
        programs: Programs, or their code.
        inputs: One row per input.
        target: What the programs should be.
        weights: One for each point, all 1 by default.
        kind: A name in `LOSSES`, or a `Loss`.
        primitives: A set that holds every primitive in use, see `encode`.
        cores: How many cores share the work; by default as many as pay.

    Raises:
        ConfigError: If no loss has this name.
        ValueError: If inputs and programs do not fit together.
    """
    chosen = loss_of(kind)
    if not len(programs):
        return np.empty(0)
    code = _code(programs, inputs, primitives, cores)
    weights = np.ones_like(target) if weights is None else weights
    reduced = run_losses(code, inputs, target, weights, chosen)
    return reduced if chosen.finish is None else chosen.finish(reduced, target, weights)


def _code(
    programs: ProgramBatch | Code,
    inputs: npt.NDArray[Any],
    primitives: PrimitiveSet | None,
    cores: int | None,
) -> Code:
    if isinstance(programs, ProgramBatch):
        work = int(programs.lengths.sum()) * inputs.shape[1]
        cores = cores or (1 if work < _MANY else None)
        programs = encode(programs, inputs.dtype, primitives=primitives, cores=cores)
    if programs.n_inputs != len(inputs):
        raise ValueError(f"expected {programs.n_inputs} inputs, received {len(inputs)}")
    if programs.dtype != inputs.dtype:
        raise ValueError(f"expected inputs of {programs.dtype}, received {inputs.dtype}")
    return programs
