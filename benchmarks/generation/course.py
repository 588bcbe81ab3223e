"""What a search did, and the settings that all searches share."""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.throughput.workloads import W2

POPULATION, TOURNAMENT = 4_096, 2
FUNCTIONS, NODES, DEPTH = 28, 50, 12
CROSSOVER, MUTATION = 0.9, 0.25
SCORED: list[int] = []  # functions of each program that `regression.Regression` scored, in order


@dataclass
class Course:
    """What a search did, a value for each generation after the first population.

    Attributes:
        seconds: Time of the generation; what this benchmark looks up meanwhile is not counted.
        evaluations: Programs scored.
        functions: Mean number of functions, in ours of what was scored, else of the population.
        best: Smallest error at the end.
        profile: Seconds by part, ours only.
    """

    seconds: list[float] = field(default_factory=list)
    evaluations: list[int] = field(default_factory=list)
    functions: list[float] = field(default_factory=list)
    best: float = np.inf
    profile: dict[str, float] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Medians, and rates over all generations."""
        nodes = np.array(self.evaluations) * np.array(self.functions) * W2.points
        return {
            "seconds": float(np.median(self.seconds)),
            "gpops": float(nodes.sum() / sum(self.seconds) / 1e9),
            "evaluations_per_second": sum(self.evaluations) / sum(self.seconds),
            "functions": float(np.mean(self.functions)),
            "generations": len(self.seconds),
            "best": float(self.best),
            "profile": {part: each / sum(self.seconds) for part, each in self.profile.items()},
        }


class Clock:
    """Laps between `start` and `stop`."""

    def __init__(self) -> None:
        self.laps: list[float] = []
        self._started = 0.0

    def start(self) -> None:
        self._started = time.perf_counter()

    def stop(self) -> None:
        self.laps.append(time.perf_counter() - self._started)
