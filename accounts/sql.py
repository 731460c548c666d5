"""A query on a database of yours; the query only reads, whatever it says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from accounts.source import Who
from escalation.ports import GiveUp, TryLater
from mappings.accounts import SqlForm

_MOST_ROWS = 50


class SqlSource:
    """The first row is the record; all rows stand in its ``rows``."""

    def __init__(self, form: SqlForm, url: str) -> None:
        self._timeout_s, self._query = form.timeout.total_seconds(), text(form.query)
        self._names = frozenset(re.findall(r"(?<!:):([a-z_]+)", form.query))
        url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
        connecting = {"connect_timeout": max(2, round(self._timeout_s))} if url.startswith("postgresql") else {}
        try:  # asked once per escalation: a pool would only keep connections from their database
            self._engine = create_engine(url, connect_args=connecting, poolclass=NullPool)
        except (ArgumentError, NoSuchModuleError, ImportError):
            raise GiveUp("the address of the database cannot be used: is it one, and is its driver installed?") from None

    def find(self, who: Who) -> Mapping[str, Any] | None:
        places = {name: value for name, value in who.places().items() if name in self._names}
        if not any(places.values()):
            return None
        try:
            with self._engine.connect() as db:
                self._only_read(db)
                found = db.execute(self._query, places).mappings().fetchmany(_MOST_ROWS)
                rows = [{name: _plain(value) for name, value in row.items()} for row in found]
                db.rollback()
        except DBAPIError as wrong:
            away = wrong.connection_invalidated or type(wrong.orig).__name__ in ("OperationalError", "QueryCanceled")
            raise (TryLater if away else GiveUp)(f"the database says {type(wrong.orig).__name__}") from None
        except SQLAlchemyError as wrong:
            raise GiveUp(f"the query cannot be made ({type(wrong).__name__})") from None
        return {**rows[0], "rows": rows} if rows else None

    def _only_read(self, db: Connection) -> None:
        if self._engine.dialect.name == "postgresql":
            db.execute(text("SET TRANSACTION READ ONLY"))
            db.execute(text(f"SET LOCAL statement_timeout = {int(self._timeout_s * 1000)}"))
        elif self._engine.dialect.name == "sqlite":
            db.execute(text("PRAGMA query_only = ON"))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)
