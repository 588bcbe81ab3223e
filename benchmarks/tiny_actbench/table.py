"""The table: accuracy of every behaviour at every rate, small enough to be kept with the code."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from benchmarks.tiny_actbench.space import Space
from evaluators.activation.statistics import split_half

PATH = Path(__file__).parent / "table.npz"
_ACCURACY, _ERROR = 10_000, 100_000  # units of the stored whole numbers


@dataclass(frozen=True, eq=False)
class Table:
    """What a campaign would see of each function.

    Attributes:
        behaviours: Of each of the 5,103 functions; -1: not worth training.
        representatives: The function that was trained for each behaviour.
        accuracy: Means over seeds; NaN of what is not known.
        errors: Standard errors of these means.
        rates: Of the sweep.
        halves: Rank correlation of the means at the best rates over halves of the seeds.
        course: What made it.
    """

    behaviours: Int64[np.ndarray, " functions"]
    representatives: Int64[np.ndarray, " behaviours"]
    accuracy: Float64[np.ndarray, "behaviours rates"]
    errors: Float64[np.ndarray, "behaviours rates"]
    rates: Float64[np.ndarray, " rates"]
    halves: float
    course: str

    @property
    def best(self) -> Float64[np.ndarray, " behaviours"]:
        """Mean accuracy at the best rate."""
        known = np.where(np.isnan(self.accuracy), -np.inf, self.accuracy).max(axis=1)
        return np.where(np.isinf(known), np.nan, known)

    @classmethod
    def of(
        cls,
        space: Space,
        results: Mapping[int, Float64[np.ndarray, "rates seeds"]],
        rates: Float64[np.ndarray, " rates"],
        course: str,
    ) -> "Table":
        """From results by function."""
        n = len(space.representatives)
        accuracy, errors = np.full((n, len(rates)), np.nan), np.full((n, len(rates)), np.nan)
        sweeps = {}
        for place, function in enumerate(space.representatives.tolist()):
            if function in results:
                sweep = results[function]
                accuracy[place] = sweep.mean(axis=1)
                errors[place] = sweep.std(axis=1, ddof=1) / np.sqrt(sweep.shape[1])
                sweeps[place] = sweep[np.argmax(accuracy[place])]
        halves = split_half(np.stack(list(sweeps.values()))) if len(sweeps) > 1 else np.nan
        return cls(
            space.behaviours, space.representatives, accuracy, errors, rates, float(halves), course
        )

    def save(self, path: Path = PATH) -> None:
        """Whole numbers of 16 bits; the largest stands for NaN."""
        np.savez_compressed(
            path,
            behaviours=self.behaviours.astype(np.int16),
            representatives=self.representatives.astype(np.int16),
            accuracy=_packed(self.accuracy, _ACCURACY),
            errors=_packed(self.errors, _ERROR),
            rates=self.rates,
            halves=np.float64(self.halves),
            course=np.array(self.course),
        )

    @classmethod
    def load(cls, path: Path = PATH) -> "Table":
        """What `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            return cls(
                file["behaviours"].astype(np.int64),
                file["representatives"].astype(np.int64),
                _unpacked(file["accuracy"], _ACCURACY),
                _unpacked(file["errors"], _ERROR),
                file["rates"],
                float(file["halves"]),
                str(file["course"]),
            )


_UNKNOWN = np.iinfo(np.uint16).max


def _packed(values: Float64[np.ndarray, "n rates"], unit: int) -> np.ndarray:
    whole = np.minimum(np.round(np.nan_to_num(values) * unit), _UNKNOWN - 1)
    return np.where(np.isnan(values), _UNKNOWN, whole).astype(np.uint16)


def _unpacked(whole: np.ndarray, unit: int) -> Float64[np.ndarray, "n rates"]:
    return np.where(whole == _UNKNOWN, np.nan, whole / unit)
