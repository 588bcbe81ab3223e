"""Who drives a campaign: an owner with a lease, and an epoch that fences out the one before.

The lease says when an owner of which nothing is heard may be replaced; the epoch, raised by each
acquisition and compared in every write, makes sure that the replaced one cannot write any more
(Kleppmann 2016, "How to do distributed locking").
"""

import os
import socket
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from evosearch.errors import CampaignLockedError, UsageError
from evosearch.store.engine import SqlEngine
from evosearch.store.owner import is_gone, our_tokens
from evosearch.store.schema import campaign

_OWNER_SQL = """
    SELECT owner_host, owner_pid, owner_token, owner_epoch, lease_until, name
    FROM campaign WHERE id = :campaign
"""


@dataclass(frozen=True)
class Lease:
    """Proof of having acquired a campaign."""

    campaign_id: int
    token: str
    epoch: int
    seconds: float


def acquire(engine: SqlEngine, campaign_id: int, seconds: float) -> Lease:
    """Become the owner; raises CampaignLockedError while another one lives."""
    with engine.transaction():
        # written first, so that two PostgreSQL sessions take turns here
        ours = sa.update(campaign).where(campaign.c.id == campaign_id)
        engine.execute(ours.values(owner_epoch=campaign.c.owner_epoch + 1))
        owner = _owner(engine, campaign_id)
        host, pid, token, epoch, until, name = owner
        now = engine.now()
        if token is not None and until > now and not is_gone(host, pid, token):
            raise CampaignLockedError(
                f"campaign {name!r} is driven by process {pid} on {host}: stop it first, or wait "
                f"{until - now:.0f} s if it hangs (its lease ends then)"
            )
        lease = Lease(campaign_id, uuid4().hex, epoch, seconds)
        engine.execute(
            ours.values(
                owner_host=socket.gethostname(),
                owner_pid=os.getpid(),
                owner_token=lease.token,
                lease_until=now + seconds,
            )
        )
    our_tokens.add(lease.token)
    return lease


def fence(engine: SqlEngine, lease: Lease) -> None:
    """Extend the lease, inside a transaction; raises CampaignLockedError when it was lost."""
    statement = sa.update(campaign).where(
        campaign.c.id == lease.campaign_id,
        campaign.c.owner_epoch == lease.epoch,
        campaign.c.owner_token == lease.token,
    )
    until = engine.now() + lease.seconds
    if engine.execute(statement.values(lease_until=until)).rowcount != 1:
        host, pid, *_, name = _owner(engine, lease.campaign_id)
        raise CampaignLockedError(
            f"campaign {name!r} was taken over by process {pid} on {host} while this driver "
            f"paused; nothing was stored: stop this driver"
        )


def release(engine: SqlEngine, lease: Lease) -> None:
    """Give the campaign up; nothing happens if it was lost already."""
    our_tokens.discard(lease.token)
    with engine.transaction():
        engine.execute(
            sa.update(campaign)
            .where(campaign.c.id == lease.campaign_id, campaign.c.owner_token == lease.token)
            .values(owner_host=None, owner_pid=None, owner_token=None, lease_until=None)
        )


def _owner(engine: SqlEngine, campaign_id: int) -> Any:
    found = engine.rows(_OWNER_SQL, campaign=campaign_id)
    if not found:
        raise UsageError(f"there is no campaign with number {campaign_id}")
    return found[0]
