"""The engine: one per process, and the one place where a database address becomes SQLAlchemy's form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Connection, Engine, create_engine


def psycopg_url(database_url: str) -> str:
    """The address as psycopg wants it: without SQLAlchemy's driver name, if somebody put one there."""
    scheme, _, rest = database_url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"


def connect(database_url: str | Callable[[], str], *, pool_size: int = 8, ping: bool = True) -> Engine:
    """A pooled engine; with ``ping`` dead connections are found before use (the database may have been restarted).

    The worker does without: its jobs are tried again anyway, and a ping per transaction is a tenth of its time.

    With a function as address, it is asked at the first connection: making an engine starts nothing.
    """

    def open_one() -> psycopg.Connection[tuple[object, ...]]:
        url = database_url if isinstance(database_url, str) else database_url()
        return psycopg.connect(psycopg_url(url), connect_timeout=5, application_name="baton")

    return create_engine(
        "postgresql+psycopg://",
        creator=open_one,
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=ping,
        pool_timeout=5,
        hide_parameters=True,
    )


@contextmanager
def each_alone(engine: Engine) -> Iterator[Connection]:
    """A connection on which every statement is a transaction of its own: for reads, and for writes of one statement.

    BEGIN and COMMIT around one read are two thirds of its round trips; and psycopg forgets what it has prepared at a ROLLBACK,
    which is how SQLAlchemy ends a transaction that only read.
    """
    with engine.connect() as db:
        yield db.execution_options(isolation_level="AUTOCOMMIT")
