"""Accepting webhooks: those that arrive at the same moment share one commit.

A commit costs far more than a row. While one batch is being committed the next one gathers, so a request never waits for
company, and never answers before its own row and job are committed (architecture.md rule 1).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from store import queue

_MOST = 100  # rows a batch
_WRITERS = 2  # batches at once: while one waits for the disk, the next is prepared

# One statement, one round trip: keep what is new, queue one job per ticket that has news (the queue's own SQL function, the
# one its library calls), and say which rows were new.
_ACCEPT = f"""
WITH given AS (
    SELECT * FROM unnest(%(connection)s::text[], %(key)s::text[], %(ticket_id)s::text[], %(event)s::text[],
        %(headers)s::jsonb[], %(query)s::jsonb[], %(body)s::bytea[], %(status)s::text[], %(why)s::text[])
    WITH ORDINALITY AS g(connection, key, ticket_id, event, headers, query, body, status, why, n)
), new AS (
    INSERT INTO deliveries (connection, key, ticket_id, event, headers, query, body, status, why)
    SELECT connection, key, ticket_id, event, headers, query, body, status, why FROM given ORDER BY n
    ON CONFLICT (connection, key) DO NOTHING
    RETURNING id, connection, key, ticket_id, status
), job AS (
    SELECT array_agg(ROW('default', '{queue.HANDLE}', 0, connection || ':' || ticket_id, NULL,
        jsonb_build_object('connection', connection, 'ticket_id', ticket_id), NULL)::procrastinate_job_to_defer_v1) AS jobs
    FROM (SELECT DISTINCT connection, ticket_id FROM new WHERE status = 'accepted') AS ticket
)
SELECT new.id, new.connection, new.key,
    (SELECT CASE WHEN jobs IS NULL THEN NULL ELSE procrastinate_defer_jobs_v1(jobs) END FROM job) AS queued
FROM new
"""  # noqa: S608 - the name of a task, ours

_KEPT_BEFORE = """
SELECT d.id, d.connection, d.key FROM deliveries d
JOIN unnest(%(connection)s::text[], %(key)s::text[]) AS g(connection, key) USING (connection, key)
"""


class NotKept(psycopg.OperationalError):
    """The batch this row was in could not be written; the sender has to send it again."""


@dataclass(frozen=True, slots=True)
class Row:
    """One delivery to be kept; ``status`` is accepted or unreadable."""

    connection: str
    key: str
    ticket_id: str
    event: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    status: str = "accepted"
    why: str = ""


@dataclass(slots=True)
class _Slot:
    """A row on its way: afterwards either its id or its error."""

    row: Row
    id: int = 0
    is_new: bool = False
    error: Exception | None = None
    done: bool = False
    leads: bool = False  # it is this one's turn to write a batch
    wake: threading.Event = field(default_factory=threading.Event)


class Intake:
    """Keeps deliveries; thread-safe, one per process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._writers = 0  # batches being written now
        self._gathered: list[_Slot] = []
        self._free: list[Any] = []  # connections (SQLAlchemy's proxies) that are kept for this

    def accept(self, row: Row) -> tuple[int, bool]:
        """Keep a row and queue its handling; (id, True when its key was there already). Committed when it returns."""
        slot = _Slot(row)
        with self._lock:
            self._gathered.append(slot)
            slot.leads = self._writers < _WRITERS
            self._writers += slot.leads
        if slot.leads:
            self._lead(slot)
        while not slot.done:
            slot.wake.wait()
            slot.wake.clear()
            if slot.leads:
                self._lead(slot)
        if slot.leads:  # its turn came, but another writer took its row along: the turn goes on to the next
            self._lead(slot)
        if slot.error is not None:
            raise slot.error
        return slot.id, not slot.is_new

    def _lead(self, slot: _Slot) -> None:
        """Write all that has gathered, wake those it was for, and let one of those who came since write next."""
        slot.leads = False
        with self._lock:
            batch, self._gathered = self._gathered[:_MOST], self._gathered[_MOST:]
        try:
            self._write_all(batch)
        finally:
            for written in batch:
                written.wake.set()
            self._pass_on()

    def _pass_on(self) -> None:
        with self._lock:
            next_one = next((slot for slot in self._gathered if not slot.leads), None)
            if next_one is None:
                self._writers -= 1
            else:
                next_one.leads = True
                next_one.wake.set()

    def _write_all(self, batch: list[_Slot]) -> None:
        """Write a batch; one that the database refuses is written row by row, so that one bad row harms no other."""
        if not batch:  # the other writer was quicker
            return
        try:
            self._write_surely(batch)
        except (psycopg.Error, SQLAlchemyError, UnicodeError) as refused:
            connected = not isinstance(refused, psycopg.OperationalError | SQLAlchemyError)
            if connected and len(batch) > 1:
                for slot in batch:
                    self._write_all([slot])
            else:
                for slot in batch:
                    slot.error = refused
        finally:
            for slot in batch:
                if slot.id == 0 and slot.error is None:  # whatever went wrong: nobody is told that a row is kept which is not
                    slot.error = NotKept("the delivery could not be kept")
                slot.done = True

    def close(self) -> None:
        """Give back the connections that are not in use; the next row takes one again."""
        with self._lock:
            while self._free:
                self._free.pop().close()

    def _write_surely(self, batch: list[_Slot]) -> None:
        """Write, once more on a new connection if this one is dead. Repeating is safe: the keys are unique."""
        try:
            self._write(batch, self._connection())
        except psycopg.OperationalError:
            self._write(batch, self._new_connection())

    def _write(self, batch: list[_Slot], held: Any) -> None:
        values = _columns([slot.row for slot in batch])
        try:
            with held.driver_connection.cursor(row_factory=dict_row) as cursor:
                new = {(r["connection"], r["key"]): r["id"] for r in cursor.execute(_ACCEPT, values)}
                old: dict[tuple[str, str], int] = {}
                if len(new) < len(batch):
                    old = {(r["connection"], r["key"]): r["id"] for r in cursor.execute(_KEPT_BEFORE, values)}
        except psycopg.OperationalError:
            held.invalidate()
            raise
        finally:
            if held.is_valid:
                with self._lock:
                    self._free.append(held)
        for slot in batch:
            place = (slot.row.connection, slot.row.key)
            slot.id, slot.is_new = old.get(place) or new[place], place in new
            new.pop(place, None)  # the same key again in this batch is a duplicate

    def _connection(self) -> Any:
        with self._lock:
            if self._free:
                return self._free.pop()
        return self._new_connection()

    def _new_connection(self) -> Any:
        held = self._engine.raw_connection()
        driver: Any = held.driver_connection
        driver.autocommit = True  # one statement is one transaction
        return held


def _columns(rows: list[Row]) -> dict[str, list[Any]]:
    """The rows as one array per column."""
    return {
        "connection": [r.connection for r in rows],
        "key": [r.key for r in rows],
        "ticket_id": [r.ticket_id for r in rows],
        "event": [r.event for r in rows],
        "headers": [json.dumps(dict(r.headers)) for r in rows],
        "query": [json.dumps(dict(r.query)) for r in rows],
        "body": [r.body for r in rows],
        "status": [r.status for r in rows],
        "why": [r.why for r in rows],
    }
