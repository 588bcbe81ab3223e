"""Whole generations a second: breed, score, select, store, against searches of named peers.

    python -m benchmarks.generation [--json] [--generations N] [--rounds N]

All have 4,096 children a generation, tournaments of two, crossover and mutation, programs up to 28
functions (50 nodes for the peers), and fit no constants. Errors are summed over all points of
workload W2, in single precision. Each search runs in a process of its own that is kept to its
cores, in turn; ratios are taken within a round.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.tables import number, table

ROUNDS, GENERATIONS = 3, 12
NAMES = {
    "ours_1": "evosearch, 1 core",
    "ours_2": "evosearch, 2 cores",
    "pyoperon_1": "pyoperon, 1 thread",
    "pyoperon_2": "pyoperon, 2 threads",
    "deap": "DEAP eaSimple, NumPy",
}
RATIOS = {
    "ratio_pyoperon_1": ("ours_1", "pyoperon_1"),
    "ratio_pyoperon_2": ("ours_2", "pyoperon_2"),
    "ratio_deap": ("ours_1", "deap"),
    "two_cores": ("ours_2", "ours_1"),
}


def measure(generations: int = GENERATIONS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Medians of the rounds for every search, and ratios of node and program evaluations."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in NAMES}
    skipped: dict[str, str] = {}
    for _ in range(rounds):
        for name, runs in found.items():
            if name not in skipped:
                try:
                    runs.append(_alone(name, generations))
                except subprocess.CalledProcessError as error:
                    skipped[name] = error.stderr.strip().splitlines()[-1]
    searches = {name: _median(runs) for name, runs in found.items() if name not in skipped}
    ratios: dict[str, Any] = {}
    for key, (fast, slow) in RATIOS.items():
        for unit, suffix in (("gpops", ""), ("evaluations_per_second", "_evaluations")):
            pairs = zip(found[fast], found[slow], strict=False)
            each = [one[unit] / other[unit] for one, other in pairs]
            known = not {fast, slow} & set(skipped)
            ratios[key + suffix] = float(np.median(each)) if known else None
    return {"searches": searches, **ratios, "skipped": skipped, "rounds": rounds}


def _alone(name: str, generations: int) -> dict[str, Any]:
    cores = "2" if name.endswith("_2") else "1"
    command = [sys.executable, "-m", "benchmarks.generation", "--only", name]
    done = subprocess.run(
        [*command, "--generations", str(generations)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "EVOSEARCH_CORES": cores},
    )
    return dict(json.loads(done.stdout))


def _keep_to(cores: int) -> None:
    """Let this process and all its threads use so many cores, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])


def _search(name: str, generations: int) -> Any:
    if name == "deap":
        from benchmarks.generation.trees import deap

        return deap(generations)
    if name.startswith("pyoperon"):
        from benchmarks.generation.operon import pyoperon

        return pyoperon(generations, int(name[-1]))
    from benchmarks.generation.ours import ours

    return ours(generations)


def _median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    keys = [key for key, value in runs[0].items() if isinstance(value, int | float)]
    parts = runs[0]["profile"]
    return {key: float(np.median([run[key] for run in runs])) for key in keys} | {
        "profile": {
            part: float(np.median([run["profile"][part] for run in runs])) for part in parts
        }
    }


def text(result: dict[str, Any]) -> str:
    """Tables of the searches, of the ratios and of our profile."""
    searches = result["searches"]
    head = ["", "s/generation", "functions", "GPops/s", "programs/s"]
    units = ("seconds", "functions", "gpops", "evaluations_per_second")
    rows = [
        [label, *(number(searches[name][unit]) for unit in units)]
        for name, label in NAMES.items()
        if name in searches
    ]
    labels = {key: f"{NAMES[a]} against {NAMES[b]}" for key, (a, b) in RATIOS.items()}
    ratios = [
        [label, number(result[key]), number(result[f"{key}_evaluations"])]
        for key, label in labels.items()
    ]
    parts = searches.get("ours_1", {}).get("profile", {})
    shares = [
        [part, *(f"{searches[name]['profile'].get(part, 0):.1%}" for name in ("ours_1", "ours_2"))]
        for part in sorted(parts, key=lambda part: -parts[part])
        if part != "total"
    ]
    tables = [table(head, rows), table(["times as fast", "GPops/s", "programs/s"], ratios)]
    tables.append(table(["share of a generation, evosearch", "1 core", "2 cores"], shares))
    skipped = [f"{NAMES[name]} left out: {why}." for name, why in result["skipped"].items()]
    return "\n\n".join([*tables, *skipped])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generations", type=int, default=GENERATIONS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", choices=NAMES, help="one search in this process, as JSON")
    options = parser.parse_args(arguments)
    if options.only:
        _keep_to(2 if options.only.endswith("_2") else 1)
        print(json.dumps(_search(options.only, options.generations).document()))
        return 0
    result = measure(options.generations, options.rounds)
    print(json.dumps(result, indent=2) if options.json else text(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
