"""Commands that only read a database start without JAX, DEAP and the plug-ins."""

import json
import subprocess
import sys

import pytest

HEAVY = ["jax", "deap", "evaluators", "search_spaces"]
SCRIPT = f"""
import json, sys
from evosearch.cli import main
try:
    code = main()
except SystemExit as stop:
    code = stop.code
print(json.dumps({{"code": code or 0, "loaded": [m for m in {HEAVY} if m in sys.modules]}}))
"""


def run(arguments: list[str], storage: str) -> dict[str, object]:
    """Exit code of a command, and the heavy modules it imported."""
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, "--storage", storage, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["plugins"]], ids=" ".join)
def test_reading_commands_stay_light(arguments, sqlite_url):
    assert run(arguments, sqlite_url) == {"code": 0, "loaded": []}


@pytest.mark.parametrize("command", ["status", "front", "report"])
def test_naming_an_unknown_campaign_loads_nothing(command, sqlite_url):
    outcome = run([command, "nowhere"], sqlite_url)
    assert outcome["loaded"] == []
    assert outcome["code"] in {2, 5}
