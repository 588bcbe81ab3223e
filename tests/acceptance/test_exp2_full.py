"""The first minutes of `runs/exp2_full.toml`: below what float64 can see, from f = x."""

from pathlib import Path

import pytest

from evosearch.campaign import Campaign
from evosearch.config import load

RUNS = Path(__file__).parents[2] / "runs"
BELOW = {
    2: 2.983e-2,
    3: 8.68e-4,
    5: 4.37e-6,
    7: 2.7e-9,
    8: 1.7e-10,
    9: 3e-14,
    10: 1e-15,
    12: 1e-19,
}


@pytest.mark.acceptance
def test_compositions_far_below_the_published_programs(tmp_path):
    config = load(RUNS / "exp2_full.toml", ["budget.evaluations=400000"])
    with Campaign.create(config, f"sqlite:///{tmp_path}/full.db") as campaign:
        campaign.run()
        front = campaign.front().objectives
    for size, bound in BELOW.items():
        assert front[front[:, 1] <= size, 0].min() < bound
