"""The evaluator: measured once, pure afterwards, over budget refused, private rows nowhere."""

import logging
from fractions import Fraction

import numpy as np
import pytest
from private_people import ROWS, private_rows, write_people
from pydantic import ValidationError

from evaluators.private_data import csv_file
from evaluators.private_data.accounting import rho_of
from evaluators.private_data.constraints import broken, parse
from evaluators.private_data.evaluator import PrivateData
from evaluators.private_data.options import Options
from evaluators.private_data.partition import counts
from evosearch import config
from evosearch.campaign import Campaign
from evosearch.cli import main
from evosearch.errors import ConfigError
from evosearch.genomes.table import TableBatch
from evosearch.seeding import key
from evosearch.store import queries
from evosearch.store.store import Store

pytest.importorskip("opendp")


@pytest.fixture
def folder(tmp_path):
    write_people(tmp_path)
    return tmp_path


def evaluator_in(folder, **changed):
    given = config.load(folder / "people.toml").evaluator.model_dump()
    given.pop("use")
    return PrivateData(Options(**{**given, **changed}), folder)


def uniform(evaluator, tables, rows, seed):
    rng = np.random.default_rng(seed)
    codes = np.stack(
        [rng.integers(0, size, (tables, rows)) for size in evaluator.domain.sizes], axis=2
    )
    return TableBatch(evaluator.domain.columns(), codes.astype(np.uint16))


def measured(evaluator, seed=1):
    return {name: np.asarray(v) for name, v in evaluator.prepare(key(seed, "prepare")).items()}


def test_the_last_of_few_people_is_told_only_where_their_number_is_public(folder):
    path = folder / "people.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    with pytest.raises(ConfigError, match="2 rows or more"):
        evaluator_in(folder).charge()
    evaluator = evaluator_in(folder, neighbours="add-remove")
    assert evaluator.charge().rho == rho_of(2.0, Fraction(1e-6))
    assert measured(evaluator)["rows"] >= 1


@pytest.mark.parametrize(
    "workload",
    [{"marginals": [4]}, {"queries": "nope.py"}, {"marginals": []}, {"halfspaces": 99_999}],
)
def test_mistakes_are_found_before_anything_is_charged(folder, workload):
    with pytest.raises(ConfigError, match="workload"):
        evaluator_in(folder, workload=workload).charge()


def test_answers_that_were_let_go_are_not_mistaken_for_others(folder):
    evaluator = evaluator_in(folder)
    first = evaluator._fit(measured(evaluator))
    for _ in range(20):
        prepared = measured(evaluator)
        found = evaluator._fit(prepared)
        np.testing.assert_array_equal(found.target.counts, prepared["target"])
        assert found is evaluator._fit(prepared) is not first


def test_the_charge_is_the_budget(folder):
    charge = evaluator_in(folder).charge()
    assert charge.rho == charge.limit == rho_of(2.0, Fraction(1e-6))
    assert charge.neighbours == "replace-one"
    assert charge.details == {"epsilon": 2.0, "delta": 1e-6, "rows": ROWS}
    private = evaluator_in(folder, neighbours="add-remove", total_epsilon=3.0).charge()
    assert "rows" not in private.details  # their number is private there
    assert private.limit == rho_of(3.0, Fraction(1e-6))


def test_noise_is_never_the_campaigns(folder):
    evaluator = evaluator_in(folder)
    first, second = measured(evaluator), measured(evaluator)
    assert not np.array_equal(first["answers"], second["answers"])
    truth = counts(evaluator._setting.candidates, evaluator._codes)
    apart = (first["answers"] - truth) / np.repeat(
        first["deviations"], [p.size for p in evaluator._setting.candidates]
    )
    assert 0.5 < apart.std() < 1.6


def test_what_is_spent_is_within_the_budget(folder):
    for neighbours, squared in (("replace-one", 2), ("add-remove", 1)):
        evaluator = evaluator_in(folder, neighbours=neighbours)
        found = measured(evaluator)
        spent = sum(squared / (2 * deviation**2) for deviation in found["deviations"])
        rho = float(evaluator.charge().rho)
        assert rho * (1 - 1e-6) < spent <= rho * (1 + 1e-12)


def test_fitted_tables_are_near_the_private_one_and_break_no_rule(folder):
    evaluator = evaluator_in(folder)
    prepared = measured(evaluator)
    born = uniform(evaluator, 2, 300, 5)
    fitted = evaluator.refine(born, prepared, key(1, "refine"))
    before = evaluator.against(born.take(np.array([0])), folder / "people.csv")
    after = evaluator.against(fitted.take(np.array([0])), folder / "people.csv")
    assert after["avg_tvd_2"] < before["avg_tvd_2"] / 3
    scores = evaluator.score(fitted, prepared, fidelity="full", key=key(1, "score"))
    assert (scores.objectives < 1.3).all()  # the noise is 1
    assert scores.measures.tolist() == [[0.0], [0.0]]
    unfit = evaluator.score(born, prepared, fidelity="full", key=key(1, "score"))
    assert (unfit.objectives > scores.objectives).all()
    assert (unfit.measures > 0).all()


def test_a_table_is_fitted_the_same_whoever_is_beside_it(folder):
    evaluator = evaluator_in(folder)
    prepared = measured(evaluator)
    born = uniform(evaluator, 5, 120, 6)
    together = evaluator.refine(born, prepared, key(1, "refine"))
    alone = evaluator_in(folder).refine(born.take(np.array([3])), prepared, key(1, "refine"))
    assert together.digests()[3] == alone.digests()[0]
    other = evaluator.refine(born.take(np.array([3])), prepared, key(2, "refine"))
    assert other.digests() != alone.digests()


def test_a_strict_climb_never_comes_further_from_its_target(folder):
    fit = {"temperature": 0.0, "spectral": 0.0, "strength": 0.0, "rounds": 0}
    evaluator = evaluator_in(folder, fit=fit, constraints=())
    prepared = measured(evaluator)
    tables = uniform(evaluator, 1, 300, 7)
    distances = []
    for _ in range(3):
        tables = evaluator.refine(tables, prepared, key(1, "refine"))
        score = evaluator.score(tables, prepared, fidelity="full", key=key(1, "score"))
        distances.append(float(score.objectives[0, 0]))
    assert distances[0] >= distances[1] >= distances[2]


def test_another_domain_than_was_measured_is_refused(folder):
    prepared = measured(evaluator_in(folder))
    path = folder / "domain.json"
    path.write_text(path.read_text().replace("10000", "20000"))
    evaluator = evaluator_in(folder)
    tables = uniform(evaluator, 1, 50, 1)
    with pytest.raises(ConfigError, match="not what it was"):
        evaluator.score(tables, prepared, fidelity="full", key=key(1, "score"))


def test_rounds_measure_what_is_worst_within_the_same_budget(folder):
    workload = {"rounds": 2, "each": 1, "first": 0.3}
    evaluator = evaluator_in(folder, workload=workload, epsilon=20.0)
    found = measured(evaluator)
    names = [evaluator._setting.everything[at].name for at in found["order"]]
    assert names[:3] == ["area", "age", "pay"]
    assert len(names) == 5
    assert set(found["measured"]) == set(found["order"])
    spent = float(rho_of(20.0, Fraction(1e-6)))
    measuring = sum(2 / (2 * deviation**2) for deviation in found["deviations"])
    assert measuring <= spent * (1 + 1e-12)
    fitted = evaluator.refine(uniform(evaluator, 1, 400, 8), found, key(1, "refine"))
    assert evaluator.against(fitted, folder / "people.csv")["avg_tvd_2"] < 0.25


def test_other_columns_than_the_domains_are_a_clear_error(folder):
    evaluator = evaluator_in(folder)
    other = TableBatch(evaluator.domain.columns()[:2], np.zeros((1, 9, 2), np.uint16))
    with pytest.raises(ConfigError, match="same domain and columns"):
        evaluator.score(other, {}, fidelity="full", key=key(1, "score"))
    with pytest.raises(ConfigError, match="same domain and columns"):
        evaluator.against(other, folder / "people.csv")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"epsilon": -1}, "greater than 0"),
        ({"delta": 2.0}, "between 0 and 1"),
        ({"delta": "1/n"}, "1/n"),
        ({"neighbours": "both"}, "replace-one"),
        ({"total_epsilon": 1.0}, "at least epsilon"),
        ({"columns": ("nobody",)}, "nobody"),
        ({"constraints": ("pay <",)}, "pay <"),
        ({"workload": {"rounds": 1, "first": 0.0}}, "greater than 0"),
        ({"workload": {"rounds": 1, "choice": 0.0}}, "greater than 0"),
    ],
)
def test_mistakes_are_told(folder, changed, told):
    with pytest.raises((ConfigError, ValidationError)) as error:
        evaluator_in(folder, **changed)
    assert told in str(error.value)


def run(folder, *more):
    return main(["run", str(folder / "people.toml"), *more])


def test_a_second_campaign_is_charged_to_the_same_data_set(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert run(folder) == 0
    assert run(folder, "--name", "again") == 4
    assert "people" in capsys.readouterr().err
    assert run(folder, "--name", "more", "--set", "evaluator.total_epsilon=4") == 0
    with Store.open("sqlite:///runs/evosearch.db") as store:
        found = queries.privacy(store, "more")
        assert found is not None
        assert found.spent == 2 * rho_of(2.0, Fraction(1e-6))
        assert queries.privacy(store, "people") is not None
        with pytest.raises(Exception, match="again"):
            queries.campaign(store, "again")


def test_other_columns_in_the_space_are_refused_before_the_charge(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert run(folder, "--set", 'evaluator.columns=["pay", "age"]') != 0
    assert "same domain and columns" in capsys.readouterr().err
    assert not list(folder.rglob("*.db"))


def test_verifying_draws_no_noise(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert run(folder) == 0
    with monkeypatch.context() as patch:
        patch.setattr(PrivateData, "prepare", None)
        assert main(["verify", "people", "best"]) == 0
        assert main(["verify", "people", "best", "--on", "people.toml"]) == 4
    assert "by its own campaign" in capsys.readouterr().err


def test_resumed_without_the_private_table(folder, monkeypatch):
    monkeypatch.chdir(folder)
    whole = "sqlite:///whole.db"
    with Campaign.create(config.load(folder / "people.toml"), whole) as campaign:
        campaign.run()
        digest, prepared = campaign.state.digest, campaign._prepared
    monkeypatch.setattr(PrivateData, "prepare", lambda *_: prepared)
    with Campaign.create(config.load(folder / "people.toml"), "sqlite:///parts.db") as campaign:
        campaign.tell(campaign.evaluate(campaign.ask()))
    (folder / "people.csv").unlink()
    monkeypatch.setattr(PrivateData, "prepare", None)
    monkeypatch.setattr(PrivateData, "charge", None)
    with Campaign.load("sqlite:///parts.db", "people") as campaign:
        campaign.run()
        assert campaign.state.digest == digest


def test_private_cells_are_nowhere(folder, monkeypatch, capfd, caplog):
    """Names, decimals and exact counts of the table in nothing that is written or said."""
    monkeypatch.chdir(folder)
    caplog.set_level(logging.DEBUG)
    assert run(folder) == 0
    assert main(["report", "people"]) == 0
    assert main(["export", "people", "best", "--format", "csv", "--output", "out/t.csv"]) == 0
    assert main(["lineage", "people", "best", "--format", "json"]) == 0
    assert main(["show", "people", "1", "--json"]) == 0
    bad = (folder / "people.csv").read_text().replace(private_rows()[7][1] + ",", "Sekrit,", 1)
    (folder / "bad.csv").write_text(bad)
    assert run(folder, "--name", "bad", "--set", 'evaluator.data="bad.csv"') == 2
    said = capfd.readouterr()
    assert "bad.csv" in said.err
    (folder / "bad.csv").unlink()
    texts = [said.out.encode(), said.err.encode(), caplog.text.encode()]
    kept = {"people.csv", "people.toml", "domain.json"}
    files = [each for each in folder.rglob("*") if each.is_file() and each.name not in kept]
    assert any(each.suffix == ".db" for each in files)
    assert any(each.suffix == ".html" for each in files)
    texts += [each.read_bytes() for each in files]
    needles = [b"Sekrit"]
    for name, _, age, pay in private_rows():
        needles += [name.encode(), age.encode()] + ([pay.encode()] if pay != "N" else [])
    evaluator = evaluator_in(folder)
    exact = counts(evaluator._setting.candidates, evaluator._codes)
    needles += [exact.astype(kind).tobytes() for kind in ("<i4", "<i8", "<f4", "<f8")]
    needles.append(evaluator._codes[:8].T.tobytes())
    for text in texts:
        assert not [needle for needle in needles if needle in text]


def test_exported_rows_satisfy_the_rules(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert run(folder) == 0
    assert (
        main(["export", "people", "best", "--format", "csv", "--output", "o.csv", "--rows", "700"])
        == 0
    )
    evaluator = evaluator_in(folder)
    codes = csv_file.read(folder / "o.csv", evaluator.domain)
    assert len(codes) == 700
    assert broken(parse(["missing(pay) if age < 20"], evaluator.domain), codes).tolist() == [0]
