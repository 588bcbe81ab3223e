"""Profiles: iterations of systems by omega, solved once and looked up afterwards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64

from evaluators.sor.cg import ssor_cg
from evaluators.sor.comparators.comparison import Comparison
from evaluators.sor.crossing import Counts
from evaluators.sor.ordering import OrderingName
from evaluators.sor.solver import sor
from evaluators.sor.spectrum import Spectrum, spectrum
from evaluators.sor.systems import Systems
from evosearch.errors import ConfigError


@dataclass(frozen=True)
class Profiles:
    """All systems of some groups, one after the other, and one way of solving them.

    Attributes:
        groups: The systems.
        method: Relaxation, or conjugate gradients preconditioned by its symmetric form.
        ordering: Of the unknowns, for relaxation.
        tolerance: Of the residual norm, relative to the start's (of b's for ``ssor-cg``).
        cap: Most iterations.
    """

    groups: Sequence[Systems]
    method: Literal["sor", "ssor-cg"] = "sor"
    ordering: OrderingName = "lexicographic"
    tolerance: float = 1e-8
    cap: int = 10_000
    _tables: dict[bytes, Counts] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return sum(map(len, self.groups))

    def parts(self) -> Iterator[tuple[Systems, slice]]:
        """Each group, and where its systems stand among all."""
        start = 0
        for systems in self.groups:
            yield systems, slice(start, start + len(systems))
            start += len(systems)

    def solve(
        self,
        omegas: Float64[np.ndarray, " systems"],
        *,
        cap: Int64[np.ndarray, " systems"] | None = None,
    ) -> Counts:
        """Every system with an omega of its own; ``cap`` may be lower for some."""
        return self._lanes(omegas[:, None], cap)

    def solve_grid(
        self,
        grid: Float64[np.ndarray, " omegas"],
        *,
        cap: Int64[np.ndarray, " systems"] | None = None,
    ) -> Counts:
        """Every system with every omega, the first system's first; kept unless capped lower."""
        omegas = np.broadcast_to(grid, (len(self), len(grid)))
        if cap is not None:
            return self._lanes(omegas, cap)
        key = grid.tobytes()
        if key not in self._tables:
            self._tables[key] = self._lanes(omegas, None)
        return self._tables[key]

    def table(self, grid: Float64[np.ndarray, " omegas"]) -> Int64[np.ndarray, "systems omegas"]:
        """Iterations of every system with every omega."""
        return self.solve_grid(grid).iterations.reshape(len(self), len(grid))

    def fact(self, name: str) -> Float64[np.ndarray, " systems"]:
        """A fact of every system.

        Raises:
            ConfigError: A group does not have it.
        """
        for systems in self.groups:
            if name not in systems.facts:
                raise ConfigError(
                    f"{systems.name} has no fact {name!r}; "
                    f"expected one of {', '.join(sorted(systems.facts))}"
                )
        return np.concatenate([systems.facts[name] for systems in self.groups])

    @cached_property
    def spectrum(self) -> Spectrum:
        """Extreme eigenvalues of every system."""
        ends = [spectrum(systems) for systems in self.groups]
        return Spectrum(
            np.concatenate([end.lowest for end in ends]),
            np.concatenate([end.highest for end in ends]),
        )

    def comparison(
        self,
        name: str,
        counts: Int64[np.ndarray, " systems"],
        omegas: Float64[np.ndarray, " systems"] | None = None,
        notes: str = "",
    ) -> Comparison:
        """With a note on systems that were not solved."""
        capped = int((counts >= self.cap).sum())
        if capped:
            failed = f"{capped} of {len(self)} not solved in {self.cap} iterations"
            notes = f"{notes}; {failed}" if notes else failed
        return Comparison(name, counts, omegas, notes)

    def _lanes(
        self,
        omegas: Float64[np.ndarray, "systems k"],
        cap: Int64[np.ndarray, " systems"] | None,
    ) -> Counts:
        """A lane for each entry of ``omegas``, row by row."""
        found, k = [], omegas.shape[1]
        for systems, rows in self.parts():
            which = np.repeat(np.arange(len(systems)), k)
            caps = self.cap if cap is None else np.repeat(cap[rows], k)
            lanes = np.ascontiguousarray(omegas[rows]).ravel()
            found.append(self._solve(systems, which, lanes, caps))
        return Counts(
            np.concatenate([counts.iterations for counts in found]),
            np.concatenate([counts.crossing for counts in found]),
            np.concatenate([counts.converged for counts in found]),
        )

    def _solve(
        self,
        systems: Systems,
        which: Int64[np.ndarray, " lanes"],
        omegas: Float64[np.ndarray, " lanes"],
        cap: int | Int64[np.ndarray, " lanes"],
    ) -> Counts:
        if self.method == "sor":
            return sor(
                systems,
                which,
                omegas,
                ordering=self.ordering,
                tolerance=self.tolerance,
                cap=cap,
            )
        return ssor_cg(systems, which, omegas, tolerance=self.tolerance, cap=cap)
