"""A handoff that goes over to somebody else at a shift change (domain.md §4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from escalation.actions import Entry
from escalation.deadlines import begun
from escalation.events import TakenOver
from escalation.hop import Desk, Handoff, HandOver, State, Step
from escalation.ladder import edits
from escalation.offers import withdrawn


def taken_over(handoff: Handoff, event: TakenOver, now: datetime, desk: Desk) -> Step:
    """An acceptance at a shift change: the owner changes, no hop is counted, an answered customer starts no clock again."""
    if not (handoff.state.is_taken and handoff.state.is_live and handoff.accepted_by == event.former):
        return Step(handoff, refused=f"{desk.name(event.former)} does not have this one any more.")
    agent = desk.roster.agent(event.by)
    if agent is None or handoff.connection not in agent.ids:
        return Step(handoff, refused=f"{desk.name(event.by)} has no agent account for {handoff.connection} in the roster.")
    former = desk.name(event.former)
    words = f"Taken over at shift change from {former} by {agent.name} ({event.via})"
    offers = tuple(withdrawn(offer, f"{agent.name} took it over at shift change") for offer in handoff.offers)
    taken = replace(handoff, accepted_by=event.by, accepted_at=now, sender=former, sent_by=event.former, offers=offers)
    taken, timers = begun(taken, now, desk) if taken.state is State.ACCEPTED else (taken, ())
    entry = Entry("taken_over", words, event.by, {"from": event.former})
    return Step(taken, edits(handoff, settled=True), timers, (entry,), HandOver(event.by, words))
