"""The life of one handoff: ``advance(handoff, event, now, desk)`` → what it is now, and what has to happen (domain.md §4).

    offered ──accept──▶ accepted ──human reply──▶ answered ──ticket over──▶ closed
       │ decline, expiry: the next person, then the next level          ▲
       │ nobody left: waiting (channel, lead and watch know) ──accept───┘
       └─ ticket over: cancelled          accepted ──no reply in time, returned──▶ offered to the next

The sender owns the handoff until somebody accepts. Every step is refused or taken whole, and says why in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from escalation.actions import Entry, Timer, TimerKind
from escalation.hop import (
    Accept,
    Ask,
    AssignedInHelpdesk,
    Decline,
    Desk,
    Event,
    Fired,
    Handoff,
    HandOver,
    HumanReplied,
    Offer,
    OfferState,
    Return,
    Start,
    State,
    Step,
    TicketOver,
    clock,
    minutes,
)
from escalation.ladder import edit, edits, next_level, offer_next, tell
from escalation.playbook import AssignWhen

_SKEW = timedelta(minutes=1)  # the helpdesk stamps replies in whole seconds by its own clock


def advance(handoff: Handoff, event: Event, now: datetime, desk: Desk) -> Step:
    """One step of a handoff's life; see the table below for who handles which event."""
    step: Step = _STEPS[type(event)](handoff, event, now, desk)
    if step.handoff == handoff:
        return step
    return replace(step, handoff=replace(step.handoff, steps=handoff.steps + 1))


def _start(handoff: Handoff, _: Start, now: datetime, desk: Desk) -> Step:
    return offer_next(handoff, now, desk)


def _accept(handoff: Handoff, event: Accept, now: datetime, desk: Desk) -> Step:
    if handoff.state.is_taken and handoff.accepted_by == event.by:
        return Step(handoff, refused="You already have this one.")
    if handoff.state.is_taken:
        return Step(handoff, refused=f"{desk.name(handoff.accepted_by)} accepted this at {clock(handoff.accepted_at)}.")
    if not handoff.state.is_live:
        return Step(handoff, refused="The ticket is closed; there is nothing to accept any more.")
    agent = desk.roster.agent(event.by)
    if agent is None or handoff.connection not in agent.ids:
        return Step(handoff, refused=f"{desk.name(event.by)} has no agent account for {handoff.connection} in the roster.")
    words = f"{agent.name} accepted ({event.via})"
    taken = _take(handoff, event.by, now)
    already = handoff.current_level.assign is AssignWhen.ON_OFFER and any(o.agent == event.by for o in handoff.open_offers)
    over = None if already else HandOver(event.by, words)
    return Step(taken, edits(handoff), _reply_timers(taken, now), (Entry("accepted", words, event.by),), over)


def _take(handoff: Handoff, agent: str, now: datetime) -> Handoff:
    offers = tuple(
        _settled(o, OfferState.ACCEPTED) if o.agent == agent else _withdrawn(o, "somebody else has it") for o in handoff.offers
    )
    return replace(handoff, state=State.ACCEPTED, accepted_by=agent, accepted_at=now, offers=offers)


def _withdrawn(offer: Offer, reason: str) -> Offer:
    """An offer that is open, or was accepted by somebody who no longer has the ticket, taken back."""
    held = offer.state in (OfferState.OPEN, OfferState.ACCEPTED)
    return replace(offer, state=OfferState.WITHDRAWN, reason=reason) if held else offer


def _settled(offer: Offer, state: OfferState, reason: str = "") -> Offer:
    return replace(offer, state=state, reason=reason) if offer.state is OfferState.OPEN else offer


def _reply_timers(handoff: Handoff, now: datetime) -> tuple[Timer, ...]:
    due = now + handoff.path.first_reply_in
    stem = f"{handoff.id}:{handoff.accepted_by}:{int(now.timestamp() * 1000)}"
    remind = Timer(f"{stem}:remind", TimerKind.REPLY_REMINDER, handoff.id, due - handoff.path.remind_reply_before)
    return remind, Timer(f"{stem}:overdue", TimerKind.REPLY_OVERDUE, handoff.id, due)


def _decline(handoff: Handoff, event: Decline, now: datetime, desk: Desk) -> Step:
    if handoff.state.is_taken:
        who = "You" if handoff.accepted_by == event.by else desk.name(handoff.accepted_by)
        return Step(handoff, refused=f"{who} accepted this at {clock(handoff.accepted_at)}.")
    if not handoff.state.is_live:
        return Step(handoff, refused="The ticket is closed; there is nothing to decline any more.")
    offer = next((o for o in handoff.open_offers if o.agent == event.by), None)
    said = event.reason.replace("_", " ") + (f": {event.text}" if event.text else "")
    entry = Entry("declined", f"{desk.name(event.by)} declined ({said}, {event.via})", event.by, {"reason": event.reason.value})
    tried = {**handoff.tried, event.by: f"declined: {said}"}
    if offer is None:  # a channel card stays open for the others
        return Step(replace(handoff, tried=tried), entries=(entry,))
    offers = tuple(_settled(o, OfferState.DECLINED, said) if o.id == offer.id else o for o in handoff.offers)
    declined = Step(replace(handoff, offers=offers, tried=tried), (edit(offer, handoff, said),), (), (entry,))
    return declined.then(offer_next(declined.handoff, now, desk))


def _return(handoff: Handoff, event: Return, now: datetime, desk: Desk) -> Step:
    if handoff.state is not State.ACCEPTED or handoff.accepted_by != event.by:
        return Step(handoff, refused="Only the person who has this handoff can return it.")
    words = f"{desk.name(event.by)} returned it: {event.missing}"
    return _take_back(handoff, words, f"returned it: {event.missing}", Entry("returned", words, event.by), now, desk)


def _ask(handoff: Handoff, event: Ask, now: datetime, desk: Desk) -> Step:
    if not handoff.state.is_live:
        return Step(handoff, refused="The ticket is closed.")
    words = f"{desk.name(event.by)} asks the sender: {event.question}"
    team = desk.roster.team(handoff.team)
    to = team.channel if team else ""
    key = f"ask:{handoff.id}:{event.by}:{int(now.timestamp() * 1000)}"
    return Step(handoff, (tell(key, handoff, words, channel=to),), (), (Entry("asked", words, event.by),))


def _fired(handoff: Handoff, event: Fired, now: datetime, desk: Desk) -> Step:
    return _TIMERS[event.kind](handoff, event, now, desk)


def _expired(handoff: Handoff, event: Fired, now: datetime, desk: Desk) -> Step:
    offer = handoff.offer(event.offer_id)
    if offer is None or offer.state is not OfferState.OPEN or handoff.state is not State.OFFERED:
        return Step(handoff)
    if not offer.agent:  # nobody in the channel took it: the card stays, the next level begins
        entry = Entry("expired", f"Nobody in {offer.channel} accepted in time")
        return Step(handoff, (), (), (entry,)).then(next_level(handoff, now, desk))
    waited = minutes(offer.until - offer.at)
    offers = tuple(_settled(o, OfferState.EXPIRED, f"no answer in {waited}") if o.id == offer.id else o for o in handoff.offers)
    tried = {**handoff.tried, offer.agent: f"did not answer in {waited}"}
    entry = Entry("expired", f"{desk.name(offer.agent)} did not answer in {waited}")
    late = Step(replace(handoff, offers=offers, tried=tried), (edit(offer, handoff, entry.words),), (), (entry,))
    return late.then(offer_next(late.handoff, now, desk))


def _ack_reminder(handoff: Handoff, event: Fired, now: datetime, desk: Desk) -> Step:
    offer = handoff.offer(event.offer_id)
    if offer is None or offer.state is not OfferState.OPEN or not offer.agent or handoff.state is not State.OFFERED:
        return Step(handoff)
    left = minutes(offer.until - now)
    text = f"Reminder: a handoff is waiting for you, {left} left. Please accept or decline the card above."
    entry = Entry("reminded", f"{desk.name(offer.agent)} was reminded, {left} left")
    return Step(handoff, (tell(f"remind:{offer.id}", handoff, text, agent=offer.agent),), (), (entry,))


def _reply_reminder(handoff: Handoff, _: Fired, now: datetime, desk: Desk) -> Step:
    if handoff.state is not State.ACCEPTED or _not_due(handoff, now, handoff.path.remind_reply_before):
        return Step(handoff)
    left = minutes((handoff.reply_due or now) - now)
    text = f"Ticket {handoff.ticket_id} still waits for your first reply to the customer, {left} left."
    key = f"remind-reply:{handoff.id}:{handoff.accepted_by}:{clock(handoff.accepted_at)}"
    entry = Entry("reminded", f"{desk.name(handoff.accepted_by)} was reminded to reply, {left} left")
    return Step(handoff, (tell(key, handoff, text, agent=handoff.accepted_by),), (), (entry,))


def _reply_overdue(handoff: Handoff, _: Fired, now: datetime, desk: Desk) -> Step:
    if handoff.state is not State.ACCEPTED or _not_due(handoff, now, timedelta(0)):
        return Step(handoff)
    waited = minutes(handoff.path.first_reply_in)
    words = f"{desk.name(handoff.accepted_by)} accepted but did not reply to the customer in {waited}; it is offered again"
    return _take_back(handoff, words, f"accepted, no reply in {waited}", Entry("taken_back", words), now, desk)


def _not_due(handoff: Handoff, now: datetime, before: timedelta) -> bool:
    """True for a timer of an earlier acceptance, which fires in the time of a later one."""
    return handoff.accepted_at is None or now < handoff.accepted_at + handoff.path.first_reply_in - before


def _take_back(handoff: Handoff, words: str, why_not: str, entry: Entry, now: datetime, desk: Desk) -> Step:
    agent = handoff.accepted_by
    tried = {**handoff.tried, agent: why_not}
    offers = tuple(replace(o, state=OfferState.WITHDRAWN, reason=why_not) if o.agent == agent else o for o in handoff.offers)
    level = 0 if handoff.hop < handoff.hop_limit else len(handoff.path.levels) - 1  # the bounce breaker, domain.md §3
    free = replace(handoff, state=State.OFFERED, accepted_by="", accepted_at=None, tried=tried, offers=offers)
    free = replace(free, level=level, hop=handoff.hop + 1)
    edits = tuple(edit(o, handoff, words) for o in handoff.offers if o.agent == agent)
    return Step(free, edits, (), (entry,)).then(offer_next(free, now, desk))


def _assigned(handoff: Handoff, event: AssignedInHelpdesk, now: datetime, desk: Desk) -> Step:
    if not handoff.state.is_live or (handoff.state.is_taken and handoff.accepted_by == event.agent):
        return Step(handoff)
    who = event.agent or event.name
    words = f"{desk.name(event.agent) if event.agent else event.name} was assigned in the helpdesk: that counts as accepting"
    taken = _take(handoff, who, event.at)
    return Step(taken, edits(handoff, settled=True), _reply_timers(taken, event.at), (Entry("accepted", words, who),))


def _replied(handoff: Handoff, event: HumanReplied, now: datetime, desk: Desk) -> Step:
    if handoff.state is not State.ACCEPTED or (handoff.accepted_at and event.at < handoff.accepted_at - _SKEW):
        return Step(handoff)
    waited = minutes(event.at - handoff.accepted_at) if handoff.accepted_at else "no time"
    entry = Entry("answered", f"{event.name} replied to the customer {waited} after accepting", event.name)
    return Step(replace(handoff, state=State.ANSWERED, answered_at=event.at), edits(handoff, settled=True), (), (entry,))


def _over(handoff: Handoff, event: TicketOver, now: datetime, desk: Desk) -> Step:
    if not handoff.state.is_live:
        return Step(handoff)
    state = State.CLOSED if handoff.state.is_taken else State.CANCELLED
    offers = tuple(_settled(o, OfferState.WITHDRAWN, f"ticket {event.status}") for o in handoff.offers)
    entry = Entry(state.value, f"The ticket is {event.status}; the handoff is {state.value}")
    done = replace(handoff, state=state, closed_at=now, offers=offers)
    return Step(done, edits(handoff, settled=True), (), (entry,))


_STEPS: Mapping[type[Event], Callable[..., Step]] = {
    Start: _start,
    Accept: _accept,
    Decline: _decline,
    Return: _return,
    Ask: _ask,
    Fired: _fired,
    AssignedInHelpdesk: _assigned,
    HumanReplied: _replied,
    TicketOver: _over,
}
_TIMERS: Mapping[TimerKind, Callable[[Handoff, Fired, datetime, Desk], Step]] = {
    TimerKind.OFFER_EXPIRES: _expired,
    TimerKind.ACK_REMINDER: _ack_reminder,
    TimerKind.REPLY_REMINDER: _reply_reminder,
    TimerKind.REPLY_OVERDUE: _reply_overdue,
}
