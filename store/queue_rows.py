"""The handoffs that wait, and those that somebody has not answered: read by state or by owner, through the index."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, text

from escalation.hop import Offer, OfferState
from escalation.journal import Unanswered
from escalation.playbook import Path, Severity
from escalation.queued import MOST_QUEUED, Queued
from escalation.ticket import Customer, SlaClock, Ticket
from store.codec import build

# As few of each as there can be, and each long body unpacked once: this is read whenever somebody is asked.
QUEUED = text("""
SELECT h.id, h.connection, h.ticket_id, e.severity, e.opened_at, b.team, b.issue_type, CAST(b.path AS text) AS path, b.tried,
    b.ask_again, t.language, t.sla, t.customer ->> 'tier' AS tier, t.customer ->> 'language' AS speaks,
    t.customer -> 'contract_value' AS contract,
    ARRAY(
        SELECT jsonb_build_array(o.id, o.agent, o.body ->> 'at', o.body ->> 'until', o.state, o.body -> 'from_queue')
        FROM offers o WHERE o.handoff_id = h.id AND o.agent <> '' ORDER BY o.number
    ) AS offers
FROM handoffs h JOIN escalations e ON e.id = h.escalation_id
    CROSS JOIN LATERAL jsonb_to_record(h.body) AS b(team text, issue_type text, path jsonb, tried jsonb, ask_again jsonb)
    LEFT JOIN LATERAL (
        SELECT r.* FROM tickets, jsonb_to_record(tickets.body) AS r(language text, sla jsonb, customer jsonb)
        WHERE (tickets.connection, tickets.ticket_id) = (h.connection, h.ticket_id)
    ) t ON true
WHERE h.state = 'waiting'
ORDER BY array_position(ARRAY['critical', 'high', 'normal', 'low'], e.severity), h.id LIMIT :most
""")
ANYTHING = text("SELECT EXISTS (SELECT 1 FROM handoffs WHERE state = 'waiting')")
HOLDERS = text("SELECT DISTINCT accepted_by FROM handoffs WHERE state = 'accepted'")
UNANSWERED = text("""
SELECT id, connection, ticket_id, accepted_by, body ->> 'accepted_at' AS accepted_at,
    coalesce(body #>> '{path,reply_clock}', '') = 'person' AS own_hours,
    EXISTS (SELECT 1 FROM offers o WHERE o.handoff_id = handoffs.id AND o.agent = accepted_by) AS asked
FROM handoffs WHERE accepted_by = ANY(CAST(:agents AS text[])) AND state = 'accepted'
    AND NOT EXISTS (SELECT 1 FROM shift_items i WHERE i.handoff_id = handoffs.id AND i.state IN ('open', 'with_lead'))
ORDER BY id LIMIT 200
""")


def load(db: Connection) -> tuple[Queued, ...]:
    """Every handoff that waits, the most severe ones where they are very many."""
    return tuple(_queued(row) for row in db.execute(QUEUED, {"most": MOST_QUEUED}))


def anything(db: Connection) -> bool:
    """True when some handoff waits."""
    return bool(db.execute(ANYTHING).scalar())


def holders(db: Connection) -> tuple[str, ...]:
    """Whoever has a handoff in which the customer has had no reply yet."""
    return tuple(db.execute(HOLDERS).scalars())


def unanswered(db: Connection, agents: Iterable[str]) -> tuple[Unanswered, ...]:
    """The handoffs of these people in which the customer has had no reply yet, oldest first.

    What waits in the packet of a shift is left to that: whoever is next on shift is asked, then the watch, then the lead, and
    the time to the first reply stays as it is.
    """
    rows = db.execute(UNANSWERED, {"agents": list(agents)})
    return tuple(
        Unanswered(r.id, r.connection, r.ticket_id, r.accepted_by, datetime.fromisoformat(r.accepted_at), r.asked, r.own_hours)
        for r in rows
        if r.accepted_at
    )


def _queued(row: Any) -> Queued:
    customer = build(Customer, {"tier": row.tier or "", "language": row.speaks or "", "contract_value": row.contract})
    sla: tuple[SlaClock, ...] = build(tuple[SlaClock, ...], row.sla) if row.sla else ()
    return Queued(
        handoff_id=row.id,
        ticket=Ticket(row.connection, row.ticket_id, language=row.language or "", customer=customer, sla=sla),
        severity=Severity(row.severity),
        issue_type=row.issue_type or "",
        team=row.team or "",
        path=_path(row.path),
        since=row.opened_at.astimezone(UTC),
        tried=row.tried or {},
        ask_again=tuple(row.ask_again or ()),
        offers=tuple(map(_offer, row.offers)),
    )


def _offer(told: list[Any]) -> Offer:
    offer_id, agent, at, until, state, from_queue = told
    times = datetime.fromisoformat(at), datetime.fromisoformat(until)
    return Offer(offer_id, agent, *times, state=OfferState(state), from_queue=bool(from_queue))


@lru_cache(maxsize=64)
def _path(told: str) -> Path:
    """Paths are few, and the same for many handoffs."""
    return build(Path, json.loads(told))
