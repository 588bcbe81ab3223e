"""What was spent of a data set's privacy, as a section of the report."""

from dataclasses import replace
from fractions import Fraction

from bowl import write_campaign as write_bowl
from histories import facts
from small_tables import write_campaign

from evosearch import config
from evosearch.campaign import Campaign
from evosearch.report.sections import privacy
from evosearch.report.write import write
from evosearch.store.ledger import Privacy
from evosearch.store.store import Store

SPENT = Privacy(
    dataset="census",
    neighbours="replace-one",
    mechanism="discrete Gaussian",
    rho=Fraction(1, 64),
    details={"epsilon": 1.0, "delta": 1e-9, "columns": ["a"]},
    digest="00ff",
    spent=Fraction(1, 32),
    limit=Fraction(1, 8),
)


def test_the_promise_and_where_the_ledger_stands():
    promise, table = privacy.section(facts(privacy=SPENT)).blocks
    assert "data set census" in promise.text
    assert "rho = 0.01562" in promise.text
    assert table.rows == [
        ["Data set", "census"],
        ["epsilon", "1"],
        ["delta", "1e-09"],
        ["columns", '["a"]'],
        ["rho", "0.01562"],
        ["Neighbours", "replace-one: one record is another one; the number of records is public"],
        ["Mechanism", "discrete Gaussian"],
        ["Spent of the data set by all campaigns", "rho 0.03125 of 0.125 (25 %)"],
        ["Ledger entry", "00ff"],
    ]
    other = privacy.section(facts(privacy=replace(SPENT, neighbours="add-remove"))).blocks[1]
    assert other.rows[5][1] == "add-remove: one record more or less"


def test_nothing_charged_nothing_said():
    assert privacy.section(facts()) is None


def test_it_is_read_from_the_store(tmp_path):
    url = f"sqlite:///{tmp_path}/small.db"
    Campaign.create(config.load(write_campaign(tmp_path)), url).run()
    Campaign.create(config.load(write_bowl(tmp_path)), url).run()
    with Store.open(url) as store:
        write(store, "small", tmp_path / "small")
        write(store, "bowl", tmp_path / "bowl")
    text = (tmp_path / "small" / "report.md").read_text()
    assert "## Privacy" in text
    assert "| delta | 1e\\-09 |" in text or "| delta | 1e-09 |" in text
    assert "rho 0.01429 of 0.1 (14.3 %)" in text
    assert "best error over evaluations" in text
    assert "## Privacy" not in (tmp_path / "bowl" / "report.md").read_text()
