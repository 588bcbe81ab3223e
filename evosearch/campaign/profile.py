"""Profile: where the loop's wall clock goes, one generation after the other."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Profile:
    """Seconds by part; no two parts overlap, so that they add up to the whole.

    Parts: ``breed``, ``refine``, ``compile``, ``score``, ``lookup`` (digests, and what is known
    by them), ``select``, ``waiting`` (for the store), and ``other``, which is the rest.
    """

    def __init__(self) -> None:
        self._parts: defaultdict[str, float] = defaultdict(float)
        self._mark: float | None = None

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What happens inside belongs to a part; the first one starts the clock."""
        started = time.perf_counter()
        self._mark = self._mark or started
        try:
            yield
        finally:
            self._parts[name] += time.perf_counter() - started

    def add(self, seconds: Mapping[str, float]) -> None:
        """Count parts that were measured elsewhere."""
        for name, each in seconds.items():
            self._parts[name] += each

    def lap(self) -> dict[str, float]:
        """End a generation: its parts, and their sum as ``total``."""
        now = time.perf_counter()
        total = now - (self._mark or now)
        parts = {**self._parts, "other": total - sum(self._parts.values()), "total": total}
        self._parts.clear()
        self._mark = now
        return parts
