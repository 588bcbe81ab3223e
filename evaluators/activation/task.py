"""Task: a network and the data that it learns."""

from dataclasses import dataclass
from functools import cached_property

from evaluators.activation.data import Data
from evaluators.activation.networks import Network, build


@dataclass(frozen=True, eq=False)
class Task:
    """A network to be trained.

    Attributes:
        name: For objectives and reports.
        data: What it learns.
        architecture: One of `evaluators.activation.networks.NETWORKS`.
        batch: Examples of one step.
    """

    name: str
    data: Data
    architecture: str
    batch: int = 100

    @cached_property
    def network(self) -> Network:
        """The network for these data."""
        return build(self.architecture, self.data.shape, self.data.outputs)
