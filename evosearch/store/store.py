"""Store: the database of campaigns, opened for reading or for writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from evosearch.store.records import (
        CampaignRecord,
        GenerationRecord,
        KnownScores,
        KnownStructures,
        ResumePoint,
    )

State = Literal["running", "paused", "finished", "failed"]


class Store:
    """Context manager; see `open`."""

    @classmethod
    def open(
        cls,
        url: str,
        mode: Literal["read", "write"] = "read",
        *,
        timeout: float = 10.0,
        lease: float = 120.0,
    ) -> Self:
        """Open ``sqlite:///path`` or ``postgresql://...``.

        Writing creates the database and brings its schema up to date under a lock; reading never
        creates or changes anything. ``timeout`` is how long to wait for another writer, ``lease``
        how long a driver of which nothing is heard keeps its campaign, in seconds.

        Raises:
            StorageError: It cannot be opened, is no database of evosearch, or is of another schema.
        """
        raise NotImplementedError

    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...

    def create_campaign(self, record: CampaignRecord, prepared: Mapping[str, npt.NDArray[Any]]) -> int: ...
    def load_campaign(self, name: str) -> tuple[int, CampaignRecord, dict[str, npt.NDArray[Any]]]: ...
    def update_config(
        self, campaign_id: int, config: dict[str, Any], fingerprint: dict[str, Any], reason: str
    ) -> None: ...
    def acquire(self, campaign_id: int) -> None: ...
    def heartbeat(self, campaign_id: int) -> None: ...
    def release(self, campaign_id: int) -> None: ...
    def set_state(self, campaign_id: int, state: State) -> None: ...
    def commit(self, campaign_id: int, record: GenerationRecord) -> int:
        """Store one generation in one transaction.

        Returns:
            How many individuals retention dropped. When it is not 0, a driver that keeps known
            scores or structures in memory must rebuild them from `structures`, because a resumed
            driver would know only those.
        """
        raise NotImplementedError

    def resume_point(self, campaign_id: int) -> ResumePoint | None:
        """State after the last committed generation; None before the first."""
        raise NotImplementedError

    def known_scores(self, evaluator_key: str, fidelity: str) -> KnownScores: ...
    def structures(self, campaign_id: int) -> KnownStructures: ...
    def record_validation(
        self, campaign_id: int, id: int, metrics: Mapping[str, Any], status: str
    ) -> None: ...
    def record_polish(
        self, campaign_id: int, id: int, constants: Sequence[str], metrics: Mapping[str, Any]
    ) -> None: ...
    def record_artifact(
        self, campaign_id: int, id: int, format: str, path: str, content: bytes, claims: Mapping[str, Any]
    ) -> None: ...
    def record_event(
        self, campaign_id: int | None, code: str, detail: Mapping[str, Any], level: str = "info"
    ) -> None: ...
    def check(self) -> list[str]: ...
    def backup(self, path: Path) -> None: ...
