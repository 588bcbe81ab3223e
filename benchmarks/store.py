"""How fast the store takes generations in, and answers questions.

    python -m benchmarks.store [--individuals 300000] [--url sqlite:///...] [--json]

Generations have 4,096 individuals like programs of 20 nodes (150 bytes of genome, two parents,
three objectives); a tenth of them repeat an earlier genome. Commits are as durable as in a
campaign (SQLite: synchronous FULL).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from evosearch.contracts import Objective
from evosearch.store import queries
from evosearch.store.records import (
    FIRST_DIGEST,
    CampaignRecord,
    FrontMember,
    GenerationRecord,
    IndividualRows,
    state_digest,
)
from evosearch.store.store import Store

CHILDREN = 4096
GENOME = 150
QUERIED = 200_000
WORK = 0.06  # seconds of a generation that are not the store's
OVERLAPPED = 10  # generations
REPEATS = 3
NAME = "benchmark"


def generations(count: int) -> Iterator[GenerationRecord]:
    """Made-up generations; the time to make them is not measured."""
    digest = FIRST_DIGEST
    for generation in range(count):
        rows = _children(generation)
        digest = state_digest(digest, rows)
        yield GenerationRecord(
            generation=generation,
            individuals=rows,
            survivors=[rows.ids[: CHILDREN // 2]],
            front=[FrontMember(int(id), "x * c0 + c1") for id in rows.ids[:30]],
            digest=digest,
            evaluations=int(rows.ids[-1]),
            reused=int(rows.reused.sum()),
            failed=0,
            seconds=float(generation),
            profile={"score": 0.1},
            best={"error": 0.1},
        )


def _children(generation: int) -> IndividualRows:
    rng = np.random.default_rng(generation)
    first = generation * CHILDREN + 1
    data = rng.bytes(CHILDREN * GENOME)
    genomes = [data[i : i + GENOME] for i in range(0, len(data), GENOME)]
    fresh = CHILDREN - CHILDREN // 10
    genomes[fresh:] = genomes[: CHILDREN - fresh]
    digests = [blake2b(genome, digest_size=16).digest() for genome in genomes]
    parents = np.zeros((CHILDREN, 2), np.int64)
    if generation:
        parents = rng.integers(first - CHILDREN, first, (CHILDREN, 2))
    return IndividualRows(
        ids=np.arange(first, first + CHILDREN),
        islands=np.zeros(CHILDREN, np.int64),
        slots=np.arange(CHILDREN),
        operators=["rewire+insert"] * CHILDREN,
        parents=parents,
        genomes=genomes,
        digests=digests,
        structures=digests,
        sizes=np.full(CHILDREN, 20),
        objectives=rng.random((CHILDREN, 3)),
        status=np.zeros(CHILDREN, np.int8),
        measures=np.zeros((CHILDREN, 0)),
        reused=np.arange(CHILDREN) >= fresh,
    )


def opened(url: str, stack: ExitStack) -> tuple[Store, int]:
    """A store with a new campaign that it holds."""
    record = CampaignRecord(
        name=NAME,
        seed=0,
        notes="",
        config={},
        fingerprint={},
        genome_type="none",
        objectives=(Objective("error"), Objective("ops"), Objective("ulp")),
        measures=(),
        evaluator_key="00",
    )
    store = stack.enter_context(Store.open(url, mode="write"))
    campaign_id = store.create_campaign(record, {})
    store.acquire(campaign_id)
    return store, campaign_id


def ingest(url: str, individuals: int) -> dict[str, float]:
    """Commit that many individuals."""
    times, busy = [], []
    with ExitStack() as stack:
        store, campaign_id = opened(url, stack)
        for generation in generations(max(1, individuals // CHILDREN)):
            start, worked = time.perf_counter(), time.thread_time()
            store.commit(campaign_id, generation)
            times.append(time.perf_counter() - start)
            busy.append(time.thread_time() - worked)
    tenth = max(1, len(times) // 10)
    return {
        "individuals a minute": 60 * len(times) * CHILDREN / sum(times),
        "individuals a minute, last tenth": 60 * tenth * CHILDREN / sum(times[-tenth:]),
        "us an individual, p50": 1e6 * float(np.median(times)) / CHILDREN,
        "CPU us an individual, p50": 1e6 * float(np.median(busy)) / CHILDREN,
        "commit p50 ms": 1e3 * float(np.median(times)),
        "commit p99 ms": 1e3 * float(np.quantile(times, 0.99)),
    }


def overlap(folder: Path) -> dict[str, float]:
    """A generation in which something else is done for `WORK` seconds, and one is stored.

    ``without the GIL`` is what compiled scoring is like, ``in Python`` the worst that can be.
    """
    records = list(generations(OVERLAPPED))
    kinds: dict[str, Callable[[], None]] = {
        "without the GIL": partial(time.sleep, WORK),
        "in Python": _python,
    }
    times: dict[str, list[float]] = {}
    for run in range(2 * REPEATS):
        for kind, work in kinds.items():
            way = "writer" if run % 2 else "commit"
            url = f"sqlite:///{folder}/overlap-{run}-{kind[:2]}.db"
            times.setdefault(f"work {kind}, {way}", []).append(_loop(url, records, work, way))
    return {f"{name}, ms": 1e3 * min(each) for name, each in times.items()}


def _python() -> None:
    """Python's own work of about `WORK` seconds, always the same."""
    for _ in range(int(WORK * 60e6)):
        pass


def _loop(
    url: str, records: Sequence[GenerationRecord], work: Callable[[], None], way: str
) -> float:
    """Median seconds of a generation."""
    marks = []
    with ExitStack() as stack:
        store, campaign_id = opened(url, stack)
        commit: Callable[[GenerationRecord], object] = partial(store.commit, campaign_id)
        if way == "writer":
            writer = stack.enter_context(closing(store.writer(campaign_id)))
            commit = writer.submit
        for record in records:
            work()
            commit(record)
            marks.append(time.perf_counter())
    return float(np.median(np.diff(marks)))


def query(url: str) -> dict[str, float]:
    """Milliseconds of each question, the best of three."""
    with Store.open(url) as store:
        last = queries.status(store, NAME)["evaluations"]
        asked: dict[str, Callable[[], Any]] = {
            "status": lambda: queries.status(store, NAME),
            "campaigns": lambda: queries.campaigns(store),
            "front": lambda: queries.front(store, NAME),
            "member": lambda: queries.member(store, NAME, last // 2),
            "lineage, youngest 1000": lambda: queries.lineage(store, NAME, last, limit=1000),
            "history": lambda: queries.history(store, NAME),
            "generations": lambda: queries.generations(store, NAME),
            "resume point": lambda: store.resume_point(1),
            "structures": lambda: store.structures(1),
            "known scores": lambda: store.known_scores("00", "full"),
            "check": store.check,
        }
        return {name: 1e3 * min(_timed(ask) for _ in range(3)) for name, ask in asked.items()}


def start_up(url: str) -> dict[str, float]:
    """Milliseconds of a fresh interpreter that answers one question and ends."""
    return {
        f"{name}, Python started": 1e3 * min(_timed(partial(_ask, url, name)) for _ in range(3))
        for name in ("status", "front")
    }


def _ask(url: str, name: str) -> None:
    script = """
import sys
from evosearch.store import queries
from evosearch.store.store import Store
with Store.open(sys.argv[1]) as store:
    getattr(queries, sys.argv[2])(store, sys.argv[3])
"""
    subprocess.run([sys.executable, "-c", script, url, name, NAME], check=True)


def _timed(action: Callable[[], Any]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def measure(url: str | None, individuals: int) -> dict[str, float]:
    """All figures; without ``url`` in SQLite files that are thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        results = ingest(url or f"sqlite:///{folder}/ingest.db", individuals)
        if url is None:
            path = Path(folder) / "ingest.db"
            results["bytes an individual"] = path.stat().st_size / individuals
            path.unlink()
            url = f"sqlite:///{folder}/queries.db"
            ingest(url, min(QUERIED, individuals))
            results |= overlap(Path(folder))
        return results | {
            f"{name}, ms": value for name, value in (query(url) | start_up(url)).items()
        }


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description="Speed of the store.")
    parser.add_argument("--individuals", type=int, default=300_000)
    parser.add_argument("--url", help="of an empty database")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    results = measure(options.url, options.individuals)
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        for name, value in results.items():
            print(f"{name:36} {value:14,.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
