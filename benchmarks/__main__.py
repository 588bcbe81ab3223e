"""Runs every benchmark of this folder, or those that are named, each in a process of its own.

    python -m benchmarks [--docs] [NAME...]
    python -m benchmarks functions [ARGUMENTS]
    python -m benchmarks private_data COMMAND [ARGUMENTS]
    python -m benchmarks activation COMMAND [ARGUMENTS]
    python -m benchmarks tiny_actbench COMMAND [ARGUMENTS]

``--docs`` writes their tables into docs/performance.md, between the comments that name them. What
takes hours runs only when it is named, first and alone, and takes arguments of its own.
"""

import argparse
import importlib
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).parent
PAGES = FOLDER.parent / "docs"
NOT_ONE = {"__init__", "__main__", "tables"}
FIRST = ("throughput", "generation", "first_generation", "scale")
ALONE = ("activation", "functions", "private_data", "sor_campaigns", "tiny_actbench")


def names() -> list[str]:
    """The benchmarks against peers first, then those of single parts."""
    modules = {path.stem for path in FOLDER.glob("*.py")}
    packages = {path.parent.name for path in FOLDER.glob("*/__main__.py")}
    found = (modules | packages) - NOT_ONE - set(ALONE)
    return [*(name for name in FIRST if name in found), *sorted(found - set(FIRST))]


def run(name: str) -> tuple[str, int]:
    """What the benchmark prints, passed on, and its exit code."""
    module = f"{name}.__main__" if (FOLDER / name).is_dir() else name
    program = f"import sys; from benchmarks.{module} import main; sys.exit(main())"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=FOLDER.parent)
    print(done.stdout)
    return done.stdout.strip(), done.returncode


def written(page: str, name: str, tables: str) -> str:
    """The page with other tables after ``<!-- made by python -m benchmarks.NAME -->``."""
    begin = re.escape(f"<!-- made by python -m benchmarks.{name} -->")
    between = re.compile(f"({begin}\n).*?(<!-- end -->)", re.DOTALL)
    return between.sub(lambda found: f"{found[1]}\n{tables}\n\n{found[2]}", page)


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in ALONE:
        own = importlib.import_module(f"benchmarks.{arguments[0]}.__main__")
        return int(own.main(arguments[1:]))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(names())
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; expected {', '.join(names())}")
    failed = []
    for name in options.names or names():
        print(f"## {name}", flush=True)
        started = time.perf_counter()
        tables, code = run(name)
        print(f"({name} took {time.perf_counter() - started:.0f} s)\n", flush=True)
        if code:
            failed.append(name)
        elif options.docs:
            for page in PAGES.glob("*.md"):
                page.write_text(written(page.read_text("utf-8"), name, tables), "utf-8")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
