"""The queue: Procrastinate in the same database, so that a job is committed together with what it is about."""

from __future__ import annotations

import select
from datetime import UTC, datetime, timedelta
from typing import Any

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import Connection

HANDLE, REFRESH, PERFORM, TICK, RESCUE, BACKTEST = "handle", "refresh", "perform", "tick", "rescue", "backtest"
PRESENCE, HANDOVER, RECONCILE = "presence", "handover", "reconcile"


def app(database_url: str, *, worker: bool = False) -> App:
    """The queue of a database: the asynchronous form for the worker, the plain one for those who only add jobs."""
    if worker:
        return App(connector=PsycopgConnector(pool_factory=_pool, conninfo=database_url, min_size=1, max_size=8))
    return App(connector=SyncPsycopgConnector(conninfo=database_url))


def _pool(**told: Any) -> AsyncConnectionPool:
    """Procrastinate's pool with a quarter of the round trips: it asks one statement at a time, and of a live server."""
    return AsyncConnectionPool(**{**told, "check": _check, "configure": _each_alone})


async def _each_alone(connection: AsyncConnection) -> None:
    await connection.set_autocommit(True)


async def _check(connection: AsyncConnection) -> None:
    """Ask the server only where something is to be read: an idle connection is silent until it is ended."""
    idle = select.poll()
    idle.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if idle.poll(0):
        await AsyncConnectionPool.check_connection(connection)


class Queue:
    """Adds jobs inside the caller's transaction. Jobs that share a lock run one after the other, in order."""

    def __init__(self) -> None:
        self._app = App(connector=SyncPsycopgConnector())  # never opened: every job goes through a caller's connection

    def add(
        self, db: Connection, task: str, lock: str, *, priority: int = 0, wait: timedelta = timedelta(0), **arguments: Any
    ) -> None:
        """Queue ``task`` with plain JSON arguments on the connection's open transaction; what is below 0 waits for all else.

        ``wait``: it is not begun before; what shares its lock and comes after it waits, too.
        """
        raw = db.connection.driver_connection
        not_before = datetime.now(UTC) + wait if wait else None
        told = self._app.configure_task(name=task, lock=lock, connection=raw, priority=priority, schedule_at=not_before)
        told.defer(**arguments)

    def add_refresh(self, db: Connection, connection: str, ticket_id: str, why: str = "") -> None:
        """Queue the read of a ticket; ``why`` is for its timeline."""
        lock = f"{connection}:{ticket_id}:refresh"  # its own: waiting for a vendor, it must not hold up webhooks
        self.add(db, REFRESH, lock, connection=connection, ticket_id=ticket_id, why=why)
