"""Chains: tables shared out to the cores, each worked on by a chain of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import PartitionSpec
from jaxtyping import Float32, Float64, Int32, Int64, UInt16, UInt64

from evaluators.private_data.chain import UNIT, chain
from evaluators.private_data.layout import Layout, layout_of
from evaluators.private_data.partition import Partition
from evosearch import backend
from evosearch.errors import ConfigError

LONGEST = 64  # sweeps of one call
MOST_ROWS = 1 << 22  # residuals and differences of two have 32 bits, 8 of them for parts of a row
_SHARED, _CUT = PartitionSpec(), PartitionSpec("core")


@dataclass(frozen=True, eq=False)
class Chains:
    """Chains over tables of one shape.

    Attributes:
        layout: Of what their energy is measured by.
    """

    layout: Layout

    @classmethod
    def over(
        cls,
        partitions: Sequence[Partition],
        sizes: Sequence[int],
        weights: Float64[np.ndarray, " partitions"],
        marginals: Sequence[Float64[np.ndarray, "..."]],
    ) -> "Chains":
        """Chains whose energy weighs squared rows of partitions, and propose from marginals."""
        return cls(layout_of(partitions, sizes, weights, marginals))

    def run(
        self,
        tables: UInt16[np.ndarray, "tables rows columns"],
        targets: Float64[np.ndarray, "tables cells"],
        temperatures: Sequence[Sequence[float]],
        seeds: UInt64[np.ndarray, " tables"],
    ) -> tuple[
        UInt16[np.ndarray, "tables rows columns"],
        Float64[np.ndarray, "tables cells"],
        Int64[np.ndarray, " tables"],
    ]:
        """Tables after as many sweeps as they have temperatures.

        Args:
            tables: Codes.
            targets: Rows that every cell should have.
            temperatures: Of every sweep of each table, at most `LONGEST`.
            seeds: Of each table; nothing depends on what else there is.

        Returns:
            Tables; rows in every cell; moves that were accepted.

        Raises:
            ConfigError: The tables have too many rows.
        """
        if tables.shape[1] > MOST_ROWS:
            raise ConfigError(
                f"tables: expected at most {MOST_ROWS:,} rows, received {tables.shape[1]:,}"
            )
        cores = backend.cores()
        groups = [slice(at, at + cores) for at in range(0, len(tables), cores)]
        done = [
            self._group(tables[g], targets[g], temperatures[g], seeds[g], cores) for g in groups
        ]
        codes, counts, accepted = zip(*done, strict=True)
        return np.concatenate(codes), np.concatenate(counts), np.concatenate(accepted)

    def _group(
        self,
        tables: UInt16[np.ndarray, "tables rows columns"],
        targets: Float64[np.ndarray, "tables cells"],
        temperatures: Sequence[Sequence[float]],
        seeds: UInt64[np.ndarray, " tables"],
        cores: int,
    ) -> tuple[Any, Any, Any]:
        """The same for as many tables as there are cores, or fewer."""
        some, units = len(tables), np.rint(targets * UNIT).astype(np.int32)
        heat, sweeps = _heat(temperatures)
        each = (tables.astype(np.int32), units, heat, sweeps, np.asarray(seeds, np.uint64))
        padded = [_padded(part, cores) for part in each]
        padded[3][some:] = 0
        shapes = tuple(part.shape for part in (*self.layout, *padded))
        key = ("private_data", cores, shapes)
        build = partial(_shared_out, cores)
        compiled = backend.compiled(key, build, self.layout, *padded)
        codes, residuals, accepted = (
            np.asarray(part)[:some] for part in compiled(self.layout, *padded)
        )
        counts = np.rint((residuals.astype(np.float64) + units) / UNIT)
        return codes.astype(np.uint16), counts, accepted.astype(np.int64)


def _heat(
    temperatures: Sequence[Sequence[float]],
) -> tuple[Float32[np.ndarray, "tables longest"], Int32[np.ndarray, " tables"]]:
    heat = np.zeros((len(temperatures), LONGEST), np.float32)
    for row, values in zip(heat, temperatures, strict=True):
        row[: len(values)] = values
    return heat, np.array([len(values) for values in temperatures], np.int32)


def _padded(array: Any, length: int) -> Any:
    return np.concatenate([array, np.repeat(array[:1], length - len(array), axis=0)])


def _shared_out(cores: int) -> Callable[..., Any]:
    return jax.shard_map(
        chain(),
        mesh=backend.mesh(cores),
        in_specs=(Layout(*[_SHARED] * len(Layout._fields)), *[_CUT] * 5),
        out_specs=(_CUT, _CUT, _CUT),
        check_vma=False,
    )
