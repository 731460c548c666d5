"""The tables (SQLAlchemy 2). Canonical objects are kept as JSON of the core's dataclasses; see ``codec``.

Times are UTC. Ids of escalations and handoffs are text that sorts by time (``codec.new_id``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Json = dict[str, Any]


class Table(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own form of declaring it
        str: Text,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        Json: JSONB(none_as_null=True),
        list[str]: ARRAY(Text),
        bytes: LargeBinary,
    }


class Delivery(Table):
    """One webhook as it came: raw bytes, chosen headers, and what became of it."""

    __tablename__ = "deliveries"
    id: Mapped[int] = mapped_column(primary_key=True)
    connection: Mapped[str]
    key: Mapped[str]  # the vendor's idempotency key
    ticket_id: Mapped[str] = mapped_column(server_default="")
    event: Mapped[str] = mapped_column(server_default="")
    headers: Mapped[Json]
    query: Mapped[Json]
    body: Mapped[bytes]
    status: Mapped[str] = mapped_column(server_default="accepted")  # accepted|handled|ignored|unreadable|failed
    why: Mapped[str] = mapped_column(server_default="")
    became: Mapped[Json | None]  # the canonical change
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    handled_at: Mapped[datetime | None]
    replays: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = (
        UniqueConstraint("connection", "key"),
        # Every index is paid for by every webhook, so there are three. Handled deliveries are most of all: a list of them
        # is the newest by id.
        Index("deliveries_not_handled", "status", "id", postgresql_where=text("status <> 'handled'")),
        Index("deliveries_by_ticket", "connection", "ticket_id", "id"),
    )


class TicketRow(Table):
    """One ticket as last known (without its thread, see MessageRow), and as it was when rules last looked at it."""

    __tablename__ = "tickets"
    connection: Mapped[str]
    ticket_id: Mapped[str]
    body: Mapped[Json]
    evaluated: Mapped[Json | None]  # the fields at the last evaluation, for changed_to and the like
    read_at: Mapped[datetime | None]  # when the last read from the helpdesk began
    actions_seen: Mapped[list[str]] = mapped_column(server_default="{}")  # vendor action ids the stored ticket includes
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    log: Mapped[list[Json]] = mapped_column(JSONB(none_as_null=True), server_default="[]")  # history.Logged, oldest first
    look_at: Mapped[datetime | None]  # when a time rule becomes true next; None for never
    look_version: Mapped[int | None]  # the playbook version look_at was worked out with; None for a ticket that is over
    requester_email: Mapped[str] = mapped_column(server_default="")  # lower-case
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())  # for the first time; never changes
    __table_args__ = (
        PrimaryKeyConstraint("connection", "ticket_id"),
        Index("tickets_to_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
        Index("tickets_by_look_version", "look_version", postgresql_where=text("look_version IS NOT NULL")),
        # No index holds changed_at: with one, every save of a ticket would have to touch all of them (no HOT update).
        Index("tickets_by_requester", "requester_email", "seen_at", postgresql_where=text("requester_email <> ''")),
    )


class MessageRow(Table):
    __tablename__ = "messages"
    connection: Mapped[str]
    ticket_id: Mapped[str]
    message_id: Mapped[str]
    at: Mapped[datetime | None]
    body: Mapped[Json]
    __table_args__ = (PrimaryKeyConstraint("connection", "ticket_id", "message_id"),)


class EvaluationRow(Table):
    """Every evaluation: each rule with every condition and the value it saw."""

    __tablename__ = "evaluations"
    id: Mapped[int] = mapped_column(primary_key=True)
    connection: Mapped[str]
    ticket_id: Mapped[str]
    at: Mapped[datetime]
    deliveries: Mapped[list[str]]
    decision: Mapped[Json]
    __table_args__ = (Index("evaluations_by_ticket", "connection", "ticket_id", "id"),)


class EscalationRow(Table):
    __tablename__ = "escalations"
    id: Mapped[str] = mapped_column(primary_key=True)
    connection: Mapped[str]
    ticket_id: Mapped[str]
    state: Mapped[str]  # open | closed
    severity: Mapped[str]
    issue_type: Mapped[str]
    team: Mapped[str]
    path: Mapped[str]
    rules: Mapped[list[str]]  # ids of the rules that fired
    reasons: Mapped[list[str]]
    package: Mapped[Json]
    evaluation_id: Mapped[int | None] = mapped_column(ForeignKey("evaluations.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        # domain.md §2: one open escalation per ticket, kept by the database itself.
        Index("one_open_escalation", "connection", "ticket_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("escalations_by_ticket", "connection", "ticket_id", "id"),
        Index("escalations_by_state", "state", "id"),
        Index("escalations_by_time", "opened_at"),
    )


class HandoffRow(Table):
    """One hop; ``body`` is the core's Handoff without its offers."""

    __tablename__ = "handoffs"
    id: Mapped[str] = mapped_column(primary_key=True)
    escalation_id: Mapped[str] = mapped_column(ForeignKey("escalations.id"))
    connection: Mapped[str]
    ticket_id: Mapped[str]
    state: Mapped[str]
    accepted_by: Mapped[str] = mapped_column(server_default="")
    body: Mapped[Json]
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    counted_with: Mapped[int | None]  # version of the roster, while a deadline runs that another one could move
    __table_args__ = (
        Index("handoffs_counted", "counted_with", postgresql_where=text("counted_with IS NOT NULL")),
        Index("handoffs_by_escalation", "escalation_id"),
        Index("handoffs_by_state", "state", "id"),
        Index("handoffs_by_ticket", "connection", "ticket_id", "id"),
        Index("handoffs_by_agent", "accepted_by", postgresql_where=text("state IN ('accepted', 'answered')")),
    )


class OfferRow(Table):
    __tablename__ = "offers"
    id: Mapped[str] = mapped_column(primary_key=True)
    handoff_id: Mapped[str] = mapped_column(ForeignKey("handoffs.id"))
    number: Mapped[int]
    agent: Mapped[str]  # "" for an offer to a whole channel
    state: Mapped[str]
    at: Mapped[datetime]
    body: Mapped[Json]
    channel: Mapped[str] = mapped_column(server_default="")  # where its card was posted
    ts: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (
        Index("offers_by_handoff", "handoff_id", "number"),
        Index("offers_by_agent", "agent", "at"),
        Index("open_offers", "agent", postgresql_where=text("state = 'open'")),
    )


class ActionRow(Table):
    """One planned outgoing effect; ``key`` makes it unique for ever."""

    __tablename__ = "actions"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    connection: Mapped[str]
    ticket_id: Mapped[str]
    handoff_id: Mapped[str]
    data: Mapped[Json]
    why: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="planned")  # planned|trying|done|moot|set_aside
    attempts: Mapped[int] = mapped_column(server_default="0")
    unclear: Mapped[bool] = mapped_column(server_default=text("false"))  # an earlier try may have taken effect
    error: Mapped[str] = mapped_column(server_default="")
    receipt: Mapped[Json | None]
    planned_at: Mapped[datetime] = mapped_column(server_default=func.now())
    done_at: Mapped[datetime | None]
    __table_args__ = (
        Index("actions_by_state", "state", "id"),
        Index("actions_by_handoff", "handoff_id", "id"),
    )


class TimerRow(Table):
    __tablename__ = "timers"
    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    handoff_id: Mapped[str]
    offer_id: Mapped[str] = mapped_column(server_default="")
    due_at: Mapped[datetime]
    fired_at: Mapped[datetime | None]
    __table_args__ = (Index("timers_due", "due_at", postgresql_where=text("fired_at IS NULL")),)


class TimelineRow(Table):
    """Append-only: a trigger of the database refuses UPDATE and DELETE (migration 0001)."""

    __tablename__ = "timeline"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    connection: Mapped[str] = mapped_column(server_default="")
    ticket_id: Mapped[str] = mapped_column(server_default="")
    escalation_id: Mapped[str] = mapped_column(server_default="")
    handoff_id: Mapped[str] = mapped_column(server_default="")
    kind: Mapped[str]
    words: Mapped[str]
    actor: Mapped[str]
    data: Mapped[Json]
    __table_args__ = (
        Index("timeline_by_ticket", "connection", "ticket_id", "id"),
        Index("timeline_by_escalation", "escalation_id", "id"),
        Index("shadow_entries", "at", postgresql_where=text("kind = 'shadow'")),
        Index("declined_entries", "at", postgresql_where=text("kind = 'declined'")),
        Index("refused_documents", "id", postgresql_where=text("kind = 'document_refused'")),
    )


class DocumentRow(Table):
    """Every version of every YAML document; the highest version of a name is the active one."""

    __tablename__ = "documents"
    name: Mapped[str]
    version: Mapped[int]
    text: Mapped[str]
    author: Mapped[str]
    reason: Mapped[str]
    origin: Mapped[str]  # file: taken from the checkout | store: edited on the page, by the API or a command
    file_hash: Mapped[str] = mapped_column(server_default="")  # of the file this version was taken from or last compared with
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (PrimaryKeyConstraint("name", "version"),)


class BacktestRow(Table):
    """A draft of the rules tried on stored tickets, a slice at a time; see store.backtests."""

    __tablename__ = "backtests"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    author: Mapped[str]
    draft: Mapped[str]
    since: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="running")  # running | done | failed
    after: Mapped[list[str]] = mapped_column(server_default="{}")  # the last ticket judged
    total: Mapped[int] = mapped_column(server_default="0")
    result: Mapped[Json | None]
    error: Mapped[str] = mapped_column(server_default="")
    done_at: Mapped[datetime | None]


class HandoverRow(Table):
    """A request of an AI agent or bot to hand over, kept before it is acknowledged; see store.handovers."""

    __tablename__ = "handovers"
    id: Mapped[str] = mapped_column(primary_key=True)  # the handoff it begins gets the same id
    caller: Mapped[str]
    key: Mapped[str]  # the caller's idempotency key
    digest: Mapped[str]  # of the body: the same key with another one is refused
    connection: Mapped[str]
    ticket_id: Mapped[str] = mapped_column(server_default="")  # "" until it is made
    asked: Mapped[Json]
    state: Mapped[str] = mapped_column(server_default="received")  # received | begun | failed
    tried: Mapped[bool] = mapped_column(server_default=text("false"))  # making its ticket was begun
    handoff_id: Mapped[str] = mapped_column(server_default="")
    why: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("caller", "key"),
        Index("handovers_not_begun", "state", "id", postgresql_where=text("state <> 'begun'")),
    )


class AwayRow(Table):
    """Who is away, and until when; whoever is back has none. What people said stands on the timeline for ever.

    ``source`` is "" for their own word, else who shows them so: a connection or "slack", read anew every minute.
    """

    __tablename__ = "away"
    agent: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True, server_default="")
    until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(server_default="")
    by: Mapped[str]  # who said so: the agent, or a lead for them
    at: Mapped[datetime]
    __table_args__ = (Index("away_until", "until"),)


class FeedbackRow(Table):
    """The newest verdict on a handoff (domain.md §6); counted by verdict and time, told apart by joining its handoff."""

    __tablename__ = "feedback"
    handoff_id: Mapped[str] = mapped_column(ForeignKey("handoffs.id"), primary_key=True)
    verdict: Mapped[str]  # feedback.Verdict
    by: Mapped[str]  # the receiver, or a lead
    via: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]
    __table_args__ = (Index("feedback_by_verdict", "verdict", "at"),)


class UserRow(Table):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)  # lower-case
    name: Mapped[str] = mapped_column(server_default="")
    role: Mapped[str]  # admin | lead | agent | viewer
    password_hash: Mapped[str]
    disabled: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TokenRow(Table):
    """An API token; only its SHA-256 is kept (tokens are 256 random bits, so a slow hash adds nothing)."""

    __tablename__ = "tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]


class BeatRow(Table):
    """Signs of life of processes that have no table of their own (the clock), and small facts learned (our user id)."""

    __tablename__ = "beats"
    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
