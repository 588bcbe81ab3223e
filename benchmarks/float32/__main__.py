"""float32 kernels against the clock.

python -m benchmarks.float32 costs [--seconds 20] [--output FILE]
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.float32 import costs


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    table = commands.add_parser("costs", help="measure a cost table")
    table.add_argument("--seconds", type=float, default=20.0)
    table.add_argument("--output", type=Path, help="where it goes; printed without")
    options = parser.parse_args(arguments)
    measured = costs.measure(options.seconds)
    if options.output:
        options.output.write_text(measured.document(), encoding="utf-8")
    print(measured.document())
    return 0


if __name__ == "__main__":
    sys.exit(main())
