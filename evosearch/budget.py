"""Budget: when a campaign stops. It never changes what is computed before that."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from jaxtyping import Float64
from pydantic import BaseModel, ConfigDict, Field, model_validator

from evosearch.contracts import Objective


class Budget(BaseModel):
    """Limits of a campaign; it stops, between generations, at the first one reached.

    A limit on evaluations is passed by less than one generation, because generations are whole.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    generations: int | None = Field(
        default=None,
        gt=0,
        description="Generations bred after the initial one, which is number 0.",
    )
    evaluations: int | None = Field(
        default=None,
        gt=0,
        description="Individuals scored; those whose scores were known do not count.",
    )
    seconds: float | None = Field(
        default=None, gt=0, description="Time spent in all, the runs before a resume included."
    )
    target: dict[str, float] = Field(
        default_factory=dict,
        description="Objective -> value; stops when one individual is as good in all of them.",
    )

    @model_validator(mode="after")
    def _ends(self) -> Self:
        limits = (self.generations, self.evaluations, self.seconds)
        if not self.target and all(limit is None for limit in limits):
            raise ValueError(
                f"nothing would stop the campaign; set one of {', '.join(type(self).model_fields)}"
            )
        return self

    def spent(
        self,
        *,
        generation: int,
        evaluations: int,
        seconds: float,
        front: Float64[np.ndarray, "members objectives"],
        objectives: Sequence[Objective],
    ) -> str | None:
        """Why the campaign has to stop after ``generation``, or None.

        Args:
            generation: Number of the last finished generation.
            evaluations: Individuals scored so far.
            seconds: Time spent so far.
            front: Objectives of the best individuals so far, as the evaluator returned them.
            objectives: What the columns of ``front`` are.
        """
        if self.generations is not None and generation >= self.generations:
            return f"{generation} generations"
        if self.evaluations is not None and evaluations >= self.evaluations:
            return f"{evaluations} evaluations"
        if self.seconds is not None and seconds >= self.seconds:
            return f"{seconds:.0f} seconds"
        if self.target and self._reached(front, objectives):
            return "target reached: " + ", ".join(f"{k} {v:g}" for k, v in self.target.items())
        return None

    def fraction(self, *, generation: int, evaluations: int, seconds: float) -> float | None:
        """The largest used share of a limit, at most 1; None when only a target is set."""
        used = [
            now / limit
            for now, limit in (
                (generation, self.generations),
                (evaluations, self.evaluations),
                (seconds, self.seconds),
            )
            if limit is not None
        ]
        return min(1.0, max(used)) if used else None

    def _reached(
        self,
        front: Float64[np.ndarray, "members objectives"],
        objectives: Sequence[Objective],
    ) -> bool:
        reached = np.ones(len(front), dtype=bool)
        for column, kind in enumerate(objectives):
            if kind.name in self.target:
                goal, values = self.target[kind.name], front[:, column]
                reached &= values <= goal if kind.direction == "minimize" else values >= goal
        return bool(reached.any())
