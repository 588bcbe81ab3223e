"""The outcome of a search does not depend on devices, workers or the seed of hashes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "runs" / "exp2.toml"
SHORT = ("budget.evaluations=1500", "algorithm.population=256", "execution.batch=64")


def digest(folder: Path, count: int) -> str:
    environment = os.environ | {
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={count}",
        "PYTHONHASHSEED": str(count),
    }
    overrides = [part for text in SHORT for part in ("--set", text)]
    start = "import sys; from evosearch.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", start, "--storage", f"sqlite:///{folder}/{count}.db"]
    command += ["run", str(FILE), *overrides, "--set", f"execution.workers={count}"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300)
    show = subprocess.run(
        [*command[:5], "status", "exp2", "--json"], check=True, capture_output=True, text=True
    )
    return next(line for line in show.stdout.splitlines() if '"digest"' in line)


@pytest.mark.slow
def test_one_and_two_devices_and_workers_end_alike(tmp_path):
    assert digest(tmp_path, 1) == digest(tmp_path, 2)
