"""The evaluator of activation functions: known accuracies, equal forms, candidates a second.

    python -m benchmarks activation baselines [NAME...] [--seeds N] [--original FILE]
    python -m benchmarks activation forms [--seeds N] [--steps N]
    python -m benchmarks activation speed [--rounds N]

``baselines`` trains known functions as the reference measurements did and says how many standard
errors apart the accuracies are. ``forms`` trains with the function in a table, as code, and
compiled into the training, from the same weights on the same batches. ``speed`` times both rungs,
in turn with a peer that compiles every function.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.activation import baselines, forms, speed, tasks


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    print(RUN[options.command](options))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks activation", description=__doc__.splitlines()[0]
    )
    commands = parser.add_subparsers(dest="command", required=True)
    known = commands.add_parser("baselines", help="accuracies against the reference's")
    known.add_argument("names", nargs="*", metavar="NAME")
    known.add_argument("--seeds", type=int, default=16)
    known.add_argument("--original", type=Path, metavar="FILE", help="signals in an .npz file")
    equal = commands.add_parser("forms", help="table and code against direct compilation")
    equal.add_argument("--seeds", type=int, default=4)
    equal.add_argument("--steps", type=int, default=600)
    timed = commands.add_parser("speed", help="candidates a second at both rungs")
    timed.add_argument("--rounds", type=int, default=5)
    return parser


def _baselines(options: argparse.Namespace) -> str:
    task = tasks.original(options.original) if options.original else tasks.mnist1d()
    return baselines.measured(task, options.names, options.seeds)


RUN = {
    "baselines": _baselines,
    "forms": lambda options: forms.measured(options.seeds, options.steps),
    "speed": lambda options: speed.measured(options.rounds),
}

if __name__ == "__main__":
    sys.exit(main())
