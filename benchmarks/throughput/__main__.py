"""Node evaluations a second against named peers, as ratios taken in one run.

python -m benchmarks.throughput [--json] [--rounds N] [W1 W2 W3]
"""

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial

import jax

from benchmarks.throughput import report
from benchmarks.throughput.measure import ROUNDS, measure
from benchmarks.throughput.workloads import ALL


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if our own results are wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", metavar="W1 W2 W3")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="the whole document")
    options = parser.parse_args(arguments)
    known = {workload.name: workload for workload in ALL}
    unknown = set(options.workloads) - set(known)
    if unknown:
        parser.error(
            f"unknown workloads: {', '.join(sorted(unknown))}; expected {', '.join(known)}"
        )
    chosen = [known[name] for name in options.workloads or known]
    jax.config.update("jax_compilation_cache_dir", None)  # compile times are told
    result = measure(chosen, options.rounds, say=partial(print, file=sys.stderr))
    print(json.dumps(result, indent=2) if options.json else report.text(result))
    wrong = [
        f"{workload.name} {name}"
        for workload in chosen
        for name, found in result[workload.name]["errors"].items()
        if found["ok"] is False
    ]
    if wrong:
        print(f"wrong results: {', '.join(wrong)}", file=sys.stderr)
    return 1 if any(" ours" in name for name in wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
