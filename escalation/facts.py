"""Every fact of a ticket under its dotted name (``vocabulary.FIELDS``), now and at the last evaluation.

A fact that nobody has told us is absent: ``None``, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from operator import attrgetter

from escalation.signals import Signal
from escalation.ticket import ClockState, Group, Message, Money, Person, Role, SlaClock, Ticket, TicketChange
from escalation.vocabulary import ATTRIBUTES, SIGNALS

_ATTRIBUTES = {name: attrgetter(name) for name in ATTRIBUTES}

_WORST = (ClockState.BREACHED, ClockState.AMBER, ClockState.GREEN, ClockState.PAUSED, ClockState.MET)
_RUNNING = (ClockState.GREEN, ClockState.AMBER, ClockState.UNKNOWN)
_AMBER_SHARE = 4  # a clock is amber in the last quarter of its time
_AMBER_BEFORE = timedelta(minutes=30)  # where the clock's length is unknown
_QUOTE = 80
_NONE: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the rules may look at. ``values`` holds only what is known; ``was`` the same at the last evaluation."""

    now: datetime
    values: Mapping[str, object] = field(default_factory=dict)
    was: Mapping[str, object] = field(default_factory=dict)
    first: bool = True  # the ticket has not been evaluated before
    told_before: frozenset[str] = frozenset()  # top names known then, so that their absence means: empty
    quotes: Mapping[str, str] = field(default_factory=dict)  # signal name → the customer's words behind it
    limits: Mapping[str, object] = field(default_factory=dict)  # numbers of the grid for this customer's segment

    def value(self, name: str) -> object:
        """The value of a dotted name, None when it is not known."""
        if name.startswith("before."):
            return self.was.get(name.removeprefix("before."))
        return self.values.get(name)

    def before(self, name: str) -> object:
        """The value of a dotted name at the last evaluation, None when it was not known or empty."""
        return self.was.get(name)

    def limited(self, limits: Mapping[str, object], **more: object) -> Facts:
        """The same with the numbers of a segment, and values beside. By hand, for ``replace`` takes ten times as long."""
        values = {**self.values, **more} if more else self.values
        return Facts(self.now, values, self.was, self.first, self.told_before, self.quotes, limits)

    def was_told(self, name: str) -> bool:
        """True when the field's value before is really known, be it that it was empty."""
        return name in self.was or name.split(".")[0] in self.told_before


def facts(
    ticket: Ticket,
    before: Ticket | None,
    changes: tuple[TicketChange, ...],
    signals: tuple[Signal, ...],
    now: datetime,
    more: Mapping[str, object] = _NONE,
) -> Facts:
    """All facts of ``ticket`` for the rules; ``before`` is the ticket at its last evaluation, None the first time.

    ``more``: facts from beyond the ticket, such as its history; unknown ones left out here.
    """
    values = _of_ticket(ticket) | _clocked(ticket, now) | _of_changes(changes) | _of_signals(signals) | _known(more, ())
    was = _told_previous(changes) | (_of_fields(before) | _sla(before, None) if before else {})
    texts = {m.id: m.text for m in ticket.messages}
    quotes = {s.name: quote for s in signals if (quote := _quote(s, texts))}
    told = before.known - {"messages"} if before else frozenset()
    return Facts(now, values, was, before is None, told, quotes)


def customer_messages(ticket: Ticket) -> tuple[Message, ...]:
    """The customer's messages; an author whose role nobody told counts when it is the requester."""
    return tuple(m for m in ticket.messages if _role(ticket, m) is Role.CUSTOMER)


def customer_text(ticket: Ticket) -> str:
    """Subject and all messages of the customer, each on lines of its own."""
    return "\n".join(filter(None, (ticket.subject, *(m.text for m in customer_messages(ticket)))))


def utc(moment: datetime) -> datetime:
    """``moment`` with a time zone: one without is taken as UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _role(ticket: Ticket, message: Message) -> Role:
    author = message.author
    if author.role is Role.UNKNOWN and author.id and author.id == ticket.requester.id:
        return Role.CUSTOMER
    return author.role


def _known(values: Mapping[str, object], told: Iterable[str]) -> dict[str, object]:
    """Without what is unknown; an empty list stays when a source has told that it is empty."""
    tops = frozenset(told)
    return {name: v for name, v in values.items() if not _empty(v) or (v == () and name.split(".")[0] in tops)}


def _empty(value: object) -> bool:
    return value is None or value == "" or value == () or (isinstance(value, StrEnum) and value.value == "unknown")


def _of_ticket(ticket: Ticket) -> dict[str, object]:
    return _of_fields(ticket) | _known({"text": customer_text(ticket), **_of_messages(ticket)}, ticket.known)


def _of_fields(ticket: Ticket) -> dict[str, object]:
    """What stands in the ticket but for its thread, which is not kept with the last evaluation."""
    values: dict[str, object] = {name: read(ticket) for name, read in _ATTRIBUTES.items()}
    values["customer.renewal_on"] = _day(ticket.customer.renewal_on)
    values["customer.past.count"] = len(ticket.customer.past) or None
    values |= {f"custom.{name}": value for name, value in ticket.custom.items()}
    return _known(values, ticket.known)


def _of_messages(ticket: Ticket) -> dict[str, object]:
    if not ticket.messages:
        return {"messages.count": 0} if "messages" in ticket.known else {}
    last = ticket.messages[-1]
    roles = [(_role(ticket, m), m.public) for m in ticket.messages]
    return {
        "messages.count": len(roles),
        "messages.customer.count": sum(role is Role.CUSTOMER for role, _ in roles),
        "messages.agent.count": sum(role is Role.AGENT and public for role, public in roles),
        "messages.bot.count": sum(role is Role.BOT for role, _ in roles),
        "last_message.role": roles[-1][0],
        "last_message.text": last.text,
        "last_message.public": last.public,
    }


def since(ticket: Ticket) -> dict[str, datetime]:
    """The moments from which ``age``, ``waiting`` and ``unanswered_for`` are counted."""
    open_since = [utc(m.at) for m in _unanswered(ticket) if m.at]
    moments = {"age": utc(ticket.created_at)} if ticket.created_at else {}
    return moments | ({"waiting": open_since[-1], "unanswered_for": open_since[0]} if open_since else {})


def later(seen: Facts, ticket: Ticket, more: Mapping[str, object], now: datetime) -> Facts:
    """The same facts at another moment at which nothing else has happened; ``more``: those from beyond the ticket that change."""
    return replace(seen, now=now, values={**seen.values, **_clocked(ticket, now), **more})


def _clocked(ticket: Ticket, now: datetime) -> dict[str, object]:
    """What changes by waiting alone."""
    return {name: utc(now) - moment for name, moment in since(ticket).items()} | _sla(ticket, now)


def _unanswered(ticket: Ticket) -> list[Message]:
    """The customer's messages after the last public answer, oldest first; none when the ticket is over."""
    found: list[Message] = []
    for message in () if ticket.status.is_over else ticket.messages:
        role = _role(ticket, message)
        if role is Role.CUSTOMER:
            found.append(message)
        elif message.public and role in (Role.AGENT, Role.BOT):
            found = []
    return found


def _sla(ticket: Ticket, now: datetime | None) -> dict[str, object]:
    values: dict[str, object] = {}
    states = []
    for clock in ticket.sla:
        state = _state(clock, ticket, now) if now else clock.state
        name = re.sub(r"[^a-z0-9]+", "_", clock.name.lower()).strip("_")
        values |= {f"sla.{name}.state": state, f"sla.{name}.due_at": clock.due_at}
        states.append(state)
    values["sla.worst"] = next((state for state in _WORST if state in states), None)
    return _known(values, ())


def _state(clock: SlaClock, ticket: Ticket, now: datetime) -> ClockState:
    """The clock's state now: a helpdesk's last word on it may be older than its deadline."""
    if clock.due_at is None or clock.state not in _RUNNING or ticket.status.is_over:
        return clock.state
    left = utc(clock.due_at) - utc(now)
    if left <= timedelta(0):
        return ClockState.BREACHED
    if clock.state is ClockState.AMBER:
        return clock.state
    return ClockState.AMBER if utc(now) >= amber_at(clock, ticket) else ClockState.GREEN


def amber_at(clock: SlaClock, ticket: Ticket) -> datetime:
    """When a clock with a deadline turns amber: in the last quarter of its time, or half an hour before where that is unknown."""
    if clock.due_at is None:
        raise ValueError("a clock without a deadline never turns amber")
    if clock.amber_at is not None:
        return utc(clock.amber_at)
    length = utc(clock.due_at) - utc(ticket.created_at) if ticket.created_at else timedelta(0)
    return utc(clock.due_at) - (length / _AMBER_SHARE if length > timedelta(0) else _AMBER_BEFORE)


def _of_changes(changes: tuple[TicketChange, ...]) -> dict[str, object]:
    """A burst of webhooks is looked at once, so these are lists."""
    values = {
        "change.kind": tuple(dict.fromkeys(c.kind for c in changes)),
        "change.event": tuple(dict.fromkeys(c.event for c in changes if c.event)),
        "change.actor.role": tuple(dict.fromkeys(c.actor.role for c in changes if c.actor.role is not Role.UNKNOWN)),
        "change.actor.id": tuple(dict.fromkeys(c.actor.id for c in changes if c.actor.id)),
    }
    return _known(values, ())


def _told_previous(changes: tuple[TicketChange, ...]) -> dict[str, object]:
    """Values before, as the helpdesk told them; of several changes the earliest counts."""
    values: dict[str, object] = {}
    for change in reversed(changes):
        for name, value in change.previous.items():
            values |= _flat(name, value)
    return _known(values, ())


def _flat(name: str, value: object) -> dict[str, object]:
    if isinstance(value, Person):
        parts = {"id": value.id, "name": value.name, "email": value.email, "role": value.role}
    elif isinstance(value, Group):
        parts = {"id": value.id, "name": value.name}
    else:
        return {name: value}
    return {f"{name}.{part}": told for part, told in parts.items()}


def _of_signals(signals: tuple[Signal, ...]) -> dict[str, object]:
    values: dict[str, object] = {}
    for signal in signals:
        name = f"signals.{signal.name}"
        values |= {name: _headline(signal), f"{name}.confidence": signal.confidence}
        if isinstance(signal.value, Mapping):
            values |= {f"{name}.{part}": told for part, told in signal.value.items()}
            values |= _amount(name, signal.value)
    return _known(values, ())


def _headline(signal: Signal) -> object:
    """One value for signals.<name>: its own, or its first part; of a request whether it is really made."""
    if not isinstance(signal.value, Mapping):
        return signal.value
    if "negated" in SIGNALS.get(signal.name, ()):
        return not signal.value.get("negated")
    first = SIGNALS.get(signal.name, ("",))[:1]
    return signal.value.get(first[0]) if first else True


def _amount(name: str, value: Mapping[str, object]) -> dict[str, object]:
    amount = value.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int | float | Decimal | str):
        return {}
    try:
        return {f"{name}.amount": Money(Decimal(str(amount)), str(value.get("currency") or ""))}
    except (InvalidOperation, ValueError):
        return {}


def _quote(signal: Signal, texts: Mapping[str, str]) -> str:
    """The customer's own words behind a signal, shortened; ``texts`` of the messages by their ids."""
    for seen in signal.evidence:
        words = " ".join(texts.get(seen.message_id, "")[seen.start : seen.end][: 2 * _QUOTE].split()).lstrip(".,;:!? ")
        if words:
            return words if len(words) <= _QUOTE else words[: _QUOTE - 1] + "…"
    return ""


def _day(text: str) -> datetime | str:
    """An ISO date as midnight UTC, so that it can be compared with now; other text stays text."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        return text
