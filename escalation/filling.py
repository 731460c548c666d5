"""Before the first offer a human sender is asked for what is missing; urgent handoffs go out saying so (domain.md §5).

So they are when it is returned (``senders``).

They add it in an internal note on the ticket. Once enough is there, the time is over, or somebody says so, it is
offered.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from escalation.actions import Entry
from escalation.deadlines import offer_timers, time_of, timed
from escalation.events import Filled, Gaps, NextLevel
from escalation.hop import Desk, Handoff, Offer, OfferState, State, Step, clock
from escalation.ladder import begin, tell
from escalation.offers import one_settled


def waiting(handoff: Handoff) -> Offer | None:
    """The wait for the sender, while it lasts."""
    return next((o for o in handoff.open_offers if o.sender), None) if handoff.state is State.OFFERED else None


def asked(handoff: Handoff, gaps: Gaps, now: datetime, desk: Desk) -> Step:
    """Ask the sender; nobody else is asked until then."""
    offer = wait(handoff, gaps.sender, ", ".join(gaps.missing), gaps.within, now, desk)
    team = desk.roster.team(handoff.team)
    text = (
        f"You hand ticket {handoff.ticket_id} ({handoff.connection}) to {team.name if team else 'somebody'}. Still missing:"
        f" {', '.join(gaps.missing)} ({gaps.score}). Please add it in an internal note on the ticket {gaps.url}".rstrip()
        + f". At {clock(offer.until)} it goes out as it is, and says what is missing."
    )
    words = f"{desk.name(gaps.sender)} is asked for what is missing before anybody is: {', '.join(gaps.missing)} ({gaps.score})"
    entry = Entry("asked_sender", words, data={"agent": gaps.sender, "missing": list(gaps.missing), "offer": offer.id})
    waits = replace(handoff, state=State.OFFERED, offers=(*handoff.offers, offer))
    action = tell(f"fill:{handoff.id}", handoff, text, agent=gaps.sender)
    return Step(waits, (action,), offer_timers(offer, handoff, desk, now), (entry,))


def wait(handoff: Handoff, sender: str, missing: str, within: timedelta, now: datetime, desk: Desk) -> Offer:
    """A new wait for the sender."""
    offer = Offer(f"{handoff.id}.{len(handoff.offers) + 1}", "", now, now + within, on_pass=handoff.passes)
    return timed(replace(offer, span=within, sender=sender, why=f"missing: {missing}"), handoff, desk)


def filled(handoff: Handoff, event: Filled, now: datetime, desk: Desk) -> Step:
    """Enough is there, or it became urgent: it is offered. Unchanged where the sender is not waited for."""
    offer = waiting(handoff)
    return over(handoff, offer, event.why, now, desk) if offer else Step(handoff)


def called(handoff: Handoff, offer: Offer, event: NextLevel, now: datetime, desk: Desk) -> Step:
    """The sender, or a lead, says that it is to go out now."""
    team = desk.roster.team(handoff.team)
    if not (event.lead or event.by == offer.sender or (team and event.by == team.lead)):
        return Step(handoff, refused="Only a lead, or who hands it over, can send it out before what is missing is there.")
    if event.seen_steps != handoff.steps:
        return Step(handoff, refused="It has moved on since you looked. Look again.")
    return over(handoff, offer, f"{desk.name(event.by)} sent it out as it is ({event.via})", now, desk)


def late(handoff: Handoff, offer: Offer, now: datetime, desk: Desk) -> Step:
    """The time is over."""
    words = f"{desk.name(offer.sender)} did not add it in {time_of(offer)}: it goes out and says what is missing"
    return over(handoff, offer, words, now, desk)


def over(handoff: Handoff, offer: Offer, why: str, now: datetime, desk: Desk) -> Step:
    """The wait ends; the first level begins, unless somebody is asked by name."""
    after = one_settled(handoff, offer, OfferState.WITHDRAWN, why)
    ended = Step(after, entries=(Entry("filled", why, data={"offer": offer.id}),))
    if handoff.asked_now:
        return ended
    return ended.then(begin(ended.handoff, now, desk, by_name=(handoff.first,) if handoff.first else ()))
