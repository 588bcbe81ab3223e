"""A campaign that is cheap: vectors scored by a function of a file."""

from pathlib import Path

FUNCTION = """
def evaluate(v):
    return {"error": 1e-9 + (v["a"] - 0.3) ** 2 + 0.001 * (v["n"] - 3) ** 2, "cost": v["n"]}
"""
CAMPAIGN = """
[campaign]
name = "bowl"
seed = 3
notes = "A <script>alert('x')</script> & more"

[space]
use = "hyperparameters"

[space.genes]
z = { kind = "categorical", choices = ["x", "y"] }
n = { kind = "integer", low = 1, high = 8 }
a = { kind = "real", low = -1.0, high = 1.0 }

[evaluator]
use = "./bowl.py:evaluate"

[algorithm]
use = "nsga2"
population = 16
operators = { sbx = 0.0, differential = 0.0 }

[execution]
use = "inline"

[budget]
generations = 5
"""


def write_campaign(folder: Path) -> Path:
    """The campaign file and the function beside it."""
    (folder / "bowl.py").write_text(FUNCTION)
    path = folder / "bowl.toml"
    path.write_text(CAMPAIGN)
    return path
