"""Downstream: classifiers trained on synthetic rows, tested on real ones that nobody trained on.

80 % of the rows are the private set, 20 % the test. Real rows and columns permuted one by one
(both not private) are the ends between which private tables are expected.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.private_data import dpmm, ours
from benchmarks.private_data.lines import Lines, code
from benchmarks.private_data.sources import Codes, Source, campaign
from benchmarks.private_data.trial import Trial
from evosearch import config

SHARE = 0.8
REAL, INDEPENDENT = "real rows", "independent columns"
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Task:
    """A question about a row.

    Attributes:
        name: For tables.
        column: That has the answer.
        yes: Codes that are yes.
        out: Codes of rows that the question is not asked of.
        hidden: Columns that would tell.
    """

    name: str
    column: str
    yes: tuple[int, ...]
    out: tuple[int, ...] = ()
    hidden: tuple[str, ...] = ()

    def split(self, codes: Codes, names: Sequence[str]) -> tuple[Codes, Flags]:
        """Features [asked rows, features] and answers."""
        answer = codes[:, names.index(self.column)]
        asked = ~np.isin(answer, self.out)
        left = [j for j, name in enumerate(names) if name in self.features(names)]
        return codes[asked][:, left], np.isin(answer[asked], self.yes)

    def features(self, names: Sequence[str]) -> list[str]:
        """Columns that are looked at."""
        return [name for name in names if name not in (self.column, *self.hidden)]


# code 0 of these is missing: PINCP_DECILE has 0th to 9th after it, DREM yes and no
TASKS = {
    "adult": [Task("income above 50,000", "income>50K", (1,))],
    "acs10": [Task("upper half of incomes", "PINCP_DECILE", (6, 7, 8, 9, 10), (0,))],
    "acs20": [
        Task("upper half of incomes", "PINCP_DECILE", (6, 7, 8, 9, 10), (0,), ("PINCP",)),
        Task("difficulty remembering", "DREM", (1,), (0,)),
    ],
}


def models(sizes: Sequence[int], seed: int) -> dict[str, Any]:
    """Classifiers of codes; logistic regression sees an indicator for each public code."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier  # type: ignore[import-untyped]
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
    from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]
    from sklearn.preprocessing import OneHotEncoder  # type: ignore[import-untyped]

    indicators = OneHotEncoder(categories=[np.arange(size) for size in sizes])
    return {
        "logistic regression": make_pipeline(indicators, LogisticRegression(max_iter=1000)),
        "random forest": RandomForestClassifier(200, min_samples_leaf=5, random_state=seed),
        "gradient boosting": HistGradientBoostingClassifier(random_state=seed),
    }


def judged(model: Any, train: tuple[Codes, Flags], test: tuple[Codes, Flags]) -> dict[str, float]:
    """F1 (macro), ROC AUC and accuracy on the test; of one constant answer if there is but one."""
    from sklearn.metrics import accuracy_score, f1_score, roc_auc_score  # type: ignore[import-untyped]

    if len(np.unique(train[1])) < 2:
        chances = np.full(len(test[1]), float(train[1][0]) if len(train[1]) else 0.0)
    else:
        chances = model.fit(*train).predict_proba(test[0])[:, 1]
    said = chances > 0.5
    return {
        "f1": float(f1_score(test[1], said, average="macro")),
        "auc": float(roc_auc_score(test[1], chances)),
        "accuracy": float(accuracy_score(test[1], said)),
    }


def halves(codes: Codes, seed: int) -> tuple[Codes, Codes]:
    """The private set and the test."""
    order = np.random.default_rng(seed).permutation(len(codes))
    cut = int(SHARE * len(codes))
    return codes[order[:cut]], codes[order[cut:]]


def permuted(codes: Codes, seed: int) -> Codes:
    """Every column in an order of its own: exact single columns, nothing between them."""
    return np.random.default_rng(seed).permuted(codes, axis=0)


def run(
    lines: Lines,
    names: Sequence[str],
    settings: Sequence[str],
    draws: int,
    epsilon: float,
    limit: float,
    python: Path | None,
) -> None:
    """A line for every draw of each table's method, task and model."""
    for name in names:
        source = Source.named(name)
        for draw in range(1, draws + 1):
            private, test = halves(source.codes, draw)
            for method, make in _methods(source, settings, draw, epsilon, limit, python):
                table = make(private)
                if table is not None:
                    _judge(lines, source, method, draw, epsilon, table, test)


def _judge(
    lines: Lines,
    source: Source,
    method: str,
    draw: int,
    epsilon: float,
    table: Codes,
    test: Codes,
) -> None:
    names = list(source.domain.names)
    sizes = dict(zip(names, source.domain.sizes, strict=True))
    for task in TASKS[source.name]:
        train, held_out = task.split(table, names), task.split(test, names)
        for model, classifier in models([sizes[n] for n in task.features(names)], draw).items():
            lines.add(
                "downstream",
                table=source.name,
                task=task.name,
                method=method,
                model=model,
                draw=draw,
                epsilon=epsilon,
                **judged(classifier, train, held_out),
                code=code() if method.startswith("ours") else "",
            )


def _methods(
    source: Source,
    settings: Sequence[str],
    draw: int,
    epsilon: float,
    limit: float,
    python: Path | None,
) -> Iterator[tuple[str, Callable[[Codes], Codes | None]]]:
    """Names of methods, and how each makes a table of the private set."""
    yield REAL, lambda private: private
    yield INDEPENDENT, partial(permuted, seed=draw)
    for neighbours in ("replace-one", "add-remove"):
        told = (*ours.spending(epsilon), f'evaluator.neighbours="{neighbours}"')
        yield f"ours, {neighbours}", partial(_ours, source, told, draw)
    if python is None:
        return
    for method in dpmm.methods(len(source.domain.fields), settings):
        make = partial(_theirs, source, method, epsilon, limit, python)
        yield f"{method.label}, add-remove", make


def _ours(source: Source, overrides: Sequence[str], draw: int, private: Codes) -> Codes:
    told = [*overrides, f"space.rows={len(private)}"]
    trial = Trial(config.load(campaign(source.name), told, seed=draw))
    table, _ = trial.run(trial.measured(private))
    return table


def _theirs(
    source: Source,
    method: dpmm.Method,
    epsilon: float,
    limit: float,
    python: Path,
    private: Codes,
) -> Codes | None:
    delta = 1 / len(private) ** 2
    done = dpmm.synthesise(python, method, private, source.domain.sizes, epsilon, delta, limit)
    return None if done is None else done[0]
