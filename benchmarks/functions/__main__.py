"""The results page of functions: campaigns run, their best programs written and verified.

    python -m benchmarks functions [NAME...] [--seeds N...] [--render]

Every campaign file goes through the command line: `run` or, where the database has it already,
`resume`; `export` and `verify` for the best program of each operation count. ``--render`` makes
the page anew from the documents that are there, without running anything.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.functions import campaigns, page, programs
from benchmarks.functions.problems import ROOT, RUNS, Problem

FOLDER = ROOT / "docs" / "results"
STORAGE = f"sqlite:///{RUNS / 'functions.db'}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks functions", description=__doc__.splitlines()[0]
    )
    names = [problem.name for problem in Problem.all()]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="one campaign each")
    parser.add_argument("--render", action="store_true", help="only make the page anew")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    parser.add_argument("--storage", default=STORAGE, metavar="URL", help="database of the runs")
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder of the page")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; expected {', '.join(names)}")
    failed = [] if options.render else _run(options)
    write(options.output)
    for line in failed:
        print(f"failed: {line}", file=sys.stderr)
    return 1 if failed else 0


def _run(options: argparse.Namespace) -> list[str]:
    """Run what was asked for; what failed. Ctrl-C ends all of it, and can be gone on with."""
    failed = []
    for problem in Problem.all(options.set):
        if options.names and problem.name not in options.names:
            continue
        print(f"## {problem.name}", flush=True)
        try:
            for seed in options.seeds:
                campaigns.run(problem, seed, options.storage)
            folder = options.output / "programs"
            written = programs.collect(problem, options.seeds, options.storage, folder)
            print(f"{problem.name}: {len(written)} programs, verified", flush=True)
        except campaigns.StoppedError as stop:
            failed.append(str(stop))
            if stop.code == campaigns.INTERRUPTED:
                break
    return failed


def write(folder: Path) -> None:
    """The page of the documents that are there."""
    path = folder / "functions.md"
    path.write_text(page.text(programs.read(folder / "programs"), folder), encoding="utf-8")
    print(f"wrote {path}")


if __name__ == "__main__":
    sys.exit(main())
