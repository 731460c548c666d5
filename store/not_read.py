"""What deliveries told and no mapping could read: per delivery, and counted for ``/metrics`` in one row a field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Engine, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, insert
from sqlalchemy.orm import Mapped, mapped_column

from escalation.journal import Outcome
from escalation.ticket import TicketChange
from store.engine import each_alone
from store.tables import Delivery, Table

WORD, VALUE = "word", "value"
Key = tuple[str, str, str]  # connection, WORD or VALUE, canonical field: names of mappings, so there are few


class NotReadRow(Table):
    """How often a field had a word that no table knows, or a value that was left out."""

    __tablename__ = "not_read"
    connection: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # word|value
    field: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


def _of(name: str, nothing: str) -> Any:
    return func.coalesce(Delivery.became[name], cast(literal(nothing), JSONB)).label(name)


def _length(path: str) -> Any:
    return func.coalesce(func.jsonb_array_length(func.jsonb_path_query_array(Delivery.became, cast(path, JSONPATH))), 0)


# Of one delivery, none unless it became a change of a ticket: what it was, and how much.
WHAT = (_of("unknown_words", "{}"), _of("left_out", "[]"))
NUMBER = (_length("$.unknown_words.keyvalue()") + _length("$.left_out[*]")).label("not_read")

_new = insert(NotReadRow)
_ADD = _new.on_conflict_do_update(
    index_elements=["connection", "kind", "field"], set_={"count": NotReadRow.count + _new.excluded.count}
)


def of(outcomes: Iterable[Outcome]) -> Counter[Key]:
    """What these deliveries have of it, nothing as a rule."""
    found: Counter[Key] = Counter()
    for change in (one.became for one in outcomes if isinstance(one.became, TicketChange)):
        found.update((change.connection, WORD, field) for field in change.unknown_words)
        found.update((change.connection, VALUE, one.field) for one in change.left_out if one.field)
    return found


def add(db: Connection, found: Counter[Key]) -> None:
    """Count it. All connections count in one order, so that of two at once one waits and none for ever."""
    rows = [{"connection": c, "kind": kind, "field": field, "count": n} for (c, kind, field), n in sorted(found.items())]
    if rows:
        db.execute(_ADD, rows)


def totals(engine: Engine) -> Mapping[Key, int]:
    """All that was counted since the database was made."""
    query = select(NotReadRow.connection, NotReadRow.kind, NotReadRow.field, NotReadRow.count).order_by(
        *NotReadRow.__table__.primary_key
    )
    with each_alone(engine) as db:
        return {(connection, kind, field): n for connection, kind, field, n in db.execute(query)}
