"""Private synthetic tables: errors beside AIM and MST, speed beside Private-GSD, classifiers.

    python -m benchmarks private_data peers [acs10 acs20 adult] [--draws N] [--epsilon E]
    python -m benchmarks private_data ours [FILE...] [--draws N] [--variants NAME...] [--set ...]
    python -m benchmarks private_data epsilons [FILE...] [--draws N] [--values E...]
    python -m benchmarks private_data speed [acs10 acs20] [--rounds N]
    python -m benchmarks private_data downstream [adult acs20] [--draws N] [--epsilon E]
    python -m benchmarks private_data render

Each appends a line for every result, when it is there, to runs/benchmarks/private_data.jsonl, and
prints the table of all lines; ``render`` writes the tables and the plot into docs/ without running
anything. Of lines that other code made than the last of their kind, none is shown. AIM and MST run
in `.venv-dpmm/`, which is made if need be, or by ``--dpmm-python``; without them: ``--settings``
followed by nothing.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import jax

from benchmarks.private_data import downstream, dpmm, ours, page, peers, plot, speed
from benchmarks.private_data.lines import DEFAULT, Lines
from benchmarks.private_data.sources import NAMES, campaign

EPSILONS = (0.07, 0.23, 0.52, 0.74, 1.0, 3.0, 10.0)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # compile times are told, also where a kernel was compiled before
    jax.config.update("jax_compilation_cache_dir", None)
    lines = Lines(options.lines)
    try:
        RUN[options.command](lines, options)
    except dpmm.PeerError as error:
        print(error, file=sys.stderr)
        return 1
    if options.command != "render":
        print("\n" + page.TABLES[options.command](lines.of(options.command)))
    return 0


def _peers(lines: Lines, options: argparse.Namespace) -> None:
    python = dpmm.interpreter(options.dpmm_python)
    names, settings = options.tables or ["acs10", "acs20"], options.settings
    peers.run(lines, names, settings, options.draws, options.epsilon, options.limit, python)


def _ours(lines: Lines, options: argparse.Namespace) -> None:
    variants = {name: ours.VARIANTS[name] for name in options.variants}
    if options.set:
        variants["set"] = tuple(options.set)
    ours.run(lines, _files(options), variants, range(1, options.draws + 1))


def _epsilons(lines: Lines, options: argparse.Namespace) -> None:
    variants = {f"epsilon {value:g}": ours.spending(value) for value in options.values}
    ours.run(lines, _files(options), variants, range(1, options.draws + 1), "epsilons")


def _speed(lines: Lines, options: argparse.Namespace) -> None:
    speed.run(lines, options.tables or ["acs10", "acs20"], options.rounds)


def _downstream(lines: Lines, options: argparse.Namespace) -> None:
    python = dpmm.interpreter(options.dpmm_python) if options.settings else None
    downstream.run(
        lines,
        options.tables or ["adult", "acs20"],
        options.settings,
        options.draws,
        options.epsilon,
        options.limit,
        python,
    )


def _render(lines: Lines, _: argparse.Namespace) -> None:
    if lines.of("epsilons"):
        plot.write(lines.of("epsilons"))
    for path in page.write(lines):
        print(f"wrote {path}")


RUN = {
    "peers": _peers,
    "ours": _ours,
    "epsilons": _epsilons,
    "speed": _speed,
    "downstream": _downstream,
    "render": _render,
}


def _files(options: argparse.Namespace) -> list[Path]:
    return options.files or [path for path in map(campaign, NAMES) if path.exists()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks private_data", description=__doc__.splitlines()[0]
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--lines", type=Path, default=DEFAULT, help="file of the results")
    some = parser.add_subparsers(dest="command", required=True)
    made = {name: some.add_parser(name, parents=[common]) for name in RUN}
    for name in ("peers", "speed", "downstream"):
        made[name].add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(NAMES))
    for name in ("ours", "epsilons"):
        made[name].add_argument("files", nargs="*", type=Path, metavar="FILE")
    for name in ("peers", "downstream"):
        _add_peers(made[name])
    for name, draws in {"peers": 3, "ours": 5, "epsilons": 3, "downstream": 3}.items():
        made[name].add_argument("--draws", type=int, default=draws, help="new measurements")
    made["ours"].add_argument(
        "--variants", nargs="*", choices=ours.VARIANTS, default=list(ours.VARIANTS)
    )
    made["ours"].add_argument(
        "--set", action="extend", nargs="+", default=[], metavar="SECTION.KEY=VALUE"
    )
    made["epsilons"].add_argument("--values", type=float, nargs="+", default=EPSILONS)
    made["speed"].add_argument("--rounds", type=int, default=5)
    return parser


def _add_peers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--epsilon", type=float, default=1.0)
    parser.add_argument("--settings", nargs="*", choices=dpmm.SETTINGS, default=["mst", "reduced"])
    parser.add_argument("--limit", type=float, default=1800.0, help="seconds of one peer's table")
    parser.add_argument("--dpmm-python", type=Path, help="a Python that has dpmm")


if __name__ == "__main__":
    sys.exit(main())
