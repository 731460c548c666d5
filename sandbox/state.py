"""What the play-vendors remember: JSON objects in PostgreSQL, schema ``sandbox``, so that a restart keeps them.

Kept apart from the product's own tables (no migration knows them): with real accounts none of this exists.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

Body = dict[str, Any]  # a vendor's JSON object, as its API shows it

_SCHEMA = """
SELECT pg_advisory_xact_lock(4711);
CREATE SCHEMA IF NOT EXISTS sandbox;
CREATE SEQUENCE IF NOT EXISTS sandbox.ids START 1000;
CREATE TABLE IF NOT EXISTS sandbox.objects (
    vendor text, kind text, id text, seq bigint DEFAULT nextval('sandbox.ids'), body jsonb NOT NULL,
    PRIMARY KEY (vendor, kind, id));
CREATE INDEX IF NOT EXISTS objects_order ON sandbox.objects (vendor, kind, seq);
CREATE TABLE IF NOT EXISTS sandbox.calls (
    id bigserial PRIMARY KEY, vendor text NOT NULL, method text NOT NULL, path text NOT NULL, status int NOT NULL,
    body jsonb, at timestamptz NOT NULL DEFAULT now());
CREATE INDEX IF NOT EXISTS calls_vendor ON sandbox.calls (vendor, id);
"""

# While the database is away a play-vendor fails, as others do. It must not do long afterwards what it was asked, when whoever
# asked has looked for it in vain and asked again.
_PATIENCE_S = 2.0


class State:
    """The objects of every play-vendor; each method is one transaction, so any number of processes may share it."""

    def __init__(self, database_url: str | Callable[[], str]) -> None:
        self._url = database_url
        self._opening = threading.Lock()
        self._opened: ConnectionPool[psycopg.Connection[Body]] | None = None

    @property
    def _pool(self) -> ConnectionPool[psycopg.Connection[Body]]:
        return self._opened or self.prepare()

    def prepare(self) -> ConnectionPool[psycopg.Connection[Body]]:
        """Open the pool and create the schema if it is not there; two processes may do so at once. First use does it too."""
        with self._opening:
            if self._opened is None:
                url = self._url if isinstance(self._url, str) else self._url()
                pool: ConnectionPool[psycopg.Connection[Body]] = ConnectionPool(
                    url,
                    min_size=0,
                    max_size=16,  # a thread that changes one object may look at another meanwhile
                    timeout=_PATIENCE_S,
                    open=True,
                    check=ConnectionPool.check_connection,  # the database may have been restarted
                    kwargs={"row_factory": dict_row},
                )
                with pool.connection() as db:
                    for statement in _SCHEMA.split(";\n"):
                        if statement.strip():
                            db.execute(statement)
                self._opened = pool
            return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def get(self, vendor: str, kind: str, id: str) -> Body | None:
        with self._pool.connection() as db:
            return _body(db, vendor, kind, id)

    def put(self, vendor: str, kind: str, id: str, body: Body) -> None:
        with self._pool.connection() as db:
            _save(db, vendor, kind, id, body)

    def all(self, vendor: str, kind: str) -> list[Body]:
        """Every object of a kind, in the order they were first put."""
        with self._pool.connection() as db:
            rows = db.execute("SELECT body FROM sandbox.objects WHERE vendor=%s AND kind=%s ORDER BY seq", (vendor, kind))
            return [row["body"] for row in rows]

    @contextmanager
    def change(self, vendor: str, kind: str, id: str) -> Iterator[Body | None]:
        """Lock one object, let the caller change it in place, save it; None when there is no such object."""
        with self._pool.connection() as db:
            body = _body(db, vendor, kind, id, lock="FOR UPDATE")
            yield body
            if body is not None:
                _save(db, vendor, kind, id, body)

    def forget(self, vendor: str) -> None:
        """Remove all objects and recorded calls of a vendor."""
        with self._pool.connection() as db:
            db.execute("DELETE FROM sandbox.objects WHERE vendor=%s", (vendor,))
            db.execute("DELETE FROM sandbox.calls WHERE vendor=%s", (vendor,))

    def new_id(self) -> int:
        """A number never handed out before."""
        with self._pool.connection() as db:
            row = db.execute("SELECT nextval('sandbox.ids') AS id").fetchone()
            return int(row["id"]) if row else 0

    def record(self, vendor: str, method: str, path: str, status: int, body: Any) -> None:
        """Keep one API call for tests, counts and the sandbox pages."""
        with self._pool.connection() as db:
            db.execute(
                "INSERT INTO sandbox.calls (vendor, method, path, status, body) VALUES (%s,%s,%s,%s,%s)",
                (vendor, method, path, status, Jsonb(body, dumps=_storable)),
            )

    def calls(self, vendor: str) -> list[Body]:
        """Recorded API calls, oldest first: method, path, status, body."""
        with self._pool.connection() as db:
            rows = db.execute("SELECT method, path, status, body FROM sandbox.calls WHERE vendor=%s ORDER BY id", (vendor,))
            return list(rows)

    def forget_calls(self, vendor: str) -> None:
        with self._pool.connection() as db:
            db.execute("DELETE FROM sandbox.calls WHERE vendor=%s", (vendor,))

    def webhooks_about(self, connection: str, ticket_id: str) -> list[Body]:
        """Payloads that Baton accepted about a ticket: a real vendor knows every ticket it sends webhooks about,
        so a play-vendor learns it from them when asked for one it has never seen."""
        with self._pool.connection() as db:
            known = db.execute("SELECT to_regclass('public.deliveries') AS t").fetchone()
            if known is None or known["t"] is None:
                return []
            rows = db.execute(
                "SELECT body FROM deliveries WHERE connection=%s AND ticket_id=%s ORDER BY id", (connection, ticket_id)
            ).fetchall()
        return [payload for row in rows if isinstance(payload := _json(row["body"]), dict)]


def _storable(value: Any) -> str:
    """JSON without what PostgreSQL's jsonb cannot hold: NUL, and halves of surrogate pairs."""
    return json.dumps(value, ensure_ascii=False).encode(errors="replace").decode().replace("\\u0000", "")


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _body(db: psycopg.Connection[Any], vendor: str, kind: str, id: str, lock: str = "") -> Body | None:
    query = "SELECT body FROM sandbox.objects WHERE vendor=%s AND kind=%s AND id=%s"
    row = db.execute(f"{query} {lock}", (vendor, kind, id)).fetchone()
    return row["body"] if row else None


def _save(db: psycopg.Connection[Any], vendor: str, kind: str, id: str, body: Body) -> None:
    db.execute(
        "INSERT INTO sandbox.objects (vendor, kind, id, body) VALUES (%s,%s,%s,%s)"
        " ON CONFLICT (vendor, kind, id) DO UPDATE SET body = excluded.body",
        (vendor, kind, id, Jsonb(body, dumps=_storable)),
    )
