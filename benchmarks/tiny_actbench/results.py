"""Results of trainings in a file that only grows: whoever is killed loses one function at most."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

SCALE = 10_000  # accuracies are kept in units of 1/SCALE


@dataclass(frozen=True)
class Results:
    """Lines of JSON: ``function``, ``course`` (what made it) and ``accuracy`` [rate][seed].

    A last line that was cut off is ignored, and the next one begins on a line of its own.
    """

    path: Path

    def read(self, course: str) -> dict[int, Float64[np.ndarray, "rates seeds"]]:
        """Accuracies by function of one course; of several lines the first."""
        found: dict[int, Float64[np.ndarray, "rates seeds"]] = {}
        for line in self._lines():
            if line["course"] == course:
                found.setdefault(line["function"], np.array(line["accuracy"]) / SCALE)
        return found

    def courses(self) -> list[str]:
        """Of all lines, in order of appearance."""
        return list(dict.fromkeys(line["course"] for line in self._lines()))

    def append(
        self, course: str, function: int, accuracy: Float64[np.ndarray, "rates seeds"]
    ) -> None:
        """One line, on the disk when this returns."""
        whole = np.round(np.nan_to_num(accuracy) * SCALE).astype(int).tolist()
        line = json.dumps({"function": function, "course": course, "accuracy": whole})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            start = b"" if _ended(file) else b"\n"
            file.write(start + line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _lines(self) -> Iterable[dict[str, Any]]:
        if not self.path.exists():
            return
        for text in self.path.read_text("utf-8").splitlines():
            try:
                yield json.loads(text)
            except json.JSONDecodeError:
                continue  # cut off


def _ended(file: Any) -> bool:
    """Whether a file that is open at its end is empty or ends a line."""
    if not file.seek(0, os.SEEK_END):
        return True
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")
