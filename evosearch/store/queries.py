"""Read-only questions to a store, for the command line, reports, exports and the dashboard.

No plug-in, JAX or SQLAlchemy is loaded for a SQLite file; NumPy only where columns are returned.
An unknown campaign or individual raises UsageError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evosearch.store.members import Edge, Generations, History, Member

if TYPE_CHECKING:
    from evosearch.store.records import CampaignRecord
    from evosearch.store.store import Store


def campaigns(store: Store) -> list[dict[str, Any]]:
    """`status` of every campaign, oldest first."""
    raise NotImplementedError


def status(store: Store, name: str) -> dict[str, Any]:
    """Where a campaign stands; ``reused``, ``failed`` and ``profile`` are sums over its life.

    Keys: campaign, state, generation, evaluations, digest, started, seconds, best, reused,
    failed, profile. ``generation`` and ``digest`` are None before the first commit. A campaign
    whose driver died is ``interrupted``.
    """
    raise NotImplementedError


def campaign(store: Store, name: str) -> CampaignRecord:
    """What the campaign was created with, and its newest configuration."""
    raise NotImplementedError


def front(store: Store, name: str) -> list[Member]:
    """The current front, best first objective first."""
    raise NotImplementedError


def member(store: Store, name: str, id: int) -> Member:
    """One individual."""
    raise NotImplementedError


def genome(store: Store, name: str, id: int) -> tuple[str, bytes]:
    """Genome type (``module:Class``) and byte form; raises StorageError when it is damaged."""
    raise NotImplementedError


def lineage(
    store: Store, name: str, id: int, *, limit: int | None = None
) -> tuple[list[Member], list[Edge]]:
    """An individual and all its stored ancestors, youngest first, and the edges among them.

    With ``limit`` only that many of the youngest; they always hang together.
    """
    raise NotImplementedError


def history(store: Store, name: str) -> History:
    """All stored individuals."""
    raise NotImplementedError


def generations(store: Store, name: str) -> Generations:
    """All generations."""
    raise NotImplementedError


def events(store: Store, name: str) -> list[dict[str, Any]]:
    """The campaign's journal: ``{"at", "level", "code", "detail"}``, oldest first."""
    raise NotImplementedError
