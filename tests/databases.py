"""Databases for tests, lent and wiped afterwards: creating one takes longer than most tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Engine

from store import engine, migrate

_free: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)  # (server, migrated) → names

# The connections by which databases are wiped stay open: opening one takes as long as wiping.
_wipers: dict[tuple[str, str], psycopg.Connection] = {}  # (server, name) →

_END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_EMPTY = r"""
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT quote_ident(n.nspname) FROM pg_namespace n
              WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
  LOOP EXECUTE 'DROP SCHEMA ' || name || ' CASCADE'; END LOOP;
  CREATE SCHEMA public;
END $$"""
# Triggers and foreign keys are off for a replica, which a wiper is. TRUNCATE would make new files: longer than a test's rows.
_NO_ROWS = r"""
DO $$
DECLARE name regclass;
BEGIN
  FOR name IN SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
              AND c.relkind = 'r' AND c.relname <> 'alembic_version'
  LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
  PERFORM setval(seqrelid::regclass, seqstart, false) FROM pg_sequence;
END $$"""


def without_power_cuts(server: str) -> None:
    """Let a server write without waiting for the disk: what tests keep has to outlive killed processes, no more."""
    with psycopg.connect(server, autocommit=True) as db:
        for setting in ("fsync", "full_page_writes"):
            db.execute(f"ALTER SYSTEM SET {setting} = off")
        db.execute("SELECT pg_reload_conf()")


def leave(server: str) -> None:
    """Close what is open towards a server that is about to be stopped."""
    for place in [place for place in _wipers if place[0] == server]:
        _wipers.pop(place).close()


@contextmanager
def empty(server: str) -> Iterator[str]:
    """Address of a database without any table."""
    with _lent(server, migrated=False) as url:
        yield url


@contextmanager
def migrated(server: str) -> Iterator[Engine]:
    """A database with every table and no row."""
    with _lent(server, migrated=True) as url:
        made = engine.connect(url)
        try:
            yield made
        finally:
            made.dispose()


@contextmanager
def migrated_address(server: str) -> Iterator[str]:
    """Address of a database with every table and no row, for tests that connect in their own way."""
    with _lent(server, migrated=True) as url:
        yield url


@contextmanager
def _lent(server: str, *, migrated: bool) -> Iterator[str]:
    free = _free[server, migrated]
    name = free.pop() if free else _made(server, migrated)
    yield _address(server, name)
    with _wiper(server, name, migrated) as db:
        db.execute(_END_OTHERS)
        db.execute(_NO_ROWS if migrated else _EMPTY)
    free.append(name)


@contextmanager
def _wiper(server: str, name: str, migrated: bool) -> Iterator[psycopg.Connection]:
    db = _wipers.get((server, name))
    if db is None:
        db = _wipers[server, name] = psycopg.connect(_address(server, name), autocommit=True)
        if migrated:
            db.execute("SET session_replication_role = replica")
    yield db


def _made(server: str, migrated: bool) -> str:
    with psycopg.connect(server, autocommit=True) as db:
        row = db.execute("SELECT count(*) FROM pg_database").fetchone()
        name = f"test{row[0] if row else 0}"
        db.execute(f"CREATE DATABASE {name}")
    if migrated:
        made = engine.connect(_address(server, name))
        migrate.upgrade(made)
        made.dispose()
    return name


def _address(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")
