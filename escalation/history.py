"""What a ticket went through: its log of changes, kept with it, and earlier contacts of the same customer (domain.md §2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from escalation.facts import utc
from escalation.hours import Calendar, worked
from escalation.ticket import Role, Ticket

MOST_LOGGED = 400  # entries kept of one ticket; the first one, its creation, always stays
_SAME_SUBJECT = 0.5  # of the words of the shorter subject
_WORD = re.compile(r"[^\W\d_]{3,}")
_PLAIN = frozenset({"the", "and", "for", "with", "not", "can", "our", "this", "that", "from", "about", "your", "please", "help"})
_PLAIN |= {"issue", "problem", "question", "ticket", "case"}
_OVER = frozenset({"solved", "closed"})


@dataclass(frozen=True, slots=True)
class Logged:
    """One change of a ticket's field. ``kind``: created, status, priority, assignee, group, channel or tier."""

    at: datetime
    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Another ticket of the same customer, in whatever helpdesk it is."""

    connection: str
    id: str
    subject: str = ""
    issue_type: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Background:
    """What the rules may look at beside the ticket itself."""

    log: tuple[Logged, ...] = ()
    contacts: tuple[Contact, ...] = ()


def extended(log: tuple[Logged, ...], ticket: Ticket, now: datetime) -> tuple[Logged, ...]:
    """The log with what the ticket shows now and the log does not; unchanged when there is nothing new."""
    last = {entry.kind: entry.value for entry in log}
    new = [] if log else [Logged(utc(ticket.created_at or now), "created")]
    at = utc(ticket.updated_at or now)
    new += [Logged(at, kind, value) for kind, value in _shown(ticket).items() if value != last.get(kind, "")]
    whole = (*log, *new)
    return whole if len(whole) <= MOST_LOGGED else (whole[0], *whole[1 - MOST_LOGGED :])


def _shown(ticket: Ticket) -> dict[str, str]:
    status, priority, channel = (word.value for word in (ticket.status, ticket.priority, ticket.channel))
    told = {"status": status, "priority": priority, "channel": channel, "tier": ticket.customer.tier}
    shown = {kind: value for kind, value in told.items() if value not in ("", "unknown")}
    shown |= {"assignee": ticket.assignee.id} if "assignee" in ticket.known or ticket.assignee.id else {}
    return shown | ({"group": ticket.group.id} if ticket.group.id else {})


def counts(log: Sequence[Logged]) -> dict[str, object]:
    """``history.*``: how often the ticket was reopened, and how many assignees, groups and channels it had."""
    if not log:
        return {}
    statuses = [entry.value for entry in log if entry.kind == "status"]
    reopened = sum(old in _OVER and new not in _OVER and new != "deleted" for old, new in pairwise(statuses))
    several = {kind: len({e.value for e in log if e.kind == kind and e.value}) for kind in ("assignee", "group", "channel")}
    return {
        "history.reopened": reopened,
        "history.assignees": several["assignee"],
        "history.groups": several["group"],
        "history.channels": several["channel"],
    }


def in_queue_since(ticket: Ticket, log: Sequence[Logged]) -> datetime | None:
    """Since when the ticket waits in its group without an assignee; None while somebody has it or it is over."""
    if ticket.assignee.id or ticket.status.is_over:
        return None
    arrived = [entry.at for entry in log if entry.kind == "group"]
    freed = [entry.at for entry in log if entry.kind == "assignee" and not entry.value]
    known = [*arrived[-1:], *freed[-1:], *([utc(ticket.created_at)] if ticket.created_at else [])]
    return max(known, default=None)


def same_problem(ticket: Ticket, issue_type: str, contacts: Iterable[Contact], window: timedelta, now: datetime) -> int:
    """How many earlier contacts of this customer were about the same problem: same issue type or much the same subject."""
    past = [Contact(ticket.connection, p.id, p.subject, "", p.created_at) for p in ticket.customer.past]
    known = {(c.connection, c.id): c for c in (*past, *contacts) if (c.connection, c.id) != (ticket.connection, ticket.id)}
    words = _words(ticket.subject)
    recent = [c for c in known.values() if c.created_at is None or utc(now) - utc(c.created_at) <= window]
    return sum(_is_same(contact, issue_type, words) for contact in recent)


def _is_same(contact: Contact, issue_type: str, words: frozenset[str]) -> bool:
    theirs = _words(contact.subject)
    shared = len(words & theirs)
    alike = shared >= 2 and shared >= _SAME_SUBJECT * min(len(words), len(theirs))
    return alike or (contact.issue_type == issue_type != "" and issue_type != "other")


def _words(subject: str) -> frozenset[str]:
    return frozenset(_WORD.findall(subject.casefold())) - _PLAIN


def escalate_note(ticket: Ticket) -> Mapping[str, object]:
    """``escalate_note.*`` of a newest message that is an agent's internal note "#escalate <team> <why>"."""
    last = ticket.messages[-1] if ticket.messages else None
    if last is None or last.public or last.author.role is not Role.AGENT:
        return {}
    asked = escalates(last.text)
    return {"escalate_note.team": asked[0], "escalate_note.why": asked[1]} if asked else {}


def escalates(note: str) -> tuple[str, str] | None:
    """Team and reason of an internal note "#escalate <team> <why>", each "" where it does not say; None of any other note."""
    first, *words = note.split(maxsplit=2) or [""]
    if first.lower().rstrip(":,") != "#escalate":  # "#escalated yesterday" only tells of it
        return None
    return words[0].strip(":,#@").lower() if words else "", words[1].strip() if len(words) > 1 else ""


def business(moments: Mapping[str, datetime], calendar: Calendar | None, now: datetime) -> dict[str, object]:
    """``business.*``: time passed since each moment within the calendar's hours; without a calendar, all of it."""
    return {f"business.{name}": worked(calendar, since, now) if calendar else utc(now) - since for name, since in moments.items()}
