"""Constraints: public rules that every row has to satisfy, as the combinations that they forbid.

What holds can be true, false or unknown (Kleene): a comparison with a missing value is unknown,
and so is one that some values of a bin satisfy and others do not. A row breaks a constraint where
it is false.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from jaxtyping import Bool, Int64, UInt16

from evaluators.private_data import rule
from evaluators.private_data.domain import Domain
from evaluators.private_data.truth import truth
from evosearch.errors import ConfigError

MAX_COLUMNS = 3
MAX_COMBINATIONS = 1_000_000


@dataclass(frozen=True, eq=False)
class Constraint:
    """One rule.

    Attributes:
        text: As it was written.
        columns: Positions of the columns that it is about, ascending.
        forbidden: Which combinations of their codes break it: an axis for each of ``columns``.
    """

    text: str
    columns: tuple[int, ...]
    forbidden: Bool[np.ndarray, "..."]


def parse(texts: Sequence[str], domain: Domain) -> tuple[Constraint, ...]:
    """Constraints of rules such as ``OWN_RENT == 0 if HOUSING_TYPE in (2, 3)``.

    Args:
        texts: In the language of docs/private-data.md.
        domain: Columns that they may name.

    Raises:
        ConfigError: With the mistakes of every text.
    """
    made: list[Constraint] = []
    mistakes: list[str] = []
    for text in texts:
        try:
            made.append(_constraint(text, domain))
        except ConfigError as error:
            mistakes.append(f"constraint {text!r}: {error}")
    if mistakes:
        raise ConfigError(mistakes)
    return tuple(made)


def broken(
    constraints: Sequence[Constraint], codes: UInt16[np.ndarray, "rows columns"]
) -> Int64[np.ndarray, " constraints"]:
    """Number of rows that break each constraint."""
    counts = [
        np.count_nonzero(each.forbidden[tuple(codes[:, column] for column in each.columns)])
        for each in constraints
    ]
    return np.array(counts, np.int64)


def _constraint(text: str, domain: Domain) -> Constraint:
    parsed = rule.parse(text)
    named = rule.names(parsed)
    unknown = [name for name in named if name not in domain.names]
    if unknown:
        raise ConfigError(
            f"no column {', '.join(map(repr, unknown))}: expected some of "
            f"{', '.join(domain.names)} (texts in quotes)"
        )
    columns = tuple(j for j, name in enumerate(domain.names) if name in named)
    if not 1 <= len(columns) <= MAX_COLUMNS:
        raise ConfigError(
            f"expected 1 to {MAX_COLUMNS} columns, received {len(columns)}: write several rules"
        )
    fields = tuple(domain.fields[column] for column in columns)
    combinations = prod(field.size for field in fields)
    if combinations > MAX_COMBINATIONS:
        raise ConfigError(
            f"its columns have {combinations} combinations of codes, expected at most "
            f"{MAX_COMBINATIONS}: use fewer columns or wider bins"
        )
    forbidden = truth(parsed, fields) < 0
    if forbidden.all():
        raise ConfigError("no row can satisfy it")
    if not forbidden.any():
        raise ConfigError(
            "no combination of codes breaks it for sure: leave it out, or let an edge of the bins "
            "be where it changes"
        )
    return Constraint(text, columns, forbidden)
