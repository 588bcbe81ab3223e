"""Options of the evaluator of activation functions, as written under ``[evaluator]``."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluators.activation.networks import NETWORKS

Rate = Annotated[float, Field(gt=0.0, le=1.0)]
PARAMETERS = ("alpha", "beta", "gamma")


class Course(BaseModel):
    """How networks are trained: steps, and every seed at every rate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(
        default=600, ge=1, le=1_000_000, description="Batches that a network is trained on."
    )
    seeds: int = Field(default=8, ge=1, le=1000, description="Networks for each rate.")
    rates: tuple[Rate, ...] = Field(
        default=(8e-3, 1.6e-2, 3.2e-2),
        min_length=1,
        description="Highest learning rates. A function's score is that at its best rate.",
    )

    @model_validator(mode="after")
    def _different(self) -> Self:
        if len(set(self.rates)) < len(self.rates):
            raise ValueError(f"rates: expected different ones, received {list(self.rates)}")
        return self


class TaskOptions(BaseModel):
    """A network and what it learns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: str = Field(
        default="mnist1d",
        description="mnist1d, digits, regression, characters, or an .npz file, its path relative "
        "to the campaign file.",
    )
    network: str = Field(default="mlp", description="mlp, cnn1d, cnn or vit.")
    name: str = Field(default="", description="Of the task; where empty, data_network.")
    batch: int = Field(default=100, ge=1, le=100_000, description="Examples of one step.")
    course: Course | None = Field(
        default=None,
        description="Where it is scored with all other tasks; as full, where nothing is said.",
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.network not in NETWORKS:
            raise ValueError(f"network: expected {', '.join(NETWORKS)}, received {self.network!r}")
        return self

    @property
    def title(self) -> str:
        """The task's name."""
        stem = self.data.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".npz")
        return self.name or f"{stem}_{self.network}"


class Options(BaseModel):
    """What networks learn, with how many learnable parameters, and for how long.

    ```toml
    [evaluator]
    use = "activation"
    tasks = [{ data = "mnist1d", network = "mlp" }]
    ```
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tasks: tuple[TaskOptions | str, ...] = Field(
        (TaskOptions(),),
        min_length=1,
        max_length=16,
        description='What is trained; the first one stands for all at first. "./file.py:function" '
        "is a function of yours that returns a Task.",
    )
    parameters: int = Field(
        0,
        ge=0,
        le=len(PARAMETERS),
        description="Learnable parameters that a function may have: alpha, beta, gamma. They "
        "start at 1.",
    )
    scope: Literal["shared", "layer", "channel"] = Field(
        "layer", description="One value of a parameter for the network, each layer, each channel."
    )
    form: Literal["auto", "table", "code"] = Field(
        "auto",
        description="How functions are computed: tables, or code for those with parameters; auto "
        "chooses.",
    )
    short: Course = Field(
        Course(steps=150, seeds=4, rates=(1.6e-2,)), description="The first look at a function."
    )
    full: Course = Field(Course(), description="What the first task is scored by.")
    confirmation_seeds: int = Field(
        32, ge=2, le=1000, description="Fresh seeds for each rate, on the sealed data."
    )
    data_seed: int = Field(0, ge=0, lt=2**31, description="Of data that are drawn.")

    @model_validator(mode="after")
    def _computable(self) -> Self:
        if self.form == "table" and self.parameters:
            raise ValueError(
                "form: a table has no learnable parameters; expected 'auto' or 'code' with "
                f"parameters = {self.parameters}, received 'table'"
            )
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """Of functions: x and the learnable parameters."""
        return ("x", *PARAMETERS[: self.parameters])
