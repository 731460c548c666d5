"""Databases for tests, lent and wiped afterwards: creating one takes longer than most tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Engine

from store import engine, migrate

_free: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)  # (server, migrated) → names

_END_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
_EMPTY = r"""
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT quote_ident(n.nspname) FROM pg_namespace n
              WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
  LOOP EXECUTE 'DROP SCHEMA ' || name || ' CASCADE'; END LOOP;
  CREATE SCHEMA public;
END $$"""
# Triggers and foreign keys are off for a replica. TRUNCATE would make new files, which takes longer than the rows of a test.
_NO_ROWS = r"""
SET session_replication_role = replica;
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
def _lent(server: str, *, migrated: bool) -> Iterator[str]:
    free = _free[server, migrated]
    name = free.pop() if free else _made(server, migrated)
    yield _address(server, name)
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(_END_OTHERS, (name,))
    with psycopg.connect(_address(server, name), autocommit=True) as db:
        db.execute(_NO_ROWS if migrated else _EMPTY)
    free.append(name)


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
