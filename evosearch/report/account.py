"""Account: where a campaign's time went, read from its profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

MEANING = {
    "breed": "choosing parents and making children",
    "refine": "fitting children before they are scored",
    "compile": "compiling the evaluator",
    "score": "scoring children",
    "lookup": "digests of children, and what is known by them",
    "select": "survivors, migration and the front",
    "waiting": "for the store to finish the generation before",
    "other": "everything else, telling included",
    "store": "committing, while the next generation is in progress",
}


@dataclass(frozen=True)
class Account:
    """Seconds.

    Attributes:
        parts: What the loop did, by name, longest first; parts of no time are left out.
        store: How long the store worked, beside the loop.
    """

    parts: Mapping[str, float]
    store: float

    @classmethod
    def of(cls, profile: Mapping[str, float]) -> Self:
        """The account of `queries.status` or of summed `queries.generations`."""
        loop = {name: s for name, s in profile.items() if name not in ("store", "total") and s > 0}
        ordered = sorted(loop.items(), key=lambda part: (-part[1], part[0]))
        return cls(dict(ordered), profile.get("store", 0.0))

    @property
    def total(self) -> float:
        """All that the loop did: its wall clock."""
        return sum(self.parts.values())
