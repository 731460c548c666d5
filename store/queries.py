"""Read-only queries for the API and the pages. Rows are dictionaries with times in UTC; lists go by keyset, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by, array
from sqlalchemy.orm import InstrumentedAttribute

from store import cursors, feedback, not_read
from store.engine import each_alone
from store.tables import (
    ActionRow,
    Delivery,
    EscalationRow,
    EvaluationRow,
    HandoffRow,
    MessageRow,
    OfferRow,
    TicketRow,
    TimelineRow,
)

DELIVERY_STATUSES = ("accepted", "handled", "ignored", "unreadable", "failed")
ACTION_STATES = ("planned", "trying", "done", "moot", "set_aside")
ESCALATION_STATES = ("open", "closed")
MOST_COUNTED = 1000  # a tab shows "999+" rather than counting every row there ever was
MOST_ENTRIES = 500  # of one timeline

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: ``limit`` rows after the row whose id is ``after`` ("" = from the start)."""

    limit: int = 50
    after: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """One part of a list; ``next`` is the ``after`` of the following part, None at the end."""

    items: list[Item]
    next: str | None


# --- deliveries ---------------------------------------------------------------------------------------------------------

_DELIVERY: tuple[Any, ...] = (
    Delivery.id,
    Delivery.connection,
    Delivery.ticket_id,
    Delivery.event,
    Delivery.status,
    Delivery.why,
    Delivery.received_at,
    Delivery.handled_at,
    Delivery.replays,
)


def deliveries(engine: Engine, page: Page, status: str = "") -> Rows:
    """Webhooks as they came, without body and headers; ``not_read`` is how many of their words and values were not."""
    query = select(*_DELIVERY, not_read.NUMBER)
    return listed(engine, query.where(Delivery.status == status) if status else query, Delivery.id, page)


def delivery(engine: Engine, delivery_id: int) -> Item | None:
    """One webhook with body (bytes), headers, query, what it became, the evaluations it led to and their actions."""
    found = one_row(engine, select(Delivery.__table__, not_read.NUMBER, *not_read.WHAT).where(Delivery.id == delivery_id))
    if found is not None:
        found["evaluations"] = _evaluations_of(engine, found)
        found["actions"] = _actions_of(engine, [e["escalation_id"] for e in found["evaluations"] if e["escalation_id"]])
    return found


def _evaluations_of(engine: Engine, found: Item) -> list[Item]:
    decision = EvaluationRow.decision
    query = (
        select(
            EvaluationRow.id,
            EvaluationRow.at,
            decision["escalate"].as_boolean().label("escalate"),
            decision["reasons"].label("reasons"),
            EscalationRow.id.label("escalation_id"),
        )
        .outerjoin(EscalationRow, _escalation_of_evaluation())
        .where(EvaluationRow.connection == found["connection"], EvaluationRow.ticket_id == found["ticket_id"])
        .where(EvaluationRow.deliveries.contains(cast(array([str(found["id"])]), ARRAY(Text))))
        .order_by(EvaluationRow.id)
    )
    return all_rows(engine, query)


def _escalation_of_evaluation() -> Any:
    """Through the ticket as well, because that is what the index knows."""
    same_ticket = (EscalationRow.connection == EvaluationRow.connection) & (EscalationRow.ticket_id == EvaluationRow.ticket_id)
    return same_ticket & (EscalationRow.evaluation_id == EvaluationRow.id)


# --- tickets ------------------------------------------------------------------------------------------------------------


def ticket(engine: Engine, connection: str, ticket_id: str) -> Item | None:
    """The canonical ticket as plain data, with its messages, oldest first."""
    mine = (TicketRow.connection == connection, TicketRow.ticket_id == ticket_id)
    found = one_row(engine, select(TicketRow.body).where(*mine))
    if found is None:
        return None
    thread = (MessageRow.connection == connection, MessageRow.ticket_id == ticket_id)
    ordered = select(MessageRow.body).where(*thread).order_by(MessageRow.at.nulls_first(), MessageRow.message_id)
    return {**found["body"], "messages": [row["body"] for row in all_rows(engine, ordered)]}


def evaluations(engine: Engine, page: Page, connection: str, ticket_id: str) -> Rows:
    """Every look of the rules at a ticket: each rule with each condition and the value it saw, fired or not."""
    mine = (EvaluationRow.connection == connection, EvaluationRow.ticket_id == ticket_id)
    columns: tuple[Any, ...] = (EvaluationRow.id, EvaluationRow.at, EvaluationRow.deliveries, EvaluationRow.decision)
    query = select(*columns).where(*mine)
    return listed(engine, query, EvaluationRow.id, page)


# --- escalations --------------------------------------------------------------------------------------------------------

_ESCALATION: tuple[Any, ...] = (
    EscalationRow.id,
    EscalationRow.connection,
    EscalationRow.ticket_id,
    EscalationRow.state,
    EscalationRow.severity,
    EscalationRow.issue_type,
    EscalationRow.team,
    EscalationRow.path,
    EscalationRow.rules,
    EscalationRow.reasons,
    EscalationRow.opened_at,
    EscalationRow.closed_at,
    TicketRow.body["subject"].as_string().label("subject"),
)


def escalations(engine: Engine, page: Page, state: str = "") -> Rows:
    """Escalations without package and decision."""
    query = select(*_ESCALATION).outerjoin(TicketRow, _ticket_of(EscalationRow))
    return listed(engine, query.where(EscalationRow.state == state) if state else query, EscalationRow.id, page)


def escalation(engine: Engine, escalation_id: str) -> Item | None:
    """One escalation with its decision, handoffs, package and timeline."""
    query = (
        select(*_ESCALATION, EscalationRow.package, EvaluationRow.decision)
        .outerjoin(TicketRow, _ticket_of(EscalationRow))
        .outerjoin(EvaluationRow, EvaluationRow.id == EscalationRow.evaluation_id)
        .where(EscalationRow.id == escalation_id)
    )
    found = one_row(engine, query)
    if found is not None:
        found["handoffs"] = all_rows(engine, _handoffs().where(HandoffRow.escalation_id == escalation_id).order_by(HandoffRow.id))
        found["timeline"] = timeline(engine, escalation_id)
    return found


def timeline(engine: Engine, escalation_id: str) -> list[Item]:
    """The newest entries of an escalation's timeline, oldest first."""
    columns = ("id", "at", "kind", "words", "actor", "handoff_id", "data")
    mine = select(*(getattr(TimelineRow, name) for name in columns)).where(TimelineRow.escalation_id == escalation_id)
    return all_rows(engine, mine.order_by(TimelineRow.id.desc()).limit(MOST_ENTRIES))[::-1]


# --- handoffs -----------------------------------------------------------------------------------------------------------


def handoffs(engine: Engine, page: Page, states: tuple[str, ...] = ()) -> Rows:
    """Handoffs with what a person needs to tell them apart: subject, customer, who is asked, who has it."""
    query = _handoffs()
    return listed(engine, query.where(HandoffRow.state.in_(states)) if states else query, HandoffRow.id, page)


def handoffs_called(engine: Engine, ids: list[str]) -> Mapping[str, Item]:
    """Some handoffs by their ids."""
    return {row["id"]: row for row in all_rows(engine, _handoffs().where(HandoffRow.id.in_(ids)))}


def handoffs_of(engine: Engine, connection: str, ticket_id: str) -> list[Item]:
    """The handoffs of one ticket, newest first."""
    mine = (HandoffRow.connection == connection, HandoffRow.ticket_id == ticket_id)
    return all_rows(engine, _handoffs().where(*mine).order_by(HandoffRow.id.desc()))


_OF_HANDOFF = ("route", "tried", "level", "steps", "playbook_version", "accepted_at", "answered_at", "closed_at")


def handoff(engine: Engine, handoff_id: str) -> Item | None:
    """One handoff with its route, offers and planned actions."""
    found = one_row(engine, _handoffs(HandoffRow.body).where(HandoffRow.id == handoff_id))
    if found is None:
        return None
    body = found.pop("body")
    offers = select(OfferRow.body).where(OfferRow.handoff_id == handoff_id).order_by(OfferRow.number)
    return {
        **{name: body.get(name) for name in _OF_HANDOFF},
        "former": body.get("former", ""),  # not told by older versions
        "reply": {name: reply[name] for name in ("due", "words", "paused_at")} if (reply := body.get("reply")) else None,
        **found,
        "path": (body.get("path") or {}).get("id", ""),
        "levels": [level["name"] for level in (body.get("path") or {}).get("levels", ())],
        "first_reply_in": (body.get("path") or {}).get("first_reply_in"),
        "offers": [row["body"] for row in all_rows(engine, offers)],
        "feedback": one_row(engine, feedback.OF.params(the_handoff=handoff_id)),
        "actions": all_rows(engine, _actions().where(ActionRow.handoff_id == handoff_id).order_by(ActionRow.id)),
    }


def _handoffs(*more: InstrumentedAttribute[Any]) -> Select[Any]:
    told, ticket = HandoffRow.body, TicketRow.body
    return (
        select(
            HandoffRow.id,
            HandoffRow.escalation_id,
            HandoffRow.connection,
            HandoffRow.ticket_id,
            HandoffRow.state,
            told["hop"].as_integer().label("hop"),
            told["team"].as_string().label("team"),
            told["issue_type"].as_string().label("issue_type"),
            told["sender"].as_string().label("sender"),
            HandoffRow.accepted_by,
            _asked_now().label("offered_to"),
            EscalationRow.severity,
            EscalationRow.reasons,
            EscalationRow.package["waiting_since"].as_string().label("waiting_since"),
            *_customer(ticket),
            HandoffRow.opened_at,
            HandoffRow.changed_at,
            *more,
        )
        .join(EscalationRow, EscalationRow.id == HandoffRow.escalation_id)
        .outerjoin(TicketRow, _ticket_of(HandoffRow))
    )


def _customer(ticket: InstrumentedAttribute[Any]) -> tuple[Any, ...]:
    """What a list shows of the ticket behind a handoff."""
    return (
        ticket["subject"].as_string().label("subject"),
        ticket["url"].as_string().label("ticket_url"),
        ticket["sla"].label("sla"),
        func.jsonb_build_object(
            "name",
            ticket["requester"]["name"],
            "email",
            ticket["requester"]["email"],
            "organization",
            ticket["customer"]["organization"]["name"],
            "tier",
            ticket["customer"]["tier"],
        ).label("customer"),
    )


def _asked_now() -> Any:
    """The open offers of a handoff as JSON: [{agent, channel, tracker, sender, until, words}]."""
    told = OfferRow.body
    names = ("channel", "tracker", "sender", "until", "words")
    one = func.jsonb_build_object("agent", OfferRow.agent, *(part for name in names for part in (name, told[name])))
    listed = func.coalesce(func.jsonb_agg(aggregate_order_by(one, OfferRow.number)), cast(literal("[]"), JSONB))
    return select(listed).where(OfferRow.handoff_id == HandoffRow.id, OfferRow.state == "open").scalar_subquery()


def handoff_counts(engine: Engine, states: tuple[str, ...]) -> Mapping[str, int]:
    """How many handoffs are in each state, counted up to MOST_COUNTED."""
    return _counts(engine, HandoffRow.state, states)


def delivery_counts(engine: Engine) -> Mapping[str, int]:
    """How many deliveries have each status, counted up to MOST_COUNTED."""
    return _counts(engine, Delivery.status, DELIVERY_STATUSES)


def _counts(engine: Engine, column: InstrumentedAttribute[str], words: tuple[str, ...]) -> Mapping[str, int]:
    def some(word: str) -> Any:
        rows = select(literal(1)).where(column == word).limit(MOST_COUNTED).subquery()
        return select(func.count()).select_from(rows).scalar_subquery()

    with each_alone(engine) as db:
        return dict(zip(words, db.execute(select(*map(some, words))).one(), strict=True))


# --- actions ------------------------------------------------------------------------------------------------------------


def actions(engine: Engine, page: Page, state: str = "") -> Rows:
    """Planned outgoing effects, without their data."""
    query = _actions()
    return listed(engine, query.where(ActionRow.state == state) if state else query, ActionRow.id, page)


def _actions() -> Select[Any]:
    columns = ("id", "key", "kind", "connection", "ticket_id", "handoff_id", "why", "state", "attempts", "unclear", "error")
    return select(*(getattr(ActionRow, name) for name in columns), ActionRow.planned_at, ActionRow.done_at)


def _actions_of(engine: Engine, escalation_ids: list[str]) -> list[Item]:
    mine = select(HandoffRow.id).where(HandoffRow.escalation_id.in_(escalation_ids))
    return all_rows(engine, _actions().where(ActionRow.handoff_id.in_(mine)).order_by(ActionRow.id))


# --- how rows are read ----------------------------------------------------------------------------------------------------


def _ticket_of(table: type[EscalationRow | HandoffRow]) -> Any:
    return (TicketRow.connection == table.connection) & (TicketRow.ticket_id == table.ticket_id)


def listed(engine: Engine, query: Select[Any], key: InstrumentedAttribute[Any], page: Page) -> Rows:
    """One part of what a query finds, newest first by its key; raises NoSuchRow."""
    if page.after:
        query = query.where(key < cursors.ended_with(engine, key, page.after))
    rows = all_rows(engine, query.order_by(key.desc()).limit(page.limit + 1))
    items = rows[: page.limit]
    return Rows(items, str(items[-1]["id"]) if len(rows) > page.limit else None)


def all_rows(engine: Engine, query: Select[Any]) -> list[Item]:
    """Everything a query finds."""
    with each_alone(engine) as db:
        return [_item(row) for row in db.execute(query)]


def one_row(engine: Engine, query: Select[Any]) -> Item | None:
    """The only row a query finds; None when there is none."""
    with each_alone(engine) as db:
        row = db.execute(query).one_or_none()
    return _item(row) if row is not None else None


def _item(row: Row[Any]) -> Item:
    """The database tells times in its own zone."""
    return {name: v.astimezone(UTC) if isinstance(v, datetime) else v for name, v in row._mapping.items()}
