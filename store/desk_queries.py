"""What one person has to do with now: their open offers, the handoffs they have, what their teams' handoffs wait for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Select, and_, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB

from escalation.hop import Handoff
from escalation.playbook import Playbook
from store import line
from store.codec import build
from store.queries import Item, all_rows
from store.tables import EscalationRow, HandoffRow, OfferRow, TicketRow

MOST_ROWS = 50  # of each kind; a screen shows fewer
_TOLD, _TICKET = HandoffRow.body, TicketRow.body
_ABOUT: tuple[Any, ...] = (
    HandoffRow.id.label("handoff_id"),
    HandoffRow.connection,
    HandoffRow.ticket_id,
    HandoffRow.state,
    EscalationRow.severity,
    EscalationRow.issue_type,
    EscalationRow.opened_at,
    _TICKET["subject"].as_string().label("subject"),
    _TICKET["url"].as_string().label("ticket_url"),
    _TICKET["requester"]["name"].as_string().label("customer"),
    _TICKET["customer"]["organization"]["name"].as_string().label("organization"),
    _TICKET["customer"]["tier"].as_string().label("tier"),
)
_WITHOUT_ROUTE = _TOLD.op("-", return_type=JSONB())("route")  # the route is long and not shown


def open_offers(engine: Engine, agent: str) -> list[Item]:
    """The offers a person may answer now, oldest first, each with ``offer_id``, ``until`` (ISO 8601) and its ``words``."""
    until, words = (OfferRow.body[name].as_string().label(name) for name in ("until", "words"))
    query = _about(OfferRow.id.label("offer_id"), until, words).join(OfferRow, OfferRow.handoff_id == HandoffRow.id)
    mine = (OfferRow.agent == agent, OfferRow.state == literal_column("'open'"))  # as the index "open_offers" has it
    return all_rows(engine, query.where(*mine).order_by(OfferRow.at).limit(MOST_ROWS))


def held(engine: Engine, agent: str) -> list[Item]:
    """The handoffs a person has, oldest first; ``handoff`` is the core's, without route and offers."""
    taken = HandoffRow.state.in_([literal_column("'accepted'"), literal_column("'answered'")])  # as the index has it
    query = _about(_WITHOUT_ROUTE.label("body")).where(HandoffRow.accepted_by == agent, taken)
    rows = all_rows(engine, query.order_by(HandoffRow.id).limit(MOST_ROWS))
    return [{**row, "handoff": build(Handoff, row.pop("body"))} for row in rows]


def waiting(engine: Engine, teams: Iterable[str], playbook: Playbook, now: datetime) -> list[Item]:
    """Handoffs of these teams that nobody has and nobody is asked for, in the order of the queue, each with its ``place``."""
    wanted = frozenset(teams)
    mine = [(n, one.handoff_id, where) for n, one, where in line.ordered(engine, playbook, now) if one.team in wanted][:MOST_ROWS]
    query = _about().where(HandoffRow.id.in_([handoff_id for _, handoff_id, _ in mine]))
    rows = {row["handoff_id"]: row for row in all_rows(engine, query)} if mine else {}
    return [{**rows[handoff_id], "place": line.told(n, where)} for n, handoff_id, where in mine if handoff_id in rows]


def _about(*more: Any) -> Select[Any]:
    ticket = and_(TicketRow.connection == HandoffRow.connection, TicketRow.ticket_id == HandoffRow.ticket_id)
    escalation = EscalationRow.id == HandoffRow.escalation_id
    return select(*_ABOUT, *more).select_from(HandoffRow).join(EscalationRow, escalation).outerjoin(TicketRow, ticket)
