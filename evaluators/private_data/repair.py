"""Repair: rows that break a constraint get the values of rows that break none."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, UInt16

from evaluators.private_data.constraints import Constraint

_DONORS = 256  # tried for a row; the one that agrees in most columns gives

Codes = UInt16[np.ndarray, "rows columns"]


def breaking(constraints: Sequence[Constraint], codes: Codes) -> Bool[np.ndarray, " rows"]:
    """Rows that break any of them."""
    found = np.zeros(len(codes), bool)
    for each in constraints:
        found |= each.forbidden[tuple(codes[:, column] for column in each.columns)]
    return found


def repaired(codes: Codes, constraints: Sequence[Constraint], rng: np.random.Generator) -> Codes:
    """The table with every row that breaks a constraint mended.

    A donor, drawn from the rows that break none, gives such a row all columns that constraints
    link to a broken one: of some donors, that one which agrees with it in most of these columns. A
    table without a donor stays as it is.
    """
    wrong = breaking(constraints, codes)
    donors = np.flatnonzero(~wrong)
    if not wrong.any() or not len(donors):
        return codes
    mended = codes.copy()
    for row in np.flatnonzero(wrong):
        columns = _linked(constraints, codes[row])
        tried = codes[donors[rng.integers(0, len(donors), _DONORS)]]
        agreed = (tried[:, columns] == codes[row, columns]).sum(axis=1)
        mended[row, columns] = tried[np.argmax(agreed), columns]
    return mended


def _linked(constraints: Sequence[Constraint], row: UInt16[np.ndarray, " columns"]) -> list[int]:
    """Columns that constraints link, one by one, to those of the constraints that it breaks."""
    broken = [each for each in constraints if each.forbidden[tuple(row[list(each.columns)])]]
    linked = {column for each in broken for column in each.columns}
    while True:
        more = {c for each in constraints if linked & set(each.columns) for c in each.columns}
        if more <= linked:
            return sorted(linked)
        linked |= more
