"""Values: a column whose cells are one of some known texts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from jaxtyping import UInt16

from evaluators.private_data.number import number
from evaluators.private_data.span import Spans

_SHOWN = 12  # texts that a message names


@dataclass(frozen=True)
class Values:
    """The code of a cell is the position of its text in ``texts``."""

    texts: tuple[str, ...]

    @classmethod
    def numbered(cls, size: int) -> Self:
        """Cells that are codes already: ``0`` to ``size - 1``."""
        return cls(tuple(map(str, range(size))))

    @property
    def size(self) -> int:
        """Number of codes."""
        return len(self.texts)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {text: code for code, text in enumerate(self.texts)}

    def code(self, text: str) -> int | None:
        """Code of a cell, or None where the text is no value."""
        return self._codes.get(text)

    def expected(self) -> str:
        """What a cell may be, for messages."""
        if self._is_numbered() and self.size > 2:
            return f"a whole number from 0 to {self.size - 1}"
        shown = ", ".join(json.dumps(text, ensure_ascii=False) for text in self.texts[:_SHOWN])
        more = f", ... ({self.size} values)" if self.size > _SHOWN else ""
        return f"one of {shown}{more}"

    def labels(self) -> tuple[str, ...]:
        """The texts themselves."""
        return self.texts

    def positions(self) -> None:
        """Values have no order."""

    def spans(self) -> Spans | None:
        """Each code as the number that its text is; None unless all texts are numbers."""
        numbers = [number(text) for text in self.texts]
        known = [value for value in numbers if value is not None]
        return Spans.of_numbers(known) if len(known) == len(numbers) else None

    def cells(self, codes: UInt16[np.ndarray, " rows"], rng: np.random.Generator) -> Sequence[str]:
        """Texts of codes."""
        return [self.texts[code] for code in codes.tolist()]

    def to_json(self) -> int | dict[str, Any]:
        """As in a domain file."""
        return self.size if self._is_numbered() else {"values": list(self.texts)}

    def _is_numbered(self) -> bool:
        return self.texts == tuple(map(str, range(self.size)))
