"""Read-only queries behind the pages about rules: what fired, one ticket, back-tests. Lists are newest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

from sqlalchemy import Engine, Subquery, exists, func, literal_column, or_, select, tuple_

from escalation.hygiene import Fired
from escalation.playbook import Playbook
from store import ages
from store.queries import Item, Page, Rows, all_rows, handoffs_of, listed, one_row
from store.tables import BacktestRow, EscalationRow, HandoffRow, TicketRow, TimelineRow

MOST_SHOWN = 50  # tickets behind a number
_NOTED = TimelineRow.kind == literal_column("'shadow'")  # as the index "shadow_entries" has it
_Columns = tuple[Any, ...]
_SUBJECT = TicketRow.body["subject"].as_string().label("subject")


@dataclass(frozen=True, slots=True)
class Times:
    """How often each rule fired for an escalation, and how often one in shadow was noted."""

    live: Mapping[str, int]
    shadow: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Some:
    """How many there are, and the newest MOST_SHOWN of them."""

    total: int = 0
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Noted:
    """Tickets for which a rule in shadow would have fired: those that live rules escalated anyway, and the others."""

    times: int
    anyway: Some
    alone: Some


# --- what fired -----------------------------------------------------------------------------------------------------------


def times(engine: Engine, since: datetime) -> Times:
    """Live and shadow apart, since then."""
    live: Counter[str] = Counter()
    for rules, count in _sets(engine, since):
        live.update(dict.fromkeys(rules, count))
    return Times(live, _noted_times(engine, since))


def fired(engine: Engine, playbook: Playbook, now: datetime, days: int) -> Fired:
    """How often each rule fired or was noted in shadow in the last days, which fired together, and how long each has stood so."""
    since = now - timedelta(days=days)
    found, together = Counter(_noted_times(engine, since)), Counter[tuple[str, str]]()
    for rules, count in _sets(engine, since):
        found.update(dict.fromkeys(rules, count))
        together.update(dict.fromkeys(permutations(rules, 2), count))
    return Fired(days, found, together, ages.stood(engine, playbook, now, days))


def _sets(engine: Engine, since: datetime) -> list[tuple[list[str], int]]:
    """Which rules fired for one escalation, and for how many."""
    columns: _Columns = (EscalationRow.rules, func.count().label("times"))
    query = select(*columns).where(EscalationRow.opened_at >= since).group_by(EscalationRow.rules)
    return [(row["rules"], row["times"]) for row in all_rows(engine, query)]


def _noted_times(engine: Engine, since: datetime) -> dict[str, int]:
    rule = TimelineRow.data["rule"].as_string().label("rule")
    query = select(rule, func.count().label("times")).where(_NOTED, TimelineRow.at >= since)
    return {row["rule"]: row["times"] for row in all_rows(engine, query.group_by("rule"))}


def escalated(engine: Engine, rule: str, since: datetime) -> Some:
    """Escalations opened since then for which a rule fired, each with its last handoff and when the rule first fired for it."""
    at = EscalationRow.opened_at
    columns: _Columns = (EscalationRow.id, EscalationRow.connection, EscalationRow.ticket_id, EscalationRow.state, at.label("at"))
    mine = select(*columns, func.count().over().label("total")).where(at >= since, EscalationRow.rules.contains([rule]))
    newest = mine.order_by(at.desc(), EscalationRow.id.desc()).limit(MOST_SHOWN).subquery()
    handoff = select(func.max(HandoffRow.id)).where(HandoffRow.escalation_id == newest.c.id).scalar_subquery()
    told = (TimelineRow.escalation_id == newest.c.id, TimelineRow.data["rules"].contains([rule]))
    fired_at = func.coalesce(select(func.min(TimelineRow.at)).where(*told).scalar_subquery(), newest.c.at)
    shown: _Columns = (newest, fired_at.label("fired_at"), handoff.label("handoff_id"), _SUBJECT)
    query = select(*shown).outerjoin(TicketRow, _ticket_of(newest))
    return _some(all_rows(engine, query.order_by(newest.c.at.desc(), newest.c.id.desc())))


def noted(engine: Engine, rule: str, since: datetime) -> Noted:
    """Tickets since then for which a rule in shadow would have fired, beside what live rules did.

    A ticket was escalated anyway when an escalation was open at the first note, or came later.
    """
    tickets = _noted_tickets(rule, since)
    same = (EscalationRow.connection == tickets.c.connection, EscalationRow.ticket_id == tickets.c.ticket_id)
    open_then = or_(EscalationRow.closed_at.is_(None), EscalationRow.closed_at >= tickets.c.first)
    sides = select(tickets, exists().where(*same, open_then).label("anyway")).subquery()
    side, newest = sides.c.anyway, sides.c.at.desc()
    total, all_times = func.count().over(partition_by=side), func.sum(sides.c.times).over()
    place = func.row_number().over(partition_by=side, order_by=newest)
    placed = select(sides, total.label("total"), all_times.label("all_times"), place.label("place")).subquery()
    query = select(placed, _SUBJECT).outerjoin(TicketRow, _ticket_of(placed)).where(placed.c.place <= MOST_SHOWN)
    rows = all_rows(engine, query.order_by(placed.c.place))
    anyway, alone = ([row for row in rows if row["anyway"] is side] for side in (True, False))
    return Noted(int(rows[0]["all_times"]) if rows else 0, _some(anyway), _some(alone))


def _noted_tickets(rule: str, since: datetime) -> Subquery:
    own: _Columns = (TimelineRow.connection, TimelineRow.ticket_id)
    at, mine = TimelineRow.at, TimelineRow.data["rule"].as_string() == rule
    told = (func.min(at).label("first"), func.max(at).label("at"), func.count().label("times"))
    return select(*own, *told).where(_NOTED, at >= since, mine).group_by(*own).subquery()


def _some(rows: list[Item]) -> Some:
    return Some(rows[0]["total"] if rows else 0, tuple(rows))


# --- tickets ------------------------------------------------------------------------------------------------------------


def ticket(engine: Engine, connection: str, ticket_id: str) -> Item | None:
    """A stored ticket without its thread, with its handoffs; None when there is none."""
    columns: _Columns = (TicketRow.connection, TicketRow.ticket_id, TicketRow.body)
    mine = select(*columns).where(TicketRow.connection == connection, TicketRow.ticket_id == ticket_id)
    found = one_row(engine, mine)
    return {**found, "handoffs": handoffs_of(engine, connection, ticket_id)} if found else None


def subjects(engine: Engine, tickets: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
    """(Connection, ticket id) → subject, of those that are stored."""
    key: _Columns = (TicketRow.connection, TicketRow.ticket_id)
    rows = all_rows(engine, select(*key, _SUBJECT).where(tuple_(*key).in_(list(tickets))))
    return {(row["connection"], row["ticket_id"]): row["subject"] or "" for row in rows}


def _ticket_of(rows: Any) -> Any:
    return (TicketRow.connection == rows.c.connection) & (TicketRow.ticket_id == rows.c.ticket_id)


# --- back-tests -----------------------------------------------------------------------------------------------------------


def backtests(engine: Engine, page: Page) -> Rows:
    """Back-tests with how far they are and how often each side escalates, without draft and results."""
    own = ("id", "at", "author", "since", "state", "total")
    counts = {"judged": ("tickets",), "active": ("active", "escalated", "times"), "draft": ("draft", "escalated", "times")}
    told = (BacktestRow.result[path].as_integer().label(name) for name, path in counts.items())
    return listed(engine, select(*(getattr(BacktestRow, name) for name in own), *told), BacktestRow.id, page)


def draft(engine: Engine, number: int) -> str | None:
    """The text a back-test tried; None when there is none of this number."""
    found = one_row(engine, select(BacktestRow.draft).where(BacktestRow.id == number))
    return found["draft"] if found else None
