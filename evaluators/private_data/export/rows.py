"""Rows: as many of a table's rows as were asked for, none of which breaks a constraint."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt16

from evaluators.private_data.constraints import Constraint, broken
from evosearch.errors import ExportError


@dataclass(frozen=True, eq=False)
class Rows:
    """What is written of a table.

    Attributes:
        codes: Rows that satisfy all constraints.
        replaced: How many rows of the table did not, and were replaced by others of its rows.
    """

    codes: UInt16[np.ndarray, "rows columns"]
    replaced: int


def rows_of(
    codes: UInt16[np.ndarray, "own_rows columns"],
    count: int,
    constraints: Sequence[Constraint],
    rng: np.random.Generator,
) -> Rows:
    """A table with another number of rows.

    Rows that break a constraint are replaced by rows drawn from the others. Then the table is
    repeated as often as ``count`` has room for; what is left is drawn from it without replacement.

    Raises:
        ExportError: All of its rows break a constraint.
    """
    if count < 1:
        raise ExportError(f"expected one row or more, received {count}")
    wrong = np.zeros(len(codes), bool)
    for constraint in constraints:
        wrong |= constraint.forbidden[tuple(codes[:, column] for column in constraint.columns)]
    sound = np.flatnonzero(~wrong)
    if not len(sound):
        raise ExportError("every row of the table breaks a constraint: export another individual")
    mended = codes.copy()
    mended[wrong] = codes[rng.choice(sound, size=int(wrong.sum()))]
    times, rest = divmod(count, len(codes))
    drawn = np.sort(rng.permutation(len(codes))[:rest])
    written = np.concatenate([np.tile(mended, (times, 1)), mended[drawn]])
    if broken(constraints, written).any():
        raise ExportError("a row to be written breaks a constraint")
    return Rows(written, len(codes) - len(sound))
