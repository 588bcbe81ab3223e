"""What reading commands load."""

import json
import subprocess
import sys

import pytest

HEAVY = ["jax", "matplotlib", "deap", "networkx", "numpy", "sqlalchemy", "evaluators", "rich"]
SCRIPT = f"""
import json, sys
from evosearch.cli import main
code = main()
print()
print(json.dumps({{"code": code, "loaded": [name for name in {HEAVY} if name in sys.modules]}}))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["status", "bowl"],
        ["front", "bowl"],
        ["front", "bowl", "--json"],
        ["show", "bowl", "best"],
        ["compare", "bowl", "bowl-random"],
        ["plugins"],
    ],
    ids=" ".join,
)
def test_reading_commands_load_nothing_heavy(done, arguments):
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=True
    )
    assert json.loads(result.stdout.splitlines()[-1]) == {"code": 0, "loaded": []}
