"""What the pages about rules are tested with: a Baton with stored tickets and decisions, and one without."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests import databases
from tests.web_data import ROSTER, Web, people, trials, web
from tests.web_rows import fill, fill_rules


@pytest.fixture(scope="module")
def filled(postgres: str) -> Iterator[tuple[Engine, dict[str, Any]]]:
    now = datetime.now(UTC)
    with databases.migrated(postgres) as engine:
        people(engine)
        yield engine, fill(engine, ROSTER, now) | fill_rules(engine, now)


@pytest.fixture
def here(filled: tuple[Engine, dict[str, Any]], tmp_path: Path) -> Web:
    return web(filled[0], tmp_path, backtests=trials(filled[0]))


@pytest.fixture
def ids(filled: tuple[Engine, dict[str, Any]]) -> dict[str, Any]:
    return filled[1]


@pytest.fixture
def bare(db: Engine, tmp_path: Path) -> Web:
    """Nothing stored but people."""
    people(db)
    return web(db, tmp_path, backtests=trials(db))
