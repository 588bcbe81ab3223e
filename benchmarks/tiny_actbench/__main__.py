"""A small bench of activation functions: all of binary(unary, unary) trained, strategies on it.

    python -m benchmarks tiny_actbench build [--part 1/2] [--limit N]
    python -m benchmarks tiny_actbench pack
    python -m benchmarks tiny_actbench compare [NAME...] [--seeds N] [--budget N]

``build`` trains every behaviour on MNIST-1D (MLP of 3 x 64) with 8 seeds at 3 rates, for which it
needs an hour or so on two cores. It may be killed at any time and goes on where
it was; parts may run side by side. ``pack`` makes ``table.npz`` of the results, which has to be
committed. ``compare`` needs nothing but that file, and seconds.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.tiny_actbench import build, compare, table
from benchmarks.tiny_actbench.results import Results
from benchmarks.tiny_actbench.space import SIZE, Space, text
from benchmarks.tiny_actbench.strategies import STRATEGIES

RESULTS = Path(__file__).parents[2] / "runs" / "benchmarks" / "tiny_actbench.jsonl"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return COMMANDS[options.command](options)


def _build(options: argparse.Namespace) -> int:
    # Here alone: nothing else needs JAX, and `compare` takes seconds.
    from benchmarks.activation.tasks import mnist1d
    from evaluators.activation.trial import Trial

    space, results = Space.whole(), Results(options.results)
    task = mnist1d()
    name = build.identity(build.COURSE, task.data.checksum())
    wanted = build.missing(space, results, name, options.part)[: options.limit]
    build.build(space, results, Trial(task, "table"), build.COURSE, name, wanted)
    return 0


def _pack(options: argparse.Namespace) -> int:
    space, results = Space.whole(), Results(options.results)
    courses = results.courses()
    if not courses:
        print(f"expected results in {options.results}: build first", file=sys.stderr)
        return 1
    known = results.read(courses[-1])
    rates = np.array(build.COURSE.rates)
    packed = table.Table.of(space, known, rates, courses[-1])
    packed.save(options.table)
    lacking = int(np.isnan(packed.best).sum())
    print(f"{len(known)} behaviours of {len(packed.best)}, {lacking} not known yet")
    return 0


def _compare(options: argparse.Namespace) -> int:
    if not options.table.exists():
        print(f"expected {options.table}: build and pack first", file=sys.stderr)
        return 1
    space, truth = Space.whole(), table.Table.load(options.table)
    names = options.names or list(STRATEGIES)
    found = compare.regrets(space, truth, names, range(options.seeds), options.budget)
    print(_facts(space, truth) + "\n\n" + compare.written(found))
    return 0


def _facts(space: Space, truth: table.Table) -> str:
    best = truth.best
    first = int(np.nanargmax(best))
    error = truth.errors[first, int(np.nanargmax(truth.accuracy[first]))]
    return (
        f"{SIZE:,} functions, {int(space.accepted.sum()):,} worth training, {len(best):,} "
        f"behaviours, {int(np.isfinite(best).sum()):,} known. Best: "
        f"`{text(int(truth.representatives[first]))}`, {100 * best[first]:.2f} ± "
        f"{100 * error:.2f} %. Rank correlation over halves of the seeds: {truth.halves:.3f}."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks tiny_actbench", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    parser.add_argument("--table", type=Path, default=table.PATH, metavar="FILE")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("build", help="train what is missing")
    make.add_argument("--part", type=build.Part.parse, default=build.Part(), metavar="K/N")
    make.add_argument("--limit", type=int, metavar="N", help="at most so many functions")
    commands.add_parser("pack", help="make table.npz of the results")
    against = commands.add_parser("compare", help="strategies on the table")
    against.add_argument("names", nargs="*", metavar="NAME", help=", ".join(STRATEGIES))
    against.add_argument("--seeds", type=int, default=50)
    against.add_argument("--budget", type=int, default=300, help="evaluations")
    return parser


COMMANDS = {"build": _build, "pack": _pack, "compare": _compare}

if __name__ == "__main__":
    sys.exit(main())
