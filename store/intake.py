"""Accepting webhooks: those that arrive at the same moment share one commit.

A commit costs far more than a row. While one batch is being committed the next one gathers, so a request never waits for
company, and never answers before its own row and job are committed (architecture.md rule 1).
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from store import queue

_MOST = 100  # rows a batch

# One statement, one round trip: keep what is new, queue one job per ticket that has news (the queue's own SQL function, the
# one its library calls), and say which rows were kept. What equals an earlier row by a derived key may be another event, of
# which the handling of that one, over or under way, has seen nothing: it becomes a row of its own, whose handling reads
# again. Equal rows that are committed together are one, for no handling has begun.
_ACCEPT = f"""
WITH given AS MATERIALIZED (
    SELECT *, CASE WHEN derived AND EXISTS (SELECT FROM deliveries d WHERE (d.connection, d.key) = (g.connection, g.key))
        THEN key || '#' || gen_random_uuid() ELSE key END AS name
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS g(n int, connection text, key text, ticket_id text, event text,
        headers jsonb, query jsonb, start int, size int, status text, why text, derived boolean)
), new AS (
    INSERT INTO deliveries (connection, key, ticket_id, event, headers, query, body, status, why)
    SELECT connection, name, ticket_id, event, headers, query, substring(%(bodies)b::bytea FROM start FOR size), status, why
    FROM given ORDER BY n
    ON CONFLICT (connection, key) DO NOTHING
    RETURNING id, connection, key, ticket_id, status
), job AS (
    SELECT array_agg(ROW('default', '{queue.HANDLE}', 0, connection || ':' || ticket_id, NULL,
        jsonb_build_object('connection', connection, 'ticket_id', ticket_id), NULL)::procrastinate_job_to_defer_v1) AS jobs
    FROM (SELECT DISTINCT connection, ticket_id FROM new WHERE status = 'accepted') AS ticket
)
SELECT given.n, new.id, given.name <> given.key AS again,
    (SELECT CASE WHEN jobs IS NULL THEN NULL ELSE procrastinate_defer_jobs_v1(jobs) END FROM job) AS queued
FROM new JOIN given ON (given.connection, given.name) = (new.connection, new.key) ORDER BY given.n
"""  # noqa: S608 - the name of a task, ours

_KEPT_BEFORE = """
SELECT d.id, d.connection, d.key FROM deliveries d
JOIN jsonb_to_recordset(%(rows)s::jsonb) AS g(connection text, key text) USING (connection, key)
"""


class NotKept(psycopg.OperationalError):
    """The batch this row was in could not be written; the sender has to send it again."""


@dataclass(frozen=True, slots=True)
class Row:
    """One delivery to be kept; ``status`` is accepted or unreadable, ``derived`` as in ``escalation.ports.Arrival``."""

    connection: str
    key: str
    ticket_id: str
    event: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    status: str = "accepted"
    why: str = ""
    derived: bool = False


_TOLD = tuple(f.name for f in fields(Row) if f.name != "body")


@dataclass(slots=True)
class _Slot:
    """A row on its way: afterwards either its id or its error."""

    row: Row
    id: int = 0
    is_new: bool = False
    error: Exception | None = None
    done: bool = False
    leads: bool = False  # it is this one's turn to write a batch
    gate: threading.Lock = field(default_factory=threading.Lock)  # shut until there is news; cheaper than an Event

    def __post_init__(self) -> None:
        self.gate.acquire()

    def wake(self) -> None:
        """There is news; that it was told already does no harm."""
        with contextlib.suppress(RuntimeError):
            self.gate.release()


class Intake:
    """Keeps deliveries; thread-safe, one per process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._writing = False  # one batch at a time: two at once are two half as long, and a statement costs more than a row
        self._gathered: list[_Slot] = []
        self._held: Any = None  # the connection (SQLAlchemy's proxy) that is kept for this, while nobody writes

    def accept(self, row: Row) -> tuple[int, bool]:
        """Keep a row and queue its handling; (id, True when its key was there already). Committed when it returns.

        A key that was there already is kept and handled once more where it was derived, and nothing else where it was given.
        """
        slot = _Slot(row)
        with self._lock:
            self._gathered.append(slot)
            slot.leads = not self._writing
            self._writing = True
        if slot.leads:
            self._lead(slot)
        while not slot.done:
            slot.gate.acquire()
            if slot.leads:
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
                written.wake()
            self._pass_on()

    def _pass_on(self) -> None:
        with self._lock:
            self._writing = bool(self._gathered)
            if self._writing:
                self._gathered[0].leads = True
                self._gathered[0].wake()

    def _write_all(self, batch: list[_Slot]) -> None:
        """Write a batch; one that the database refuses is written row by row, so that one bad row harms no other."""
        try:
            self._write_surely(batch)
        except (psycopg.Error, SQLAlchemyError) as refused:
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
        """Give back the connection if it is not in use; the next row takes one again."""
        if held := self._take():
            held.close()

    def _write_surely(self, batch: list[_Slot]) -> None:
        """Write, once more on a new connection if this one is dead. Repeating is safe: a given key is unique, and a derived
        one is handled twice at worst."""
        try:
            self._write(batch, self._take() or self._new_connection())
        except psycopg.OperationalError:
            self._write(batch, self._new_connection())

    def _write(self, batch: list[_Slot], held: Any) -> None:
        values = _values([slot.row for slot in batch])
        try:
            with held.driver_connection.cursor() as cursor:
                kept = {r[0]: (r[1], r[2]) for r in cursor.execute(_ACCEPT, values)}
                old: dict[tuple[str, str], int] = {}
                if len(kept) < len(batch):
                    old = {(r[1], r[2]): r[0] for r in cursor.execute(_KEPT_BEFORE, values)}
        except psycopg.OperationalError:
            held.invalidate()
            raise
        finally:
            if held.is_valid:
                with self._lock:
                    self._held = held
        seen: set[int] = set()  # the same key again in this batch is a duplicate
        for n, slot in enumerate(batch):
            slot.id, again = kept.get(n) or (old[slot.row.connection, slot.row.key], True)
            slot.is_new = not again and slot.id not in seen
            seen.add(slot.id)

    def _take(self) -> Any:
        with self._lock:
            held, self._held = self._held, None
        return held

    def _new_connection(self) -> Any:
        held = self._engine.raw_connection()
        driver: Any = held.driver_connection
        driver.autocommit = True  # one statement is one transaction
        return held


def _values(rows: list[Row]) -> dict[str, Any]:
    """The rows as the two parameters of the statement: adapting one array per column took longer than the database did."""
    told, start = [], 1  # SQL counts from one
    for n, row in enumerate(rows):
        names = {name: getattr(row, name) for name in _TOLD}
        told.append({**names, "n": n, "start": start, "size": len(row.body)})
        start += len(row.body)
    return {"rows": json.dumps(told), "bodies": b"".join(row.body for row in rows)}
