"""Whom a handoff asks next: the best person left on a level, a channel, the next level, at last the lead (domain.md §4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from escalation.actions import Action, ActionKind, Entry, Timer, TimerKind
from escalation.decision import Candidate
from escalation.hop import Desk, Handoff, HandOver, Offer, OfferState, State, Step
from escalation.playbook import AssignWhen, Level, Offering
from escalation.roster import Team


def offer_next(handoff: Handoff, now: datetime, desk: Desk) -> Step:
    """Offer to the best person left on this level, else go on to the next level."""
    level = handoff.current_level
    if level.offering is Offering.CHANNEL:
        return _offer_channel(handoff, level, now, desk)
    route = desk.choose(level, handoff.tried)
    asked = sum(1 for o in handoff.offers if o.agent and o.level == handoff.level)
    routed = replace(handoff, route=route)
    if asked >= level.most_offers or not route.available():
        reason = f"{asked} people were asked" if asked >= level.most_offers else route.words
        entry = Entry("no_one", f"Level {level.name}: {reason}", data={"team": route.team})
        return Step(routed, (), (), (entry,)).then(next_level(routed, now, desk))
    return _offer_person(routed, route.available()[0], level, now)


def _offer_person(handoff: Handoff, candidate: Candidate, level: Level, now: datetime) -> Step:
    offer = Offer(_offer_id(handoff), candidate.agent, now, now + level.offer_for, level=handoff.level, why=candidate.words)
    words = f"Offered to {candidate.name}: {candidate.words}"
    entry = Entry("offered", words, data={"offer": offer.id, "score": candidate.score, "until": offer.until.isoformat()})
    cold = level.assign is AssignWhen.ON_OFFER
    over = HandOver(candidate.agent, "this level assigns with the offer") if cold else None
    remind = Timer(f"{offer.id}:remind", TimerKind.ACK_REMINDER, handoff.id, offer.until - level.remind_before, offer.id)
    timers = (remind, _expiry(offer, handoff)) if level.remind_before < level.offer_for else (_expiry(offer, handoff),)
    return Step(_with(handoff, offer), (_alert(offer, handoff),), timers, (entry,), over)


def _offer_channel(handoff: Handoff, level: Level, now: datetime, desk: Desk) -> Step:
    team = desk.roster.team(level.team or handoff.team)
    channel = team.channel if team else ""
    if any(o.channel == channel and o.state is OfferState.OPEN and not o.agent for o in handoff.offers):
        return next_level(handoff, now, desk)  # its card is there already
    offer = Offer(_offer_id(handoff), "", now, now + level.offer_for, channel, level=handoff.level, why="nobody accepted before")
    entry = Entry("offered", f"Offered to everybody in {channel or 'the default channel'}", data={"offer": offer.id})
    tells = _tell_lead(handoff, team, desk, f"lead:{offer.id}") if level.tell_lead else ()
    return Step(_with(handoff, offer), (_alert(offer, handoff), *tells), (_expiry(offer, handoff),), (entry,))


def next_level(handoff: Handoff, now: datetime, desk: Desk) -> Step:
    if handoff.level + 1 < len(handoff.path.levels):
        return offer_next(replace(handoff, level=handoff.level + 1), now, desk)
    team = desk.roster.team(handoff.team)
    entry = Entry("waiting", "Every level was tried; the lead and the person on watch are told. The sender still owns it")
    tells = _tell_lead(handoff, team, desk, f"end:{handoff.id}:{len(handoff.offers)}")
    return Step(replace(handoff, state=State.WAITING), tells, (), (entry,))


def _tell_lead(handoff: Handoff, team: Team | None, desk: Desk, key: str) -> tuple[Action, ...]:
    """Messages to the lead and the person on watch; the team's channel when the roster names neither."""
    ticket = f"ticket {handoff.ticket_id} ({handoff.connection})"
    text = f"Nobody has accepted the handoff of {ticket} yet. Please see that it finds an owner."
    people = [p for p in dict.fromkeys((team.lead, team.watch)) if p] if team else []
    if not people:  # with no channel either, the default one
        return (tell(f"{key}:channel", handoff, text, channel=team.channel if team else ""),)
    return tuple(tell(f"{key}:{person}", handoff, text, agent=person) for person in people)


def _offer_id(handoff: Handoff) -> str:
    return f"{handoff.id}.{len(handoff.offers) + 1}"


def _with(handoff: Handoff, offer: Offer) -> Handoff:
    return replace(handoff, state=State.OFFERED, offers=(*handoff.offers, offer))


def _expiry(offer: Offer, handoff: Handoff) -> Timer:
    return Timer(f"{offer.id}:expires", TimerKind.OFFER_EXPIRES, handoff.id, offer.until, offer.id)


def _alert(offer: Offer, handoff: Handoff) -> Action:
    return Action(f"alert:{offer.id}", ActionKind.ALERT, handoff.id, {"offer": offer.id}, offer.why)


def edit(offer: Offer, handoff: Handoff, why: str) -> Action:
    """One edit of an offer's card to what it should say after this step of the handoff; ``why`` is shown to people."""
    return Action(f"edit:{offer.id}:{handoff.steps}", ActionKind.UPDATE_ALERT, handoff.id, {"offer": offer.id}, why)


def edits(handoff: Handoff, *, settled: bool = False) -> tuple[Action, ...]:
    """One edit of every card that still says something out of date; with ``settled`` also of accepted ones."""
    shown = (OfferState.OPEN, OfferState.ACCEPTED) if settled else (OfferState.OPEN,)
    return tuple(edit(o, handoff, "the handoff has changed") for o in handoff.offers if o.state in shown)


def tell(key: str, handoff: Handoff, text: str, *, agent: str = "", channel: str = "") -> Action:
    return Action(f"tell:{key}", ActionKind.TELL, handoff.id, {"agent": agent, "channel": channel, "text": text}, text)
