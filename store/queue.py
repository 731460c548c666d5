"""The queue: Procrastinate in the same database, so that a job is committed together with what it is about."""

from __future__ import annotations

from typing import Any

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from sqlalchemy import Connection

HANDLE, REFRESH, PERFORM, TICK, RESCUE, BACKTEST = "handle", "refresh", "perform", "tick", "rescue", "backtest"
PRESENCE, HANDOVER = "presence", "handover"


def app(database_url: str, *, worker: bool = False) -> App:
    """The queue of a database: the asynchronous form for the worker, the plain one for those who only add jobs."""
    if worker:
        return App(connector=PsycopgConnector(conninfo=database_url, min_size=1, max_size=8))
    return App(connector=SyncPsycopgConnector(conninfo=database_url))


class Queue:
    """Adds jobs inside the caller's transaction. Jobs that share a lock run one after the other, in order."""

    def __init__(self) -> None:
        self._app = App(connector=SyncPsycopgConnector())  # never opened: every job goes through a caller's connection

    def add(self, db: Connection, task: str, lock: str, *, priority: int = 0, **arguments: Any) -> None:
        """Queue ``task`` with plain JSON arguments on the connection's open transaction; what is below 0 waits for all else."""
        raw = db.connection.driver_connection
        self._app.configure_task(name=task, lock=lock, connection=raw, priority=priority).defer(**arguments)
