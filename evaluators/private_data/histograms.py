"""Histograms: of every column the table's shares of codes, beside the noisy ones."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from jaxtyping import UInt16

from evaluators.private_data.domain import Domain, Field
from evaluators.private_data.marginal import Marginal
from evosearch.contracts import Panel, Panels

_MOST = 24  # panels of a picture
_BARS = 40  # of a panel; where a column has more codes, neighbours are summed


def histograms(
    table: UInt16[np.ndarray, "rows columns"],
    singles: Mapping[int, Marginal],
    domain: Domain,
    rows: float,
) -> Iterator[Panels]:
    """Pictures of a panel a column.

    Args:
        table: Codes.
        singles: Noisy counts of the columns for which there are any, by place.
        domain: Of the table.
        rows: Of the private table.
    """
    panels = [
        _panel(field, table[:, column], singles.get(column), rows)
        for column, field in enumerate(domain.fields)
    ]
    parts = [panels[at : at + _MOST] for at in range(0, len(panels), _MOST)]
    for number, part in enumerate(parts, 1):
        yield Panels(
            f"columns-{number}" if len(parts) > 1 else "columns",
            "Values of every column" + (f" ({number} of {len(parts)})" if len(parts) > 1 else ""),
            ["this table", "noisy answers"],
            part,
            _caption(domain, singles),
            "share of rows",
        )


def _panel(
    field: Field, codes: UInt16[np.ndarray, " rows"], single: Marginal | None, rows: float
) -> Panel:
    ours = np.bincount(codes, minlength=field.size) / len(codes)
    noisy = np.full(field.size, np.nan) if single is None else single.counts / rows
    starts = np.arange(0, field.size, -(-field.size // _BARS))
    values = np.add.reduceat(np.stack([ours, noisy]), starts, axis=1)
    return Panel(field.name, _labels(field.labels(), starts.tolist()), values)


def _labels(labels: Sequence[str], starts: Sequence[int]) -> list[str]:
    """Of the codes from each start to the next one: the first and the last label."""
    ends = [*starts[1:], len(labels)]
    return [
        labels[start] if end == start + 1 else f"{labels[start]} … {labels[end - 1]}"
        for start, end in zip(starts, ends, strict=True)
    ]


def _caption(domain: Domain, singles: Mapping[int, Marginal]) -> str:
    text = "Marks are noisy answers, or what they sum up to; noise can put them below 0."
    if any(size > _BARS for size in domain.sizes):
        text += f" Neighbouring codes are summed where a column has more than {_BARS}."
    unknown = [name for at, name in enumerate(domain.names) if at not in singles]
    return f"{text} No answer tells {', '.join(unknown)}." if unknown else text
