"""One ticket, whatever helpdesk it lives in (domain.md §1).

Every closed vocabulary has ``UNKNOWN``: a vendor's word that no mapping knows becomes it and is counted, never dropped.
``Ticket.known`` names the fields a source has really told us; the others hold defaults that mean "not told yet".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from escalation.handed import HandedOver


class Status(StrEnum):
    NEW = "new"  # nobody has looked at it
    OPEN = "open"  # the team's turn
    PENDING = "pending"  # the customer's turn
    ON_HOLD = "on_hold"  # a third party's turn
    SOLVED = "solved"  # the team says it is done
    CLOSED = "closed"  # locked by the helpdesk
    DELETED = "deleted"  # deleted, spam, or merged away
    UNKNOWN = "unknown"

    @property
    def is_over(self) -> bool:
        """True when nobody will work on the ticket any more unless it is reopened."""
        return self in (Status.SOLVED, Status.CLOSED, Status.DELETED)


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """0 for unknown, then 1 (low) to 4 (urgent), for comparisons such as ``increased``."""
        return ("unknown", "low", "normal", "high", "urgent").index(self.value)


class Role(StrEnum):
    CUSTOMER = "customer"  # who asked for help, and those copied by them
    AGENT = "agent"  # a human of the support team
    BOT = "bot"  # an AI agent or any automation that speaks as itself
    SYSTEM = "system"  # the helpdesk's own entries
    UNKNOWN = "unknown"


class Channel(StrEnum):
    EMAIL = "email"
    WEB = "web"  # forms and help centres
    CHAT = "chat"  # live chat and in-app messengers
    MESSAGING = "messaging"  # WhatsApp, SMS and the like
    PHONE = "phone"
    SOCIAL = "social"
    API = "api"
    UNKNOWN = "unknown"


class TicketType(StrEnum):
    QUESTION = "question"
    INCIDENT = "incident"
    PROBLEM = "problem"
    TASK = "task"
    FEATURE_REQUEST = "feature_request"
    UNKNOWN = "unknown"


class ChangeKind(StrEnum):
    CREATED = "created"
    MESSAGE_ADDED = "message_added"  # public reply or internal note
    ASSIGNED = "assigned"  # to a person, a group, or nobody
    STATUS_CHANGED = "status_changed"
    PRIORITY_CHANGED = "priority_changed"
    TAGS_CHANGED = "tags_changed"
    FIELD_CHANGED = "field_changed"  # a custom field, the subject, the type…
    SLA_CHANGED = "sla_changed"
    RATED = "rated"  # the customer's satisfaction
    MERGED = "merged"
    DELETED = "deleted"  # deleted or marked as spam
    ESCALATION_REQUESTED = "escalation_requested"  # a trigger or rule in the helpdesk asks for it
    UPDATED = "updated"  # something changed and the vendor does not say what
    OTHER = "other"  # an event of the ticket that changes nothing we keep


class ClockState(StrEnum):
    GREEN = "green"
    AMBER = "amber"  # close to its deadline
    BREACHED = "breached"
    PAUSED = "paused"
    MET = "met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Money:
    amount: Decimal
    currency: str = ""  # ISO 4217, "" where the vendor does not say


@dataclass(frozen=True, slots=True)
class Person:
    """A human, a bot or the system, as a helpdesk knows it; ``id`` is the vendor's id as text."""

    id: str = ""
    name: str = ""
    email: str = ""
    role: Role = Role.UNKNOWN


@dataclass(frozen=True, slots=True)
class Group:
    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the thread in plain text; ``public`` False is an internal note."""

    id: str
    author: Person = Person()
    text: str = ""
    public: bool = True
    at: datetime | None = None
    attachments: tuple[str, ...] = ()  # file names


@dataclass(frozen=True, slots=True)
class SlaClock:
    name: str  # first_reply | next_reply | resolution | the vendor's own word
    due_at: datetime | None = None
    state: ClockState = ClockState.UNKNOWN
    amber_at: datetime | None = None  # where it is told; else the last quarter of its time
    words: str = ""  # how the deadline came about, for clocks of our own policies


@dataclass(frozen=True, slots=True)
class PastTicket:
    id: str
    subject: str = ""
    status: Status = Status.UNKNOWN
    created_at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """Account facts about the requester, from the helpdesk's organisation record and account sources (``Ticket.account``)."""

    organization: Group = Group()
    tier: str = ""
    contract_value: Money | None = None
    health: str = ""
    renewal_on: str = ""  # ISO date
    language: str = ""
    time_zone: str = ""
    past: tuple[PastTicket, ...] = ()
    disputes: int | None = None  # open ones
    recent_charges: tuple[str, ...] = ()  # in words, newest first
    preferences: str = ""
    usage: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """What an account source knows: a field of ``Customer``. ``over``: it counts before the helpdesk's own value."""

    field: str
    value: str | int | Money | tuple[str, ...]
    source: str
    read_at: datetime
    over: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """What account sources know of a customer, each fact once, from the source that counts.

    ``gaps``: field → why nobody knows it. ``conflicts``: who says something else, in words. ``late``: who may answer later.
    ``silent``: sources that were asked and told nothing at all, for now or until somebody mends them. ``past``: the helpdesk was
    asked for earlier tickets, and answered.
    """

    facts: tuple[Fact, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    past: bool = False
    email: str = ""  # whose account it is: the customer's address, or else what ``account.whose`` says


FieldValue = str | int | float | bool | Decimal | Money | datetime | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Ticket:
    connection: str
    id: str
    url: str = ""
    subject: str = ""
    status: Status = Status.UNKNOWN
    priority: Priority = Priority.UNKNOWN
    type: TicketType = TicketType.UNKNOWN
    tags: tuple[str, ...] = ()
    channel: Channel = Channel.UNKNOWN
    issue_type: str = ""  # the starter words stand in domain.md §2; customers add their own
    product_area: str = ""
    page: str = ""  # what the customer was looking at
    language: str = ""  # ISO 639-1
    group: Group = Group()
    assignee: Person = Person()
    requester: Person = Person()
    customer: Customer = Customer()
    account: Account = field(default_factory=Account)  # gathered beside the helpdesk; its facts stand in ``customer`` too
    custom: Mapping[str, FieldValue] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()  # oldest first
    sla: tuple[SlaClock, ...] = ()
    satisfaction: str = ""  # good | bad | the vendor's own word
    created_at: datetime | None = None
    updated_at: datetime | None = None
    solved_at: datetime | None = None
    merged_into: str = ""
    known: frozenset[str] = frozenset()  # names of the fields above that a source has told
    missing: Mapping[str, str] = field(default_factory=dict)  # field → why it could not be had
    handed: HandedOver | None = None  # what a bot told that handed it over; no helpdesk tells it


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A value of a delivery that could not be used; the rest of the delivery was."""

    field: str  # canonical, such as assignee.id; "body" for the whole of it
    path: str  # in what was sent
    problem: str
    remedy: str
    line: int = 0  # of the mapping, 0 where it has no part in it


@dataclass(frozen=True, slots=True)
class TicketChange:
    """What one webhook told: typed canonical fields and nothing of the wire.

    ``fields`` has only what the payload really carried (keys are names of ``Ticket``, or ``custom.<name>``);
    ``previous`` the values before, where the vendor tells them. ``action_id`` is shared by all events of one act.
    """

    connection: str
    ticket_id: str
    kind: ChangeKind
    event: str  # the vendor's own name of the event
    at: datetime | None = None
    actor: Person = Person()
    fields: Mapping[str, object] = field(default_factory=dict)
    previous: Mapping[str, object] = field(default_factory=dict)
    message: Message | None = None
    action_id: str = ""
    merged_into: str = ""
    unknown_words: Mapping[str, str] = field(default_factory=dict)  # canonical field → the vendor's unmapped word
    left_out: tuple[LeftOut, ...] = ()
    # Set where the payload is one complete snapshot of the ticket except for older messages (Intercom).
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Ignored:
    """An authentic delivery that changes no ticket, with the reason in words for the admin."""

    event: str
    reason: str


_FIELDS = frozenset(f.name for f in fields(Ticket)) - {"connection", "id", "known", "missing", "account", "handed"}


def _is_stale(ticket: Ticket, change: TicketChange) -> bool:
    told = change.fields.get("updated_at") or change.at
    return isinstance(told, datetime) and ticket.updated_at is not None and told < ticket.updated_at


def add_message(messages: tuple[Message, ...], new: Message) -> tuple[Message, ...]:
    """The thread with ``new`` in its place by time; a message already there is replaced, not repeated."""
    others = tuple(m for m in messages if m.id != new.id)
    if new.at is None:
        return (*others, new)
    before = [m for m in others if m.at is None or m.at <= new.at]
    after = [m for m in others if m.at is not None and m.at > new.at]
    return (*before, new, *after)


def _filled(new: object, old: object) -> object:
    """A person, group or customer as told now, with what only the stored one knows about the same one."""
    if isinstance(new, Customer) and isinstance(old, Customer):
        same = not new.organization.id or new.organization.id == old.organization.id
    elif isinstance(new, Person | Group) and isinstance(old, Person | Group):
        same = bool(new.id) and new.id == old.id
    else:
        return new
    if not same:
        return new
    blanks = {f.name: getattr(old, f.name) for f in fields(new) if getattr(new, f.name) == f.default}
    return replace(new, **blanks)


def apply(ticket: Ticket | None, change: TicketChange) -> Ticket:
    """The ticket after ``change``; an older change adds its message but overwrites no newer field (architecture rule 3)."""
    current = ticket or Ticket(connection=change.connection, id=change.ticket_id)
    messages = add_message(current.messages, change.message) if change.message else current.messages
    current = replace(current, messages=messages)
    if ticket is not None and _is_stale(ticket, change):
        return current
    direct = {name: _filled(value, getattr(current, name)) for name, value in change.fields.items() if name in _FIELDS}
    custom: dict[str, Any] = {name[7:]: value for name, value in change.fields.items() if name.startswith("custom.")}
    known = current.known | set(direct) | ({"custom"} if custom else frozenset())
    if change.merged_into and change.merged_into != change.ticket_id:  # into itself is into nothing
        direct |= {"merged_into": change.merged_into, "status": Status.DELETED}
    elif change.kind is ChangeKind.DELETED:
        direct["status"] = Status.DELETED
    merged = {**current.custom, **custom}
    return replace(current, **direct, custom=merged, known=frozenset(known))  # type: ignore[arg-type]
