"""Judge: functions beside known ones on every task, on fresh seeds and sealed data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from evaluators.activation import findings
from evaluators.activation.baselines import Known
from evaluators.activation.confirmation import (
    Comparison,
    Confirmed,
    Course,
    Trainer,
    compare,
    confirm,
)
from evosearch.contracts import Finding
from evosearch.genomes.program import ProgramBatch

SHOWN = 5  # functions of a report: each is trained about a hundred times


@dataclass(frozen=True, eq=False)
class Judge:
    """What functions are judged by. Trainers that keep scores train the known functions once.

    Attributes:
        trainers: By the name of the task, the first task first.
        courses: Of each task, with fresh seeds.
        known: Known functions.
    """

    trainers: Mapping[str, Trainer]
    courses: Mapping[str, Course]
    known: Sequence[Known]

    def confirmed(self, some: ProgramBatch) -> dict[str, Confirmed]:
        """Functions on every task."""
        return {
            name: confirm(trainer, some, self.courses[name])
            for name, trainer in self.trainers.items()
        }

    def known_scores(self) -> dict[str, dict[str, Float64[np.ndarray, " seeds"]]]:
        """Scores of the known functions on sealed data, by task and name."""
        return {
            name: {each.name: self._known(name, each).test[0] for each in self.known}
            for name in self.trainers
        }

    def known_selected(self) -> dict[str, Float64[np.ndarray, " known"]]:
        """Scores of the known functions on the selection data, as a search sees them, by task."""
        return {
            name: np.array([self._known(name, each).selected().mean() for each in self.known])
            for name in self.trainers
        }

    def _known(self, task: str, known: Known) -> Confirmed:
        settings = {"initial": known.initial} if known.initial else {}
        return confirm(self.trainers[task], known.program, self.courses[task], **settings)

    def metrics(self, some: ProgramBatch) -> dict[str, float]:
        """Of the first function; names of the second task and on begin with the task's."""
        compared = self._compared(some)
        first, *others = compared
        metrics = compared[first].metrics()
        for name in others:
            metrics |= {f"{name}_{key}": v for key, v in compared[name].metrics().items()}
        return metrics

    def rows(self, some: ProgramBatch) -> list[dict[str, float | str]]:
        """Of the first function: one row for each task and known function."""
        return [
            {"task": name, **row}
            for name, comparison in self._compared(some).items()
            for row in comparison.rows()
        ]

    def findings(
        self,
        some: ProgramBatch,
        labels: Sequence[str],
        searched: Float64[np.ndarray, " functions"],
    ) -> list[Finding]:
        """Pictures and tables of the first few functions.

        Args:
            some: Functions, best first.
            labels: Of these.
            searched: Their scores on the first task, as the search saw them.
        """
        shown = some.take(np.arange(min(SHOWN, len(some))))
        names = list(labels[:SHOWN])
        found = self.confirmed(shown)
        first = next(iter(found))
        return [
            *findings.curves(shown, names),
            *findings.accuracies(found, names, self.known_scores()),
            findings.winners_curse(first, searched[:SHOWN], found[first], names),
        ]

    def _compared(self, some: ProgramBatch) -> dict[str, Comparison]:
        found, known = self.confirmed(some.take(np.array([0]))), self.known_scores()
        return {name: compare(each, 0, known[name]) for name, each in found.items()}
