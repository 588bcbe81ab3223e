"""The chains of the privacy ledger: nothing can be changed, taken out or moved unnoticed."""

import sqlite3
from contextlib import closing
from fractions import Fraction

import pytest

from evosearch.contracts import Charge
from evosearch.errors import EvaluatorError, StorageError
from evosearch.store import queries
from evosearch.store.ledger import exact
from evosearch.store.reservation import Reservation
from evosearch.store.store import Store
from tests.store.fakes import campaign_record


def charge(dataset="census", **changes):
    fields = {
        "dataset": dataset,
        "neighbours": "add-remove",
        "mechanism": "gaussian",
        "rho": Fraction(1, 3),
        "limit": Fraction(10),
        "details": {"epsilon": 1.0},
    }
    return Charge(**{**fields, **changes})


def released(store, name, **changes):
    reservation = store.reserve(name, charge(**changes))
    return store.create_campaign(campaign_record(name), {}, reservation)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "campaigns.db"


@pytest.fixture
def filled(sqlite_url):
    """Two data sets; the third of five entries of the first is of a launch that ended early."""
    with Store.open(sqlite_url, "write") as store:
        released(store, "one")
        store.reserve("crashed", charge())
        released(store, "two", rho=Fraction(1, 7))
        released(store, "three", dataset="other")
        assert store.check() == []
    return sqlite_url


CHANGES = {
    "rho": "UPDATE dp_ledger SET rho = '1/9' WHERE dataset = 'census' AND entry = 1",
    "limit": "UPDATE dp_ledger SET rho_limit = '99' WHERE dataset = 'census' AND entry = 3",
    "campaign": "UPDATE dp_ledger SET campaign = 'x' WHERE dataset = 'census' AND entry = 3",
    "neighbours": "UPDATE dp_ledger SET neighbours = 'replace-one' WHERE dataset = 'other'",
    "details": "UPDATE dp_ledger SET details = '{}' WHERE dataset = 'census' AND entry = 4",
    "kind": "UPDATE dp_ledger SET kind = 'release' WHERE dataset = 'census' AND entry = 3",
    "time": "UPDATE dp_ledger SET at = '2020' WHERE dataset = 'census' AND entry = 5",
    "digest": "UPDATE dp_ledger SET digest = zeroblob(32) WHERE dataset = 'census' AND entry = 5",
    "first is gone": "DELETE FROM dp_ledger WHERE dataset = 'census' AND entry = 1",
    "middle is gone": "DELETE FROM dp_ledger WHERE dataset = 'census' AND entry = 3",
    "last is gone": "DELETE FROM dp_ledger WHERE dataset = 'census' AND entry = 5",
    "last two are gone": "DELETE FROM dp_ledger WHERE dataset = 'census' AND entry > 3",
    "a data set is gone": "DELETE FROM dp_ledger WHERE dataset = 'other'",
    "renumbered": "UPDATE dp_ledger SET entry = 9 WHERE dataset = 'census' AND entry = 3",
    "data set renamed": "UPDATE dp_ledger SET dataset = 'third' WHERE dataset = 'other'",
    "moved": "UPDATE dp_ledger SET dataset = 'other', entry = 3 WHERE entry = 3",
    "campaign forgets": "UPDATE campaign SET ledger_digest = NULL WHERE name = 'two'",
    "campaign claims": "UPDATE campaign SET ledger_digest = zeroblob(32) WHERE name = 'two'",
    "swapped": (
        "UPDATE dp_ledger SET entry = CASE entry WHEN 1 THEN 103 WHEN 3 THEN 101 END"
        " WHERE dataset = 'census' AND entry IN (1, 3);"
        " UPDATE dp_ledger SET entry = entry - 100 WHERE entry > 100"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_found(filled, path, change):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(change)
        assert connection.total_changes
    with Store.open(filled) as store:
        assert any("ledger" in line for line in store.check())


@pytest.mark.parametrize("name", ["rho", "middle is gone", "swapped"])
def test_nothing_is_charged_to_a_damaged_ledger(filled, path, name):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(CHANGES[name])
    with Store.open(filled, "write") as store:
        with pytest.raises(StorageError, match="'census' is damaged"):
            store.reserve("four", charge())
        store.reserve("four", charge("other"))  # the chains are apart
        with pytest.raises(StorageError, match="missing or damaged"):
            queries.privacy(store, "one")


def test_what_a_lost_entry_leaves_behind_is_told(filled, path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(CHANGES["last is gone"])
    with Store.open(filled) as store:
        assert store.check() == ["two: its release is missing in the privacy ledger"]
        with pytest.raises(StorageError, match="missing or damaged"):
            queries.privacy(store, "two")
        assert queries.privacy(store, "one").spent == Fraction(17, 21)


@pytest.mark.parametrize(
    "change",
    [
        "rho = '1e999999999'",
        "rho = '" + "9" * 4000 + "'",
        "rho = '-1/3'",
        "rho = '1/0'",
        "rho = 'nan'",
        "rho = x'00'",
        "details = '[1]'",
        "details = 'x'",
        "digest = 10000000000000",
    ],
)
def test_hostile_values_are_storage_errors(filled, path, change):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE dp_ledger SET {change} WHERE entry = 1")
    with Store.open(filled) as store, pytest.raises(StorageError, match="damaged"):
        [ledger.as_json() for ledger in queries.ledgers(store)]


def test_a_reservation_is_released_once_and_by_its_own_campaign(storage_url):
    with Store.open(storage_url, "write") as store:
        reservation = store.reserve("one", charge())
        for wrong in (Reservation("census", 2), Reservation("other", 1)):
            with pytest.raises(StorageError, match="no open reservation of campaign 'one'"):
                store.create_campaign(campaign_record("one"), {}, wrong)
        with pytest.raises(StorageError, match="no open reservation of campaign 'two'"):
            store.create_campaign(campaign_record("two"), {}, reservation)
        store.create_campaign(campaign_record("one"), {}, reservation)
        with pytest.raises(StorageError, match="no open reservation"):
            store.create_campaign(campaign_record("three"), {}, reservation)
        assert [each["campaign"] for each in queries.campaigns(store)] == ["one"]
        assert store.check() == []


def test_a_charge_says_what_is_wrong_with_it(sqlite_url):
    for change, message in [
        ({"dataset": ""}, "Charge.dataset: expected 1 to 200 printable"),
        ({"dataset": "a\nb"}, "Charge.dataset"),
        ({"mechanism": "x" * 201}, "Charge.mechanism"),
        ({"rho": Fraction(0)}, "Charge.rho: expected a Fraction above 0"),
        ({"limit": Fraction(10**12 + 1)}, "Charge.limit"),
    ]:
        with pytest.raises(EvaluatorError, match=message):
            charge(**change)
    with Store.open(sqlite_url, "write") as store:
        for change, message in [
            ({"details": {"epsilon": float("nan")}}, "details that JSON can hold"),
            ({"details": {"rows": {1, 2}}}, "details that JSON can hold"),
            ({"rho": Fraction(1, 10**1000)}, "at most 1000 digits, received 1001"),
        ]:
            with pytest.raises(EvaluatorError, match=message):
                store.reserve("one", charge(**change))
        assert queries.ledgers(store) == []


def test_numbers_are_stored_to_the_last_digit(sqlite_url):
    rho = Fraction(5e-324) * 3
    with Store.open(sqlite_url, "write") as store:
        released(store, "one", rho=rho)
        assert queries.privacy(store, "one").rho == rho
    assert exact("3/9") == Fraction(1, 3)
