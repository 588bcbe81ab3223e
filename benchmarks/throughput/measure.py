"""One workload through all engines: correctness first, then interleaved rounds."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.throughput.case import Case
from benchmarks.throughput.correctness import check
from benchmarks.throughput.engines import PEERS, Engine, ours, ours_encoding
from benchmarks.throughput.limit import limit
from benchmarks.throughput.machine import machine, peak_memory
from benchmarks.throughput.rounds import Times, quartiles, ratios, timed
from benchmarks.throughput.workloads import Workload
from evosearch import backend

ROUNDS = 9
Peers = Mapping[str, Callable[[Case], Engine]]


def measure(
    workloads: Sequence[Workload],
    rounds: int = ROUNDS,
    peers: Peers = PEERS,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """The whole document: a key for each workload, ``two_cores_W2``, ``machine``, ``limit``."""
    result: dict[str, Any] = {}
    for workload in workloads:
        say(f"{workload.name}: {workload.programs:,} programs")
        result[workload.name] = measured(Case.of(workload), rounds, peers, say)
    two_cores = result.get("W2", {}).get("two_cores")
    result["two_cores_W2"] = two_cores and two_cores["median"]
    result["limit"] = limit().document()
    result["machine"] = machine() | {"peak_memory_mb": peak_memory()}
    return result


def measured(
    case: Case, rounds: int, peers: Peers = PEERS, say: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """All figures of one workload.

    A peer that is missing or computes something else has no figures: ``skipped`` says why.
    """
    engines, compiling = _ours(case)
    skipped: dict[str, str] = {}
    for name, make in peers.items():
        say(f"  {name}")
        try:
            engines[name] = make(case)
            engines[name].run()
        except ImportError as error:
            skipped[name] = f"not installed: {error}"
    errors = {name: check(case, engine) for name, engine in engines.items()}
    for name in [name for name in engines if name in peers and errors[name]["ok"] is False]:
        skipped[name] = f"computes something else: {errors[name]}"
        del engines[name]
    say(f"  {rounds} rounds")
    times = dict(zip(engines, timed(list(engines.values()), rounds), strict=True))
    figures = _figures(case, engines, times)
    return figures | {
        "errors": errors,
        "skipped": skipped,
        "rounds": rounds,
        "compile_seconds": compiling,
        "peak_memory_mb": peak_memory(),
    }


def _ours(case: Case) -> tuple[dict[str, Engine], float]:
    """On one core and on two; with encoding counted; W1 in float32, too, as pyoperon.

    The seconds are those that the kernels for one core take to compile.
    """
    before = backend.compile_seconds()
    made = [ours(case, 1)]
    made[0].run()
    compiling = backend.compile_seconds() - before
    cores = (1, 2) if backend.cores() > 1 else (1,)
    made += [ours(case, number) for number in cores[1:]]
    made.append(ours_encoding(case, 1))
    if case.workload.dtype != "float32":
        made += [ours(case, number, "float32") for number in cores]
    return {engine.name: engine for engine in made}, compiling


def _figures(
    case: Case, engines: Mapping[str, Engine], times: Mapping[str, Times]
) -> dict[str, Any]:
    work = {name: case.nodes(engine.programs) for name, engine in engines.items()}

    def ratio(fast: str, slow: str) -> dict[str, float] | None:
        if fast not in times or slow not in times:
            return None
        return ratios(times[fast], times[slow], work[fast], work[slow])

    compared = {
        "ratio_pyoperon_1": ratio("ours_1", "pyoperon_1"),
        "ratio_pyoperon_2": ratio("ours_2", "pyoperon_2"),
        "ratio_deap": ratio("ours_1", "deap"),
        "ratio_gplearn": ratio("ours_1", "gplearn"),
        "ratio_numpy": ratio("ours_1", "numpy"),
        "ratio_pyoperon_1_encoding": ratio("ours_1_encoding", "pyoperon_1"),
        "ratio_pyoperon_1_float32": ratio("ours_1_float32", "pyoperon_1"),
        "ratio_pyoperon_2_float32": ratio("ours_2_float32", "pyoperon_2"),
    }
    speeds = {name: _speed(engines[name], times[name], work[name]) for name in engines}
    most = limit().gpops(case.workload.dtype, case.shares())
    mine = speeds["ours_1"]["gpops"]
    return {
        "dtype": case.workload.dtype,
        "gpops": mine,
        **{name: found and found["median"] for name, found in compared.items()},
        "limit_gpops": most,
        "limit_share": most and mine / most,
        "limit_reason": limit().reason,
        "two_cores": ratio("ours_2", "ours_1"),
        "quartiles": compared,
        "engines": speeds,
    }


def _speed(engine: Engine, times: Times, work: int) -> dict[str, Any]:
    gpops = quartiles([work / seconds / 1e9 for seconds in times.wall])
    cpu = quartiles(times.cpu)["median"] / quartiles(times.wall)["median"]
    return {
        "gpops": gpops["median"],
        "low": gpops["low"],
        "high": gpops["high"],
        "cpu_per_wall": cpu,
        "dtype": engine.dtype,
        "programs": engine.programs,
        "build_seconds": engine.build_seconds,
    }
