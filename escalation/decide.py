"""A change, the ticket before and after, the playbook → one Decision with every rule's verdict (domain.md §2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from escalation import history
from escalation.decision import Branch, Decision, Verdict
from escalation.facts import Facts, facts, later, since, utc
from escalation.history import Background
from escalation.hours import Calendar
from escalation.playbook import Mode, Playbook, Rule, Severity
from escalation.policies import with_clocks
from escalation.rules import evaluate, with_segment
from escalation.signals import Signal
from escalation.ticket import Ticket, TicketChange
from escalation.trees import USUAL_PATH, follow
from escalation.words import STARTER, issue_type_of, product_areas_of

NOTHING = Background()
Fired = TypeVar("Fired", Verdict, Rule)


def decide(
    playbook: Playbook,
    ticket: Ticket,
    before: Ticket | None,
    changes: tuple[TicketChange, ...],
    signals: tuple[Signal, ...],
    now: datetime,
    background: Background = NOTHING,
    *,
    seen: Facts | None = None,
    every: bool | None = None,
) -> Decision:
    """Whether the ticket needs somebody else now. ``before``: the ticket when the rules last looked, None the first time.

    The weightiest rule that fired gives path and team; every fired rule gives a reason. A ticket that is over never escalates.
    ``seen``: the facts, where they are worked out already; ``every``: see ``rules.evaluate``.
    """
    seen = seen or facts_of(playbook, ticket, before, changes, signals, now, background)
    issue_type = str(seen.value("issue_type") or "")
    verdicts = evaluate(playbook, seen, every=every)
    fired = [v for v in verdicts if v.fired and v.mode is Mode.LIVE]
    decided = Decision(False, verdicts, signals, issue_type=issue_type, playbook_version=playbook.version)
    if fired and ticket.status.is_over:
        return replace(decided, over=ticket.status.value)
    return aimed(decided, playbook, seen, fired) if fired else decided


def aimed(decision: Decision, playbook: Playbook, seen: Facts, fired: Sequence[Verdict]) -> Decision:
    """The decision to escalate for what fired, with where that goes."""
    goes = aim(playbook, seen, fired)
    return replace(
        decision,
        escalate=True,
        severity=Severity(goes.first.severity),
        path=goes.path,
        team=goes.team,
        issue_type=goes.issue_type,
        reasons=tuple(v.words for v in fired),
        skills=goes.skills,
        branch=goes.branch,
    )


@dataclass(frozen=True, slots=True)
class Target:
    """Where a ticket goes: the weightiest of what fired, and what it, a note or the issue type's tree say."""

    first: Verdict | Rule
    path: str
    team: str
    issue_type: str
    skills: tuple[str, ...] = ()
    branch: Branch | None = None


def aim(playbook: Playbook, seen: Facts, fired: Sequence[Fired]) -> Target:
    """Where rules that fired send a ticket: as the weightiest says, else the first that does, else the issue type's tree."""
    first = max(fired, key=lambda v: v.severity.rank)  # max keeps the earliest rule of equal weight
    team = str(seen.value("escalate_note.team") or "") or _first(fired, "team", first.team)
    issue_type = _first(fired, "issue_type", first.issue_type) or str(seen.value("issue_type") or "")
    tree = playbook.trees.get(issue_type)
    if tree is None:
        return Target(first, first.path, team, issue_type)
    branch = follow(tree, with_segment(playbook, seen)[0], team=team, path=first.path)
    if not branch.taken:
        return Target(first, first.path, team, issue_type, branch=branch)
    path = first.path if first.path != USUAL_PATH else branch.aim.path or first.path
    leads = branch.aim
    return Target(first, path, team or leads.team, leads.issue_type or issue_type, leads.skills, branch)


def facts_of(
    playbook: Playbook,
    ticket: Ticket,
    before: Ticket | None,
    changes: tuple[TicketChange, ...],
    signals: tuple[Signal, ...],
    now: datetime,
    background: Background = NOTHING,
) -> Facts:
    """Everything the rules look at: the ticket with its issue type, its history, contacts, product areas and business time."""
    ticket = clocked(playbook, ticket, background, now)
    issue_type = ticket.issue_type or _intent(playbook, ticket, signals)
    more: dict[str, object] = {
        "product_areas": product_areas_of(ticket, playbook.product_areas),
        "contacts.same_problem": history.same_problem(ticket, issue_type, background.contacts, playbook.contact_window, now),
        **history.counts(background.log),
        **history.escalate_note(ticket),
    }
    seen = facts(replace(ticket, issue_type=issue_type), before, changes, signals, now, more)
    return later(seen, ticket, _waited(ticket, background, calendar_of(playbook, seen), now), now)


def facts_later(seen: Facts, ticket: Ticket, background: Background, calendar: Calendar | None, now: datetime) -> Facts:
    """The same facts at another moment at which nothing else has happened; much cheaper than all of them."""
    return later(seen, ticket, _waited(ticket, background, calendar, now), now)


def _waited(ticket: Ticket, background: Background, calendar: Calendar | None, now: datetime) -> dict[str, object]:
    """``in_queue`` and ``business.*``: times that need the ticket's log or its calendar."""
    waiting = history.in_queue_since(ticket, background.log)
    queue: dict[str, object] = {"in_queue": utc(now) - waiting} if waiting else {}
    moments = since(ticket) | ({"in_queue": waiting} if waiting else {})
    return queue | history.business(moments, calendar, now)


def clocked(playbook: Playbook, ticket: Ticket, background: Background, now: datetime) -> Ticket:
    """The ticket with the clocks of our own SLA policies, where the playbook has some."""
    if not playbook.policies:
        return ticket
    return with_clocks(playbook, ticket, with_segment(playbook, facts(ticket, None, (), (), now))[0], background.log, now)


def calendar_of(playbook: Playbook, seen: Facts) -> Calendar | None:
    """The business hours that count for a ticket: its segment's, else the playbook's, None for round the clock."""
    _, segment = with_segment(playbook, seen)
    return playbook.calendars.get((segment.calendar if segment else "") or playbook.calendar)


def _intent(playbook: Playbook, ticket: Ticket, signals: tuple[Signal, ...]) -> str:
    """The issue type that reading the text and the playbook's words agree on best.

    A type of the admin's own goes by its words, which no reader knows. Otherwise what was read clearly counts; of two likely ones
    the one whose words occur; words alone where nothing was read.
    """
    words, hits = issue_type_of(ticket, playbook.issue_words)
    if hits and words not in STARTER:
        return words
    read = next((s.value for s in signals if s.name == "intent" and isinstance(s.value, Mapping)), {})
    likely = [str(read.get(name, "")) for name in ("label", "second")]
    likely = [name for name in likely if name in playbook.issue_words]
    if not likely or (read.get("below_threshold") and hits and words in likely):
        return words
    return likely[0]


def _first(fired: Sequence[Fired], name: str, own: str) -> str:
    """The weightiest rule's own word, else the first that any fired rule gives."""
    return own or next((value for v in fired if (value := getattr(v, name))), "")
