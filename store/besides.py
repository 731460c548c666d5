"""What is known beside a ticket: what its agents have on the desk, and its customer's other tickets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from escalation.history import Contact
from escalation.roster import Load
from store import statements as sql


def load_loads(db: Connection, agents: Iterable[str]) -> Mapping[str, Load]:
    """What each of these agents has on the desk."""
    rows = db.execute(sql.LOADS, {"agents": list(agents)})
    return {row.id: Load(row.handoffs, row.offers, row.last_offer) for row in rows}


def load_contacts(db: Connection, own: tuple[str, str], email: str, since: datetime) -> tuple[Contact, ...]:
    """The other tickets of the customer with this address."""
    rows = db.execute(sql.CONTACTS, {"email": email.lower(), "since": since}) if email else ()
    return tuple(_contact(row) for row in rows if (row.connection, row.ticket_id) != own)


def _contact(row: Any) -> Contact:
    at = datetime.fromisoformat(row.created_at) if row.created_at else None
    return Contact(row.connection, row.ticket_id, row.subject or "", row.issue_type or "", at)
