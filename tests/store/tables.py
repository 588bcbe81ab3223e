"""A search of made-up tables: each child is its first parent with some cells changed.

To be killed: ``python -m tests.store.tables URL GENERATIONS``.
"""

import sys
from itertools import islice

import numpy as np

from evosearch.genomes.table import Column, TableBatch
from evosearch.store.records import (
    FIRST_DIGEST,
    FrontMember,
    GenerationRecord,
    IndividualRows,
    state_digest,
)
from evosearch.store.store import Store
from tests.store.fakes import campaign_record, digest_of

SLOTS = 4


def columns(count):
    return tuple(Column(f"c{place}", 16) for place in range(count))


def first_table(rows, cols, seed=0):
    codes = np.random.default_rng(seed).geometric(0.4, (1, rows, cols)) - 1
    return TableBatch(columns(cols), np.minimum(codes, 15).astype(np.uint16))


def changed(table, cells, rng):
    codes = table.codes.copy()
    flat = codes.reshape(-1)
    flat[rng.integers(0, len(flat), cells)] = rng.integers(0, 16, cells)
    return TableBatch(table.columns, codes)


def search(survivors=None, generation=-1, next_id=1, digest=FIRST_DIGEST, cells=20):
    """Generations without end; ``survivors`` are (id, payload) of the last one."""
    while True:
        generation += 1
        rng = np.random.default_rng(generation)
        parents = np.zeros((SLOTS, 2), np.int64)
        if survivors is None:
            tables = [first_table(300, 20, seed) for seed in range(SLOTS)]
        else:
            places = rng.integers(0, len(survivors), SLOTS)
            parents[:, 0] = [survivors[place][0] for place in places]
            parents[1, 1] = survivors[0][0]
            parents[2] = parents[2, ::-1]  # its first parent is the second argument
            genomes = [TableBatch.from_bytes([survivors[place][1]]) for place in places]
            tables = [changed(genome, cells, rng) for genome in genomes]
        payloads = [table.to_bytes()[0] for table in tables]
        rows = IndividualRows(
            ids=np.arange(next_id, next_id + SLOTS),
            islands=np.zeros(SLOTS, np.int64),
            slots=np.arange(SLOTS),
            operators=["change"] * SLOTS,
            parents=parents,
            genomes=payloads,
            digests=[digest_of(payload) for payload in payloads],
            structures=[digest_of(payload) for payload in payloads],
            sizes=np.full(SLOTS, 300),
            objectives=rng.random((SLOTS, 2)),
            status=np.zeros(SLOTS, np.int8),
            measures=rng.random((SLOTS, 2)),
            reused=np.zeros(SLOTS, bool),
        )
        next_id += SLOTS
        digest = state_digest(digest, rows)
        survivors = list(zip(rows.ids[:2].tolist(), payloads[:2], strict=True))
        yield GenerationRecord(
            generation=generation,
            individuals=rows,
            survivors=[rows.ids[:2]],
            front=[FrontMember(int(rows.ids[0]), "table")],
            digest=digest,
            evaluations=next_id - 1,
            reused=0,
            failed=0,
            seconds=1.0 * generation,
        )


def create(store, **changes):
    return store.create_campaign(campaign_record(n_islands=1, **changes), {})


def drive(store, number, generations):
    point = store.resume_point(number)
    done, following = 0, search()
    if point is not None:
        (left,) = point.survivors
        survivors = list(zip(left.ids.tolist(), left.genomes, strict=True))
        done = point.generation + 1
        following = search(survivors, point.generation, point.next_id, point.digest)
    for record in islice(following, max(0, generations - done)):
        store.commit(number, record)


if __name__ == "__main__":
    with Store.open(sys.argv[1], mode="write") as opened:
        campaign, _, _ = opened.load_campaign("exp2")
        opened.acquire(campaign)
        drive(opened, campaign, int(sys.argv[2]))
