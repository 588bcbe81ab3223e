"""Ours: campaign files measured anew several times, and variants of them on the same answers."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.private_data.lines import Lines, code
from benchmarks.private_data.trial import Trial, errors, timed_measurement
from evaluators.private_data import csv_file
from evosearch import config

STRICT = (
    "evaluator.fit.temperature=0",
    "evaluator.fit.spectral=0",
    "evaluator.fit.strength=0",
    "evaluator.fit.rounds=0",
)
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "file": (),
    "strict": STRICT,
    "climb": (
        "space.rows=2000",
        "evaluator.constraints=[]",
        "evaluator.workload.split=0",
        *STRICT,
    ),
    "unconstrained": ("evaluator.constraints=[]",),
    "add-remove": ('evaluator.neighbours="add-remove"',),
    "add-remove-unconstrained": (
        'evaluator.neighbours="add-remove"',
        "evaluator.constraints=[]",
    ),
}
LABELS = {
    "file": "as the file says",
    "strict": "strict climb",
    "climb": "strict climb of 2,000 rows, even budget, without constraints",
    "unconstrained": "without constraints",
    "add-remove": "add-remove",
    "add-remove-unconstrained": "add-remove, without constraints",
}


def spending(epsilon: float) -> tuple[str, str]:
    """Overrides for another epsilon."""
    return f"evaluator.epsilon={epsilon}", f"evaluator.total_epsilon={epsilon}"


def run(
    lines: Lines,
    files: Sequence[Path],
    variants: Mapping[str, Sequence[str]],
    draws: Iterable[int],
    command: str = "ours",
) -> None:
    """A line for every draw of every variant of every file.

    Variants that measure the same use the same answers, in each draw new ones. One that changes
    nothing of the file (without constraints where there are none) is left out.
    """
    for draw in draws:
        for file in files:
            _draw(lines, file, variants, draw, command)


def _draw(
    lines: Lines, file: Path, variants: Mapping[str, Sequence[str]], draw: int, command: str
) -> None:
    # constraints are counted by the file even where a variant is not told of them
    plain = Trial(config.load(file, seed=draw))
    codes = csv_file.read(plain.config.base / plain.options.data, plain.domain)
    rules, domain = plain.setting.constraints, plain.domain
    known: list[tuple[Trial, Mapping[str, object], float]] = []
    tried: list[Trial] = []
    for variant, overrides in variants.items():
        trial = Trial(config.load(file, overrides, seed=draw))
        if any(trial.is_like(each) for each in tried):
            continue
        tried.append(trial)
        found = next((each for each in known if trial.same_answers(each[0])), None)
        if found is None:
            prepared, seconds = timed_measurement(trial, codes)
            known.append((trial, prepared, seconds))
        else:
            prepared, seconds = trial.retargeted(found[1], len(codes)), found[2]
        table, spent = trial.run(prepared)
        lines.add(
            command,
            table=file.stem,
            variant=variant,
            overrides=list(overrides),
            draw=draw,
            epsilon=trial.options.epsilon,
            neighbours=trial.options.neighbours,
            rows=len(table),
            measure_seconds=seconds,
            **spent,
            **errors(codes, table, domain, rules),
            code=code(),
        )
