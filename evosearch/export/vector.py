"""Vectors: named genes as a JSON document."""

import json
from collections.abc import Mapping
from typing import Any

from evosearch.export import strict

FORMAT = "evosearch-vector"
VERSION = 1


def vector_json(genes: Mapping[str, float | int | str], metadata: Mapping[str, Any]) -> str:
    """JSON text of one individual's genes; raises DocumentFormatError where it cannot be JSON."""
    data = {
        "format": FORMAT,
        "version": VERSION,
        "genes": dict(genes),
        "metadata": dict(metadata),
    }
    strict.check_json(data)
    return json.dumps(data, indent=1, allow_nan=False) + "\n"
