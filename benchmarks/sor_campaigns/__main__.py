"""The results page of SOR: campaigns run, their best policies written, verified on other systems.

    python -m benchmarks sor_campaigns [NAME...] [--seed N] [--render]

Every campaign goes through the command line: `run`, or `resume` where the database has it;
`export` and `verify` for the member with the fewest iterations in training. ``--render`` makes the
page anew from the documents that are there, without running anything.
"""

import argparse
import sys
from collections.abc import Sequence

from benchmarks.functions.campaigns import INTERRUPTED, StoppedError
from benchmarks.sor_campaigns import page, policies
from benchmarks.sor_campaigns.tasks import ROOT, RUNS, TASKS

FOLDER = ROOT / "docs" / "results"
STORAGE = f"sqlite:///{RUNS / 'sor.db'}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks sor_campaigns", description=__doc__.splitlines()[0]
    )
    names = [task.name for task in TASKS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--render", action="store_true", help="only make the page anew")
    parser.add_argument("--storage", default=STORAGE, metavar="URL", help="database of the runs")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; expected {', '.join(names)}")
    failed = [] if options.render else _run(options)
    path = FOLDER / "sor.md"
    path.write_text(page.written(path.read_text("utf-8"), policies.read(FOLDER)), "utf-8")
    for line in failed:
        print(f"failed: {line}", file=sys.stderr)
    return 1 if failed else 0


def _run(options: argparse.Namespace) -> list[str]:
    """Run what was asked for; what failed. Ctrl-C ends all of it, and can be gone on with."""
    failed = []
    for task in TASKS:
        if options.names and task.name not in options.names:
            continue
        print(f"## {task.name}", flush=True)
        try:
            print(policies.make(task, options.seed, options.storage, FOLDER), flush=True)
        except StoppedError as stop:
            failed.append(str(stop))
            if stop.code == INTERRUPTED:
                break
    return failed


if __name__ == "__main__":
    sys.exit(main())
