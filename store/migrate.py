"""Bring a database to the newest schema. Safe to call from several processes at once: they take turns."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

_LOCK = 727_001  # any number, the same for all of us


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine) -> None:
    """Apply every migration that is missing; the second of two processes waits and then finds nothing to do."""
    with engine.connect() as lock, engine.connect() as connection:
        lock.execute(text("SELECT pg_advisory_lock(:n)"), {"n": _LOCK})
        try:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        finally:
            lock.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": _LOCK})


def is_current(engine: Engine) -> bool:
    """True when the database has every migration this code knows."""
    with engine.connect() as connection:
        return (
            MigrationContext.configure(connection).get_current_revision()
            == ScriptDirectory.from_config(_config()).get_current_head()
        )
