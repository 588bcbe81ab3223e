"""Options of the SOR evaluator, as written under ``[evaluator]``."""

from typing import Literal, Self

import numpy as np
from jaxtyping import Float64
from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluators.sor import features
from evaluators.sor.problems import Problem


class Options(BaseModel):
    """Which systems are solved, how, and what a policy is told."""

    model_config = ConfigDict(extra="forbid")

    train: Problem = Field(description="Systems that the search solves.")
    held_out: Problem | None = Field(
        default=None, description="Systems that judge in the end; as train, drawn anew."
    )
    features: tuple[str, ...] = Field(
        default=(), description="Inputs of policies; none where genomes are omegas themselves."
    )
    lanczos_steps: int = Field(
        default=0, ge=0, le=100, description="Steps of the feature lanczos; each costs a sweep."
    )
    method: Literal["sor", "ssor-cg"] = Field(
        default="sor", description="What omega is for: sweeps, or the preconditioner of CG."
    )
    ordering: Literal["lexicographic", "red-black", "multicolour"] = Field(
        default="lexicographic", description="In which order a sweep visits the unknowns."
    )
    half_sweeps: bool = Field(
        default=False, description="One omega for each colour of each sweep, not for each sweep."
    )
    sweeps: int = Field(
        default=64, ge=1, le=4096, description="Policies of k: omegas asked for; the last stays."
    )
    tolerance: float = Field(
        default=1e-8, gt=0.0, lt=1.0, description="Reduction of the residual's norm."
    )
    cap: int = Field(
        default=10_000, ge=1, description="Iterations after which a system counts as this many."
    )
    mean: Literal["arithmetic", "geometric"] = Field(
        default="arithmetic", description="How the iterations of all systems are summed up."
    )
    oracle: tuple[float, float, int] = Field(
        default=(1.0, 1.95, 191),
        description="Lowest and highest omega, and number, of the grid that the oracle tries.",
    )
    oracle_spacing: Literal["linear", "geometric"] = Field(
        default="linear", description="Of that grid; geometric: in 2 - omega, dense close to 2."
    )
    fit: int = Field(
        default=24, ge=0, le=1000, description="Rounds of fitting a policy's constants; 0: none."
    )

    def omegas(self, points: int) -> Float64[np.ndarray, " points"]:
        """So many omegas from the lowest to the highest that the oracle tries."""
        low, high, _ = self.oracle
        if self.oracle_spacing == "linear":
            return np.linspace(low, high, points)
        return np.asarray(2.0 - np.geomspace(2.0 - low, 2.0 - high, points))

    table: int = Field(
        default=512,
        ge=16,
        le=4096,
        description="Omegas for which iterations of the training systems are tabled, for fits.",
    )
    look_up: bool = Field(
        default=False,
        description="Score policies by the table that their constants are fitted to, which saves "
        "solving; held-out systems are always solved.",
    )

    @property
    def fits(self) -> bool:
        """Whether constants can be fitted by looking iterations up."""
        later = {features.SWEEP, features.RECENT, *features.HISTORY} & set(self.features)
        return bool(self.features and self.fit and not later)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.look_up and not self.fits:
            raise ValueError(
                "look_up: expected a policy with one omega for a system and fit above 0; leave it "
                "out otherwise"
            )
        features.check(self.features, self.lanczos_steps)
        low, high, points = self.oracle
        if not (0 < low < high < 2 and points >= 2):
            raise ValueError(
                f"oracle: expected [lowest, highest, points] with 0 < lowest < highest < 2 and 2 "
                f"or more points, received {list(self.oracle)}"
            )
        by_sweep = {features.SWEEP, features.RECENT} & set(self.features)
        if self.method == "ssor-cg" and (self.half_sweeps or by_sweep):
            raise ValueError(
                'method: "ssor-cg" has one omega for all iterations; leave half_sweeps and the '
                "features k and omega out"
            )
        if self.method == "ssor-cg" and self.ordering != "lexicographic":
            raise ValueError('ordering: expected "lexicographic" with method = "ssor-cg"')
        return self
