"""Rewriting what is kept of one ticket, after messages of it were removed or redacted in the helpdesk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select, text, update

from escalation.hop import Handoff
from escalation.ticket import Message, Ticket
from store import statements as sql
from store.shown import load_handoff
from store.tables import ActionRow, EscalationRow, EvaluationRow, HandoffRow, TimelineRow

Rewrite = Callable[[object], object]
# Whatever may quote a message, and in which columns. The timeline lets its words be changed for an erasure alone.
_QUOTING: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (EvaluationRow, ("decision",)),
    (TimelineRow, ("words", "data")),
    (ActionRow, ("why", "data")),
)
_ERASING = text("SELECT set_config('baton.erasing', :on, true)")


def unsay(db: Connection, ticket: tuple[str, str], rewrite: Rewrite) -> tuple[Handoff, ...]:
    """Rewrite everything about a ticket; the handoffs of those escalations that quoted what is no more."""
    db.execute(_ERASING, {"on": "on"})
    for table, columns in _QUOTING:
        _rewrite(db, table, columns, ticket, rewrite)
    db.execute(_ERASING, {"on": "off"})
    quoted = _rewrite(db, EscalationRow, ("reasons", "package"), ticket, rewrite)
    return _handoffs(db, quoted) if quoted else ()


class StoredUnsaying:
    """What ``StoredCase`` has of it."""

    _db: Connection
    connection: str
    ticket_id: str
    ticket: Ticket | None
    _stored_messages: dict[str, Message]

    def forget(self, messages: Iterable[Message]) -> None:
        gone = {message.id for message in messages}
        me = {"the_connection": self.connection, "the_ticket": self.ticket_id}
        self._db.execute(sql.FORGET_MESSAGES, {**me, "gone": tuple(gone)})
        self._stored_messages = {id: message for id, message in self._stored_messages.items() if id not in gone}
        if self.ticket is not None:
            self.ticket = replace(self.ticket, messages=tuple(m for m in self.ticket.messages if m.id not in gone))

    def unsay(self, rewrite: Rewrite) -> tuple[Handoff, ...]:
        self.flush()
        changed = unsay(self._db, (self.connection, self.ticket_id), rewrite)
        self._load_escalation()
        return changed

    def flush(self) -> None:
        """See ``StoredCase``."""
        raise NotImplementedError

    def _load_escalation(self) -> None:
        raise NotImplementedError


def _rewrite(db: Connection, table: Any, columns: Sequence[str], ticket: tuple[str, str], rewrite: Rewrite) -> list[Any]:
    """The ids of the rows that were not as ``rewrite`` wants them."""
    mine = (table.connection == ticket[0], table.ticket_id == ticket[1])
    changed = []
    for row in db.execute(select(table.id, *(getattr(table, name) for name in columns)).where(*mine)).all():
        new = {name: made for name in columns if (made := rewrite(row._mapping[name])) != row._mapping[name]}
        if new:
            db.execute(update(table).where(table.id == row.id).values(new))
            changed.append(row.id)
    return changed


def _handoffs(db: Connection, escalations: list[Any]) -> tuple[Handoff, ...]:
    columns = select(HandoffRow.id.label("handoff_id"), HandoffRow.body.label("handoff"))
    rows = db.execute(columns.where(HandoffRow.escalation_id.in_(escalations)).order_by(HandoffRow.id)).all()
    return tuple(load_handoff(db, row)[0] for row in rows)
