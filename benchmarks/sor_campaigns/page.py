"""Page: the tables of docs/results/sor.md, made of what was found alone."""

import re
from collections.abc import Mapping

import numpy as np

from benchmarks.sor_campaigns.policies import Found
from benchmarks.tables import table

_BEGIN, _END = "<!-- made by python -m benchmarks sor_campaigns -->", "<!-- end -->"


def written(text: str, found: Mapping[str, Found]) -> str:
    """The page with other tables between its marks."""
    between = re.compile(f"({re.escape(_BEGIN)}\n).*?({re.escape(_END)})", re.DOTALL)
    return between.sub(lambda mark: f"{mark[1]}\n{tables(found)}\n\n{mark[2]}", text)


def tables(found: Mapping[str, Found]) -> str:
    """By campaign and group of held-out systems; matrices; policies."""
    single = {n: d for n, d in found.items() if not n.startswith("sor_matrices")}
    matrices = {n: d for n, d in found.items() if n.startswith("sor_matrices")}
    parts = [_results(single)] if single else []
    if matrices:
        parts.append(_matrices(matrices))
    parts.append(_policies(found))
    return "\n\n".join(parts)


def _results(found: Mapping[str, Found]) -> str:
    columns = ["campaign", "systems", "iterations"]
    columns += ["/ oracle", "/ Young", "/ best fixed", "/ Chebyshev", "CG"]
    rows = []
    for name, each in found.items():
        for row in each.about["rows"]:
            keys = [f"ratio_to_{key}" for key in ("oracle", "young", "best_fixed", "chebyshev")]
            ratios = [f"{row[key]:.4f}" if key in row else "–" for key in keys]
            iterations = f"{row['mean_iterations']:.2f}"
            cells = [f"`{name}`", row["systems"], iterations, *ratios]
            rows.append([*cells, f"{row['cg_iterations']:.1f}"])
    return table(columns, rows)


def _matrices(found: Mapping[str, Found]) -> str:
    rows, ratios = [], []
    for each in found.values():
        [row] = each.about["rows"]
        ratios.append(row["ratio_to_oracle"])
        cells = [row["systems"], f"{row['n']:.0f}", f"{row['mean_iterations']:.1f}"]
        cells += [f"{row[f'ratio_to_{key}']:.3f}" for key in ("oracle", "young", "best_fixed")]
        rows.append([*cells, f"{row['cg_iterations']:.1f}"])
    mean = float(np.exp(np.log(ratios).mean()))
    rows.append(["geometric mean", "", "", f"{mean:.4f}", "", "", ""])
    columns = ["left out", "n", "iterations", "/ oracle", "/ extended", "/ best fixed", "CG"]
    return table(columns, rows)


def _policies(found: Mapping[str, Found]) -> str:
    rows = []
    for name, each in found.items():
        about = each.about
        text = each.text if len(each.text) < 160 else f"{each.text[:150]} ..."
        shown = f"[{name}](relaxation/{name}.json): `{text}`"
        rows.append([shown, f"{about['evaluations']:,}", str(about["seconds"]), about["command"]])
    columns = ["found", "evaluations", "seconds", "command"]
    return table(columns, [[*row[:3], f"`{row[3]}`"] for row in rows])
