"""What a campaign gains when a generation is stored while the next one is made.

    python -m benchmarks.overlap

The campaign of `benchmarks.generation` (4,096 programs a generation, 10,000 points), in turn
waiting for every commit and not. Milliseconds of a generation by part, medians of a run; of three
runs each way the one with the shortest generation. ``store`` is beside the others.
"""

import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.generation.course import FUNCTIONS, POPULATION
from benchmarks.throughput.workloads import MIXED, W2
from evosearch.campaign import Campaign
from evosearch.config import CampaignConfig, parse
from evosearch.store import queries
from evosearch.store.store import Store

GENERATIONS = 12
WARM_UP = 3  # generations that are not counted: kernels are compiled in the first ones
RUNS = 3
ALWAYS, DEFAULT = 1e9, 0.01  # shares of a generation's time for which its commit is waited for


def config() -> CampaignConfig:
    document = {
        "campaign": {"name": "overlap", "seed": 1},
        "space": {
            "use": "expressions",
            "primitives": list(MIXED),
            "inputs": W2.inputs,
            "max_operations": FUNCTIONS,
        },
        "evaluator": {"use": "./generation/regression.py:Regression"},
        "algorithm": {"use": "nsga2", "population": POPULATION, "survivors": POPULATION},
        "execution": {"use": "inline", "workers": 1, "batch": POPULATION},
        "budget": {"generations": GENERATIONS},
    }
    return parse(document, Path(__file__).parent)


def run(patience: float) -> tuple[dict[str, float], str]:
    """Milliseconds by part, and the final digest."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/campaigns.db"
        with (
            patch("evosearch.campaign.campaign.PATIENCE", patience),
            Campaign.create(config(), url) as campaign,
        ):
            campaign.run()
        with Store.open(url) as store:
            told = queries.generations(store, "overlap").profile
            digest = queries.status(store, "overlap")["digest"]
    return {part: 1e3 * float(np.median(each[WARM_UP:])) for part, each in told.items()}, digest


def main() -> int:
    run(DEFAULT)  # compiles
    runs = [(run(ALWAYS), run(DEFAULT)) for _ in range(RUNS)]
    digests = {digest for pair in runs for _, digest in pair}
    waiting, overlapped = (
        min((pair[way][0] for pair in runs), key=lambda parts: parts["total"]) for way in (0, 1)
    )
    print("| ms a generation | waiting for commits | overlapped |\n|---|---:|---:|")
    for part in sorted(waiting, key=lambda part: -waiting[part]):
        print(f"| {part} | {waiting[part]:.1f} | {overlapped[part]:.1f} |")
    gains = [pair[0][0]["total"] / pair[1][0]["total"] for pair in runs]
    print("\ntimes as fast in each pair: " + ", ".join(f"{gain:.2f}" for gain in gains))
    return 0 if len(digests) == 1 else 1


if __name__ == "__main__":
    raise SystemExit(main())
