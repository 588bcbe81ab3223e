"""Speed: children a second of Private-GSD's update, interleaved with proposals of our chains.

Both change a cell or two of a table and learn what that does to all pairs of columns. Ours works
on tables of as many rows as the private one, one a core; the original on 2,000 rows, on all cores
by XLA's own threads. Processes take turns; ratios are taken within a round. A value drawn anew may
be the one that is there, with both; it counts.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.private_data.lines import ROOT, Lines, code
from benchmarks.private_data.sources import Codes, Source, campaign
from benchmarks.private_data.trial import Trial
from evaluators.private_data.chains import Chains
from evaluators.private_data.fitting import Fitting
from evosearch import backend, config

GENERATIONS = {"loop": 1000, "fused": 1000}  # of a repeat
SWEEPS = 16  # of a repeat of ours
_COOL = 16  # before the first
MODES = {"loop": "Private-GSD's update", "fused": "the same, mutations in one compiled loop"}


class Original:
    """A process that runs the re-created update whenever it is asked to."""

    def __init__(self, file: Path, mode: str) -> None:
        module = ["-m", "benchmarks.private_data.original"]
        command = [sys.executable, *module, str(file), str(GENERATIONS[mode])]
        self._process = subprocess.Popen(
            command + ["fused"] * (mode == "fused"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.compile_seconds = float(self._answer()["compile_seconds"])

    def repeat(self) -> dict[str, float]:
        """One run: seconds, children, loss."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


class Ours:
    """Chains over as many tables as there are cores, at the temperature of the campaign file."""

    def __init__(self, trial: Trial, fitting: Fitting, rows: int) -> None:
        sizes, target = trial.domain.sizes, fitting.target
        self._chains = Chains.over(fitting.partitions, sizes, target.weights, target.marginals)
        rng, self._tables = np.random.default_rng(0), backend.cores()
        self.table: Codes = np.stack(
            [rng.integers(0, size, (self._tables, rows)) for size in sizes], axis=2
        ).astype(np.uint16)
        self._goal = np.tile(target.counts * rows / target.rows, (self._tables, 1))
        self._heat = trial.options.fit.temperature
        self._seed = 0
        compiling = backend.compile_seconds()
        self.run(_COOL)
        self.run(SWEEPS)
        self.compile_seconds = backend.compile_seconds() - compiling

    def run(self, sweeps: int) -> int:
        """So many sweeps more; how many moves were accepted."""
        seeds = np.arange(self._tables, dtype=np.uint64) + np.uint64(1000 * self._seed)
        self._seed += 1
        heat = [[self._heat] * sweeps] * self._tables
        self.table, _, accepted = self._chains.run(self.table, self._goal, heat, seeds)
        return int(accepted.sum())

    def repeat(self) -> dict[str, float]:
        """Seconds, proposals, and what share of them was accepted."""
        started = time.perf_counter()
        accepted = self.run(SWEEPS)
        seconds = time.perf_counter() - started
        proposals = self.table.size * SWEEPS
        return {"seconds": seconds, "children": proposals, "accepted": accepted / proposals}


def run(lines: Lines, names: Sequence[str], rounds: int) -> None:
    """A line for every contestant in every round on every table."""
    for name in names:
        _table(lines, name, rounds)


def _table(lines: Lines, name: str, rounds: int) -> None:
    source = Source.named(name)
    trial = Trial(config.load(campaign(name), ["evaluator.constraints=[]"]))
    prepared = trial.measured(source.codes)
    fitting = trial.setting.fitting(prepared)
    rows = len(source.codes)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answers.npz"
        np.savez(file, sizes=source.domain.sizes, target=prepared["answers"] / rows)
        originals = {mode: Original(file, mode) for mode in MODES}
        ours = Ours(trial, fitting, rows)
        try:
            for number in range(1, rounds + 1):
                base = {"table": name, "round": number, "rounds": rounds, "code": code()}
                for mode, each in originals.items():
                    compiling = each.compile_seconds
                    facts = base | each.repeat()
                    lines.add("speed", contestant=MODES[mode], compile_seconds=compiling, **facts)
                facts = base | ours.repeat()
                compiling = ours.compile_seconds
                lines.add("speed", contestant="ours", compile_seconds=compiling, **facts)
        finally:
            for each in originals.values():
                each.close()
