"""float32 kernels against the clock: polynomials, the C library and XLA, in one run.

    python -m benchmarks.float32 [NAME ...] [--program FILE ...] [--seconds 8]
    python -m benchmarks.float32 costs [--output FILE] [--seconds 40]
    python -m benchmarks.float32 whole-line FILE [--step 1]

Without a command: tables of the functions (exp2, sin, log2, tanh, or those named), with the
programs ``docs/results/programs/NAME_float32*.json`` and those given. ``costs`` measures the table
that selection uses. ``whole-line`` exports a kernel of 2^x, and tries all 2^32 inputs.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.float32 import contraction, costs, report, whole_line
from benchmarks.float32.baselines import PROBLEMS, Problem
from benchmarks.float32.contest import contest
from benchmarks.float32.native import ITERATIONS, POINTS
from benchmarks.float32.processor import processor
from evosearch.export.document import ProgramDocument

PROGRAMS = Path(__file__).parents[2] / "docs" / "results" / "programs"


def kernels(
    problem: Problem, folder: Path = PROGRAMS, more: Sequence[Path] = ()
) -> list[tuple[str, ProgramDocument]]:
    """Programs that campaigns found for a function, by file name."""
    files = [*sorted(folder.glob(f"{problem.name}_float32*.json")), *more]
    return [(path.stem, ProgramDocument.read(path)) for path in files]


def tables(names: Sequence[str], programs: Sequence[Path], seconds: float) -> str:
    """Everything, as Markdown."""
    head = (
        f"{processor()}; {ITERATIONS} iterations on {POINTS:,} points, the shortest of all "
        "rounds, nanoseconds an evaluation."
    )
    parts = [head, report.contraction(contraction.report(), contraction.report(wide=True))]
    for problem in PROBLEMS:
        if problem.name in names:
            more = programs if len(names) == 1 else ()
            parts.append(report.text(contest(problem, kernels(problem, more=more), seconds)))
    return "\n\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    commands = {"costs": _costs, "whole-line": _whole_line}
    if arguments and arguments[0] in commands:
        return commands[arguments[0]](arguments[1:])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = [problem.name for problem in PROBLEMS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--program", type=Path, action="append", default=[], help="of one NAME")
    parser.add_argument("--seconds", type=float, default=8.0, help="for each engine and function")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(known)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; expected {', '.join(known)}")
    if options.program and len(options.names) != 1:
        parser.error("--program needs the NAME of the one function that it computes")
    print(tables(options.names or known, options.program, options.seconds))
    return 0


def _costs(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="costs", description=costs.__doc__)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--output", type=Path, help="where the table goes")
    options = parser.parse_args(arguments)
    document = costs.measure(options.seconds).document()
    if options.output:
        options.output.write_text(document, encoding="utf-8")
    print(document)
    return 0


def _whole_line(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="whole-line", description=whole_line.__doc__)
    parser.add_argument("file", type=Path, help="a program document, a kernel of 2^x on [0, 1]")
    parser.add_argument("--step", type=int, default=1, help="between bit patterns")
    options = parser.parse_args(arguments)
    found = whole_line.exhaustive(ProgramDocument.read(options.file), options.step)
    print(found.text())
    return 0 if found.right else 1


if __name__ == "__main__":
    sys.exit(main())
