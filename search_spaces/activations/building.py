"""Building: forms written into drafts, and births made of two or three of them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from evosearch.genomes.program import FIRST_INPUT, ProgramBatch
from search_spaces.activations.forms import BETA, ONE, ZERO, A, B, FormTable
from search_spaces.activations.options import ActivationsOptions
from search_spaces.expressions.draft import Draft, Rows
from search_spaces.expressions.sources import fresh

IDENTITY = -1  # its place in every table


@dataclass(frozen=True)
class Builder:
    """The operators of a space, at work.

    Attributes:
        options: Of the space.
        table: Its operators.
    """

    options: ActivationsOptions
    table: FormTable

    @classmethod
    def of(cls, options: ActivationsOptions) -> "Builder":
        """Of these options."""
        return cls(options, options.table())

    def unary(self, rng: np.random.Generator, n: int) -> Rows:
        """N unary forms, all equally likely."""
        return rng.choice(self.table.of_arity(1), n)

    def binary(self, rng: np.random.Generator, n: int) -> Rows:
        """N binary forms, all equally likely."""
        return rng.choice(self.table.of_arity(2), n)

    def write(
        self, rng: np.random.Generator, draft: Draft, at: Rows, form: Rows, args: tuple[Rows, Rows]
    ) -> tuple[Rows, Rows]:
        """Write one form before the node ``at`` of each program.

        Args:
            rng: Random stream.
            draft: The programs.
            at: Where; ``args`` come earlier.
            form: Index in the table.
            args: The arguments; of a unary form the first.

        Returns:
            The argument that names the result, and where ``at`` went.
        """
        counts = self.table.counts[form]
        draft.open(at, counts)
        values = self._values(rng, draft, args)
        for place in range(int(counts.max(initial=0))):
            rows = np.flatnonzero(counts > place)
            draft.ops[rows, at[rows] + place] = self.table.ops[form[rows], place]
            for slot in range(2):
                symbol = self.table.args[form, place, slot]
                meant = np.where(symbol >= 0, at + symbol, values[-symbol, np.arange(len(draft))])
                draft.args[slot, rows, at[rows] + place] = meant[rows]
        symbol = self.table.results[form]
        result = np.where(symbol >= 0, at + symbol, values[-symbol, np.arange(len(draft))])
        return result, at + counts

    def _values(
        self, rng: np.random.Generator, draft: Draft, args: tuple[Rows, Rows]
    ) -> Int64[np.ndarray, "symbols n"]:
        """What each symbol, with its sign turned, stands for; those without a meaning are 0."""
        n = len(draft)
        values = np.zeros((6, n), np.int64)
        values[-A], values[-B] = args
        if self.options.parameters:
            values[-BETA] = FIRST_INPUT - rng.integers(1, self.options.parameters + 1, n)
        elif self.options.max_constants:
            values[-BETA] = draft.fresh(fresh(rng, n, 1.0))
        if self.options.max_constants:
            values[-ZERO] = draft.fresh(np.zeros(n))
            values[-ONE] = draft.fresh(np.ones(n))
        return values

    def born(self, rng: np.random.Generator, n: int) -> Draft:
        """Half unary2(unary1(x)), half binary(unary1(x), unary2(x)), as PANGAEA begins."""
        draft = Draft.of(ProgramBatch.identity(n, 1 + self.options.parameters), 2)
        chain = np.arange(n) < n // 2
        rng.shuffle(chain)
        x = np.full(n, FIRST_INPUT, np.int64)
        first, at = self.write(rng, draft, draft.lengths, self.unary(rng, n), (x, x))
        inner = np.where(chain, first, x)
        second, at = self.write(rng, draft, at, self.unary(rng, n), (inner, inner))
        form = np.where(chain, IDENTITY, self.binary(rng, n))
        left = np.where(chain, second, first)
        result, at = self.write(rng, draft, at, form, (left, second))
        draft.write(draft.lengths, 0, result)
        return draft
