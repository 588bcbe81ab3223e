"""Random queries: prefixes and halfspaces, counts of rows with one category and some numbers.

The query classes of "Generating Private Synthetic Data with Genetic Algorithms" (Liu, Tang, Vietri
and Wu, ICML 2023, arXiv:2306.03257). A row with a missing number satisfies none of them.
"""

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np
from jaxtyping import Float64, Int64

from evaluators.private_data.bins import Bins
from evaluators.private_data.domain import Field
from evaluators.private_data.number import shown
from evaluators.private_data.partition import Partition
from evosearch.errors import ConfigError

_ONE = 1 << 16  # steps of a halfspace are fixed-point numbers
_LARGEST = (1 << 31) - 1  # sum of steps


def prefixes(
    fields: Sequence[Field], number: int, rng: np.random.Generator
) -> Iterator[Partition]:
    """Whether a column has one category and two numbers are below thresholds between bins.

    Raises:
        ConfigError: There is no column of values, or there are no two numeric ones.
    """
    categories, numeric = _kinds(fields)
    if number and (not categories or len(numeric) < 2):
        raise ConfigError(
            "workload.prefixes: expected a column of values and two of two bins or more, received "
            f"{len(categories)} and {len(numeric)}: write prefixes = 0"
        )
    for _ in range(number):
        category = categories[int(rng.integers(len(categories)))]
        code = int(rng.integers(fields[category].size))
        tested = [numeric[at] for at in rng.choice(len(numeric), 2, replace=False).tolist()]
        names, steps = [_equal(fields[category], code)], [_only(fields[category], code, 0, -1)]
        for column in tested:
            below = int(rng.integers(1, fields[column].coding.size))
            names.append(_below(fields[column], below))
            bins = np.arange(fields[column].size) - fields[column].shift
            steps.append(np.where((bins >= 0) & (bins < below), 0, -1))
        yield Partition.sign(" and ".join(names), [category, *tested], steps)


def halfspaces(
    fields: Sequence[Field], number: int, rng: np.random.Generator
) -> Iterator[Partition]:
    """Whether a column has one category and <w, x> > b, with x the numbers of a row.

    w is normal with variance 1/p for p numeric columns, b with variance 1. Numbers are the middles
    of bins, shifted and scaled so that they have mean 0 and variance 1 where all bins of a column
    are used evenly; the sum is one of fixed-point numbers.

    Raises:
        ConfigError: There is no column of values, or none or too many of numbers.
    """
    categories, numeric = _kinds(fields)
    if number and not (categories and numeric):
        raise ConfigError(
            "workload.halfspaces: expected a column of values and one of two bins or more, "
            f"received {len(categories)} and {len(numeric)}: write halfspaces = 0"
        )
    scaled = [_standardised(fields[column]) for column in numeric]
    for at in range(number):
        category = categories[int(rng.integers(len(categories)))]
        code = int(rng.integers(fields[category].size))
        direction = rng.normal(size=len(numeric)) / sqrt(len(numeric))
        offset = float(rng.normal())
        steps = _halfspace(fields[category], code, scaled, direction, offset)
        name = f"{_equal(fields[category], code)} and halfspace {at + 1}"
        yield Partition.sign(name, [category, *numeric], steps)


def _halfspace(
    field: Field,
    code: int,
    scaled: Sequence[Float64[np.ndarray, "..."]],
    direction: Float64[np.ndarray, " numeric"],
    offset: float,
) -> list[Int64[np.ndarray, "..."]]:
    """Steps whose sum is 0 or more where the category is ``code`` and <w, x> > b."""
    known = [
        np.rint(np.nan_to_num(weight * x) * _ONE).astype(np.int64)
        for weight, x in zip(direction.tolist(), scaled, strict=True)
    ]
    bound = -int(np.floor(offset * _ONE)) - 1
    never = -(sum(int(step.max()) for step in known) + abs(bound) + 1)
    steps = [
        _only(field, code, bound, never),
        *(np.where(np.isnan(x), never, step) for x, step in zip(scaled, known, strict=True)),
    ]
    if sum(int(abs(step).max()) for step in steps) > _LARGEST:
        raise ConfigError(
            f"workload.halfspaces: {len(scaled)} numeric columns are too many for sums of 32 "
            "bits: use fewer columns"
        )
    return steps


def _kinds(fields: Sequence[Field]) -> tuple[list[int], list[int]]:
    """Places of columns of two values or more, and of numeric ones of two bins or more."""
    kinds: tuple[list[int], list[int]] = ([], [])
    for column, field in enumerate(fields):
        numeric = field.positions() is not None
        if (field.coding.size if numeric else field.size) > 1:
            kinds[numeric].append(column)
    return kinds


def _only(field: Field, code: int, here: int, elsewhere: int) -> Int64[np.ndarray, " codes"]:
    return np.where(np.arange(field.size) == code, here, elsewhere)


def _standardised(field: Field) -> Float64[np.ndarray, " codes"]:
    """Positions with mean 0 and variance 1 over bins, NaN at missing."""
    positions = field.positions()
    assert positions is not None  # the column is numeric
    return np.asarray((positions - np.nanmean(positions)) / np.nanstd(positions))


def _equal(field: Field, code: int) -> str:
    return f"{field.name} is {field.labels()[code]}"


def _below(field: Field, bins: int) -> str:
    assert isinstance(field.coding, Bins)  # the column is numeric
    sign = "<" if field.coding.closed == "left" else "<="
    return f"{field.name} {sign} {shown(field.coding.edges[bins])}"
