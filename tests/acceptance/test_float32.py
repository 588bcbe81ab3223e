"""The float32 campaigns, whole: what they find is within the bar on every float32, and cheaper."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from programs import program

from evaluators.approximation.float32.costs import cost

RUNS = Path(__file__).parents[2] / "runs"
EVOSEARCH = Path(sys.executable).with_name("evosearch")

# Degree 6 in Horner's form: at degree 5 the real error and rounding add up to 1.5 ULP.
HORNER = program(
    [("fma", "x", "c0", "c1")] + [("fma", f"n{k}", "x", f"c{k + 2}") for k in range(5)],
    [1.0] * 7,
)
# x + x^3 p(x^2) with p of degree 2, as libraries write it, and x^3 computed beside it.
ODD = program(
    [
        ("mul", "x", "x"),
        ("fma", "n0", "c0", "c1"),
        ("fma", "n1", "n0", "c2"),
        ("mul", "n0", "x"),
        ("fma", "n2", "n3", "x"),
    ],
    [1.0] * 3,
)
# The same with p of degree 6.
ODD_15 = program(
    [
        ("mul", "x", "x"),
        ("fma", "n0", "c0", "c1"),
        *(("fma", f"n{k}", "n0", f"c{k + 1}") for k in range(1, 6)),
        ("mul", "n0", "x"),
        ("fma", "n6", "n7", "x"),
    ],
    [1.0] * 7,
)
# x + (x - x^2) p(x), right at both ends, with p of degree 8: 1.05 ULP.
BOTH_ENDS = program(
    [
        ("neg", "x"),
        ("fma", "n0", "x", "x"),
        ("fma", "x", "c0", "c1"),
        *(("fma", f"n{k}", "x", f"c{k}") for k in range(2, 9)),
        ("fma", "n1", "n9", "x"),
    ],
    [1.0] * 9,
)


def evosearch(folder: Path, *arguments: str):
    """What a command prints as JSON."""
    storage = ["--storage", f"sqlite:///{folder}/float32.db"]
    done = subprocess.run(
        [EVOSEARCH, *storage, *arguments], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout) if "--json" in arguments else None


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("name", "seed", "inputs", "known"),
    [
        ("exp2", "1", 0x3F800001, 0.99 * cost(HORNER)[0]),
        ("exp2", "2", 0x3F800001, 0.99 * cost(HORNER)[0]),
        ("sin", "1", 0x3F490FDB, cost(ODD)[0]),
        ("tanh", "1", 0x3F800001, 0.9 * cost(ODD_15)[0]),
        ("log2", "1", 0x3F800001, cost(BOTH_ENDS)[0]),
    ],
)
def test_a_cheap_program_is_within_one_ulp_on_every_float32(tmp_path, name, seed, inputs, known):
    evosearch(tmp_path, "run", str(RUNS / f"{name}_float32.toml"), "--name", name, "--seed", seed)
    members = evosearch(tmp_path, "front", name, "--json")["members"]
    best = max(members, key=lambda member: member["objectives"]["cost"])
    assert best["objectives"]["ulp"] == 1.0
    assert best["objectives"]["cost"] <= known
    proof = ["verify", name, str(best["id"]), "--rigorous", "--output", "proved.json", "--json"]
    metrics = evosearch(tmp_path, *proof)["metrics"]
    assert metrics["proved_exhaustive_count"] == inputs
    assert metrics["proved_max_ulp_error"] <= 1.0
    claims = json.loads((tmp_path / "proved.json").read_text())["metadata"]["claims"]
    assert claims["proved_max_ulp_error"] == metrics["proved_max_ulp_error"]
    assert claims["exhaustive_count"] == inputs  # the campaign had looked at each already
