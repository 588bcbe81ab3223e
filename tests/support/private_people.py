"""A small private table whose cells are found nowhere else, and a campaign on it."""

import json
from pathlib import Path

import numpy as np

ROWS = 400
DOMAIN = {
    "area": {"values": ["north", "south", "west"]},
    "age": {"min": 0, "max": 100, "bins": 5},
    "pay": {"edges": [0, 10000, 40000, 100000], "missing": "N"},
}
CAMPAIGN = """
[campaign]
name = "people"
seed = 4

[space]
use = "tables"
domain = "domain.json"
rows = 300

[evaluator]
use = "private_data"
data = "people.csv"
domain = "domain.json"
epsilon = 2.0
delta = 1e-6
neighbours = "replace-one"
dataset = "people"
constraints = ["missing(pay) if age < 20"]

[evaluator.fit]
cool = 4
hold = 3
sweeps = 3

[algorithm]
use = "nsga2"
population = 3

[budget]
generations = 2
"""


def private_rows() -> list[list[str]]:
    """Name, area, age and pay of everybody; names and decimals are found nowhere else."""
    rng = np.random.default_rng(1)
    rows = []
    for at in range(ROWS):
        age = float(rng.beta(2, 3) * 100)
        area = ["north", "south", "west"][int(rng.integers(0, 3) * (age > 50) % 3)]
        pay = "N" if age < 20 else f"{rng.integers(0, 90000)}.{7000000 + at}"
        rows.append([f"Zyxw-{at:05d}-Quorl", area, f"{age:.9f}", pay])
    return rows


def write_people(folder: Path) -> Path:
    """The campaign file, its domain and its private table."""
    lines = ["name,area,age,pay", *(",".join(row) for row in private_rows())]
    (folder / "people.csv").write_text("\n".join(lines) + "\n")
    (folder / "domain.json").write_text(json.dumps(DOMAIN))
    path = folder / "people.toml"
    path.write_text(CAMPAIGN)
    return path
