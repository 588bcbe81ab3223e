"""What a campaign spends of a data set's privacy is charged before it is spent, once, for ever."""

import json
import os
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from evosearch.campaign import Campaign
from evosearch.cli import main
from evosearch.config import load
from evosearch.contracts import Charge
from evosearch.errors import CampaignExistsError, EvaluatorError, RefusedError
from evosearch.store import queries
from evosearch.store.store import Store

ROOT = Path(__file__).parents[1]
DRIVER = ROOT / "tests/resume/driver.py"
TOY = (ROOT / "tests/resume/toy.py").read_text()
EVALUATOR = '''
from fractions import Fraction
from pathlib import Path
from typing import Literal

from evosearch.contracts import Charge


class PrivateOptions(DistanceOptions):
    dataset: str = "census"
    neighbours: Literal["replace-one", "add-remove"] = "replace-one"
    spends: str = "1/8"
    limit: str = "1/2"
    fails: bool = False


class Private(Plain):
    """Notes every time that it is asked and every time that it draws."""

    options_model = PrivateOptions

    def charge(self):
        note("charge")
        options = self.options
        if options.spends == "nothing":
            return None
        if options.spends == "nonsense":
            return 0.125
        return Charge(
            options.dataset,
            options.neighbours,
            "a mechanism",
            Fraction(options.spends),
            Fraction(options.limit),
            {"epsilon": 1.0, "delta": 1e-9},
        )

    def prepare(self, key):
        note("draw")
        if self.options.fails:
            raise OSError("the disk is gone")
        return {"noise": np.random.default_rng().normal(size=64)}


def note(word):
    with (Path(__file__).parent / "notes").open("a") as file:
        file.write(word + "\\n")
'''
CONFIG = """
[campaign]
name = "first"
seed = 5
[space]
use = "./private.py:Pairs"
[evaluator]
use = "./private.py:Private"
[algorithm]
population = 8
[execution]
use = "inline"
[budget]
generations = 2
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "private.py").write_text(TOY + EVALUATOR)
    path = tmp_path / "private.toml"
    path.write_text(CONFIG)
    return path


def notes(file):
    path = file.parent / "notes"
    return path.read_text().split() if path.exists() else []


def create(file, url, name="first", **options):
    sets = [f"evaluator.{key}={json.dumps(value)}" for key, value in options.items()]
    with Campaign.create(load(file, [f"campaign.name={name}", *sets]), url) as campaign:
        return campaign.state


def driven(*arguments, failpoint=""):
    environment = {**os.environ, "EVOSEARCH_FAILPOINT": failpoint, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, DRIVER, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def kinds(url):
    with Store.open(url) as store:
        assert store.check() == []
        return [
            (entry.kind, entry.campaign)
            for ledger in queries.ledgers(store)
            for entry in ledger.entries
        ]


def spent(url, dataset="census"):
    with Store.open(url) as store:
        return queries.ledgers(store, dataset)[0].spent


def test_a_campaign_is_charged_once(file, storage_url):
    create(file, storage_url)
    assert notes(file) == ["charge", "draw"]
    assert kinds(storage_url) == [("reserve", "first"), ("release", "first")]
    with Store.open(storage_url) as store:
        found = queries.privacy(store, "first")
        (ledger,) = queries.ledgers(store)
    assert (found.dataset, found.neighbours, found.mechanism) == (
        "census",
        "replace-one",
        "a mechanism",
    )
    assert (found.rho, found.spent, found.limit) == (
        Fraction(1, 8),
        Fraction(1, 8),
        Fraction(1, 2),
    )
    assert found.details == {"epsilon": 1.0, "delta": 1e-9}
    assert found.digest == ledger.entries[1].digest.hex()


def test_running_and_resuming_charge_nothing(file, storage_url):
    assert driven("run", storage_url, file, failpoint="before-commit:2").returncode == -9
    for generations in (2, 4):
        done = driven("resume", storage_url, "first", f"budget.generations={generations}")
        assert done.returncode == 0, done.stderr
    assert notes(file) == ["charge", "draw"]
    assert spent(storage_url) == Fraction(1, 8)


@pytest.mark.parametrize(
    ("place", "left"),
    [
        pytest.param("before-reserve", [], marks=pytest.mark.slow),
        pytest.param("before-reserve-commit", [], marks=pytest.mark.slow),
        ("after-reserve", ["reserve"]),
        ("after-prepare", ["reserve"]),
        pytest.param("before-create-commit", ["reserve"], marks=pytest.mark.slow),
        ("after-create", ["reserve", "release"]),
    ],
)
def test_killed_anywhere_what_may_have_been_drawn_stays_charged(file, storage_url, place, left):
    killed = driven("run", storage_url, file, failpoint=place)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [kind for kind, _ in kinds(storage_url)] == left
    drawn = notes(file).count("draw")
    assert drawn <= left.count("reserve")
    stored = "release" in left
    again = driven(*(("resume", storage_url, "first") if stored else ("run", storage_url, file)))
    assert again.returncode == 0, again.stderr
    more = [] if stored else ["reserve", "release"]
    assert [kind for kind, _ in kinds(storage_url)] == [*left, *more]
    reserved = [*left, *more].count("reserve")
    assert drawn <= notes(file).count("draw") <= reserved
    assert spent(storage_url) == Fraction(reserved, 8)
    with Store.open(storage_url) as store:
        assert queries.privacy(store, "first").spent == Fraction(reserved, 8)


def test_what_fails_after_the_charge_stays_charged(file, storage_url):
    with pytest.raises(OSError, match="disk is gone"):
        create(file, storage_url, fails=True)
    assert kinds(storage_url) == [("reserve", "first")]
    assert spent(storage_url) == Fraction(1, 8)
    create(file, storage_url, limit="1/4")
    with pytest.raises(RefusedError, match=r"0\.125 of it by launches that ended early"):
        create(file, storage_url, "second", limit="1/4")


def test_the_limit_counts_every_campaign_of_the_data_set(file, storage_url):
    for number in range(4):
        create(file, storage_url, f"part-{number}")
    with pytest.raises(RefusedError) as raised:
        create(file, storage_url, "fifth", spends="1/1000000")
    assert raised.value.exit_code == 4
    message = str(raised.value)
    for words in ("'census'", "rho 0.5 is spent", "asks for 1e-06", "limit is 0.5", "total_eps"):
        assert words in message
    assert notes(file).count("draw") == 4
    assert spent(storage_url) == Fraction(1, 2)
    create(file, storage_url, "other", dataset="another census")
    create(file, storage_url, "fifth", limit="5/8")  # the user's word
    with Store.open(storage_url) as store:
        first, fifth = (queries.privacy(store, name) for name in ("part-0", "fifth"))
        assert store.check() == []
    assert (first.spent, first.limit) == (fifth.spent, fifth.limit) == (Fraction(5, 8),) * 2


def test_a_third_is_exactly_a_third(file, storage_url):
    for number in range(3):
        create(file, storage_url, f"part-{number}", spends="1/3", limit="1")
    assert spent(storage_url) == 1
    with pytest.raises(RefusedError):
        create(file, storage_url, "more", spends=f"1/{10**60}", limit="1")


def test_other_neighbours_are_refused(file, storage_url):
    create(file, storage_url)
    with pytest.raises(RefusedError, match=r"'replace-one' neighbours so far.*'add-remove'"):
        create(file, storage_url, "second", neighbours="add-remove")
    create(file, storage_url, "second", neighbours="add-remove", dataset="other")
    assert notes(file).count("draw") == 2


def test_a_taken_name_is_refused_before_anything_is_asked(file, storage_url):
    create(file, storage_url)
    with pytest.raises(CampaignExistsError):
        create(file, storage_url)
    assert notes(file) == ["charge", "draw"]
    assert spent(storage_url) == Fraction(1, 8)
    charge = Charge("census", "replace-one", "m", Fraction(1, 8), Fraction(1))
    with Store.open(storage_url, "write") as store, pytest.raises(CampaignExistsError):
        store.reserve("first", charge)


def test_evaluators_that_spend_nothing_have_no_ledger(file, storage_url):
    create(file, storage_url, spends="nothing")
    with Store.open(storage_url) as store:
        assert queries.privacy(store, "first") is None
        assert queries.ledgers(store) == []
        assert store.check() == []


def test_what_is_no_charge_is_refused_before_anything_is_drawn(file, storage_url):
    with pytest.raises(EvaluatorError, match="must return a Charge or None, received float"):
        create(file, storage_url, spends="nonsense")
    assert notes(file) == ["charge"]


RESERVER = """
import sys
from fractions import Fraction
from evosearch.contracts import Charge
from evosearch.errors import RefusedError
from evosearch.store.store import Store
url, name, dataset, parts = sys.argv[1:]
granted = 0
with Store.open(url, "write", timeout=60) as store:
    for number in range(12):
        charge = Charge(dataset, "replace-one", "m", Fraction(1, int(parts)), Fraction(1))
        try:
            store.reserve(f"{name}-{number}", charge)
            granted += 1
        except RefusedError:
            pass
print(granted)
"""


def test_processes_that_reserve_at_once_stay_within_the_limit(storage_url):
    Store.open(storage_url, "write").close()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RESERVER, storage_url, f"driver{number}", "census", "17"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    granted = [int(process.communicate(timeout=120)[0]) for process in processes]
    assert sum(granted) == 17
    assert spent(storage_url) == 1
    assert len(kinds(storage_url)) == 17


def test_status_and_ledger_show_it(file, sqlite_url, capsys):
    create(file, sqlite_url)
    with pytest.raises(OSError, match="disk"):
        create(file, sqlite_url, "second", fails=True)

    def printed(*arguments):
        assert main(["--storage", sqlite_url, *arguments]) == 0
        return capsys.readouterr().out

    found = json.loads(printed("status", "first", "--json"))["privacy"]
    assert found["exact"] == {"rho": "1/8", "spent": "1/4", "limit": "1/2"}
    assert (found["rho"], found["spent"], found["limit"]) == (0.125, 0.25, 0.5)
    assert (found["dataset"], found["neighbours"]) == ("census", "replace-one")
    (line,) = [line for line in printed("status", "first").splitlines() if "privacy" in line]
    for words in ("rho 0.125 of data set 'census'", "epsilon 1", "0.25 of 0.5", found["digest"]):
        assert words in line
    (ledger,) = json.loads(printed("ledger", "census", "--json"))
    assert [entry["kind"] for entry in ledger["entries"]] == ["reserve", "release", "reserve"]
    assert ledger["entries"][1]["digest"] == found["digest"]
    assert ledger["exact"] == {"spent": "1/4", "limit": "1/2"}
    text = printed("ledger")
    assert text.startswith("census: rho 0.25 of 0.5 spent, replace-one\n")
    assert text.count("second") == 1
    assert main(["--storage", sqlite_url, "ledger", "nowhere"]) == 2
    assert "charged were 'census'" in capsys.readouterr().err


def test_status_of_a_campaign_without_charges_has_no_such_key(file, sqlite_url, capsys):
    create(file, sqlite_url, spends="nothing")
    for arguments in (["status", "first", "--json"], ["status", "first"]):
        assert main(["--storage", sqlite_url, *arguments]) == 0
        assert "privacy" not in capsys.readouterr().out
    assert main(["--storage", sqlite_url, "ledger"]) == 0
    assert "nothing was charged" in capsys.readouterr().out
