"""Task: one campaign of the page, and the files whose held-out systems judge its policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evosearch.config import CampaignConfig, load

ROOT = Path(__file__).parents[2]
RUNS = ROOT / "runs"
MATRICES = (
    *("494_bus", "1138_bus", "gr_30_30", "bcsstk01", "bcsstk02", "bcsstk16", "nos4"),
    *("LFAT5", "Trefethen_500"),
)


@dataclass(frozen=True)
class Task:
    """A campaign file ``runs/<stem>.toml`` with changes; see `benchmarks.functions.problems`."""

    name: str
    stem: str
    overrides: Sequence[str] = ()

    @property
    def file(self) -> Path:
        return RUNS / f"{self.stem}.toml"

    @property
    def shown_file(self) -> str:
        return f"runs/{self.stem}.toml"

    @cached_property
    def config(self) -> CampaignConfig:
        return load(self.file, self.overrides)

    def campaign(self, seed: int) -> str:
        """The name that a run has in the database."""
        return f"{self.name.replace('_', '-')}-seed{seed}"


def without(matrix: str) -> Task:
    """The campaign that learns on all shipped matrices but one and is judged on that one."""
    rest = ", ".join(f'"builtin:{name}"' for name in MATRICES if name != matrix)
    return Task(
        f"sor_matrices_{matrix}",
        "sor_matrices",
        (
            f"evaluator.train.matrices=[{rest}]",
            f'evaluator.held_out.matrices=["builtin:{matrix}"]',
        ),
    )


TASKS = (
    Task("sor_low", "sor_low"),
    Task("sor_high", "sor_high"),
    Task("sor_sizes", "sor_sizes"),
    Task("sor_history", "sor_history"),
    Task("sor_schedule", "sor_schedule"),
    Task("sor_heat", "sor_heat"),
    *(without(matrix) for matrix in MATRICES),
)
