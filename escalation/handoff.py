"""The life of one handoff: ``advance(handoff, event, now, desk)`` → what it is now, and what has to happen (domain.md §4).

    offered ──accept──▶ accepted ──human reply──▶ answered ──ticket over──▶ closed
       │ decline, expiry: the next person, then the next level          ▲
       │ nobody left: waiting (channel, lead and watch know) ──accept───┘
       └─ ticket over: cancelled          accepted ──no reply in time, returned──▶ offered to the next
                                                     (returned: the sender is asked first)

A lead, or whoever is asked or has it, may call the next level or hand it to somebody by name (``passing_on``), and whoever is
asked may put off answering once (``snooze``). A ticket that is reopened goes on with a new handoff (``chain``).
The sender owns the handoff until somebody accepts. Every step is refused or taken whole, and says why in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from escalation import filling, senders
from escalation.actions import DeclineReason, Entry, TimerKind
from escalation.bounce import came_to, decided, goes_in_circles
from escalation.clocks import left as time_left
from escalation.deadlines import begun, is_current, offer_hours, reply_left, time_of
from escalation.events import (
    Accept,
    Again,
    Ask,
    AssignedInHelpdesk,
    Decline,
    Event,
    Filled,
    Fired,
    HumanReplied,
    NextLevel,
    Reassign,
    Recount,
    Refresh,
    Return,
    Snooze,
    Start,
    Stuck,
    TakenOver,
    TicketOver,
    Tracked,
)
from escalation.hop import Desk, Handoff, HandOver, OfferState, State, Step, clock, minutes
from escalation.ladder import begin, edit, edits, fill, next_level, tell
from escalation.offers import left_out, one_settled, settled, withdrawn
from escalation.passing_on import reassign
from escalation.recount import recounted
from escalation.refresh import refreshed
from escalation.requeue import offered_again, told_stuck
from escalation.shift_takeover import taken_over
from escalation.snooze import snooze
from escalation.ticket import Status
from escalation.tracking import over, tracked
from escalation.verdicts import ask as ask_verdict

_ASK_AGAIN = (DeclineReason.BUSY, DeclineReason.OFF_SHIFT)  # reasons that pass
_SKEW = timedelta(minutes=1)  # the helpdesk stamps replies in whole seconds by its own clock


def advance(handoff: Handoff, event: Event, now: datetime, desk: Desk) -> Step:
    """One step of a handoff's life; see the table below for who handles which event."""
    step: Step = _STEPS[type(event)](handoff, event, now, desk)
    if step.handoff == handoff:
        return step
    return replace(step, handoff=replace(step.handoff, steps=handoff.steps + 1))


def _start(handoff: Handoff, event: Start, now: datetime, desk: Desk) -> Step:
    named, fresh = (handoff.first,) if handoff.first else (), replace(handoff, roster_version=desk.roster.version)
    if handoff.sent_by and handoff.sent_by != handoff.first:  # it is to be somebody else; a reopened one is its owner's first
        fresh = left_out(fresh, handoff.sent_by, "it comes from them", again=False)
    return filling.asked(fresh, event.gaps, now, desk) if event.gaps else begin(fresh, now, desk, by_name=named)


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
    taken, timers = begun(_take(handoff, event.by, now), now, desk)
    own = next((o for o in handoff.asked_now if o.agent == event.by), None)
    over = None if own and own.assigned else HandOver(event.by, words)
    entry = Entry("accepted", words, event.by, {"offer": own.id} if own else {})
    return Step(taken, edits(handoff), timers, (entry,), over)


def _take(handoff: Handoff, agent: str, now: datetime) -> Handoff:
    offers = tuple(
        settled(o, OfferState.ACCEPTED) if o.agent == agent else withdrawn(o, "somebody else has it") for o in handoff.offers
    )
    return replace(handoff, state=State.ACCEPTED, accepted_by=agent, accepted_at=now, offers=offers)


def _decline(handoff: Handoff, event: Decline, now: datetime, desk: Desk) -> Step:
    if handoff.state.is_taken:
        who = "You" if handoff.accepted_by == event.by else desk.name(handoff.accepted_by)
        return Step(handoff, refused=f"{who} accepted this at {clock(handoff.accepted_at)}.")
    if not handoff.state.is_live:
        return Step(handoff, refused="The ticket is closed; there is nothing to decline any more.")
    offer = next((o for o in handoff.asked_now if o.agent == event.by), None)
    said = event.reason.replace("_", " ") + (f": {event.text}" if event.text else "")
    if offer is None and (refusal := _why_not_decline(handoff, event.by, said)):
        return Step(handoff, refused=refusal)
    data = {"reason": event.reason.value, **({"offer": offer.id} if offer else {})}
    entry = Entry("declined", f"{desk.name(event.by)} declined ({said}, {event.via})", event.by, data)
    tried = left_out(handoff, event.by, f"declined: {said}", again=False)
    step = Step(tried, entries=(entry,))  # a channel card stays open for the others
    if offer is not None:
        declined = Step(one_settled(tried, offer, OfferState.DECLINED, said), (edit(offer, handoff, said),), (), (entry,))
        step = declined.then(fill(declined.handoff, now, desk))
    if event.reason in _ASK_AGAIN:  # on a later pass; one that begins with this very decline must not ask them again at once
        step = replace(step, handoff=replace(step.handoff, ask_again=(*step.handoff.ask_again, event.by)))
    return step


def _why_not_decline(handoff: Handoff, agent: str, said: str) -> str:
    """Why somebody without an open offer has nothing to decline; "" where a channel's card is open."""
    if handoff.tried.get(agent) == f"declined: {said}":
        return "You have declined this already."
    return "" if handoff.in_rooms else "You are not asked for this one now; there is nothing to decline."


def _return(handoff: Handoff, event: Return, now: datetime, desk: Desk) -> Step:
    if handoff.state is not State.ACCEPTED or handoff.accepted_by != event.by:
        return Step(handoff, refused="Only the person who has this handoff can return it.")
    words = f"{desk.name(event.by)} returned it: {event.missing}"
    back = replace(came_to(handoff, handoff.path.levels[0].team or handoff.team), lacked=words)
    entry = Entry("returned", words, event.by)
    asks = partial(senders.returned, event)
    step = _take_back(back, words, f"returned it: {event.missing}", entry, now, desk, onward=asks)
    if filling.waiting(step.handoff):
        return step
    return replace(step, actions=(*step.actions, *senders.told(step.handoff, event, desk)))


def _fired(handoff: Handoff, event: Fired, now: datetime, desk: Desk) -> Step:
    return _TIMERS[event.kind](handoff, event, now, desk) if is_current(handoff, event) else Step(handoff)


def _expired(handoff: Handoff, event: Fired, now: datetime, desk: Desk) -> Step:
    offer = handoff.offer(event.offer_id)
    if offer is None or offer.state is not OfferState.OPEN or handoff.state is not State.OFFERED:
        return Step(handoff)
    if offer.sender:
        return filling.late(handoff, offer, now, desk)
    if offer.tracker:
        return over(handoff, offer, f"{offer.everybody} did not close the bug in {time_of(offer)}", now, desk)
    if not offer.agent:  # nobody in the channel took it: the card stays, the next level begins
        if offer.on_pass != handoff.passes:
            return Step(handoff)  # somebody has called the next level before
        nobody = Step(handoff, (), (), (Entry("expired", f"Nobody in {offer.channel} accepted in time"),))
        # Whoever is asked by name meanwhile still is; it goes on with their answer.
        return nobody if handoff.asked_now else nobody.then(next_level(handoff, now, desk))
    waited = time_of(offer)
    tried = left_out(handoff, offer.agent, f"did not answer in {waited}", again=True)
    entry = Entry("expired", f"{desk.name(offer.agent)} did not answer in {waited}", data={"offer": offer.id})
    after = one_settled(tried, offer, OfferState.EXPIRED, f"no answer in {waited}")
    late = Step(after, (edit(offer, handoff, entry.words),), (), (entry,))
    return late.then(fill(late.handoff, now, desk))


def _ack_reminder(handoff: Handoff, event: Fired, now: datetime, desk: Desk) -> Step:
    offer = handoff.offer(event.offer_id)
    if offer is None or offer.state is not OfferState.OPEN or not offer.agent or handoff.state is not State.OFFERED:
        return Step(handoff)
    left = minutes(time_left(offer_hours(offer, handoff, desk), now, offer.until))
    text = f"Reminder: this handoff is waiting for you, {left} left. Please accept or decline its card."
    entry = Entry("reminded", f"{desk.name(offer.agent)} was reminded, {left} left")
    return Step(handoff, (tell(f"remind:{offer.id}{offer.mark}", handoff, text, agent=offer.agent),), (), (entry,))


def _reply_reminder(handoff: Handoff, _: Fired, now: datetime, desk: Desk) -> Step:
    if handoff.state is not State.ACCEPTED or _not_due(handoff, now, handoff.path.remind_reply_before):
        return Step(handoff)
    left = minutes(reply_left(handoff, now, desk))
    text = f"Reminder: the customer still waits for your first reply, {left} left."
    key = f"remind-reply:{handoff.id}:{handoff.accepted_by}:{clock(handoff.accepted_at)}"
    key += handoff.reply.mark if handoff.reply else ""
    entry = Entry("reminded", f"{desk.name(handoff.accepted_by)} was reminded to reply, {left} left")
    return Step(handoff, (tell(key, handoff, text, agent=handoff.accepted_by),), (), (entry,))


def _reply_overdue(handoff: Handoff, _: Fired, now: datetime, desk: Desk) -> Step:
    if handoff.state is not State.ACCEPTED or _not_due(handoff, now, timedelta(0)):
        return Step(handoff)
    waited = minutes(handoff.path.first_reply_in)
    words = f"{desk.name(handoff.accepted_by)} accepted but did not reply to the customer in {waited}; it is offered again"
    return _take_back(handoff, words, f"accepted, no reply in {waited}", Entry("taken_back", words), now, desk)


def _not_due(handoff: Handoff, now: datetime, before: timedelta) -> bool:
    """True for a timer of an earlier acceptance, which fires in the time of a later one, and while the clock stands still."""
    remind_at = handoff.reply.remind_at if handoff.reply and before else None
    return handoff.reply_due is None or now < (remind_at or handoff.reply_due - before)


def _take_back(
    handoff: Handoff,
    words: str,
    why_not: str,
    entry: Entry,
    now: datetime,
    desk: Desk,
    *,
    level: int = 0,
    onward: Callable[[Handoff, datetime, Desk], Step] = begin,
) -> Step:
    agent = handoff.accepted_by
    offers = tuple(replace(o, state=OfferState.WITHDRAWN, reason=why_not) if o.agent == agent else o for o in handoff.offers)
    free = replace(left_out(handoff, agent, why_not, again=False), state=State.OFFERED, offers=offers)
    free = replace(free, accepted_by="", accepted_at=None, answered_at=None, reply=None)
    free = replace(free, level=level, hop=handoff.hop + 1, repeated=0, laps=0)
    edits = tuple(edit(o, handoff, words) for o in handoff.offers if o.agent == agent)
    team = free.current_level.team or free.team
    why = goes_in_circles(free, team, desk)
    return Step(free, edits, (), (entry,)).then(decided(free, team, why, now, desk) if why else onward(free, now, desk))


def _next_level(handoff: Handoff, event: NextLevel, now: datetime, desk: Desk) -> Step:
    if waits := filling.waiting(handoff):
        return filling.called(handoff, waits, event, now, desk)
    if refusal := _why_no_next_level(handoff, event, desk):
        return Step(handoff, refused=refusal)
    words = f"{desk.name(event.by)} called the next level ({event.via})"
    entry = Entry("next_level", words, event.by, {"seen_steps": event.seen_steps, "level": handoff.level + 1})
    if handoff.state.is_taken:  # whoever had it is the sender of what comes
        handed_on = replace(handoff, sender=desk.name(handoff.accepted_by), sent_by=handoff.accepted_by)
        return _take_back(handed_on, words, "handed it on to the next level", entry, now, desk, level=handoff.level + 1)
    moved = replace(handoff, state=State.OFFERED, level=handoff.level + 1, repeated=0)
    for offer in handoff.asked_now:
        moved = left_out(moved, offer.agent, "was asked when the next level was called", again=True)
    called = "the next level was called"
    offers = tuple(settled(o, OfferState.WITHDRAWN, called) if o.agent or o.is_wait else o for o in handoff.offers)
    moved = replace(moved, offers=offers)
    cards = tuple(edit(o, handoff, words) for o in handoff.asked_now)
    return Step(moved, cards, (), (entry,)).then(begin(moved, now, desk))


def _why_no_next_level(handoff: Handoff, event: NextLevel, desk: Desk) -> str:
    team = desk.roster.team(handoff.team)
    if not handoff.state.is_live:
        return "The ticket is closed; there is no next level any more."
    asked = event.by in (handoff.accepted_by, *(offer.agent for offer in handoff.asked_now))
    if not (event.lead or asked or (team and event.by == team.lead)):
        return "Only a lead, or the person who is asked or has this handoff, can call the next level."
    if not _as_seen(handoff, event):
        return f"It has moved on since you looked; it is {handoff.state} on level {handoff.current_level.name} now. Look again."
    if handoff.level + 1 >= len(handoff.path.levels):
        return f"{handoff.current_level.name} is the last level; there is none after it."
    return ""


def _as_seen(handoff: Handoff, event: NextLevel) -> bool:
    """True when nothing has moved on since: by the steps that were seen, or by the card that was pressed."""
    if not event.offer:
        return event.seen_steps == handoff.steps
    offer = handoff.offer(event.offer)
    if offer is None or offer.state not in (OfferState.OPEN, OfferState.ACCEPTED):
        return False
    return bool(offer.agent) or offer.on_pass == handoff.passes  # a channel's card outlives its level


def _assigned(handoff: Handoff, event: AssignedInHelpdesk, now: datetime, desk: Desk) -> Step:
    who = event.agent or event.name
    if not who or not handoff.state.is_live or (handoff.state.is_taken and handoff.accepted_by == who):
        return Step(handoff)
    words = f"{desk.name(event.agent) if event.agent else event.name} was assigned in the helpdesk: that counts as accepting"
    taken, timers = begun(_take(handoff, who, event.at), event.at, desk)
    return Step(taken, edits(handoff, settled=True), timers, (Entry("accepted", words, who),))


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
    offers = tuple(settled(o, OfferState.WITHDRAWN, f"ticket {event.status}") for o in handoff.offers)
    entry = Entry(state.value, f"The ticket is {event.status}; the handoff is {state.value}")
    done = replace(handoff, state=state, closed_at=now, offers=offers)
    wanted = ask_verdict(done, desk.roster) if state is State.CLOSED and event.status != Status.DELETED else ()
    return Step(done, edits(handoff, settled=True) + wanted, (), (entry,))


def _stuck(handoff: Handoff, event: Stuck, now: datetime, desk: Desk) -> Step:
    if handoff.state is not State.ACCEPTED or handoff.accepted_by != event.agent:
        return Step(handoff)
    words = f"{event.why} and had not replied to the customer; it is offered again"
    entry = Entry("taken_back", words, data={"agent": event.agent})
    told = Step(handoff, told_stuck(handoff, event, words, now, desk))
    step = told.then(_take_back(handoff, words, event.why, entry, now, desk))
    # They did nothing wrong: on a later pass they are asked like everybody else.
    return replace(step, handoff=replace(step.handoff, ask_again=(*step.handoff.ask_again, event.agent)))


_STEPS: Mapping[type[Event], Callable[..., Step]] = {
    Start: _start,
    Accept: _accept,
    Decline: _decline,
    Return: _return,
    Ask: senders.ask,
    Fired: _fired,
    AssignedInHelpdesk: _assigned,
    HumanReplied: _replied,
    TicketOver: _over,
    NextLevel: _next_level,
    Refresh: refreshed,
    Recount: recounted,
    Again: offered_again,
    Stuck: _stuck,
    Reassign: reassign,
    Snooze: snooze,
    TakenOver: taken_over,
    Tracked: tracked,
    Filled: filling.filled,
}
_TIMERS: Mapping[TimerKind, Callable[[Handoff, Fired, datetime, Desk], Step]] = {
    TimerKind.OFFER_EXPIRES: _expired,
    TimerKind.ACK_REMINDER: _ack_reminder,
    TimerKind.REPLY_REMINDER: _reply_reminder,
    TimerKind.REPLY_OVERDUE: _reply_overdue,
}
