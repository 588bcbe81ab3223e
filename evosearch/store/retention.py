"""What is kept of a campaign.

- ``all``: every individual.
- ``elites``: the individuals of the last `RECENT` generations or more, all survivors, everyone who
  was ever on the front, and all ancestors of these.
- ``summary``: survivors and everyone who was ever on the front.

Genomes of these are kept, and those that their payloads are restored from (see `deltas`), which
may be nobody's any more. Generation rows are always kept. Pruning happens at fixed generations,
so that what a campaign knows at a generation does not depend on when it was stopped.
"""

import sqlalchemy as sa

from evosearch.store import schema
from evosearch.store.engine import SqlEngine

POLICIES = ("all", "elites", "summary")
RECENT = 5
EVERY = 5  # generations between two prunings under ``elites``

_DELTAS_SQL = "SELECT 1 FROM genome WHERE campaign_id = :campaign AND base > 0 LIMIT 1"


def prunes(policy: str, generation: int) -> bool:
    """Whether something may be dropped together with this generation."""
    return policy == "summary" or (policy == "elites" and generation % EVERY == 0)


def prune(engine: SqlEngine, campaign_id: int, policy: str, generation: int) -> int:
    """Drop what the policy does not keep; returns the number of individuals dropped."""
    if not prunes(policy, generation):
        return 0
    individual = schema.individual
    kept = _ancestors(campaign_id) if policy == "elites" else _roots(campaign_id)
    before = generation + 1 if policy == "summary" else generation + 1 - RECENT
    dropped = engine.execute(
        sa.delete(individual).where(
            individual.c.campaign_id == campaign_id,
            individual.c.generation < before,
            individual.c.id.not_in(kept),
        )
    ).rowcount
    if dropped:
        ours = individual.c.campaign_id == campaign_id
        left = sa.select(individual.c.id).where(ours)
        used = _restorable(engine, campaign_id, sa.select(individual.c.genome_id).where(ours))
        for key, referred in (
            (schema.lineage_edge.c.child, left),
            (schema.evaluation.c.individual_id, left),
            (schema.stage.c.individual_id, left),
            (schema.genome.c.id, used),
        ):
            owned = key.table.c.campaign_id == campaign_id
            engine.execute(sa.delete(key.table).where(owned, key.not_in(referred)))
    return dropped


def _roots(campaign_id: int) -> sa.CompoundSelect[tuple[int]]:
    """Survivors and everyone who was ever on the front."""
    survivor, archive = schema.survivor, schema.archive
    return sa.union(
        sa.select(survivor.c.individual_id).where(survivor.c.campaign_id == campaign_id),
        sa.select(archive.c.individual_id).where(archive.c.campaign_id == campaign_id),
    )


def _ancestors(campaign_id: int) -> sa.Select[tuple[int]]:
    """The roots and all their ancestors."""
    edge = schema.lineage_edge
    roots = _roots(campaign_id).subquery()
    kept = sa.select(roots.c.individual_id.label("id")).cte("kept", recursive=True)
    parents = sa.select(edge.c.parent).join(kept, edge.c.child == kept.c.id)
    return sa.select(kept.union(parents.where(edge.c.campaign_id == campaign_id)).c.id)


def _restorable(
    engine: SqlEngine, campaign_id: int, used: sa.Select[tuple[int]]
) -> sa.Select[tuple[int]]:
    """Genomes in use and all that they are restored from."""
    if not engine.rows(_DELTAS_SQL, campaign=campaign_id):
        return used
    genome = schema.genome
    kept = used.cte("kept_genome", recursive=True)
    bases = (
        sa.select(genome.c.base)
        .join(kept, genome.c.id == kept.c.genome_id)
        .where(genome.c.campaign_id == campaign_id, sa.text("genome.base > 0"))
    )
    return sa.select(kept.union(bases).c.genome_id)
