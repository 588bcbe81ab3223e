"""Held: the systems that judge in the end, and what is known without a search costs on them."""

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Float64, Int64

from evaluators.sor.comparators.chebyshev import chebyshev
from evaluators.sor.comparators.closed_form import extended, young
from evaluators.sor.comparators.comparison import Comparison
from evaluators.sor.comparators.conjugate import conjugate_gradients
from evaluators.sor.comparators.hindsight import best_fixed, oracle
from evaluators.sor.comparators.profiles import Profiles
from evaluators.sor.options import Options
from evaluators.sor.systems import Systems

_BEST_FIXED_POINTS = 96


class Held:
    """Groups of systems and the comparators on them, each solved when first asked for."""

    def __init__(self, groups: Sequence[Systems], options: Options) -> None:
        self.groups = groups
        self.profiles = Profiles(
            groups, options.method, options.ordering, options.tolerance, options.cap
        )
        self._options = options
        self._chebyshev = options.method == "sor" and options.ordering == "red-black"

    @cached_property
    def oracle(self) -> Comparison:
        """Each system's best omega of the grid."""
        return oracle(self.profiles, self._options.omegas(self._options.oracle[2]))

    @cached_property
    def best_fixed(self) -> Comparison:
        """The best omega for all of them."""
        return best_fixed(self.profiles, self._options.omegas(_BEST_FIXED_POINTS))

    @cached_property
    def young(self) -> Comparison:
        """Young's formula; extended where Jacobi's iteration diverges for some system."""
        told = young(self.profiles)
        defined = told.omegas is not None and np.isfinite(told.omegas).all()
        return told if defined else extended(self.profiles)

    @cached_property
    def chebyshev(self) -> Comparison | None:
        """Cyclic Chebyshev, for red-black sweeps of systems whose Jacobi iteration converges."""
        return chebyshev(self.profiles) if self._chebyshev else None

    @cached_property
    def cg(self) -> Comparison:
        """Conjugate gradients without a preconditioner."""
        return conjugate_gradients(self.profiles)

    def comparators(self) -> list[tuple[str, Comparison]]:
        """Name of the metric's ending and comparator."""
        known = [
            ("oracle", self.oracle),
            ("young", self.young),
            ("best_fixed", self.best_fixed),
        ]
        if self.chebyshev is not None:
            known.append(("chebyshev", self.chebyshev))
        return known

    def by_group(
        self, counts: Int64[np.ndarray, " systems"] | Float64[np.ndarray, " systems"]
    ) -> Float64[np.ndarray, " groups"]:
        """Mean of every group."""
        ends = np.cumsum([0, *map(len, self.groups)]).tolist()
        return np.array([counts[a:b].mean() for a, b in pairwise(ends)])

    def metrics(self, counts: Float64[np.ndarray, " systems"]) -> dict[str, float]:
        """Iterations and ratios of a sequence of counts, all systems taken together."""
        found = {"mean_iterations": float(counts.mean())}
        for name, other in self.comparators():
            found[f"ratio_to_{name}"] = float(counts.sum() / other.counts.sum())
        found["cg_iterations"] = self.cg.mean
        ratios = self.by_group(counts) / self.by_group(self.oracle.counts)
        found["geomean_to_oracle"] = float(np.exp(np.log(ratios).mean()))
        return found

    def rows(self, counts: Float64[np.ndarray, " systems"]) -> list[dict[str, float | str]]:
        """The same for every group."""
        means = self.by_group(counts)
        others = [(name, self.by_group(other.counts)) for name, other in self.comparators()]
        cg = self.by_group(self.cg.counts)
        table: list[dict[str, float | str]] = []
        for row, systems in enumerate(self.groups):
            cells: dict[str, float | str] = {"systems": systems.name, "n": float(systems.n)}
            cells["mean_iterations"] = float(means[row])
            for name, each in others:
                cells[f"ratio_to_{name}"] = float(means[row] / each[row])
            cells["cg_iterations"] = float(cg[row])
            table.append(cells)
        return table
