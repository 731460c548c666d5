"""Deadlines that are counted again: the ticket is paused or goes on, became more severe, or the roster changed (domain.md §4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from escalation.actions import Entry
from escalation.deadlines import counted_again, offer_timers, timed
from escalation.events import Recount
from escalation.hop import Desk, Handoff, Offer, State, Step
from escalation.ladder import edit, edits
from escalation.state_words import reply_words


def recounted(handoff: Handoff, event: Recount, now: datetime, desk: Desk) -> Step:
    """Every running deadline as it is counted now; those that moved have new timers and cards. Unchanged where none did."""
    step = Step(handoff)
    if handoff.state is State.OFFERED:
        for offer in handoff.open_offers:
            step = step.then(_offer(step.handoff, offer, now, desk))
    elif handoff.state is State.ACCEPTED:
        step = _reply(handoff, event.at, desk)
    if step.handoff.counts_hours and handoff.roster_version != desk.roster.version:
        step = replace(step, handoff=replace(step.handoff, roster_version=desk.roster.version))
    return step


def _offer(handoff: Handoff, offer: Offer, now: datetime, desk: Desk) -> Step:
    again = timed(offer, handoff, desk)
    if again.until == offer.until:
        return Step(handoff)
    again = replace(again, mark=f":{handoff.steps}")
    moved = replace(handoff, offers=tuple(again if o.id == offer.id else o for o in handoff.offers))
    asked = desk.name(offer.agent) if offer.agent else offer.everybody
    entry = Entry("moved", f"The time of {asked} to answer is now {again.words}", data={"offer": offer.id, "was": offer.words})
    return Step(moved, (edit(offer, handoff, entry.words),), offer_timers(again, moved, desk, now), (entry,))


def _reply(handoff: Handoff, at: datetime, desk: Desk) -> Step:
    again, timers = counted_again(handoff, at, desk)
    if again.reply is None or again == handoff:
        return Step(handoff)
    paused, before = again.reply.due is None, handoff.reply
    kind = "paused" if paused else "resumed" if before and before.due is None else "moved"
    was = before.words if before else ""
    entry = Entry(kind, reply_words(again), data={"deadline": again.reply.words, "was": was})
    return Step(again, edits(handoff, settled=True), timers, (entry,))
