"""Activation: what networks learn with a function between their layers.

A score is a mean over networks that differ in their weights and batches alone, at the best of a
few learning rates: functions of different scale need different ones. The same seeds serve every
function, so that differences are those of pairs.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluators.activation import table
from evaluators.activation.baselines import crrelu, plain
from evaluators.activation.code import MOST_CONSTANTS, MOST_NODES
from evaluators.activation.confirmation import Course as Fresh
from evaluators.activation.confirmation import confirm, fresh_seeds
from evaluators.activation.data import Source, load
from evaluators.activation.filters import refusals
from evaluators.activation.judge import SHOWN, Judge
from evaluators.activation.learner import Learner, best_means
from evaluators.activation.options import Course, Options, TaskOptions
from evaluators.activation.task import Task
from evaluators.activation.task_file import own_task
from evosearch.contracts import Baseline, Finding, Key, Objective, Prepared, Scores, Status
from evosearch.errors import ConfigError
from evosearch.genomes.program import ProgramBatch
from evosearch.genomes.text import expressions
from evosearch.seeding import key as key_of

_MOST_SEEDS = 4096
_LABEL = 40  # characters of a function's name in pictures
_STEP = 2 * table.REACH / table.PIECES


class Activation:
    """Evaluator of activation functions: programs of x and learnable parameters."""

    options_model = Options
    genome_type = ProgramBatch
    measures = ("best_rate", "loss")
    batch_invariant = True  # every function is trained by itself

    def __init__(self, options: Options, base: Path) -> None:
        """``base`` is the folder that files named in the options are relative to."""
        self.options = options
        self.inputs = options.inputs
        self._source = Source(options.data_seed, base)
        many = len(options.tasks) > 1
        self.fidelities = ("short", "full", "tasks") if many else ("short", "full")
        names = [f"error_{name}" for name in self._names()] if many else ["error"]
        self.objectives = tuple(Objective(name) for name in (*names, "operations"))

    @property
    def compile_seconds(self) -> float:
        """Seconds spent compiling so far in this process."""
        from evosearch import backend

        return backend.compile_seconds()

    def usage(self) -> dict[str, Any]:
        """What an export has to know of the learnable parameters."""
        initial = dict.fromkeys(self.inputs[1:], 1.0)
        return {"kind": "activation", "parameters": initial, "scope": self.options.scope}

    def prepare(self, key: Key) -> Prepared:
        """Seeds of all networks, and checksums of the data; the data stay where they are."""
        rng = np.random.default_rng(np.asarray(key).tolist())
        seeds = rng.choice(2**31, _MOST_SEEDS, replace=False)
        sums = [bytes.fromhex(learner.task.data.checksum()) for learner in self._learners]
        checksums = np.frombuffer(b"".join(sums), np.uint8).reshape(len(sums), -1)
        return {"seeds": seeds, "data": checksums}

    def score(
        self, genomes: ProgramBatch, prepared: Prepared, *, fidelity: str, key: Key
    ) -> Scores:
        """Errors on the selection data: of the first task, or at the fidelity tasks of all."""
        course = self.options.short if fidelity == "short" else self.options.full
        courses = self._courses() if fidelity == "tasks" else [course]
        return self._scored(genomes, lambda some: self._trained(some, courses, prepared))

    def validate(self, genomes: ProgramBatch, prepared: Prepared) -> Scores:
        """Errors on the sealed data with fresh seeds, at rates that the selection data chose."""
        return self._scored(genomes, lambda some: self._confirmed(some, prepared))

    @cached_property
    def _learners(self) -> list[Learner]:
        options = self.options
        return [Learner(self._task(each), options.form, options.scope) for each in options.tasks]

    def _task(self, chosen: TaskOptions | str) -> Task:
        if isinstance(chosen, str):
            return own_task(chosen, self._source)
        task = Task(chosen.title, load(chosen.data, self._source), chosen.network, chosen.batch)
        task.network  # noqa: B018 - whether it takes these data is found out before the search
        return task

    def _names(self) -> list[str]:
        """Of the tasks, all different."""
        names = [
            each.rpartition(":")[2] if isinstance(each, str) else each.title
            for each in self.options.tasks
        ]
        if len(set(names)) < len(names):
            raise ConfigError(
                f"tasks: expected different names, received {', '.join(names)}; write "
                '{ ..., name = "another" }'
            )
        return names

    def _courses(self) -> list[Course]:
        own = [None if isinstance(each, str) else each.course for each in self.options.tasks]
        return [each or self.options.full for each in own]

    def _trained(
        self, some: ProgramBatch, courses: list[Course], prepared: Prepared
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Errors (functions, tasks) on the selection data, and measures of the first task."""
        errors, measures = [], []
        for learner, course in zip(self._learners, courses, strict=False):
            outcome = learner.run(
                some,
                rates=course.rates,
                seeds=prepared["seeds"][: course.seeds].tolist(),
                steps=course.steps,
                on="selection",
            )
            mean, loss, best = best_means(outcome)
            errors.append(_error(learner.task, mean))
            measures.append(np.stack([np.array(course.rates)[best], loss], axis=1))
        return np.stack(errors, axis=1), measures[0]

    def _confirmed(
        self, some: ProgramBatch, prepared: Prepared
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """The same on the sealed data."""
        seeds = fresh_seeds(
            key_of(0, "score"), self.options.confirmation_seeds, prepared["seeds"].tolist()
        )
        errors, rates = [], []
        for learner, course in zip(self._learners, self._courses(), strict=True):
            found = confirm(learner, some, Fresh(course.rates, seeds, course.steps))
            errors.append(_error(learner.task, found.test.mean(axis=1)))
            rates.append(found.best_rates())
        measures = np.stack([rates[0], np.full(len(some), np.nan)], axis=1)
        return np.stack(errors, axis=1), measures

    def _scored(self, genomes: ProgramBatch, judge: Any) -> Scores:
        """Scores of a batch, of which those worth it are judged."""
        values = table.knots(genomes)
        messages = {**refusals(values, _STEP), **self._too_long(genomes)}
        able = np.array([row for row in range(len(genomes)) if row not in messages], np.int64)
        objectives = np.full((len(genomes), len(self.objectives)), np.nan)
        objectives[:, -1] = genomes.sizes()
        measures = np.full((len(genomes), len(self.measures)), np.nan)
        status = np.full(len(genomes), Status.INVALID, np.int8)
        if len(able):
            errors, measures[able] = judge(genomes.take(able))
            objectives[able, : errors.shape[1]] = errors
            lost = ~np.isfinite(errors).all(axis=1)
            status[able] = np.where(lost, Status.NONFINITE, Status.OK)
            messages |= dict.fromkeys(able[lost].tolist(), "training diverged at every rate")
        return Scores(objectives, status, measures, messages)

    def _too_long(self, genomes: ProgramBatch) -> Mapping[int, str]:
        """Functions that the register machine has no room for."""
        if self.options.form == "table" or not (
            self.options.parameters or self.options.form == "code"
        ):
            return {}
        long = (genomes.lengths > MOST_NODES) | (genomes.n_constants > MOST_CONSTANTS)
        text = f"more than {MOST_NODES} operations or {MOST_CONSTANTS} constants"
        return dict.fromkeys(np.flatnonzero(long).tolist(), text)

    def metrics(self, genomes: ProgramBatch, constants: Sequence[str]) -> dict[str, float]:
        """Accuracy on the sealed data with fresh seeds, and differences from known functions."""
        width = genomes.constants.shape[1]
        own = np.zeros((1, width))
        own[0, : len(constants)] = [float(text) for text in constants]
        return self._judge.metrics(genomes.with_constants(own))

    def rows(self, genomes: ProgramBatch) -> list[dict[str, float | str]]:
        """The same for each task and known function."""
        return self._judge.rows(genomes)

    def baselines(self) -> list[Baseline]:
        """Known functions, with the fresh seeds but on the data that the search is scored on."""
        judge = self._judge
        selected = judge.known_selected()
        errors = [_error(each.task, selected[each.task.name]) for each in self._learners]
        found = []
        for row, known in enumerate(judge.known):
            values = [*(float(each[row]) for each in errors), float(known.program.sizes()[0])]
            names = [objective.name for objective in self.objectives]
            found.append(
                Baseline("known function", known.label, dict(zip(names, values, strict=True)))
            )
        return found

    def findings(self, genomes: ProgramBatch, prepared: Prepared) -> list[Finding]:
        """Pictures and tables of the first few functions beside known ones."""
        shown = genomes.take(np.arange(min(SHOWN, len(genomes))))
        errors, _ = self._trained(shown, self._courses()[:1], prepared)
        searched = 1 - errors[:, 0] if self._learners[0].task.data.classes else -errors[:, 0]
        labels = [text[:_LABEL] for text in expressions(shown, self.inputs)]
        return self._judge.findings(shown, labels, searched)

    @cached_property
    def _judge(self) -> Judge:
        seeds = fresh_seeds(key_of(0, "score"), self.options.confirmation_seeds)
        learners = {each.task.name: each for each in self._learners}
        courses = [Fresh(each.rates, seeds, each.steps) for each in self._courses()]
        return Judge(learners, dict(zip(learners, courses, strict=True)), [*plain(), crrelu()])


def _error(task: Task, score: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Share that was wrong; of a regression the logarithm of the mean squared error."""
    return 1 - score if task.data.classes else -score
