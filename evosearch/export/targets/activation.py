"""The bundle of an activation function: formula, properties, and a table to test any port with."""

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from evosearch.errors import FormatError
from evosearch.export import strict
from evosearch.export.check import CheckResult, compare, together
from evosearch.export.document import ProgramDocument
from evosearch.export.lowering import parameters
from evosearch.export.properties import (
    TABLE,
    properties,
    require_function,
    values,
    with_slopes,
)
from evosearch.export.targets.latex import formula
from evosearch.genomes.text import expressions

FORMAT, VERSION = "evosearch-activation", 1


class ActivationExporter:
    """JSON with all that is known of a function of one variable.

    ``table`` holds x, f(x) and f'(x) at 201 points of [-10, 10]: a port that agrees with it to
    1e-6 computes the function. At kinks the slope is that of the left side.
    """

    name = "activation"
    suffix = "activation.json"
    needs: ClassVar[tuple[str, ...]] = ()

    def write(self, document: ProgramDocument) -> str:
        """The bundle.

        Raises:
            ExportError: The program is no function of one variable and learnable parameters.
        """
        return json.dumps(bundle(document), indent=1, allow_nan=False) + "\n"

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Read it back; the table has the values of the document and is the integral of f'."""
        try:
            again = strict.load(path.read_text(encoding="utf-8"))
        except FormatError as error:
            return CheckResult("failed", message=str(error))
        if not isinstance(again, dict) or again.get("document") != bundle(document)["document"]:
            return CheckResult("failed", message="the document reads back differently")
        table = np.array(again["table"], dtype=np.float64)
        initial = list(parameters(document).values())
        inputs = np.stack([table[:, 0], *(np.full(len(table), p) for p in initial)])
        result = compare(document, inputs, table[:, 1], exact=True)
        jump = _disagreement(document, table)
        if jump:
            return CheckResult("failed", message=jump)
        return together([result])


def bundle(document: ProgramDocument) -> dict[str, Any]:
    """What is written, as JSON values."""
    require_function(document)
    simple = document.simplified()
    f, slopes = with_slopes(simple, TABLE)
    rows = np.stack([TABLE, f, slopes], axis=1).tolist()
    return {
        "format": FORMAT,
        "version": VERSION,
        "formula": expressions(simple.to_program(), simple.inputs)[0],
        "latex": formula(simple),
        "parameters": parameters(simple),
        "properties": properties(simple),
        "columns": ["x", "f", "slope"],
        "table": [[x, _number(y), _number(slope)] for x, y, slope in rows],
        "document": json.loads(simple.to_json()),
    }


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _disagreement(document: ProgramDocument, table: Any) -> str:
    """Where f' is not the slope of f from the left, or ''.

    Points at which two steps give different slopes, as in fast waves, are left out.
    """
    x, _, slopes = table.T
    with np.errstate(all="ignore"):
        f = values(document, x)
        coarse, fine = ((f - values(document, x - near)) / near for near in (2e-5, 1e-5))
        steady = abs(coarse - fine) <= 1e-3 * (1 + abs(fine))
        wrong = steady & np.isfinite(slopes) & (abs(fine - slopes) > 1e-2 * (1 + abs(slopes)))
    if not wrong.any():
        return ""
    at = int(np.flatnonzero(wrong)[0])
    return f"at x = {x[at]}: the slope is {fine[at]}, the table has {slopes[at]}"
