"""``evosearch verify --rigorous``: claims of a document, certified and refused."""

import json

import pytest

from evosearch.cli import main

CAMPAIGN = """
[campaign]
name = "exp"

[space]
use = "expressions"

[evaluator]
use = "approximation"
target = "{target}"
interval = "[0, 1]"

[budget]
generations = 1
"""

# 2^x as (a + b x)^2 on [0, 1], its largest error by calculus in `honest`
A, B = "1.00012345678901234567890123456789", "0.41"


def document(**claims):
    nodes = [
        {"op": "mul", "args": ["x", "c0"]},
        {"op": "add", "args": ["n0", "c1"]},
        {"op": "mul", "args": ["n1", "n1"]},
    ]
    return {
        "format": "evosearch-program",
        "version": 1,
        "inputs": ["x"],
        "constants": [B, A],
        "nodes": nodes,
        "outputs": ["n2"],
        "metadata": {"campaign": "exp", "id": 1, "claims": claims},
    }


@pytest.fixture(scope="module")
def honest():
    """Largest relative error, where (a + b x)^2 2^-x has its extremum or at an end."""
    from mpmath import mp, mpf

    with mp.workdps(50):
        a, b = mpf(A), mpf(B)
        places = [mpf(0), mpf(1), 2 / mp.ln2 - a / b]
        errors = [abs((a + b * x) ** 2 / mp.power(2, x) - 1) for x in places if 0 <= x <= 1]
        return float(max(errors))


@pytest.fixture
def on(tmp_path, monkeypatch):
    """In an empty folder with a campaign file: the option that names it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exp.toml").write_text(CAMPAIGN.format(target="exp2"))
    return ["--on", "exp.toml", "--rigorous"]


def write(name, **claims):
    with open(name, "w") as file:
        json.dump(document(**claims), file)


def read(capsys):
    return json.loads(capsys.readouterr().out)


def test_a_true_claim_is_certified_and_one_too_low_by_a_percent_is_not(on, honest, capsys):
    write("true.json", max_relative_error=honest, operations=3)
    assert main(["verify", "true.json", *on, "--json"]) == 0
    found = read(capsys)
    assert found["status"] == "ok"
    assert found["checks"]["max_relative_error"]["proof"] == "proved"
    assert found["metrics"]["attained_relative_error"] <= honest
    assert honest <= found["metrics"]["proved_max_relative_error"] <= honest * 1.001
    assert found["metrics"]["proved_float64_error"] >= honest

    write("false.json", max_relative_error=0.99 * honest)
    assert main(["verify", "false.json", *on, "--json"]) == 1
    found = read(capsys)
    assert found["checks"]["max_relative_error"]["proof"] == "refuted"
    assert "max_relative_error: claimed" in found["status"]
    assert main(["verify", "false.json", *on]) == 1
    assert "REFUTED" in capsys.readouterr().out


def test_what_was_proved_is_written_and_checked_again(on, honest, tmp_path, capsys):
    write("p.json", max_relative_error=honest)
    assert main(["verify", "p.json", *on, "--output", "proved.json"]) == 0
    out = capsys.readouterr().out
    assert "proof: relative error of exp2 on [0, 1]" in out
    assert "wrote proved.json" in out
    written = json.loads((tmp_path / "proved.json").read_text())
    claims = written["metadata"]["claims"]
    assert claims["max_relative_error"] == honest
    assert honest <= claims["proved_max_relative_error"] <= honest * 1.001
    assert claims["proved_gap"] == 0
    assert written["metadata"]["proof"].startswith("relative error of exp2")
    assert written["constants"] == [B, A]

    assert main(["verify", "proved.json", *on]) == 0
    assert "proved_max_relative_error" in capsys.readouterr().out
    assert main(["verify", "proved.json", "--on", "exp.toml"]) == 0
    assert "not checked, say --rigorous" in capsys.readouterr().out

    claims["proved_float64_error"] *= 0.99
    (tmp_path / "forged.json").write_text(json.dumps(written))
    assert main(["verify", "forged.json", *on]) == 1
    assert "proved_float64_error: claimed" in capsys.readouterr().out


def test_nothing_is_written_over_or_without_a_proof(on, honest, tmp_path, capsys):
    write("p.json", max_relative_error=honest)
    assert main(["verify", "p.json", *on, "--output", "p.json"]) == 4
    assert "p.json exists already" in capsys.readouterr().err
    assert main(["verify", "p.json", "--on", "exp.toml", "--output", "q.json"]) == 2
    assert "--rigorous" in capsys.readouterr().err
    write("false.json", max_relative_error=honest / 2)
    assert main(["verify", "false.json", *on, "--output", "q.json"]) == 1
    assert not (tmp_path / "q.json").exists()


def test_a_target_without_intervals_is_an_error(on, tmp_path, capsys):
    (tmp_path / "f.py").write_text("import mpmath\ndef f(x): return mpmath.power(2, x)\n")
    (tmp_path / "exp.toml").write_text(CAMPAIGN.format(target="./f.py:f"))
    write("p.json")
    assert main(["verify", "p.json", *on]) == 2
    assert "a proof needs a function" in capsys.readouterr().err
