"""Fitting: tables become those that noisy answers make likely.

Tables are cooled and then held at a temperature, where chains sample in proportion to the prior
of independent columns times the likelihood of the answers, to a power. What this prior flattens is
given back by rounds of debiasing. Public constraints are a penalty on each row that breaks one; it
grows in the last sweeps, and what then is left is repaired.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, UInt16, UInt64

from evaluators.private_data.chains import LONGEST, Chains
from evaluators.private_data.constraints import Constraint
from evaluators.private_data.options import Fit
from evaluators.private_data.partition import Partition, counts, forbidding, spread
from evaluators.private_data.repair import repaired
from evaluators.private_data.target import Target, debiased
from evosearch.seeding import mix

Tables = UInt16[np.ndarray, "tables rows columns"]
Seeds = UInt64[np.ndarray, " tables"]

_START = 20.0  # temperatures at which cooling begins
_FRESH = 2.0  # energy of a cell, in variances of its noise, from which on a table is cooled
_SOFT = 10.0  # what a broken rule costs, in deviations of the noise: as an absence of 5 of them
_FIRM = (4.0, 40.0, 400.0, 4000.0, 4e4, 4e5)  # temperatures that it costs in the last sweeps;
#  at temperature 0 it begins with the soft cost
_ROOM = 1 << 23  # rows: more than the difference of two residuals can be
_SHIFT = float(1 << 20)  # rows: so far is the target of a forbidden cell that its pull is even


@dataclass(frozen=True, eq=False)
class Fitting:
    """Fits tables to a target.

    Attributes:
        partitions: Whose cells the target counts.
        sizes: Codes of every column.
        target: For the private table's number of rows.
        constraints: What no row may break.
        fit: How.
    """

    partitions: Sequence[Partition]
    sizes: Sequence[int]
    target: Target
    constraints: Sequence[Constraint]
    fit: Fit

    def refine(self, tables: Tables, seeds: Seeds) -> Tables:
        """Tables after a whole fit; each depends on itself and its seed alone."""
        scale = tables.shape[1] / self.target.rows
        wanted = self.target.counts * scale
        heat = self.fit.temperature / scale
        hold = [heat] * self.fit.hold
        cool = [_START * heat * _START ** (-at / self.fit.cool) for at in range(self.fit.cool)]
        fresh = self._energies(tables, wanted, scale) > _FRESH
        sweeps = [[*cool, *hold] if new else hold for new in fresh]
        soft = self._chains(scale, None)
        goal = np.tile(wanted, (len(tables), 1))
        tables, found = self._run(soft, tables, goal, sweeps, mix(seeds))
        for round in range(self.fit.rounds):
            deviations = spread(self.partitions, self.target.deviations) * scale
            goal = np.stack(
                [
                    debiased(each, wanted - got, deviations, self.fit.threshold)
                    for each, got in zip(goal, found, strict=True)
                ]
            )
            sweeps = [[heat] * self.fit.sweeps] * len(tables)
            tables, found = self._run(
                soft, tables, goal, sweeps, mix(seeds + np.uint64(round + 1))
            )
        return self._firm(tables, goal, scale, heat, seeds) if self.constraints else tables

    def distances(
        self, tables: Tables, answers: Float64[np.ndarray, " cells"]
    ) -> Float64[np.ndarray, " tables"]:
        """Root mean square, over cells, of what is between tables and answers, in deviations."""
        scale = tables.shape[1] / self.target.rows
        deviations = spread(self.partitions, self.target.deviations)
        return np.array(
            [
                np.sqrt(
                    np.mean(((counts(self.partitions, table) / scale - answers) / deviations) ** 2)
                )
                for table in tables
            ]
        )

    def _energies(
        self, tables: Tables, wanted: Float64[np.ndarray, " cells"], scale: float
    ) -> Float64[np.ndarray, " tables"]:
        return self.distances(tables, wanted / scale) ** 2

    def _chains(self, scale: float, firm: float | None) -> Chains:
        """Chains with constraints as partitions that pull rows out of their forbidden cells.

        Args:
            scale: Rows of a table to a row of the private one.
            firm: What a row that breaks a rule costs; by default `_SOFT`.
        """
        cost = self._soft(scale) if firm is None else firm
        weights = np.append(
            self.target.weights / scale**2, np.full(len(self.constraints), cost / (4 * _SHIFT))
        )
        return Chains.over(self._all, self.sizes, weights, self.target.marginals)

    def _soft(self, scale: float) -> float:
        known = self.target.deviations[np.isfinite(self.target.deviations)]
        return _SOFT / (float(np.median(known)) * scale)

    @property
    def _all(self) -> list[Partition]:
        rules = [forbidding(c.text, c.columns, c.forbidden) for c in self.constraints]
        return [*self.partitions, *rules]

    def _run(
        self,
        chains: Chains,
        tables: Tables,
        goal: Float64[np.ndarray, "tables cells"],
        sweeps: Sequence[Sequence[float]],
        seeds: Seeds,
    ) -> tuple[Tables, Float64[np.ndarray, "tables cells"]]:
        """Tables after sweeps, and their counts."""
        rows = tables.shape[1]
        far = max((_ROOM - rows) // 2, rows)  # an answer may be almost all noise
        rules = [rows + _SHIFT, -_SHIFT] * len(self.constraints)
        targets = np.concatenate([goal.clip(-far, far), np.tile(rules, (len(tables), 1))], axis=1)
        for start in range(0, max(map(len, sweeps)) or 1, LONGEST):
            part = [each[start : start + LONGEST] for each in sweeps]
            tables, found, _ = chains.run(tables, targets, part, seeds + np.uint64(start))
        return tables, found[:, : goal.shape[1]]

    def _firm(
        self,
        tables: Tables,
        goal: Float64[np.ndarray, "tables cells"],
        scale: float,
        heat: float,
        seeds: Seeds,
    ) -> Tables:
        """No row breaks a constraint any more."""
        unit = max(heat, 1e-6) if heat else self._soft(scale) / _FIRM[0]
        for step, firm in enumerate(_FIRM):
            chains = self._chains(scale, firm * unit)
            again = mix(seeds + np.uint64((1 << 32) + step))
            tables, _ = self._run(chains, tables, goal, [[heat]] * len(tables), again)
        return np.stack(
            [
                repaired(table, self.constraints, np.random.default_rng(int(seed)))
                for table, seed in zip(tables, seeds, strict=True)
            ]
        )
