"""A search space that is used up ends a campaign that counts evaluations."""

from evosearch.campaign import Campaign
from evosearch.campaign.campaign import MAX_IDLE
from evosearch.config import load

CAMPAIGN = """
[campaign]
name = "tiny"
[space]
use = "hyperparameters"
[space.genes]
side = {kind = "categorical", choices = ["left", "right"]}
[evaluator]
use = "./score.py:evaluate"
[algorithm]
population = 4
[budget]
evaluations = 1000
"""


def test_a_used_up_space_ends_the_campaign_wherever_it_was_interrupted(tmp_path):
    (tmp_path / "tiny.toml").write_text(CAMPAIGN)
    (tmp_path / "score.py").write_text(
        "def evaluate(genes):\n    return {'loss': 1.0 + (genes['side'] == 'left')}\n"
    )
    config = load(str(tmp_path / "tiny.toml"))
    with Campaign.create(config, f"sqlite:///{tmp_path}/whole.db") as whole:
        assert whole.run() == "finished"
        assert "nothing new" in whole.reason
        assert whole.state.evaluations == 2
    url = f"sqlite:///{tmp_path}/parts.db"
    with Campaign.create(config, url) as first:
        first.run(lambda progress: first.stop() if progress.generation == MAX_IDLE // 2 else None)
    with Campaign.load(url, "tiny") as second:
        assert second.run() == "finished"
        assert second.state.digest == whole.state.digest
