"""Query file: a Python file of the user's own with queries of a few columns each.

Like every plug-in it is code that runs with the user's rights. It sees the domain alone.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from evaluators.private_data.domain import Field
from evaluators.private_data.partition import Partition
from evaluators.private_data.values import Values
from evosearch.errors import ConfigError, EvosearchError

MOST_COLUMNS = 4
MOST_COMBINATIONS = 1_000_000
_FORM = 'QUERIES = {"name": (("column", "column"), function)}'


def load(path: Path, fields: Sequence[Field]) -> tuple[Partition, ...]:
    """The queries of a file, tabulated over all combinations of their columns' codes.

    Args:
        path: With a dict ``QUERIES``: name -> (columns, function). A function gets an array for
            each column, shaped as the grid of all combinations: numbers are middles of bins (of
            the whole numbers in them), NaN at missing; other columns are the texts of their cells.
            It returns booleans, or whole numbers 0, 1, ... that all occur: the cell of each
            combination.
        fields: Of the table.

    Raises:
        ConfigError: With every mistake.
    """
    queries = getattr(_module(path), "QUERIES", None)
    if not isinstance(queries, dict) or not queries:
        raise ConfigError(f"{path.name}: expected queries: {_FORM}")
    found, mistakes = list[Partition](), list[str]()
    for name, query in queries.items():
        try:
            found.append(_partition(name, query, fields))
        except ConfigError as error:
            mistakes.append(f"{path.name}: query {name!r}: {error}")
    if mistakes:
        raise ConfigError(mistakes)
    return tuple(found)


def _module(path: Path) -> Any:
    """The file as a module; the same content at the same path is run once."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"workload.queries: cannot read {path}: {error.strerror}") from error
    mark = blake2b(content + str(path.resolve()).encode(), digest_size=8).hexdigest()
    name = f"evosearch_queries_{mark}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"workload.queries: {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, EvosearchError) or not isinstance(error, Exception):
            raise
        raise ConfigError(
            f"workload.queries: running {path.name} failed: {type(error).__name__}: {error}"
        ) from error
    return module


def _partition(name: Any, query: Any, fields: Sequence[Field]) -> Partition:
    if not (isinstance(name, str) and name.isprintable() and name):
        raise ConfigError("expected a text as its name")
    columns, function = _parts(query)
    known = {field.name: place for place, field in enumerate(fields)}
    unknown = [column for column in columns if column not in known]
    if unknown:
        raise ConfigError(
            f"no column {', '.join(map(repr, unknown))}: expected some of {', '.join(known)}"
        )
    places = [known[column] for column in columns]
    shape = tuple(fields[place].size for place in places)
    if prod(shape) > MOST_COMBINATIONS:
        raise ConfigError(
            f"expected at most {MOST_COMBINATIONS:,} combinations of its columns' codes, received "
            f"{prod(shape):,}"
        )
    grids = _grids([fields[place] for place in places], shape)
    try:
        answer = np.asarray(function(*grids))
    except Exception as error:
        raise ConfigError(f"its function failed: {type(error).__name__}: {error}") from error
    return Partition.tabulated(name, places, _checked(answer, shape))


def _parts(query: Any) -> tuple[tuple[str, ...], Callable[..., Any]]:
    pair = query if isinstance(query, tuple | list) and len(query) == 2 else ((), None)
    columns, function = pair
    fine = isinstance(columns, tuple | list) and all(isinstance(c, str) for c in columns)
    if not fine or not callable(function):
        raise ConfigError(f"expected columns and a function: {_FORM}")
    if not 1 <= len(columns) <= MOST_COLUMNS or len(set(columns)) < len(columns):
        raise ConfigError(
            f"expected 1 to {MOST_COLUMNS} different columns, received {', '.join(columns)}"
        )
    return tuple(columns), function


def _grids(fields: Sequence[Field], shape: tuple[int, ...]) -> Iterator[Any]:
    for axis, field in enumerate(fields):
        along = [1] * len(shape)
        along[axis] = field.size
        yield np.broadcast_to(_values(field).reshape(along), shape)


def _values(field: Field) -> np.ndarray[Any, Any]:
    """What each code stands for."""
    if isinstance(field.coding, Values):
        missing = [] if field.missing is None else [field.missing]
        return np.array([*missing, *field.coding.texts])
    spans = field.coding.spans()
    return np.concatenate([np.full(field.shift, np.nan), (spans.low + spans.high) / 2])


def _checked(answer: np.ndarray[Any, Any], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Cells of all combinations."""
    if answer.dtype.kind not in "biu" or answer.shape != shape:
        raise ConfigError(
            f"expected an array of booleans or whole numbers, shaped {shape}, received "
            f"{answer.dtype}, shaped {answer.shape}"
        )
    cells = np.unique(answer)
    if len(cells) < 2:
        raise ConfigError(f"it is {cells[0]} for every combination: there is nothing to count")
    if not np.array_equal(cells.astype(object), range(len(cells))):
        raise ConfigError(
            f"expected whole numbers 0, 1, 2, ... that all occur, received {len(cells)} different "
            f"ones from {cells[0]} to {cells[-1]}"
        )
    return answer
