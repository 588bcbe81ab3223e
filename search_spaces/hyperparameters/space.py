"""The search space ``hyperparameters``."""

from evosearch.genomes.vector import Choice, VectorBatch
from search_spaces.hyperparameters.box import Box
from search_spaces.hyperparameters.operators import operators
from search_spaces.hyperparameters.options import HyperparametersOptions


class Hyperparameters:
    """Vectors of named real, integer and categorical genes within their bounds."""

    options_model = HyperparametersOptions
    genome_type = VectorBatch

    def __init__(self, options: HyperparametersOptions) -> None:
        self.options = options
        self.operators = operators(Box(options.described()), options)

    def describe(self, genomes: VectorBatch) -> list[str]:
        """``name=value`` of every gene; reals to six digits."""
        return [
            " ".join(f"{name}={_text(value)}" for name, value in row.items())
            for row in genomes.rows_as_dicts()
        ]


def _text(value: Choice) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
