"""Page: tables made of the lines alone, written between the comments that name them."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.private_data.downstream import INDEPENDENT, REAL
from benchmarks.private_data.lines import ROOT, Line, Lines, grouped
from benchmarks.private_data.ours import LABELS
from benchmarks.tables import number, table

PAGES = ROOT / "docs"
ERRORS = {
    "avg_tvd_2": "avg TVD",
    "max_tvd_2": "max TVD",
    "mean_cell_2": "mean cell",
    "max_cell_2": "max cell",
    "avg_tvd_1": "avg 1-way TVD",
}
MODELS = ("logistic regression", "random forest", "gradient boosting")


def written(text: str, name: str, tables: str) -> str:
    """A page with other tables after ``<!-- made by python -m benchmarks private_data X -->``."""
    begin = re.escape(f"<!-- made by python -m benchmarks private_data {name} -->")
    between = re.compile(f"({begin}\n).*?(<!-- end -->)", re.DOTALL)
    return between.sub(lambda found: f"{found[1]}\n{tables}\n\n{found[2]}", text)


def write(lines: Lines, folder: Path = PAGES) -> list[Path]:
    """Write every table that there are lines of into the pages that have a place for it."""
    made = {name: make(lines.of(name)) for name, make in TABLES.items() if lines.of(name)}
    changed = []
    for path in sorted(folder.rglob("*.md")):
        before = path.read_text("utf-8")
        after = before
        for name, text in made.items():
            after = written(after, name, text)
        if after != before:
            path.write_text(after, "utf-8")
            changed.append(path)
    return changed


def spread(lines: Sequence[Line], key: str) -> str:
    """Mean, and standard deviation where there are several."""
    values, places = [float(line[key]) for line in lines], 5 if "cell" in key else 4
    mean = f"{np.mean(values):.{places}f}"
    return mean if len(values) < 2 else f"{mean} ± {np.std(values, ddof=1):.{places}f}"


def peers(lines: Sequence[Line]) -> str:
    """A table for each private table and epsilon: errors of every method."""
    parts = []
    for (name, epsilon), own in grouped_loosely(lines, "table", "epsilon").items():
        rows = [
            _errors_row(f"{_method(str(variant))}, {neighbours}", each)
            for (variant, neighbours), each in grouped(own, "variant", "neighbours").items()
        ]
        parts.append(f"**{name}**, epsilon {epsilon:g}\n\n{table(_errors_head(), rows)}")
    return "\n\n".join(parts)


def ours(lines: Sequence[Line]) -> str:
    """A table for each campaign file: errors of its variants."""
    parts = []
    for (name,), own in grouped_loosely(lines, "table").items():
        rows = [
            _errors_row(_variant(each[-1]), each)
            for each in grouped(own, "variant", "epsilon", "neighbours").values()
        ]
        parts.append(f"`runs/{name}.toml`\n\n{table(_errors_head(), rows)}")
    return "\n\n".join(parts)


def epsilons(lines: Sequence[Line]) -> str:
    """A table for each campaign file: errors at every epsilon."""
    parts = []
    for (name,), own in grouped_loosely(lines, "table").items():
        known = grouped(own, "epsilon")
        ordered = sorted(known.items(), key=lambda each: float(str(each[0][0])))
        rows = [_errors_row(f"{epsilon[0]:g}", each) for epsilon, each in ordered]
        parts.append(f"`runs/{name}.toml`\n\n{table(['epsilon', *_errors_head()[1:]], rows)}")
    return "\n\n".join(parts)


def speed(lines: Sequence[Line]) -> str:
    """Rates of the contestants, and ratios within rounds."""
    head = ["", "million a second", "at best", "ours is faster", "compile s", "rounds"]
    parts = []
    for (name,), own in grouped_loosely(lines, "table").items():
        by = grouped(own, "contestant")
        best = by.get(("ours",), [])
        rows = []
        for (contestant,), each in by.items():
            rates = _rates(each)
            ratios = [
                rate / other for rate, other in zip(_rates(best), rates, strict=False) if other
            ]
            rows.append(
                [
                    str(contestant),
                    number(float(np.median(rates)) / 1e6),
                    number(max(rates) / 1e6),
                    number(float(np.median(ratios))) if ratios else "–",
                    number(float(each[-1]["compile_seconds"]), 2),
                    str(len(each)),
                ]
            )
        parts.append(f"**{name}**\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def downstream(lines: Sequence[Line]) -> str:
    """A table for each question: F1 and AUC of each model, by method."""
    head = ["trained on", *(f"{model}: F1, AUC, accuracy" for model in MODELS), "draws"]
    parts = []
    for (name, task, epsilon), own in grouped_loosely(lines, "table", "task", "epsilon").items():
        rows = []
        for (method,), each in sorted(grouped(own, "method").items(), key=_ends):
            models = grouped(each, "model")
            cells = [_scores(models.get((model,), [])) for model in MODELS]
            rows.append([str(method), *cells, str(max(map(len, models.values())))])
        parts.append(f"**{name}**, {task}, epsilon {epsilon:g}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


TABLES: Mapping[str, Callable[[Sequence[Line]], str]] = {
    "peers": peers,
    "ours": ours,
    "epsilons": epsilons,
    "speed": speed,
    "downstream": downstream,
}


def grouped_loosely(lines: Sequence[Line], *keys: str) -> dict[tuple[object, ...], list[Line]]:
    """Lines with the same values of keys, whatever code made them."""
    found: dict[tuple[object, ...], list[Line]] = {}
    for line in lines:
        found.setdefault(tuple(line[key] for key in keys), []).append(line)
    return found


def _errors_head() -> list[str]:
    return ["", *ERRORS.values(), "rows that break a rule", "seconds", "compile s", "draws"]


def _errors_row(label: str, lines: Sequence[Line]) -> list[str]:
    ended = [line for line in lines if "avg_tvd_2" in line]
    if not ended:
        limit = max(float(line["stopped_after"]) for line in lines)
        return [label, *["–"] * (len(ERRORS) + 1), f"over {limit:,.0f}", "–", "0"]
    seconds = [float(line["seconds"]) + line.get("measure_seconds", 0.0) for line in ended]
    compiling = max(float(line.get("compile_seconds", 0.0)) for line in ended)
    return [
        label,
        *(spread(ended, key) for key in ERRORS),
        number(float(np.mean([line["broken"] for line in ended]))),
        number(float(np.median(seconds))),
        number(compiling, 2) if compiling else "–",
        str(len(ended)),
    ]


def _method(variant: str) -> str:
    if variant not in LABELS:
        return variant
    return "ours, without constraints" if variant.endswith("unconstrained") else "ours"


def _variant(line: Line) -> str:
    known = LABELS.get(line["variant"])
    return known or f"`{' '.join(line['overrides'])}`"


def _rates(lines: Sequence[Line]) -> list[float]:
    return [float(line["children"]) / float(line["seconds"]) for line in lines]


def _scores(lines: Sequence[Line]) -> str:
    if not lines:
        return "–"
    means = (np.mean([line[key] for line in lines]) for key in ("f1", "auc", "accuracy"))
    return ", ".join(f"{mean:.3f}" for mean in means)


def _ends(group: tuple[tuple[object, ...], list[Line]]) -> int:
    """Real rows first, independent columns last."""
    return {REAL: 0, INDEPENDENT: 2}.get(str(group[0][0]), 1)
