"""What need not be read? Reads are counted like money (architecture rule 3): what the stored ticket shows is not read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import takewhile
from typing import Any

from escalation.ticket import ChangeKind, Customer, Group, Message, Person, Status, Ticket, TicketChange

# The field that a kind of change is about: without it the payload does not say what changed, and equality proves nothing.
# UPDATED and ESCALATION_REQUESTED are about no field in particular; of FIELD_CHANGED only custom fields are recognisable.
_ABOUT: dict[ChangeKind, tuple[str, ...]] = {
    ChangeKind.CREATED: ("subject", "status"),
    ChangeKind.ASSIGNED: ("assignee", "group"),
    ChangeKind.STATUS_CHANGED: ("status",),
    ChangeKind.PRIORITY_CHANGED: ("priority",),
    ChangeKind.TAGS_CHANGED: ("tags",),
    ChangeKind.SLA_CHANGED: ("sla",),
    ChangeKind.RATED: ("satisfaction",),
    ChangeKind.OTHER: ("updated_at",),
}
_EACH_READ = 100  # messages that every read brings; older ones may be taken from what is stored
# Addresses are written differently in webhooks and API answers; updated_at is compared as a time, not for equality.
_NOT_COMPARED = frozenset({"url", "updated_at"})


def covered(change: TicketChange, ticket: Ticket | None) -> bool:
    """True when ``ticket``, as last read, already shows what ``change`` tells, so that reading it again would bring nothing new.

    ``ticket.updated_at`` must be the time of what was read: a ticket whose thread was never read covers nothing.
    """
    if ticket is None or not {"messages"} & (ticket.known | set(ticket.missing)):
        return False
    if change.kind is ChangeKind.UPDATED and len(ticket.messages) > _EACH_READ:
        return False  # an old message may have been redacted before a read that did not bring it
    return _has_message(ticket, change) and (_is_older(change, ticket) or (_tells(change) and _shows(ticket, change)))


def kept(known: Ticket | None, is_vendors: Callable[[str], bool]) -> tuple[Message, ...]:
    """The thread as it is stored, () when it was never read whole.

    Without what only a webhook told, whose ids are not the vendor's: a read brings it once more, under its own.
    """
    if known is None or "messages" not in known.known or "messages" in known.missing:
        return ()
    return tuple(message for message in known.messages if is_vendors(message.id))


def continued(kept: Iterable[Message], newest: Iterable[Message]) -> tuple[Message, ...]:
    """What is kept up to where ``newest`` sets in, then ``newest``, which must have one of the same messages."""
    newest = tuple(newest)
    ids = {message.id for message in newest}
    return (*takewhile(lambda message: message.id not in ids, kept), *newest)


def _is_older(change: TicketChange, ticket: Ticket) -> bool:
    at = change.fields.get("updated_at") or change.at
    return isinstance(at, datetime) and ticket.updated_at is not None and at < ticket.updated_at


def _tells(change: TicketChange) -> bool:
    """Whether the payload itself says what changed."""
    if change.kind is ChangeKind.MESSAGE_ADDED:
        return change.message is not None
    if change.kind in (ChangeKind.DELETED, ChangeKind.MERGED) or change.complete:
        return True
    if change.kind is ChangeKind.FIELD_CHANGED:
        return any(name.startswith("custom.") for name in change.fields)
    return any(name in change.fields for name in _ABOUT.get(change.kind, ()))


def _shows(ticket: Ticket, change: TicketChange) -> bool:
    if change.kind is ChangeKind.DELETED and ticket.status is not Status.DELETED:
        return False
    if change.merged_into and change.merged_into != ticket.merged_into:
        return False
    told = change.fields.get("updated_at")
    if isinstance(told, datetime) and (ticket.updated_at is None or told > ticket.updated_at):
        return False
    compared = {name: value for name, value in change.fields.items() if name not in _NOT_COMPARED}
    return all(_equal(_stored(ticket, name), value) for name, value in compared.items())


def _has_message(ticket: Ticket, change: TicketChange) -> bool:
    new = change.message
    return new is None or any(m.id == new.id and m.public == new.public for m in ticket.messages if new.id)


def _stored(ticket: Ticket, name: str) -> object:
    return ticket.custom.get(name[7:]) if name.startswith("custom.") else getattr(ticket, name, None)


def _equal(stored: object, told: object) -> bool:
    """Equality as far as the payload tells: webhooks name people and groups by id or name only; an unknown word is no news."""
    match (stored, told):
        case (Person(), Person()) | (Group(), Group()):
            return _same_one(stored, told)
        case (Customer(organization=ours), Customer(organization=theirs)):
            return _same_one(ours, theirs)
        case (tuple() as ours, tuple() as theirs):
            return sorted(map(str, ours)) == sorted(map(str, theirs))
    return stored == told or str(told) == "unknown"


def _same_one(stored: Any, told: Any) -> bool:
    return bool(told.name == stored.name if told.name and not told.id else told.id == stored.id)
