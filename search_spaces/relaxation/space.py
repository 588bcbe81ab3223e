"""The search space ``relaxation``."""

from collections.abc import Mapping
from typing import Any

from evosearch.contracts import Operator
from evosearch.genomes.program import ProgramBatch
from evosearch.genomes.text import expressions
from evosearch.genomes.vector import VectorBatch
from search_spaces.expressions import Expressions
from search_spaces.hyperparameters import Hyperparameters
from search_spaces.relaxation.options import RelaxationOptions


class Relaxation:
    """A fixed omega, a schedule, a recurrence, or a policy: a program omega = f(features).

    Numbers are omegas themselves, between 0.01 and 1.999, but for those of a recurrence
    (`evaluators.sor.recurrence`). The value of a program becomes an omega
    in (0, 2) by the evaluator (`evaluators.sor.squash`).
    """

    options_model = RelaxationOptions

    def __init__(self, options: RelaxationOptions) -> None:
        self.options = options
        self.inputs = options.features
        self.operators: Mapping[str, Operator]
        self.genome_type: Any
        if options.form == "policy":
            self.genome_type = ProgramBatch
            self.operators = Expressions(options.expressions()).operators
        else:
            self.genome_type = VectorBatch
            self.operators = Hyperparameters(options.vectors()).operators

    def describe(self, genomes: Any) -> list[str]:
        """Omegas to five digits, or infix text of a policy's value before it is squashed."""
        if isinstance(genomes, VectorBatch):
            return [" ".join(f"{omega:.5g}" for omega in row) for row in genomes.values.tolist()]
        return expressions(genomes, self.inputs)
