"""Message: what a driver and its worker processes tell each other. JSON and arrays, no pickles."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from evosearch.errors import FormatError

_LENGTH = 8  # bytes that say how long the head is
_TYPE = re.compile(r"\|[bui]1|[<>][iuf][248]")


@dataclass(frozen=True, eq=False)
class Message:
    """A message.

    Attributes:
        facts: Anything that JSON can say; NaN and infinities belong into arrays.
        arrays: Of numbers or truth values.
        blobs: Genomes in their byte form.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    blobs: Sequence[bytes] = ()

    def pack(self) -> bytes:
        """As bytes: the length of the head, the head (JSON), arrays and blobs."""
        arrays = {name: np.ascontiguousarray(array) for name, array in self.arrays.items()}
        head = {
            "facts": self.facts,
            "arrays": [
                [n, a.dtype.str, list(np.shape(self.arrays[n]))] for n, a in arrays.items()
            ],
            "blobs": [len(blob) for blob in self.blobs],
        }
        text = json.dumps(head, allow_nan=False).encode()
        parts = [len(text).to_bytes(_LENGTH, "little"), text]
        return b"".join([*parts, *(a.tobytes() for a in arrays.values()), *self.blobs])

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Inverse of `pack`.

        Raises:
            FormatError: The bytes are no message.
        """
        try:
            return cls._unpacked(data)
        except (ValueError, KeyError, TypeError, UnicodeDecodeError, RecursionError) as error:
            raise FormatError(f"a worker's message cannot be read: {error}") from error

    @classmethod
    def _unpacked(cls, data: bytes) -> Self:
        start = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
        head = json.loads(data[_LENGTH:start])
        arrays, blobs = {}, []
        for name, text, shape in head["arrays"]:
            if not _TYPE.fullmatch(text):
                raise ValueError(f"array {name!r} of type {text!r}, expected numbers")
            dtype = np.dtype(text)
            count = int(np.prod(shape, dtype=np.int64))
            end = start + count * dtype.itemsize
            arrays[name] = np.frombuffer(data[start:end], dtype).reshape(shape)
            start = end
        for length in head["blobs"]:
            blobs.append(data[start : start + length])
            start += length
        if start != len(data):
            raise ValueError(f"{len(data)} bytes, expected {start}")
        return cls(head["facts"], arrays, blobs)
