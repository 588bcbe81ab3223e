"""What every test shares: an environment of its own, and databases that are thrown away."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest

POSTGRES = "EVOSEARCH_TEST_POSTGRES"


def pytest_configure(config: pytest.Config) -> None:
    """Set the environment before any test module can import JAX."""
    os.environ.pop("EVOSEARCH_STORAGE", None)
    os.environ.setdefault("EVOSEARCH_CORES", "2")
    os.environ["EVOSEARCH_CACHE"] = str(config.cache.mkdir("kernels"))
    os.environ["JAX_ENABLE_X64"] = "1"
    os.environ["JAX_PLATFORMS"] = os.environ.get("JAX_PLATFORMS", "cpu")
    os.environ["MPLBACKEND"] = "agg"


@pytest.fixture
def sqlite_url(tmp_path):
    """Address of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'campaigns.db'}"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """Address of an empty PostgreSQL database, dropped afterwards."""
    address = os.environ.get(POSTGRES)
    if not address:
        pytest.skip(f"no PostgreSQL server: {POSTGRES} is not set")
    import psycopg

    server = address.replace("postgresql+psycopg://", "postgresql://")
    name = f"evosearch_test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{address.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def storage_url(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    return request.getfixturevalue(f"{request.param}_url")
