"""From a ticket and a decision to the context package, extractively: every statement is the thread's own (domain.md §5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from escalation import phrases
from escalation.actions import Line
from escalation.advice import authority, next_steps
from escalation.attempts import tried
from escalation.decision import Decision, Route
from escalation.hours import duration
from escalation.package import (
    Attempt,
    Contact,
    ContextPackage,
    Gap,
    Reason,
    Specific,
    Statement,
    Turn,
    utc_words,
)
from escalation.rendering import card, note
from escalation.signals import Signal
from escalation.specifics import specifics
from escalation.summary import key_sentences, question, quoted, summarise
from escalation.thread import Said, clean, one_line, read
from escalation.ticket import FieldValue, Money, PastTicket, Role, Ticket

__all__ = [
    "Attempt",
    "Contact",
    "ContextPackage",
    "Gap",
    "Reason",
    "Specific",
    "Statement",
    "Turn",
    "build",
    "card",
    "note",
]

_MOST_SAID, _MOST_CUSTOM, _MOST_PAST = 8, 10, 8
_READ_FOR_WORDS = 200  # messages searched for exact words: the first fifty and the newest of a very long thread

# Parts of a complete package: points, and the ticket field that would have brought it. The first four are the minimum.
_PARTS = {
    "transcript": (25, "messages"),
    "summary": (20, "messages"),
    "account": (20, "customer"),
    "reason": (20, "rules"),
    "contact": (5, "requester"),
    "issue type": (5, "issue_type"),
    "SLA": (5, "sla"),
}
_MINIMUM = ("transcript", "summary", "account", "reason")


def build(
    ticket: Ticket,
    signals: Iterable[Signal],
    decision: Decision,
    route: Route | None,
    now: datetime,
    *,
    chain: tuple[str, ...] = (),
    sender: str = "",
) -> ContextPackage:
    """All that the next person must know at ``now`` (aware), from what is known of the ticket; never raises on any text.

    ``chain``: the hops so far in words, oldest first. ``sender``: who hands over, "" when the rules do.
    """
    signals = tuple(signals)
    thread = read(ticket)
    issue_type = decision.issue_type or ticket.issue_type
    words = (*_custom(ticket), *specifics(_sample(thread), ticket.requester.email))
    attempts = tried(thread, signals, ticket.messages)
    summary, asked = summarise(thread, ticket.subject), question(thread)
    evidence = _evidence(thread, signals, ticket, "sentiment")
    impact = next(iter(key_sentences(thread, phrases.IMPACT, 1)), Statement())
    deadlines = key_sentences(thread, phrases.DEADLINE, 2)
    since, unanswered = _waiting(thread)
    reasons = _reasons(decision)
    parts = _present(ticket, thread, summary, reasons, issue_type)
    return ContextPackage(
        connection=ticket.connection,
        ticket_id=ticket.id,
        built_at=now,
        subject=one_line(clean(ticket.subject), 200),
        customer=_contact(ticket),
        summary=summary,
        question=asked,
        said=_said(thread, (asked, impact, *deadlines, evidence)),
        tried=attempts,
        ruled_out=key_sentences(thread, phrases.RULED_OUT, 2),
        specifics=words,
        issue_type=issue_type,
        product_area=ticket.product_area,
        page=ticket.page,
        confidence=_confidence(ticket, signals),
        complexity=_complexity(thread),
        sentiment=_sentiment(signals),
        sentiment_evidence=evidence,
        priority=ticket.priority,
        severity=str(decision.severity),
        impact=impact,
        deadlines=deadlines,
        waiting_since=since,
        unanswered=unanswered,
        last_reply=_last_words(thread, public=True),
        clocks=ticket.sla,
        next_steps=next_steps(issue_type, signals, words, attempts),
        authority=authority(issue_type, signals),
        sender=sender,
        handover=_last_words(thread, public=False),
        account=_account(ticket, now),
        earlier=tuple(_past(p, now) for p in ticket.customer.past[:_MOST_PAST]),
        reasons=reasons,
        routed=route.words if route else "",
        chain=chain,
        missing=_gaps(ticket, parts),
        lacking=tuple(name for name in _MINIMUM if not parts[name]),
        completeness=sum(points for name, (points, _) in _PARTS.items() if parts[name]),
        transcript=tuple(Turn(s.id, str(s.role), s.who, s.text, s.at, s.public, s.attachments) for s in thread),
    )
