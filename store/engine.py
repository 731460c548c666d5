"""The engine: one per process, and the one place where a database address becomes SQLAlchemy's form."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine


def sqlalchemy_url(database_url: str) -> str:
    """``postgres://`` and ``postgresql://`` addresses with the psycopg 3 driver named."""
    scheme, _, rest = database_url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else database_url


def connect(database_url: str, *, pool_size: int = 8) -> Engine:
    """A pooled engine whose dead connections are replaced before use (the database may have been restarted)."""
    return create_engine(
        sqlalchemy_url(database_url),
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        pool_timeout=5,
        connect_args={"connect_timeout": 5, "application_name": "baton"},
    )
