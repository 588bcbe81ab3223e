"""Training what the table needs: every behaviour at the protocol of the second rung."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from benchmarks.tiny_actbench.results import Results
from benchmarks.tiny_actbench.space import Space, text
from evaluators.activation.confirmation import Course, Trainer
from evosearch.seeding import stream

SEEDS = tuple(int(each) for each in stream(0, "score").integers(1 << 31, size=8))
COURSE = Course(rates=(8e-3, 1.6e-2, 3.2e-2), seeds=SEEDS, steps=600)


@dataclass(frozen=True)
class Part:
    """One of several shares of the work, for processes side by side."""

    which: int = 1
    of: int = 1

    @classmethod
    def parse(cls, written: str) -> "Part":
        """From ``2/4``; ValueError of anything else."""
        which, of = (int(each) for each in written.split("/"))
        if not 1 <= which <= of:
            raise ValueError(f"expected a part such as 2/4, received {written!r}")
        return cls(which, of)


def identity(course: Course, data: str) -> str:
    """Of everything that results depend on but the function: 12 hexadecimal digits."""
    return blake2b(repr((course, data)).encode(), digest_size=6).hexdigest()


def missing(space: Space, results: Results, course: str, part: Part) -> list[int]:
    """Functions of this part that are still to be trained."""
    wanted = space.representatives[part.which - 1 :: part.of].tolist()
    known = results.read(course)
    return [function for function in wanted if function not in known]


def build(
    space: Space,
    results: Results,
    trainer: Trainer,
    course: Course,
    name: str,
    functions: Sequence[int],
) -> None:
    """Train these functions one by one; each result is on the disk before the next begins."""
    started = time.perf_counter()
    for done, function in enumerate(functions, 1):
        outcome = trainer.run(
            space.programs.take(np.array([function])),
            rates=course.rates,
            seeds=course.seeds,
            steps=course.steps,
            on="selection",
        )
        results.append(name, function, np.asarray(outcome.accuracy[0], np.float64))
        if done % 20 == 0 or done == len(functions):
            each = (time.perf_counter() - started) / done
            left = each * (len(functions) - done) / 60
            print(
                f"{done} of {len(functions)}, {each:.2f} s each, {left:.0f} min left; last: "
                f"{text(function)} {100 * np.max(outcome.accuracy[0].mean(axis=1)):.2f} %",
                file=sys.stderr,
                flush=True,
            )
