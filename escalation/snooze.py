"""Putting off an answer: once, by no more than the level's own time again, and never where it is urgent (domain.md §4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from escalation.actions import Entry, Timer, TimerKind
from escalation.deadlines import key_of
from escalation.events import Snooze
from escalation.hop import Desk, Handoff, Offer, State, Step, clock, minutes
from escalation.ladder import edit
from escalation.playbook import Level, Severity
from escalation.ticket import ClockState, SlaClock

CHOICES = (timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=30))  # what is offered to choose from
_RUNNING = (ClockState.GREEN, ClockState.AMBER, ClockState.UNKNOWN)


def hurry(severity: str, clocks: Iterable[SlaClock], now: datetime) -> tuple[str, datetime | None]:
    """Why no answer to a handoff may be put off now ("" where it may), and the SLA deadline an answer must not wait beyond."""
    if severity == Severity.CRITICAL:
        return "A critical handoff is not put off. Please accept or decline it.", None
    clocks = tuple(clocks)
    due = sorted(c.due_at for c in clocks if c.due_at and c.state in _RUNNING)
    if any(c.state is ClockState.BREACHED for c in clocks) or (due and due[0] <= now):
        return "Its SLA is breached, so it is not put off. Please accept or decline it.", None
    return "", due[0] if due else None


def limit(handoff: Handoff, offer: Offer) -> datetime:
    """The moment an answer to an offer can be put off to at most: once more the time its level gives."""
    return offer.until + _level(handoff, offer).offer_for


def why_not(
    handoff: Handoff, by: str, until: datetime | None, now: datetime, urgent: str, no_later: datetime | None = None
) -> str:
    """Why somebody cannot put off answering (until a moment), in one sentence that says the rule; "" when they can.

    ``urgent`` and ``no_later`` are what ``hurry`` says.
    """
    offer = next((o for o in handoff.asked_now if o.agent == by), None)
    if handoff.state.is_taken and handoff.accepted_by == by:
        return "You have this one already; there is no answer to put off."
    if offer is None or handoff.state is not State.OFFERED:
        return "You are not asked for this one now; there is nothing to put off."
    if offer.snoozed:
        return f"You have put it off once already, until {clock(offer.until)}. Please accept or decline it."
    if urgent or until is None:
        return urgent
    if until <= max(now, offer.until):
        return f"That is no later than it waits anyway: until {clock(offer.until)}."
    if until > limit(handoff, offer):
        span = minutes(_level(handoff, offer).offer_for)
        return f"It can be put off once, by no more than the level's own {span}: until {clock(limit(handoff, offer))} at most."
    if no_later and until > no_later:
        return f"Its SLA is due at {clock(no_later)}; it cannot be put off beyond that."
    return ""


def snooze(handoff: Handoff, event: Snooze, now: datetime, desk: Desk) -> Step:
    """The offer waits longer, and its reminder with it."""
    own = next((o for o in handoff.asked_now if o.agent == event.by), None)
    until = event.until or (own.until + event.more if own else None)
    if (refusal := why_not(handoff, event.by, until, now, desk.hurry, desk.no_later)) or own is None or until is None:
        return Step(handoff, refused=refusal)
    # A person has set its end: whatever its clock counts by may change now, it stands.
    later = replace(own, until=until, snoozed=True, span=None, words="", mark=f"{own.mark}:snoozed")
    offers = tuple(later if o.id == own.id else o for o in handoff.offers)
    words = f"{desk.name(event.by)} put off answering until {clock(until)} ({event.via})"
    entry = Entry("snoozed", words, event.by, {"offer": own.id, "until": until.isoformat()})
    return Step(replace(handoff, offers=offers), (edit(own, handoff, words),), _timers(handoff, later, now), (entry,))


def _level(handoff: Handoff, offer: Offer) -> Level:
    return handoff.path.levels[min(offer.level, len(handoff.path.levels) - 1)]


def _timers(handoff: Handoff, offer: Offer, now: datetime) -> tuple[Timer, ...]:
    remind_at = offer.until - _level(handoff, offer).remind_before
    ends, reminds = (Timer(key_of(offer, kind), kind, handoff.id, at, offer.id) for kind, at in (
        (TimerKind.OFFER_EXPIRES, offer.until), (TimerKind.ACK_REMINDER, remind_at),
    ))  # fmt: skip
    return (reminds, ends) if remind_at > now else (ends,)
