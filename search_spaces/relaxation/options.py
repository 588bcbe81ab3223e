"""Options of the space ``relaxation``, as its table of the campaign file."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evosearch.genomes.vector import Gene
from search_spaces.expressions.options import ExpressionsOptions
from search_spaces.hyperparameters.options import HyperparametersOptions

LOWEST, HIGHEST = 0.01, 1.999  # omegas of numbers and of schedules
LARGEST_BETA = 0.6  # coefficient of a recurrence; Chebyshev's are 1/2 and 1/4


class RelaxationOptions(BaseModel):
    """Options of ``relaxation``.

    ```toml
    [space]
    use = "relaxation"
    form = "policy"
    features = ["c", "n"]
    ```
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: Literal["omega", "schedule", "recurrence", "policy"] = Field(
        description="One omega; one for each of the first sweeps; coefficients of a recurrence "
        "for those of half sweeps; or a program of features."
    )
    length: int = Field(
        16, ge=1, le=1024, description="schedule, recurrence: how many; the last one stays."
    )
    features: tuple[str, ...] = Field(
        (), description='policy: names of its inputs; with "k" it is asked before every sweep.'
    )
    primitives: tuple[str, ...] = Field(
        ("add", "sub", "mul", "div", "sqrt", "log", "exp"),
        min_length=1,
        description="policy: operations that programs may use.",
    )
    max_operations: int = Field(
        16, ge=1, le=64, description="policy: most operations of a program."
    )
    max_constants: int = Field(12, ge=0, le=64, description="policy: most constants of a program.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.form == "policy" and not self.features:
            raise ValueError('features: expected names of inputs, such as ["c", "n"], of a policy')
        if self.form != "policy" and self.features:
            raise ValueError(f'features: expected none unless form = "policy", not {self.form!r}')
        if len(set(self.features)) < len(self.features):
            raise ValueError(f"features: a name stands twice in {list(self.features)}")
        self.expressions()
        return self

    def genes(self) -> tuple[Gene, ...]:
        """``omega``, ``omega_1`` to ``omega_<length>``, or ``beta_1`` to ``beta_<length>``."""
        if self.form == "omega":
            return (Gene("omega", "real", LOWEST, HIGHEST),)
        steps = range(1, self.length + 1)
        if self.form == "recurrence":
            return tuple(Gene(f"beta_{k}", "real", 0.0, LARGEST_BETA) for k in steps)
        return tuple(Gene(f"omega_{k}", "real", LOWEST, HIGHEST) for k in steps)

    def vectors(self) -> HyperparametersOptions:
        """The same as options of ``hyperparameters``; its operators vary numbers."""
        genes = {
            gene.name: {"kind": "real", "low": gene.low, "high": gene.high}
            for gene in self.genes()
        }
        return HyperparametersOptions.model_validate({"genes": genes})

    def expressions(self) -> ExpressionsOptions:
        """The same as options of ``expressions``; its operators vary programs."""
        return ExpressionsOptions(
            primitives=self.primitives,
            inputs=max(1, len(self.features)),
            max_operations=self.max_operations,
            max_constants=self.max_constants,
            constant_scale=1.0,
        )
