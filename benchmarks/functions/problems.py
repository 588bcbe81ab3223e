"""Problem: one campaign file of the results page, and what its programs are held against."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evaluators.approximation import baselines as classical
from evaluators.approximation.interval import Interval
from evaluators.approximation.measure import Measure
from evaluators.approximation.targets import Target, find
from evosearch.config import CampaignConfig, load
from evosearch.contracts import Baseline

ROOT = Path(__file__).parents[2]
RUNS = ROOT / "runs"
NAMES = (
    *("exp2_full", "log2", "sin", "cos", "tanh", "erf", "gaussian", "normal_cdf"),
    *("rgamma", "airy", "bessel"),
)

# AutoNumerics-Zero (arXiv:2312.08472), by campaign and operations. For 2^x: the errors of the
# published programs, measured in exact arithmetic; the others are the published digits.
PUBLISHED = {
    "exp2_full": {2: 4.138e-2, 3: 1.2266e-3, 5: 6.3386e-6, 10: 3.520e-15},
    "airy": {19: 10**-4.2},
    "bessel": {8: 10**-8.1},
}


@dataclass(frozen=True)
class Problem:
    """A campaign file ``runs/<name>.toml``, with the changes that were asked for."""

    name: str
    overrides: Sequence[str] = ()

    @classmethod
    def all(cls, overrides: Sequence[str] = ()) -> list["Problem"]:
        """Those whose files are there, in the order of the page."""
        return [cls(name, overrides) for name in NAMES if (RUNS / f"{name}.toml").is_file()]

    @property
    def file(self) -> Path:
        return RUNS / f"{self.name}.toml"

    @property
    def shown_file(self) -> str:
        return f"runs/{self.name}.toml"

    @cached_property
    def config(self) -> CampaignConfig:
        return load(self.file, self.overrides)

    @cached_property
    def target(self) -> Target:
        return find(str(self.config.evaluator.options["target"]), self.file.parent)

    @cached_property
    def interval(self) -> Interval:
        return Interval.parse(self.config.evaluator.options["interval"])

    @cached_property
    def measure(self) -> Measure:
        return Measure(self.config.evaluator.options["error"])

    @property
    def primitives(self) -> tuple[str, ...]:
        return tuple(self.config.space.options["primitives"])

    @property
    def most(self) -> int:
        """Operations of the largest programs."""
        return int(self.config.space.options["max_operations"])

    @property
    def published(self) -> dict[int, float]:
        return PUBLISHED.get(self.name, {})

    @cached_property
    def baselines(self) -> list[Baseline]:
        """Classical approximations with the campaign's primitives, computed afresh."""
        return classical.baselines(
            self.target, self.interval, self.measure, self.most, primitives=self.primitives
        )

    def campaign(self, seed: int) -> str:
        """The name that a run has in the database."""
        return f"{self.config.campaign.name}-seed{seed}"

    def command(self, seed: int) -> str:
        """What anybody types to make the same run."""
        words = ["evosearch run", self.shown_file, f"--seed {seed}"]
        return " ".join([*words, *(f"--set {text}" for text in self.overrides)])
