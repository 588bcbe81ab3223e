"""What queries answer with. Light on purpose: reading a database must not load NumPy or JAX."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

STATUS_NAMES = (
    "ok",
    "invalid",
    "nonfinite",
    "timeout",
    "memory",
    "error",
    "quarantined",
    "stopped",
)


@dataclass(frozen=True)
class Member:
    """One individual with its birth, scores and what became of it later.

    Attributes:
        objectives: Value by name; NaN where it was not computed.
        validation: Metrics on sealed data or in high precision, None when never validated.
        validation_status: ``ok`` or what failed, None when never validated.
        polish: ``{"constants": [decimal strings], "metrics": {..}}``, None when never polished.
        measures: Value by name.
        status: ``ok`` or the failure, lower case.
        expression: Text for people; None when it was never on a front.
        parents: Ids in the order of the operator's arguments.
        digest: Of the genome, hex.
    """

    id: int
    generation: int
    slot: int
    island: int
    objectives: dict[str, float]
    validation: dict[str, Any] | None
    validation_status: str | None
    polish: dict[str, Any] | None
    measures: dict[str, float]
    status: str
    size: int
    expression: str | None
    operator: str
    parents: list[int]
    digest: str

    def as_json(self) -> dict[str, Any]:
        """The member form of listings; non-finite numbers become null."""
        return {
            "id": self.id,
            "generation": self.generation,
            "objectives": finite(self.objectives),
            "validation": finite(self.validation),
            "size": self.size,
            "expression": self.expression,
        }

    def as_detailed_json(self) -> dict[str, Any]:
        """The form of a single member: also its birth, digest, status, measures and polish."""
        return {
            **self.as_json(),
            "birth": {
                "generation": self.generation,
                "slot": self.slot,
                "island": self.island,
                "operator": self.operator,
                "parents": self.parents,
            },
            "digest": self.digest,
            "status": self.status,
            "measures": finite(self.measures),
            "polish": finite(self.polish),
        }


@dataclass(frozen=True)
class Edge:
    """A parent of a child; ``position`` is the operator's argument that the parent was."""

    child: int
    parent: int
    operator: str
    position: int

    def as_json(self) -> dict[str, Any]:
        """The edge form of lineages."""
        return {
            "child": self.child,
            "parent": self.parent,
            "operator": self.operator,
            "position": self.position,
        }


@dataclass(frozen=True, eq=False)
class History:
    """All stored individuals of a campaign as columns, in the order of ids.

    ``parents`` holds the first two, 0 for none; ``objectives`` NaN where not computed.
    """

    ids: npt.NDArray[np.int64]
    generation: npt.NDArray[np.int64]
    operator: npt.NDArray[np.str_]
    parents: npt.NDArray[np.int64]  # [n, 2]
    sizes: npt.NDArray[np.int64]
    objectives: npt.NDArray[np.float64]  # [n, objectives]
    status: npt.NDArray[np.int8]
    reused: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Generations:
    """All generations of a campaign as columns. ``evaluations`` and ``seconds`` are cumulative."""

    generation: npt.NDArray[np.int64]
    evaluations: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.float64]
    best: dict[str, npt.NDArray[np.float64]]  # by objective
    reused: npt.NDArray[np.int64]
    failed: npt.NDArray[np.int64]
    profile: dict[str, npt.NDArray[np.float64]]  # seconds of each generation by part


def finite(value: Any) -> Any:
    """``value`` with every non-finite number in it replaced by None, as JSON needs."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
