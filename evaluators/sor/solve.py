"""Solve: every system of a group with every genome's omegas, in lanes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from evaluators.sor.cg import ssor_cg
from evaluators.sor.crossing import Counts
from evaluators.sor.options import Options
from evaluators.sor.solver import sor
from evaluators.sor.systems import Systems

LANES = 1 << 14  # of one call, so that memory stays bounded


@dataclass(frozen=True)
class Method:
    """What omegas are for."""

    options: Options

    def run(
        self,
        systems: Systems,
        which: Int64[np.ndarray, " lanes"],
        omegas: Float64[np.ndarray, "lanes steps"],
    ) -> Counts:
        """Iterations of lanes, each one system with one omega or one a sweep."""
        options = self.options
        tolerance, cap = options.tolerance, options.cap
        if options.method == "ssor-cg":
            return ssor_cg(systems, which, omegas[:, 0], tolerance=tolerance, cap=cap)
        return sor(
            systems,
            which,
            omegas,
            ordering=options.ordering,
            half_sweeps=options.half_sweeps,
            tolerance=tolerance,
            cap=cap,
        )

    def table(
        self, systems: Systems, omegas: Float64[np.ndarray, "rows systems steps"]
    ) -> tuple[Int64[np.ndarray, "rows systems"], Float64[np.ndarray, "rows systems"]]:
        """Iterations and crossings of every system with the omegas of every row."""
        rows, count, steps = omegas.shape
        which = np.tile(np.arange(count), rows)
        flat = omegas.reshape(rows * count, steps)
        parts = [
            self.run(systems, which[at : at + LANES], flat[at : at + LANES])
            for at in range(0, len(flat), LANES)
        ]
        shape = (rows, count)
        iterations = np.concatenate([part.iterations for part in parts]).reshape(shape)
        return iterations, np.concatenate([part.crossing for part in parts]).reshape(shape)
