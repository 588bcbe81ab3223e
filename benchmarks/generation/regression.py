"""An evaluator as a third party would write it: the regression of workload W2, in float32.

A campaign file names it ``./regression.py:Regression``.
"""

from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from benchmarks.generation.course import SCORED
from benchmarks.throughput.workloads import MIXED, W2
from evosearch import backend, interpreter
from evosearch.contracts import Key, Objective, Prepared, Scores, scores_of
from evosearch.genomes.primitives import PrimitiveSet
from evosearch.genomes.program import ProgramBatch


class Options(BaseModel):
    """What may stand beside ``use`` in [evaluator]."""

    model_config = ConfigDict(extra="forbid")

    points: int = Field(W2.points, ge=1, description="Rows of the table.")


class Regression:
    """Sum of squared errors; constants are inherited and varied, not fitted.

    It notes the lengths of what it scores, for the benchmark's count of node evaluations.
    """

    options_model = Options
    genome_type = ProgramBatch
    objectives = (Objective("error", "minimize", "log"),)
    measures: tuple[str, ...] = ()
    fidelities = ("full",)
    batch_invariant = True

    def __init__(self, options: Options, base: Path) -> None:
        self.options = options
        self._primitives = PrimitiveSet.named(MIXED)

    @property
    def compile_seconds(self) -> float:
        return backend.compile_seconds()

    def prepare(self, key: Key) -> Prepared:
        x, y = W2.data()
        return {"x": x[:, : self.options.points], "y": y[: self.options.points]}

    def score(
        self, genomes: ProgramBatch, prepared: Prepared, *, fidelity: str, key: Key
    ) -> Scores:
        x, y = np.ascontiguousarray(prepared["x"]), np.ascontiguousarray(prepared["y"])
        SCORED.extend(genomes.lengths.tolist())
        errors = interpreter.loss(genomes, x, y, primitives=self._primitives)
        return scores_of(errors[:, None])
