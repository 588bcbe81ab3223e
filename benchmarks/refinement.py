"""Structures fitted a second in a search of 2^x, and what each kind of start is good for.

    python -m benchmarks.refinement

A campaign of `runs/exp2_full.toml` is run to 60,000 evaluations, so that every kernel is compiled
and niches are full. The next ten generations are timed, as the campaign evaluates them: programs
fitted and scored, a second of that.

Then distinct new children of 7 and more operations are fitted from each kind of start alone, on
one core. A *find* is a child that would live on without being a variant of a smaller or equal
survivor, judged by the best constants that any of the fits here found.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from evaluators.approximation import Approximation
from evaluators.approximation.options import Options
from evaluators.approximation.refinement import curve
from evosearch import cores, seeding
from evosearch.campaign import Campaign
from evosearch.config import load
from evosearch.fitting import Effort, exchange, fit
from evosearch.genomes.program import ProgramBatch

FILE = Path(__file__).parents[1] / "runs" / "exp2_full.toml"
WARM_UP, TIMED = 60_000, 10
SMALLEST, SAME = 7, 0.01
LONG = exchange.Exchange(30, 6, 4)
Fitted = tuple[Any, float]  # errors, seconds


def search(folder: str) -> tuple[float, ProgramBatch, dict[int, Any]]:
    """Programs fitted a second; new children; survivors' errors by operations."""
    with Campaign.create(load(FILE), f"sqlite:///{folder}/campaigns.db") as campaign:
        while campaign.state.evaluations < WARM_UP:
            campaign.tell(campaign.evaluate(campaign.ask()))
        fitted, seconds = 0, 0.0
        for _ in range(TIMED):
            births = campaign.ask()
            started = time.perf_counter()
            evaluated = campaign.evaluate(births)
            seconds += time.perf_counter() - started
            fitted += evaluated.evaluations
            campaign.tell(evaluated)
        children = campaign.ask().genomes
        (people,) = campaign.state.islands
    assert people is not None
    known = set(people.genomes.structures())
    rows = {}
    for row, structure in enumerate(children.structures()):
        if structure not in known and children.lengths[row] >= SMALLEST:
            rows.setdefault(structure, row)
    new = children.take(np.array(sorted(rows.values())))
    errors = {int(s): people.costs[people.sizes == s, 0] for s in np.unique(people.sizes)}
    return fitted / seconds, new.take(np.flatnonzero(exchange.fits(new))), errors


def starts(children: ProgramBatch) -> dict[str, Fitted]:
    """Errors and seconds of all children fitted from each kind of start, on one core."""
    evaluator = Approximation(Options.model_validate(load(FILE).evaluator.options), FILE.parent)
    prepared = evaluator.prepare(seeding.key(1, "prepare"))
    x, y, w = (prepared[f"fit_{part}"] for part in "xyw")
    target = curve(prepared, "level")

    def damped(steps: int, tail: tuple[int, int], turn: int) -> ProgramBatch:
        seeds = np.arange(len(children), dtype=np.uint32) + np.uint32(turn << 20)
        effort = Effort(1, 8, steps, *tail)
        return children.with_constants(fit(children, x[None], y, w, seeds, effort))

    def single(programs: ProgramBatch) -> Any:
        return evaluator._errors(programs, prepared)

    def level(programs: ProgramBatch, effort: exchange.Exchange = LONG) -> Any:
        return exchange.level(programs, target, effort).errors

    kinds: dict[str, Callable[[], Any]] = {
        "float64 alone: 24 damped, 16 undamped, 4 reweightings": lambda: single(
            damped(24, (16, 4), 0)
        ),
        "double-double from the parent's constants, 12 steps": lambda: level(
            children, exchange.Exchange(12, 6, 4)
        ),
        "double-double from the parent's constants, 30 steps": lambda: level(children),
        "... from 8 damped steps": lambda: level(damped(8, (0, 0), 0)),
        "... from 24 damped steps": lambda: level(damped(24, (0, 0), 0)),
        "... from both": lambda: np.minimum(level(children), level(damped(24, (0, 0), 0))),
    }
    found = {name: _timed(kind) for name, kind in kinds.items()}
    rest = [level(damped(60, (0, 0), turn)) for turn in range(1, 5)]
    return found | {"reference": (np.min([*rest, *(e for e, _ in found.values())], axis=0), 0.0)}


def _timed(kind: Callable[[], Any]) -> Fitted:
    kind()
    started = time.process_time()
    errors = kind()
    return errors, time.process_time() - started


def finds(children: ProgramBatch, best: Any, survivors: dict[int, Any]) -> Any:
    """Which children would live on, and are none of the survivors again."""
    found = np.zeros(len(children), bool)
    for row, (size, error) in enumerate(zip(children.lengths.tolist(), best, strict=True)):
        rivals = np.concatenate([errors for s, errors in survivors.items() if s <= size])
        variant = (np.abs(rivals - error) <= SAME * error).any()
        found[row] = error < survivors[size].max() and not variant
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rate, children, survivors = search(folder)
    print(f"  {rate:,.0f} structures fitted and scored a second, {cores.available()} cores")
    results = starts(children)
    best = results.pop("reference")[0]
    wanted = finds(children, best, survivors)
    print(f"  {len(children)} new structures, {wanted.sum()} finds")
    print(f"  {'start':54} {'ms each':>8} {'finds':>6} {'finds/s':>8}")
    for name, (errors, seconds) in results.items():
        hit = (errors <= (1 + SAME) * best)[wanted]
        each = 1e3 * seconds / len(children)
        print(f"  {name:54} {each:8.3f} {hit.mean():6.0%} {hit.sum() / seconds:8.1f}")


if __name__ == "__main__":
    main()
