"""Progress: what a running campaign tells after every generation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evosearch.campaign.state import State
from evosearch.config import CampaignConfig
from evosearch.contracts import Objective, failed
from evosearch.evaluation import Evaluated


@dataclass(frozen=True)
class Progress:
    """Where a campaign stands.

    Attributes:
        campaign: Its name.
        generation: Number of the last committed one.
        evaluations: Individuals scored so far, those of earlier sittings included.
        reused: Children of this sitting whose scores were known.
        failed: Children of this sitting whose status is not OK.
        rate: Evaluations a second in this sitting.
        seconds: Time spent so far, earlier sittings included.
        compile_seconds: Time this process spent compiling.
        best: Best value of each objective.
        front: Members of the front: id, objectives by name, text.
        budget: Used share of the budget, 0 to 1; None when only a target is set.
        digest: State digest, hex.
    """

    campaign: str
    generation: int
    evaluations: int
    reused: int
    failed: int
    rate: float
    seconds: float
    compile_seconds: float
    best: Mapping[str, float]
    front: tuple[tuple[int, Mapping[str, float], str], ...]
    budget: float | None
    digest: str


@dataclass(frozen=True)
class Sitting:
    """What this process did for the campaign since it loaded it."""

    evaluations: int = 0
    reused: int = 0
    failed: int = 0
    seconds: float = 0.0

    def after(self, evaluated: Evaluated, seconds: float) -> "Sitting":
        """With one more generation."""
        return Sitting(
            self.evaluations + evaluated.evaluations,
            self.reused + int(evaluated.reused.sum()),
            self.failed + int(failed(evaluated.status).sum()),
            self.seconds + seconds,
        )


def progress_of(
    config: CampaignConfig,
    objectives: Sequence[Objective],
    state: State,
    sitting: Sitting,
    compile_seconds: float,
) -> Progress:
    """What to tell about a campaign in this state."""
    front = state.front
    names = [objective.name for objective in objectives]
    members = zip(front.ids.tolist(), front.objectives.tolist(), front.expressions, strict=True)
    return Progress(
        campaign=config.campaign.name,
        generation=state.generation,
        evaluations=state.evaluations,
        reused=sitting.reused,
        failed=sitting.failed,
        rate=sitting.evaluations / sitting.seconds if sitting.seconds else 0.0,
        seconds=state.seconds,
        compile_seconds=compile_seconds,
        best=front.best(objectives),
        front=tuple(
            (id, dict(zip(names, values, strict=True)), text) for id, values, text in members
        ),
        budget=config.budget.fraction(
            generation=state.generation, evaluations=state.evaluations, seconds=state.seconds
        ),
        digest=state.digest.hex(),
    )
