"""Candidates a second at both rungs, in turn with a peer that compiles every function."""

import time
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from benchmarks.activation import direct
from benchmarks.activation.baselines import seeds_of
from benchmarks.activation.tasks import mnist1d
from benchmarks.tables import number, table
from evaluators.activation.baselines import plain
from evaluators.activation.trial import Trial
from evosearch import backend

RUNGS: dict[str, dict[str, Any]] = {
    "short": {"rates": (1.6e-2,), "seeds": seeds_of(4), "steps": 150},
    "full": {"rates": (8e-3, 1.6e-2, 3.2e-2), "seeds": seeds_of(8), "steps": 600},
}


@dataclass
class Times:
    """Seconds of each round for one candidate."""

    table: list[float] = field(default_factory=list)
    code: list[float] = field(default_factory=list)
    training: list[float] = field(default_factory=list)  # direct, without its compilation
    compiling: list[float] = field(default_factory=list)  # direct


def measured(rounds: int) -> str:
    """Medians over rounds; the first compilation of table and code is told apart."""
    # compile times are told, also where something was compiled before
    jax.config.update("jax_compilation_cache_dir", None)
    task, known = mnist1d(), plain()
    tabled, coded = Trial(task, "table"), Trial(task, "code")
    rows = []
    for name, course in RUNGS.items():
        first = [_compiled(trial, known[0].program, course) for trial in (tabled, coded)]
        times = Times()
        for turn in range(rounds):
            program = known[turn % len(known)].program
            times.table.append(_seconds(tabled, program, course))
            times.code.append(_seconds(coded, program, course))
            started = time.perf_counter()
            *_, compiling = direct.run(tabled, program, **course)
            times.compiling.append(compiling)
            times.training.append(time.perf_counter() - started - compiling)
        rows.append(_row(name, first, times))
    head = ["rung", "table: once", "each", "per second", "code: once", "each"]
    head += ["direct: compile", "train", "table over direct"]
    return table(head, rows) + "\n\nSeconds, medians; `once` is what the first candidate compiles."


def _compiled(trial: Trial, program: Any, course: dict[str, Any]) -> float:
    before = backend.compile_seconds()
    trial.run(program, **course, on="selection")
    return backend.compile_seconds() - before


def _seconds(trial: Trial, program: Any, course: dict[str, Any]) -> float:
    started = time.perf_counter()
    trial.run(program, **course, on="selection")
    return time.perf_counter() - started


def _row(name: str, first: list[float], times: Times) -> list[str]:
    tabled, coded, training, compiling = (
        float(np.median(each))
        for each in (times.table, times.code, times.training, times.compiling)
    )
    return [
        name,
        number(first[0]),
        number(tabled),
        number(1 / tabled),
        number(first[1]),
        number(coded),
        number(compiling),
        number(training),
        f"{(compiling + training) / tabled:.1f} x",
    ]
