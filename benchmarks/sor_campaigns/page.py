"""Page: the tables of docs/results/sor.md, made of program documents alone."""

import re
from collections.abc import Mapping

import numpy as np

from benchmarks.tables import table
from evosearch.export.document import ProgramDocument
from evosearch.genomes.text import expressions

_BEGIN, _END = "<!-- made by python -m benchmarks sor_campaigns -->", "<!-- end -->"


def written(text: str, documents: Mapping[str, ProgramDocument]) -> str:
    """The page with other tables between its marks."""
    between = re.compile(f"({re.escape(_BEGIN)}\n).*?({re.escape(_END)})", re.DOTALL)
    return between.sub(lambda found: f"{found[1]}\n{tables(documents)}\n\n{found[2]}", text)


def tables(documents: Mapping[str, ProgramDocument]) -> str:
    """By campaign and group of held-out systems; matrices; policies."""
    single = {n: d for n, d in documents.items() if not n.startswith("sor_matrices")}
    matrices = {n: d for n, d in documents.items() if n.startswith("sor_matrices")}
    parts = [_results(single)] if single else []
    if matrices:
        parts.append(_matrices(matrices))
    parts.append(_policies(documents))
    return "\n\n".join(parts)


def _results(documents: Mapping[str, ProgramDocument]) -> str:
    columns = ["campaign", "systems", "iterations"]
    columns += ["/ oracle", "/ Young", "/ best fixed", "/ Chebyshev", "CG"]
    rows = []
    for name, document in documents.items():
        for row in document.metadata["result"]["rows"]:
            keys = [f"ratio_to_{key}" for key in ("oracle", "young", "best_fixed", "chebyshev")]
            ratios = [f"{row[key]:.4f}" if key in row else "–" for key in keys]
            iterations = f"{row['mean_iterations']:.2f}"
            cells = [f"`{name}`", row["systems"], iterations, *ratios]
            rows.append([*cells, f"{row['cg_iterations']:.1f}"])
    return table(columns, rows)


def _matrices(documents: Mapping[str, ProgramDocument]) -> str:
    rows, ratios = [], []
    for document in documents.values():
        [row] = document.metadata["result"]["rows"]
        ratios.append(row["ratio_to_oracle"])
        cells = [row["systems"], f"{row['n']:.0f}", f"{row['mean_iterations']:.1f}"]
        cells += [f"{row[f'ratio_to_{key}']:.3f}" for key in ("oracle", "young", "best_fixed")]
        rows.append([*cells, f"{row['cg_iterations']:.1f}"])
    mean = float(np.exp(np.log(ratios).mean()))
    rows.append(["geometric mean", "", "", f"{mean:.4f}", "", "", ""])
    columns = ["left out", "n", "iterations", "/ oracle", "/ extended", "/ best fixed", "CG"]
    return table(columns, rows)


def _policies(documents: Mapping[str, ProgramDocument]) -> str:
    rows = []
    for name, document in documents.items():
        about = document.metadata["result"]
        [text] = expressions(document.to_program(), document.inputs)
        shown = f"[`{text}`](relaxation/{name}.json)"
        rows.append([shown, f"{about['evaluations']:,}", str(about["seconds"]), about["command"]])
    columns = ["value before it is squashed", "evaluations", "seconds", "command"]
    return table(columns, [[*row[:3], f"`{row[3]}`"] for row in rows])
