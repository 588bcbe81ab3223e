"""The throughput document as text: tables in Markdown, and what has to be said beside them."""

from collections.abc import Callable
from typing import Any

from benchmarks.tables import number, table

NAMES = {
    "ours_1": "evosearch, 1 core",
    "ours_2": "evosearch, 2 cores",
    "ours_1_encoding": "evosearch, 1 core, encoding counted",
    "ours_1_float32": "evosearch, 1 core, float32",
    "ours_2_float32": "evosearch, 2 cores, float32",
    "pyoperon_1": "pyoperon, 1 thread",
    "pyoperon_2": "pyoperon, 2 threads",
    "deap": "DEAP",
    "gplearn": "gplearn",
    "numpy": "NumPy, program by program",
}
RATIOS = {
    "ratio_pyoperon_1": "pyoperon, 1 core against 1 thread",
    "ratio_pyoperon_2": "pyoperon, 2 cores against 2 threads",
    "ratio_pyoperon_1_float32": "the same, 1 against 1, both float32",
    "ratio_pyoperon_2_float32": "the same, 2 against 2, both float32",
    "ratio_pyoperon_1_encoding": "pyoperon, 1 against 1, our encoding counted",
    "ratio_deap": "DEAP",
    "ratio_gplearn": "gplearn",
    "ratio_numpy": "NumPy, program by program",
}
WORKLOADS = ("W1", "W2", "W3")


def text(result: dict[str, Any]) -> str:
    """All tables."""
    found = [name for name in WORKLOADS if name in result]
    parts = [
        speeds(result, found),
        compared(result, found),
        limits(result, found),
        errors(result, found),
        functions(result),
        machine(result),
    ]
    return "\n\n".join(part for part in parts if part)


def speeds(result: dict[str, Any], found: list[str]) -> str:
    """GPops/s of every engine."""
    rows = [
        [label, *(_speed(result[name], engine) for name in found)]
        for engine, label in NAMES.items()
        if any(engine in result[name]["engines"] for name in found)
    ]
    head = ["GPops/s (quartiles)", *(f"{name} {result[name]['dtype']}" for name in found)]
    return table(head, rows)


def _speed(figures: dict[str, Any], engine: str) -> str:
    if engine not in figures["engines"]:
        return "–"
    speed = figures["engines"][engine]
    return f"{number(speed['gpops'])} ({number(speed['low'])}–{number(speed['high'])})"


def compared(result: dict[str, Any], found: list[str]) -> str:
    """How many times as fast, medians of the rounds' own ratios."""
    rows = [
        [label, *(_ratio(result[name]["quartiles"][key]) for name in found)]
        for key, label in RATIOS.items()
        if any(result[name]["quartiles"][key] for name in found)
    ]
    rows.append(
        ["evosearch, 2 cores against 1", *(_ratio(result[name]["two_cores"]) for name in found)]
    )
    return table(["times as fast as (quartiles)", *found], rows)


def _ratio(found: dict[str, float] | None) -> str:
    if found is None:
        return "–"
    return f"{number(found['median'])} ({number(found['low'])}–{number(found['high'])})"


def limits(result: dict[str, Any], found: list[str]) -> str:
    """Shares of the bare-metal limit, compile and encoding times, memory."""
    reasons = {str(result[name]["limit_reason"]) for name in found} - {"None"}
    keys: dict[str, Callable[[Any], str]] = {
        "limit, GPops/s": lambda r: number(r["limit_gpops"]),
        "evosearch's share of it, 1 core": lambda r: _percent(r["limit_share"]),
        "encoding, seconds": lambda r: number(r["engines"]["ours_1"]["build_seconds"]),
        "compiling for 1 core, seconds": lambda r: number(r["compile_seconds"]),
        "peak memory so far, all engines, MB": lambda r: number(r["peak_memory_mb"]),
    }
    rows = [[label, *(show(result[name]) for name in found)] for label, show in keys.items()]
    return "\n\n".join([table(["", *found], rows), *(f"No limit: {text}." for text in reasons)])


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def errors(result: dict[str, Any], found: list[str]) -> str:
    """Correctness of every engine, and who was left out."""
    rows = [
        [label, *(_error(result[name]["errors"].get(engine)) for name in found)]
        for engine, label in NAMES.items()
        if any(engine in result[name]["errors"] for name in found)
    ]
    head = ["relative error of the losses, median / largest", *found]
    lines = [
        f"{name}: {NAMES[engine]} left out, {reason}."
        for name in found
        for engine, reason in result[name]["skipped"].items()
    ]
    return "\n\n".join([table(head, rows), *lines])


def _error(found: dict[str, Any] | None) -> str:
    if found is None:
        return "–"
    verdict = {True: "ok", False: "WRONG", None: "protected"}[found["ok"]]
    return f"{found['median']:.0e} / {found['max']:.0e} {verdict}"


def functions(result: dict[str, Any]) -> str:
    """What the limit is made of."""
    known = result["limit"]["functions"]
    names = list(known.get("float", {}))
    rows = [
        [name, *(_element(known[kind].get(name)) for kind in ("float", "double"))]
        for name in names
    ]
    return table(["G elements/s, bare metal", "float32", "float64"], rows) if rows else ""


def _element(found: dict[str, Any] | None) -> str:
    return "–" if found is None else f"{number(found['g_elements'])} {found['way']}"


def machine(result: dict[str, Any]) -> str:
    """One paragraph."""
    facts = result["machine"]
    versions = ", ".join(f"{name} {v or 'missing'}" for name, v in facts["versions"].items())
    caches = ", ".join(f"{name} {size}" for name, size in facts["caches"].items())
    honoured = "honoured" if facts["one_native_loop"] else "NOT honoured"
    return (
        f"{facts['date']}, {facts['processor']}, {facts['cores']} cores, {caches}, "
        f"{'AVX-512' if facts['avx512'] else 'no AVX-512'}, "
        f"load {number(facts['load'])}; Python {facts['python']}, {versions}; "
        f"XLA's options {honoured}; {result['limit']['compiler'] or 'no C compiler'}. "
        f"pyoperon's build: {facts['pyoperon_build'] or 'not installed'}."
    )
