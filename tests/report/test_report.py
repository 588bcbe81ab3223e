"""A report of a stored campaign."""

import tomllib

import pytest
from bowl import write_campaign
from histories import facts

from evosearch import config
from evosearch.campaign import Campaign
from evosearch.errors import UsageError
from evosearch.report.account import MEANING, Account
from evosearch.report.content import Picture, Table
from evosearch.report.sections import profile
from evosearch.report.write import write
from evosearch.store import queries
from evosearch.store.store import Store


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    path = write_campaign(folder)
    url = f"sqlite:///{folder}/bowl.db"
    Campaign.create(config.load(path), url).run()
    random = config.load(path, ["algorithm.use=random"], "luck")
    Campaign.create(random, url).run()
    return url


def test_text_page_pictures_and_the_campaign_file(url, tmp_path):
    with Store.open(url) as store:
        written = write(store, "bowl", tmp_path / "out")
    assert [path.name for path in written] == ["report.html", "report.md"]
    text = (tmp_path / "out" / "report.md").read_text()
    for name in ("front", "convergence", "descent", "profile"):
        assert f"]({name}.png)" in text
        assert (tmp_path / "out" / f"{name}.png").stat().st_size > 1000
    assert "random search (luck)" in text
    assert "--load-plugins" in text
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; more" in page


def test_the_campaign_file_says_the_same_again(url, tmp_path):
    with Store.open(url) as store:
        write(store, "bowl", tmp_path)
    write_campaign(tmp_path)
    again = config.load(tmp_path / "campaign.toml")
    assert again.hash == config.load(tmp_path / "bowl.toml").hash
    assert list(again.space.options["genes"]) == ["z", "n", "a"]
    assert tomllib.loads((tmp_path / "campaign.toml").read_text())["budget"] == {
        "generations": 5,
        "target": {},
    }


def test_another_member_can_be_followed(url, tmp_path):
    with Store.open(url) as store:
        write(store, "bowl", tmp_path, member=20)
        assert "Descent of individual 20" in (tmp_path / "report.md").read_text()
        with pytest.raises(UsageError):
            write(store, "bowl", tmp_path, member=10**6)
        with pytest.raises(UsageError):
            write(store, "nobody", tmp_path)


def test_where_the_time_goes_adds_up_and_the_store_stands_apart():
    section = profile.section(facts())
    (table,) = [block for block in section.blocks if isinstance(block, Table)]
    assert [(row[0], row[2], row[3]) for row in table.rows] == [
        ("score", "2.0 s", "87 %"),
        ("breed", "0.3 s", "13 %"),
        ("all", "2.3 s", "100 %"),
        ("store, beside these", "1.0 s", "–"),
    ]
    (picture,) = [block for block in section.blocks if isinstance(block, Picture)]
    assert "store" not in picture.caption


def test_every_part_that_is_stored_is_explained(url):
    with Store.open(url) as store:
        stored = queries.status(store, "bowl")["profile"]
    assert set(stored) - {"total"} <= set(MEANING)


def test_an_account_without_time_is_empty():
    account = Account.of({"store": 0.5, "compile": 0.0})
    assert (dict(account.parts), account.total, account.store) == ({}, 0.0, 0.5)
