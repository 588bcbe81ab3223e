"""Workload: what could be measured, in a fixed order that nothing private decides."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt32

from evaluators.private_data import query_file
from evaluators.private_data.bins import Bins
from evaluators.private_data.domain import Domain, Field
from evaluators.private_data.options import Workload
from evaluators.private_data.partition import Partition
from evaluators.private_data.random_query import halfspaces, prefixes
from evosearch.errors import ConfigError

MOST = 20_000  # partitions
MOST_CELLS = 50_000_000
_LEAST = 3  # bins of numbers that merging leaves
_STREAM = 7  # of random queries


def candidates(
    workload: Workload, domain: Domain, key: UInt32[np.ndarray, "2"], base: Path
) -> tuple[Partition, ...]:
    """Everything that could be measured: marginals, ranges, prefixes, halfspaces, then queries.

    Args:
        workload: Options.
        domain: Of the table.
        key: All that random queries depend on besides the domain.
        base: Folder that the file of queries is relative to.

    Raises:
        ConfigError: There is nothing to measure, or too much, or columns of a kind are missing, or
            the file of queries is not one.
    """
    fields = domain.fields
    orders = tuple(dict.fromkeys(workload.marginals))
    _check_orders(orders, domain)
    axes = list(_ranges(fields, workload.ranges))
    drawn = workload.prefixes + workload.halfspaces
    _limit(
        sum(comb(len(fields), order) for order in orders) + len(axes) + drawn,
        sum(_cells(domain.sizes, order) for order in orders) + 2 * drawn,
    )
    rng = np.random.default_rng([*key.tolist(), _STREAM])
    found = (
        *(_marginal(fields, columns) for columns in _columns(len(fields), orders)),
        *(Partition.grid(*each) for each in axes),
        *prefixes(fields, workload.prefixes, rng),
        *halfspaces(fields, workload.halfspaces, rng),
        *(query_file.load(base / workload.queries, fields) if workload.queries else ()),
    )
    if not found:
        raise ConfigError("workload: nothing is measured: write marginals = [2], for example")
    _limit(len(found), sum(partition.size for partition in found))
    return found


def _check_orders(orders: Sequence[int], domain: Domain) -> None:
    columns = len(domain.fields)
    if max(orders, default=1) > columns:
        raise ConfigError(
            f"workload.marginals: expected orders up to {columns}, the number of columns, "
            f"received {max(orders)}"
        )


def _limit(partitions: int, cells: int) -> None:
    if partitions > MOST:
        raise ConfigError(
            f"workload: expected at most {MOST:,} marginals, ranges and queries, received "
            f"{partitions:,}: ask for less, or use fewer columns"
        )
    if cells > MOST_CELLS:
        raise ConfigError(
            f"workload: expected at most {MOST_CELLS:,} cells, received {cells:,}: ask for lower "
            "orders, or use fewer columns or fewer codes"
        )


def _cells(sizes: Sequence[int], order: int) -> int:
    """Of all marginals of an order: the elementary symmetric polynomial of the sizes."""
    sums = [1] + [0] * order
    for size in sizes:
        for k in range(order, 0, -1):
            sums[k] += size * sums[k - 1]
    return sums[order]


def _columns(count: int, orders: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for order in orders:
        yield from combinations(range(count), order)


def _marginal(fields: Sequence[Field], columns: Sequence[int]) -> Partition:
    name = " x ".join(fields[column].name for column in columns)
    return Partition.grid(name, columns, [np.arange(fields[column].size) for column in columns])


def _ranges(
    fields: Sequence[Field], levels: int
) -> Iterator[tuple[str, tuple[int, int], list[Int64[np.ndarray, "..."]]]]:
    """Name, columns and coordinates of each pair with a numeric column, at each level."""
    for pair in combinations(range(len(fields)), 2) if levels else ():
        sides = [fields[column] for column in pair]
        if not any(map(_numeric, sides)):
            continue
        for level in range(1, levels + 1):
            merged = [_merged(side, level) for side in sides]
            known = [each for each in merged if each is not None]
            if len(known) == len(merged):
                name = " x ".join(_merged_name(side, level) for side in sides)
                yield name, pair, known


def _merged(field: Field, level: int) -> Int64[np.ndarray, " codes"] | None:
    """Coordinates with 2**level neighbouring bins merged; missing stays alone.

    Those of a column without numbers are its codes; None where too few bins would remain.
    """
    if not _numeric(field):
        return np.arange(field.size)
    bins = np.arange(field.coding.size) >> level
    if bins[-1] + 1 < _LEAST:
        return None
    return np.concatenate([np.zeros(field.shift, np.int64), bins + field.shift])


def _merged_name(field: Field, level: int) -> str:
    return f"{field.name}/{2**level}" if _numeric(field) else field.name


def _numeric(field: Field) -> bool:
    return isinstance(field.coding, Bins)
