"""The contract of evolutionary algorithms: who breeds, and who lives on."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64

from evosearch.population import Population


@runtime_checkable
class Algorithm(Protocol):
    """Selection of one campaign. Only rows with status OK are ever chosen.

    A population of distinct digests may have its rows in any order: the same individuals are
    chosen, so that survivors read back from the store breed as those that were written.

    An algorithm may have ``bars(population) -> Bars``: what children have to beat.

    Attributes:
        from_nothing: Every generation is bred by operators of arity 0; there is no mating pool.
    """

    from_nothing: bool

    def mating_pool(
        self, population: Population, n: int, arity: int, rng: np.random.Generator
    ) -> Int64[np.ndarray, "n arity"]:
        """Rows of the parents of n children; columns are the operator's argument positions.

        Raises:
            EvosearchError: No row has status OK; breed by operators of arity 0 instead.
        """
        ...

    def survivors(
        self, population: Population, rng: np.random.Generator
    ) -> Int64[np.ndarray, " survivors"]:
        """Rows that live on, ascending and with distinct digests.

        Args:
            population: The previous survivors followed by their children. Of rows with one digest
                only the first is considered.
            rng: Consumed by algorithms whose survival is random.
        """
        ...
