"""Truth: a rule for every combination of codes at once: 1 true, 0 unknown, -1 false.

Of a rule's parts the truth is that of Kleene's logic, so that false is certain: whatever the
values in the bins are, the rule does not hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int8

from evaluators.private_data.domain import Field
from evaluators.private_data.rule import (
    Both,
    Comparison,
    Either,
    Literal,
    Missing,
    Name,
    Not,
    Rule,
)
from evaluators.private_data.rule import Term as RuleTerm
from evaluators.private_data.span import Spans
from evaluators.private_data.values import Values
from evosearch.errors import ConfigError

Truth = Int8[np.ndarray, "..."]
Flags = Bool[np.ndarray, "..."]
Array = np.ndarray[Any, Any]


def truth(rule: Rule, fields: Sequence[Field]) -> Truth:
    """Truth of a rule, an axis for each of ``fields``.

    Raises:
        ConfigError: It compares what cannot be compared.
    """
    shape = tuple(field.size for field in fields)
    return np.broadcast_to(_truth(rule, fields), shape)


def _truth(rule: Rule, fields: Sequence[Field]) -> Truth:
    match rule:
        case Comparison(sign, left, right):
            return _compared(sign, left, right, fields)
        case Missing(column):
            axis, field = _field(column.name, fields)
            if field.missing is None:
                raise ConfigError(f'column {field.name!r} has no "missing" text in the domain')
            return _along(
                axis, len(fields), np.where(np.arange(field.size) == 0, 1, -1).astype(np.int8)
            )
        case Not(one):
            return -_truth(one, fields)
        case Both(parts):
            return _folded(np.minimum, parts, fields)
        case Either(parts):
            return _folded(np.maximum, parts, fields)


def _folded(
    join: Callable[[Truth, Truth], Truth], parts: Sequence[Rule], fields: Sequence[Field]
) -> Truth:
    found = _truth(parts[0], fields)
    for part in parts[1:]:
        found = join(found, _truth(part, fields))
    return found


@dataclass(frozen=True)
class _Side:
    """One side of a comparison, with arrays that broadcast over all combinations.

    Attributes:
        shown: For messages.
        spans: Numbers; None where it has none.
        texts: Texts of its codes as an array of objects; None where it has none.
        known: Where it is not missing.
    """

    shown: str
    spans: Spans | None
    texts: Array | None
    known: Flags


def _compared(sign: str, left: RuleTerm, right: RuleTerm, fields: Sequence[Field]) -> Truth:
    one, other = _side(left, fields), _side(right, fields)
    _check_texts(left, right, fields)
    if one.spans is not None and other.spans is not None:
        yes, no = _numbers(sign, one.spans, other.spans)
    elif one.texts is None or other.texts is None:
        raise ConfigError(f"{one.shown} cannot be compared with {other.shown}: one has no numbers")
    elif sign not in ("==", "!="):
        raise ConfigError(f"{one.shown} {sign} {other.shown}: texts have no order, write == or !=")
    else:
        equal = np.asarray(one.texts == other.texts, bool)
        yes, no = (equal, ~equal) if sign == "==" else (~equal, equal)
    found = yes.astype(np.int8) - no.astype(np.int8)
    return np.where(one.known & other.known, found, np.int8(0))


def _numbers(sign: str, a: Spans, b: Spans) -> tuple[Flags, Flags]:
    """Where ``a sign b`` holds for every pair of their numbers, and where for none."""
    match sign:
        case "<":
            return _below(a, b), _not_above(b, a)
        case ">":
            return _below(b, a), _not_above(a, b)
        case "<=":
            return _not_above(a, b), _below(b, a)
        case ">=":
            return _not_above(b, a), _below(a, b)
    point = (a.low == a.high) & (b.low == b.high) & (a.low == b.low)
    apart = _below(a, b) | _below(b, a)
    return (point, apart) if sign == "==" else (apart, point)


def _below(a: Spans, b: Spans) -> Flags:
    """Every number of ``a`` is less than every one of ``b``."""
    touching = (a.high == b.low) & (a.high_open | b.low_open)
    holds: Flags = (a.high < b.low) | touching
    return holds


def _not_above(a: Spans, b: Spans) -> Flags:
    """No number of ``a`` is more than any one of ``b``."""
    holds: Flags = a.high <= b.low
    return holds


def _side(term: RuleTerm, fields: Sequence[Field]) -> _Side:
    rank = len(fields)
    if isinstance(term, Literal):
        value = term.value
        known = np.ones((1,) * rank, bool)
        if isinstance(value, str):
            return _Side(repr(value), None, _objects([value]).reshape((1,) * rank), known)
        return _Side(f"{value:g}", _spread(Spans.of_numbers([value]), 0, rank, 0), None, known)
    axis, field = _field(term.name, fields)
    spans = field.spans()
    known = _along(axis, rank, np.arange(field.size) >= field.shift)
    texts = None
    if isinstance(field.coding, Values):
        texts = _along(axis, rank, _objects([""] * field.shift + list(field.coding.texts)))
    spread = None if spans is None else _spread(spans, axis, rank, field.shift)
    return _Side(f"column {field.name!r}", spread, texts, known)


def _check_texts(left: RuleTerm, right: RuleTerm, fields: Sequence[Field]) -> None:
    """A quoted text has to be a value of the column that it is compared with."""
    for text, column in ((left, right), (right, left)):
        if not (isinstance(text, Literal) and isinstance(text.value, str)):
            continue
        if not isinstance(column, Name):
            continue
        _, field = _field(column.name, fields)
        if text.value == field.missing:
            raise ConfigError(f"{text.value!r} is the missing text: write missing({field.name})")
        if isinstance(field.coding, Values) and field.coding.code(text.value) is None:
            raise ConfigError(
                f"{text.value!r} is no value of column {field.name!r}: expected "
                f"{field.coding.expected()}"
            )


def _spread(spans: Spans, axis: int, rank: int, shift: int) -> Spans:
    """Spans along one axis, with something at missing that is never looked at."""

    def along(values: Array) -> Array:
        return _along(axis, rank, np.concatenate([values[:1]] * shift + [values]))

    return spans.each(along)


def _along(axis: int, rank: int, values: Array) -> Array:
    """A row of values along one of ``rank`` axes."""
    return values.reshape([-1 if j == axis else 1 for j in range(rank)])


def _objects(texts: Sequence[str]) -> Array:
    return np.array(texts, dtype=object)


def _field(name: str, fields: Sequence[Field]) -> tuple[int, Field]:
    return next((axis, field) for axis, field in enumerate(fields) if field.name == name)
