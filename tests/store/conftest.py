import os
import subprocess
import sys
from textwrap import dedent
from uuid import uuid4

import pytest


@pytest.fixture
def postgres_url():
    """A schema of its own in the test database: much faster to make than a database."""
    address = os.environ.get("EVOSEARCH_TEST_POSTGRES")
    if not address:
        pytest.skip("no PostgreSQL server: EVOSEARCH_TEST_POSTGRES is not set")
    import psycopg

    name = f"evosearch_test_{uuid4().hex}"
    server = address.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        try:
            yield f"{address}?options=-csearch_path%3D{name}"
        finally:
            connection.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def python():
    """Run a script in a fresh interpreter and return what it prints."""

    def run(script):
        command = [sys.executable, "-c", dedent(script)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip()

    return run
