"""The shipped revisions make exactly the tables of the schema."""

import re
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from evosearch.errors import StorageError
from evosearch.store import queries
from evosearch.store.identity import APPLICATION_ID, REVISIONS
from evosearch.store.location import locate
from evosearch.store.migrate import MIGRATIONS, upgrade
from evosearch.store.schema import metadata
from evosearch.store.store import Store
from tests.store.fakes import filled


def test_revisions_and_schema_agree(storage_url):
    with Store.open(storage_url, mode="write") as store:
        context = MigrationContext.configure(store._engine.connection)
        assert compare_metadata(context, metadata) == []
        assert store._engine.revision() == REVISIONS[-1]


def test_the_known_revisions_are_those_in_the_package():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    revisions = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(script.revision for script in revisions)[::-1] == REVISIONS


OLD_CAMPAIGN = """
    INSERT INTO campaign (name, created, state, seed, notes, genome_type, objectives, measures,
                          evaluator_key, fidelity, n_islands, retain, owner_epoch)
    VALUES ('old', '2026', 'paused', '5', '', 'm:C', '[]', '[]', 'ab', 'full', 1, 'all', 0)
"""
OLD_GENOME = """
    INSERT INTO genome (campaign_id, id, digest, structure, size, payload)
    VALUES (1, 1, :digest, :digest, 3, :payload)
"""


def write_first_schema(url, *statements):
    """A database as the first revision made it, with a campaign and a genome."""
    engine = sa.create_engine(locate(url).url, poolclass=sa.NullPool)
    payload = b"genome" * 1000
    genome = {"payload": payload, "digest": blake2b(payload, digest_size=16).digest()}
    with engine.begin() as connection:
        upgrade(connection, "0001")
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.exec_driver_sql("PRAGMA user_version = 1")
        connection.execute(sa.text(OLD_CAMPAIGN))
        connection.execute(sa.text(OLD_GENOME), genome)
        for statement in statements:
            connection.execute(sa.text(statement))


def test_a_database_of_the_first_schema_is_brought_up_to_date(storage_url):
    write_first_schema(storage_url)
    with pytest.raises(StorageError, match="older schema 0001: run `evosearch db upgrade`"):
        Store.open(storage_url)
    with Store.open(storage_url, mode="write") as store:
        context = MigrationContext.configure(store._engine.connection)
        assert compare_metadata(context, metadata) == []
        assert store.check() == []
        assert queries.privacy(store, "old") is None
        filled(store, 2)
    with Store.open(storage_url) as store:
        assert [each["campaign"] for each in queries.campaigns(store)] == ["old", "exp2"]
        assert store.check() == []


def test_a_ledger_that_cannot_be_is_not_dropped(storage_url):
    entry = "INSERT INTO dp_ledger VALUES (1, 1, 'm', 'd', '1/3', '2026', :digest)"
    write_first_schema(storage_url, entry.replace(":digest", "'00'"))
    for _ in range(2):
        with pytest.raises(StorageError, match="has entries"):
            Store.open(storage_url, mode="write")


def test_tables_without_rowid_stay_so(sqlite_url):
    with Store.open(sqlite_url, mode="write") as store:
        made = dict(store.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    clustered = {name for name, sql in made.items() if "WITHOUT ROWID" in sql}
    options = {t.name: t.dialect_options["sqlite"]["with_rowid"] for t in metadata.tables.values()}
    assert clustered == {name for name, with_rowid in options.items() if not with_rowid}


def create(url):
    with Store.open(url, mode="write") as store:
        return queries.campaigns(store)


def test_several_processes_may_create_a_database_at_once(storage_url):
    with get_context("spawn").Pool(3) as pool:
        assert pool.map(create, [storage_url] * 3) == [[], [], []]


def test_no_statement_is_put_together_from_values():
    folder = Path(queries.__file__).parent
    formatted = re.compile(r"""(text|rows|exec_driver_sql|execute|_command)\(\s*f["']""")
    hits = [
        f"{file.name}: {match.group()}"
        for file in sorted(folder.rglob("*.py"))
        for match in formatted.finditer(file.read_text())
    ]
    # pragmas and settings take no parameters; these are made of our own constants
    assert hits == [
        *['engine.py: _command(f"'] * 2,
        'engine.py: execute(f"',
        'sqlite.py: execute(f"',
        'sqlite.py: execute(f"',
    ]
