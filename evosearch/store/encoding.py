"""How values lie in columns: JSON, times, measures, objectives, arrays."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Float64

from evosearch.errors import StorageError
from evosearch.store.records import MAX_OBJECTIVES

_NUMERIC = "biufcSU"  # kinds of arrays that may be stored: no objects


def to_json(value: Any) -> str:
    """Canonical JSON; non-finite numbers in Python's spelling."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def timestamp() -> str:
    """Now, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def measures_to_bytes(measures: Float64[np.ndarray, "n measures"]) -> list[bytes]:
    """One row of little-endian float64 each; there has to be a measure."""
    width = measures.shape[1] * 8
    data = measures.astype("<f8").tobytes()
    return [data[i : i + width] for i in range(0, len(data), width)]


def measures_from_bytes(
    rows: Sequence[bytes | None], count: int
) -> Float64[np.ndarray, "n measures"]:
    """Inverse of `measures_to_bytes`; raises StorageError where a row has not ``count`` values."""
    data = b"".join(row or b"" for row in rows)
    if len(data) != 8 * count * len(rows):
        raise StorageError(f"stored measures are damaged: expected {count} of each individual")
    return np.frombuffer(data, "<f8").astype(np.float64).reshape(len(rows), count)


def objectives_from_rows(
    rows: Sequence[Sequence[float | None]], count: int
) -> Float64[np.ndarray, "n objectives"]:
    """The first ``count`` of the columns obj0 to obj7, NaN for NULL."""
    values = np.array(rows, dtype=np.float64).reshape(-1, MAX_OBJECTIVES)
    return np.ascontiguousarray(values[:, :count])


def array_to_row(array: npt.NDArray[Any]) -> tuple[str, str, bytes, bytes]:
    """(dtype, shape, data, digest) of an array of numbers or text."""
    if array.dtype.kind not in _NUMERIC:
        raise StorageError(f"arrays of {array.dtype} cannot be stored: expected numbers or text")
    array = array.astype(array.dtype.newbyteorder("<"), order="C")
    data = array.tobytes()
    return (
        array.dtype.str,
        to_json(list(array.shape)),
        data,
        blake2b(data, digest_size=16).digest(),
    )


def array_from_row(dtype: str, shape: str, data: bytes, digest: bytes) -> npt.NDArray[Any]:
    """Strict inverse of `array_to_row`; raises StorageError."""
    if blake2b(data, digest_size=16).digest() != digest:
        raise StorageError("a prepared array is damaged: restore the last backup")
    try:
        kind = np.dtype(dtype)
        if kind.kind not in _NUMERIC:
            raise ValueError(f"dtype {dtype!r}")
        return np.frombuffer(data, kind).reshape(json.loads(shape)).copy()
    except (TypeError, ValueError) as error:
        raise StorageError(f"a prepared array cannot be read: {error}") from error
