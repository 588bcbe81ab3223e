"""An evaluator: least squares of programs with one input against a table of points."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from evosearch import fitting, interpreter
from evosearch.contracts import Key, Objective, Prepared, Scores, scores_of
from evosearch.genomes.program import ProgramBatch


class Options(BaseModel):
    """What may stand beside ``use`` in the campaign file's [evaluator]."""

    model_config = ConfigDict(extra="forbid")

    points: int = Field(256, ge=8, description="Rows of the table.")


class Evaluator:
    """Root mean square error, and the number of operations."""

    options_model = Options
    genome_type = ProgramBatch
    objectives = (Objective("error", "minimize", "log"), Objective("operations"))
    measures: tuple[str, ...] = ()
    fidelities = ("full",)

    def __init__(self, options: Options, base: Path) -> None:
        """``base`` is the campaign file's folder: read your data from there."""
        self.options = options

    def prepare(self, key: Key) -> Prepared:
        """Once in a campaign's life; the arrays are stored. Half of the table is sealed."""
        rng = np.random.default_rng(key)
        x = rng.permutation(np.linspace(0.0, 3.0, self.options.points))
        y = np.sin(x) * np.exp(-x)  # put your data here
        half = len(x) // 2
        return {"x": x[:half], "y": y[:half], "sealed_x": x[half:], "sealed_y": y[half:]}

    def refine(self, genomes: ProgramBatch, prepared: Prepared, key: Key) -> ProgramBatch:
        """Fit the constants before a program is scored; leave this out if yours has none."""
        x, y = prepared["x"], prepared["y"]
        seeds = np.full(len(genomes), key[0], np.uint32)
        effort = fitting.Effort(reweightings=0)  # least squares
        fitted = fitting.fit(genomes, x[None], y, np.ones_like(y), seeds, effort)
        return genomes.with_constants(fitted)

    def score(
        self, genomes: ProgramBatch, prepared: Prepared, *, fidelity: str, key: Key
    ) -> Scores:
        """One row of objectives for every program; what is not finite is never selected."""
        return self._on(genomes, prepared["x"], prepared["y"])

    def validate(self, genomes: ProgramBatch, prepared: Prepared) -> Scores:
        """On data that the search never saw; used by reports and verify, never to select."""
        return self._on(genomes, prepared["sealed_x"], prepared["sealed_y"])

    def _on(
        self, genomes: ProgramBatch, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
    ) -> Scores:
        squares = interpreter.loss(genomes, x[None], y, np.ones_like(y), "sum_squares")
        return scores_of(np.column_stack([np.sqrt(squares / len(x)), genomes.sizes()]))
