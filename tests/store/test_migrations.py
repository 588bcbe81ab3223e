"""The shipped revisions make exactly the tables of the schema."""

import re
from multiprocessing import get_context
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from evosearch.store import queries
from evosearch.store.identity import REVISIONS
from evosearch.store.migrate import MIGRATIONS
from evosearch.store.schema import metadata
from evosearch.store.store import Store


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
