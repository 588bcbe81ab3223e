"""The tables of the float32 benchmark."""

from collections.abc import Mapping

from benchmarks.float32.contest import ENGINES, NOTHING, Contest, Contestant
from benchmarks.tables import table


def text(contest: Contest) -> str:
    """One function's table, who won, and how far apart the rounds were."""
    problem = contest.problem
    rival = [each for each in contest.contestants if each.name == problem.rival]
    reference = [*contest.kernels, *rival][0]
    head = ["function", "operations", "ulp", "cost, ps"]
    for engine in ENGINES:
        head += [f"{engine}, ns", "times"]
    rows = [_row(each, reference) for each in contest.contestants]
    title = f"**{problem.target} on {problem.interval}**, times as multiples of {reference.name}"
    lines = [title, "", table(head, rows), ""]
    if contest.kernels:
        lines += [sentence for each in contest.kernels for sentence in _verdict(each, contest)]
    lines.append(_spread(contest))
    lines += _inexact(contest)
    if contest.vector_calls:
        names = ", ".join(f"`{name}`" for name in contest.vector_calls)
        lines.append(f"With `-ffast-math` the compiler calls the C library's {names}.")
    return "\n".join(lines)


def contraction(found: Mapping[str, str], wide: Mapping[str, str]) -> str:
    """What XLA fuses."""
    rows = [[f"`{name}`", found[name], wide[name]] for name in found]
    return table(["code", "256 bits", "512 bits"], rows)


def _row(each: Contestant, reference: Contestant) -> list[str]:
    operations = "–" if each.document is None else str(each.document.operations)
    cost = "–" if each.cost is None else f"{each.cost:.1f}"
    row = [each.name, operations, _error(each), cost]
    for engine in ENGINES:
        times, other = each.times.get(engine), reference.times[engine]
        if times is None:
            row += ["–", "–"]
        else:
            row += [f"{times.best:.4f}", f"{other.ratio(times):.2f}"]
    return row


def _error(each: Contestant) -> str:
    """One number, or those of C and JAX where they differ."""
    shown = list(dict.fromkeys(f"{error:.3g}" for error in each.errors.values()))
    return " / ".join(shown) or "–"


def _verdict(kernel: Contestant, contest: Contest) -> list[str]:
    """How much faster than each rival a kernel is, by engine."""
    others = [
        each
        for each in contest.contestants
        if each not in contest.kernels
        and each.name != NOTHING
        and (each.document is None or each.line is kernel.line)
        and (each.document is None or each.name.startswith(contest.problem.rival))
    ]
    lines = [f"{kernel.name} against the others, in the same run:", ""]
    for other in others:
        parts = [
            f"{kernel.times[engine].ratio(other.times[engine]):.2f} in {engine}"
            for engine in ENGINES
            if engine in other.times
        ]
        lines.append(f"- {other.name} takes {', '.join(parts)} times as long")
    return [*lines, ""]


def _spread(contest: Contest) -> str:
    parts = []
    for engine in ENGINES:
        ran = [each.times[engine] for each in contest.contestants if engine in each.times]
        rounds, most = len(ran[0].rounds), max(times.spread for times in ran)
        parts.append(f"{engine}: {rounds} rounds, {100 * most:.0f} %")
    return (
        f"A quarter of the rounds is within this of the shortest, or closer: {'; '.join(parts)}."
    )


def _inexact(contest: Contest) -> list[str]:
    """Programs whose bits are not those of IEEE 754, which is worth a sentence."""
    return [
        f"{each.name}: other bits than one rounding an operation gives, in {engine}."
        for each in contest.contestants
        for engine, exact in each.exact.items()
        if not exact
    ]
