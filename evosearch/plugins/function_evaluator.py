"""An evaluator made from a plain function that scores one individual.

    def evaluate(program) -> dict[str, float]:
        error = abs(program(x) - y).max()
        return {"error": error, "size": program.size}

The keys are the objectives, all minimised unless the file says otherwise by
``objectives = {"accuracy": "maximize"}``. Every individual costs a Python call; an evaluator class
that scores a whole batch is some hundred times faster.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evosearch import seeding
from evosearch.contracts import Key, Objective, Prepared, Scores, SearchSpace, elementwise
from evosearch.errors import EvaluatorError, PluginError
from evosearch.genomes.batch import GenomeBatch
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.program import ProgramBatch
from evosearch.genomes.vector import VectorBatch

_PROBES = 64


@dataclass(frozen=True)
class Program:
    """One program, as a plain function sees it."""

    batch: ProgramBatch
    text: str

    def __call__(self, *inputs: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Its values at arrays of points, one array for each input."""
        points = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in inputs))
        flat = np.stack([column.ravel() for column in points])
        values: npt.NDArray[np.float64] = evaluate(self.batch, flat)[0]
        return values.reshape(points[0].shape)

    @property
    def size(self) -> int:
        """Number of operations."""
        return int(self.batch.lengths[0])

    @property
    def constants(self) -> npt.NDArray[np.float64]:
        """Its constants."""
        return self.batch.constants[0, : self.batch.n_constants[0]].copy()


@dataclass(frozen=True)
class Vector(Mapping[str, Any]):
    """One vector, as a plain function sees it: gene name -> value."""

    genes: Mapping[str, Any]
    text: str

    def __getitem__(self, name: str) -> Any:
        return self.genes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.genes)

    def __len__(self) -> int:
        return len(self.genes)

    @property
    def size(self) -> int:
        """Number of genes."""
        return len(self.genes)


class FunctionEvaluator:
    """Scores every individual by a call of one Python function."""

    genome_type: type[GenomeBatch]
    objectives: Sequence[Objective]
    measures: Sequence[str] = ()
    fidelities: Sequence[str] = ("full",)
    batch_invariant = True

    def __init__(
        self, name: str, function: Callable[[Any], Mapping[str, float]], space: SearchSpace
    ) -> None:
        self.name = name
        self.genome_type = space.genome_type
        self._function = function
        self._space = space
        self.objectives = self._probe()
        logging.getLogger(__name__).warning(
            "%s scores one individual at a time: this is the slow path; "
            "an evaluator class scores a batch at once",
            name,
        )

    def prepare(self, key: Key) -> Prepared:
        """Nothing."""
        return {}

    def score(self, genomes: Any, prepared: Prepared, *, fidelity: str, key: Key) -> Scores:
        """One call of the function an individual; what it raises is that individual's ERROR."""
        return elementwise(self._values, len(self.objectives))(genomes)

    def _values(self, genome: Any) -> list[float]:
        result = self._function(self._view(genome))
        expected = [objective.name for objective in self.objectives]
        if sorted(result) != sorted(expected):
            raise EvaluatorError(f"expected values for {expected}, received {sorted(result)}")
        return [float(result[name]) for name in expected]

    def _view(self, genome: Any) -> Any:
        text = self._space.describe(genome)[0]
        if isinstance(genome, ProgramBatch):
            return Program(genome, text)
        if isinstance(genome, VectorBatch):
            return Vector(genome.rows_as_dicts()[0], text)
        return genome

    def _probe(self) -> tuple[Objective, ...]:
        """Objectives of the first random individual that the function can score."""
        operator = next(op for op in self._space.operators.values() if op.arity == 0)
        genomes = operator.apply(seeding.stream(0, "birth"), (), _PROBES)
        failure: Exception | None = None
        for row in range(_PROBES):
            try:
                result = self._function(self._view(genomes.take(np.array([row]))))
            except Exception as error:  # the next individual may do
                failure = error
                continue
            return self._named(result)
        raise PluginError(
            f"{self.name} failed for each of {_PROBES} random individuals; the last time by "
            f"{type(failure).__name__}: {failure}"
        ) from failure

    def _named(self, result: Any) -> tuple[Objective, ...]:
        if not isinstance(result, Mapping) or not result:
            raise PluginError(
                f"{self.name} returned {result!r}: expected a dict of objective names and numbers"
            )
        directions = getattr(self._function, "__globals__", {}).get("objectives", {})
        unknown = sorted(set(directions) - set(result))
        if unknown or not set(directions.values()) <= {"minimize", "maximize"}:
            raise PluginError(
                f"`objectives` beside {self.name} is {directions!r}: expected some of the names "
                f"{sorted(result)} with 'minimize' or 'maximize'"
            )
        return tuple(Objective(name, directions.get(name, "minimize")) for name in result)
