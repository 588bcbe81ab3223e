"""Programs that are right in float32: exact arithmetic, fits on the grid, exhaustive proofs."""

from evaluators.approximation.float32.evaluator import (
    Float32Approximation as Float32Approximation,
)
