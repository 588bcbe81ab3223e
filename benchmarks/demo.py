"""Where the time of a search goes, the store's share above all: runs/exp2.toml, cut short."""

import tempfile
import time
from pathlib import Path

from evosearch.campaign import Campaign
from evosearch.config import load
from evosearch.store import queries
from evosearch.store.store import Store

EVALUATIONS = 20_000


def main() -> None:
    file = Path(__file__).parent.parent / "runs" / "exp2.toml"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/campaigns.db"
        started = time.perf_counter()
        with Campaign.create(load(file, [f"budget.evaluations={EVALUATIONS}"]), url) as campaign:
            campaign.run()
        wall = time.perf_counter() - started
        with Store.open(url, "read") as store:
            status = queries.status(store, "exp2")
    print(f"{status['evaluations']:,} evaluations in {wall:.1f} s, finishing included")
    profile = dict(status["profile"])
    del profile["total"]
    for part, seconds in sorted(profile.items(), key=lambda item: -item[1]):
        beside = "  beside the others" if part == "store" else ""
        print(f"  {part:8} {seconds:7.2f} s  {seconds / wall:6.1%}{beside}")


if __name__ == "__main__":
    main()
