"""Runs every benchmark of this folder, or those that are named."""

import sys
from importlib import import_module
from pathlib import Path


def main() -> None:
    names = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    for name in sys.argv[1:] or names:
        module = import_module(f"benchmarks.{name}")
        print(f"{name}: {module.__doc__.splitlines()[0]}")
        module.main()
        print()


if __name__ == "__main__":
    main()
