"""Statement: what is known about the privacy of an exported table, as JSON beside it."""

import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

from evaluators.private_data.usage import Usage
from evosearch.errors import ExportError
from evosearch.export.table import TableDocument

FORMAT = "evosearch-privacy"
VERSION = 1

_STATEMENT = (
    "The private table was used once, for the noisy counts that this mechanism released. The "
    "search, the choice of the table, its number of rows and the values drawn inside bins saw "
    "these counts alone: they are post-processing, and spend nothing more. Differential privacy "
    "of the data set also counts what its other releases spent, see `evosearch ledger`."
)


def statement(path: Path, document: TableDocument, usage: Usage, text: str, replaced: int) -> str:
    """JSON about the file at ``path``, which contains ``text``.

    Raises:
        ExportError: The campaign has no entry in the privacy ledger.
    """
    spent = document.metadata.get("privacy")
    if spent is None:
        raise ExportError(
            "the campaign has no entry in the privacy ledger, so nothing can be said about the "
            "privacy of its tables: expected one whose evaluator was charged for"
        )
    details: dict[str, Any] = dict(spent["details"])
    data = {
        "format": FORMAT,
        "version": VERSION,
        "file": {
            "name": path.name,
            "blake2b": blake2b(text.encode("utf-8"), digest_size=16).hexdigest(),
            "rows": document.rows,
            "columns": [field.name for field in usage.domain.fields],
        },
        "campaign": document.metadata.get("campaign"),
        "id": document.metadata.get("id"),
        "digest": document.metadata.get("digest"),
        "dataset": spent["dataset"],
        "epsilon": details.pop("epsilon", None),
        "delta": details.pop("delta", None),
        "neighbours": spent["neighbours"],
        "mechanism": spent["mechanism"],
        "rho": spent["rho"],
        "exact_rho": spent["exact"]["rho"],
        "details": details,
        "ledger": spent["digest"],
        "table_rows": len(document.codes),
        "replaced_rows": replaced,
        "constraints": [constraint.text for constraint in usage.constraints],
        "statement": _STATEMENT,
    }
    return json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
