"""The campaigns of `make demo`, whole: what the README says of 2^x."""

from pathlib import Path

import pytest

from evaluators.approximation import Approximation
from evaluators.approximation.options import Options
from evosearch.campaign import Campaign
from evosearch.config import load

RUNS = Path(__file__).parents[2] / "runs"


def best_by_size(file: str, folder: Path) -> dict[int, float]:
    """Lowest error of a campaign's front at each number of operations up to 8."""
    with Campaign.create(load(RUNS / file), f"sqlite:///{folder}/{file}.db") as campaign:
        campaign.run()
        front = campaign.front().objectives
    return {size: front[front[:, 1] <= size, 0].min() for size in range(2, 9)}


@pytest.mark.acceptance
def test_exp2_beats_the_published_programs_the_classical_forms_and_random_search(tmp_path):
    evolved = best_by_size("exp2.toml", tmp_path)
    for size, optimum in {2: 2.982e-2, 3: 8.672e-4, 5: 4.341e-6}.items():
        assert evolved[size] <= 1.02 * optimum
    classical = Approximation(Options(target="exp2", interval="(0, 1]"), tmp_path).baselines(8)
    for size, factor in {6: 1, 7: 10, 8: 10}.items():
        reference = min(
            b.objectives["error"] for b in classical if b.objectives["operations"] <= size
        )
        assert evolved[size] * factor < reference
    random = best_by_size("exp2_random.toml", tmp_path)
    for size in range(5, 9):
        assert evolved[size] < random[size]
