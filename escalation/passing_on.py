"""Handing it to a colleague or a team by name: they are offered it, and it keeps its owner until they accept (domain.md §4).

Each such hand-over counts as a hop. Beyond the hop limit only a lead may name somebody, so that it cannot go round in circles;
nobody gets it back by name who has handed it on themselves, and a team gets it back once (``bounce``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from escalation.actions import Action, DeclineReason, Entry
from escalation.bounce import came_to, decided, goes_in_circles
from escalation.decision import Candidate, Route
from escalation.events import Reassign
from escalation.hop import Desk, Handoff, Offer, State, Step, clock
from escalation.hours import is_on
from escalation.ladder import begin, edit, offer_person
from escalation.offers import left_out, withdrawn
from escalation.playbook import AssignWhen, Level, Offering

_HANDED_ON = "handed it on"
_CONFLICT = f"declined: {DeclineReason.CONFLICT.value}"


def reassign(handoff: Handoff, event: Reassign, now: datetime, desk: Desk) -> Step:
    """Take back what the one who hands it on was asked for or has, and offer it to whom they name."""
    team = desk.roster.team(handoff.team)
    event = replace(event, lead=event.lead or bool(team and event.by == team.lead))
    refusal = _why_not_by(handoff, event, desk) or _why_not_limit(handoff, event)
    refusal = refusal or (_why_not_team if event.team else _why_not_person)(handoff, event, now, desk)
    if refusal:
        return Step(handoff, refused=refusal)
    if event.team:
        return _to_team(handoff, event, now, desk)
    candidate = _candidate(handoff, event, desk)
    if candidate.excluded:
        return Step(handoff, refused=f"{desk.name(event.to)} cannot be asked now: {candidate.excluded}.")
    level = handoff.current_level
    # What a level for several never does, assign before somebody accepts, it does not do for one of them either.
    told = replace(level, assign=level.assign if level.is_cold else AssignWhen.ON_ACCEPT)
    freed = _freed(handoff, event, desk)
    passed = replace(freed.handoff, passes=handoff.passes + handoff.state.is_taken)
    candidate = replace(candidate, words=f"{desk.name(event.by)} hands it to you: {event.why}")
    return replace(freed, handoff=passed).then(offer_person(passed, candidate, told, now, desk))


def may_be_named(handoff: Handoff, agent: str, by: str) -> bool:
    """Whether a form should offer somebody: not who hands it on, has it, is asked, or has ruled themself out."""
    asked = agent in (by, handoff.accepted_by, *(offer.agent for offer in handoff.asked_now))
    return not asked and not handoff.tried.get(agent, "").startswith((_CONFLICT, _HANDED_ON))


def _why_not_by(handoff: Handoff, event: Reassign, desk: Desk) -> str:
    """Why this person cannot hand it on."""
    if not handoff.state.is_live:
        return "The ticket is closed; there is nothing to hand on any more."
    if not event.why.strip():
        return "Say in a few words why; whoever is asked reads it."
    if event.lead:
        return ""
    if handoff.state.is_taken:
        words = (
            f"{desk.name(handoff.accepted_by)} accepted this at {clock(handoff.accepted_at)}; only they or a lead can hand it on."
        )
        return "" if event.by == handoff.accepted_by else words
    asked = any(offer.agent == event.by for offer in handoff.asked_now)
    return "" if asked else "You are not asked for this one now; only a lead, or who is asked or has it, can hand it on."


def _why_not_limit(handoff: Handoff, event: Reassign) -> str:
    if event.lead or handoff.hop < handoff.hop_limit:
        return ""
    return f"It was handed over {handoff.hop} times, which is the limit: a lead decides who gets it. Call the next level instead."


def _why_not_person(handoff: Handoff, event: Reassign, now: datetime, desk: Desk) -> str:
    """Why it cannot be handed to this person."""
    agent, before = desk.roster.agent(event.to), handoff.tried.get(event.to, "")
    if agent is None:
        return f"There is nobody called {event.to or 'nothing'} in the roster."
    if event.to == event.by:
        return "That is you. Accept it instead, or name somebody else."
    if event.to == handoff.accepted_by:
        return f"{agent.name} has it already."
    if any(offer.agent == event.to for offer in handoff.asked_now):
        return f"{agent.name} is being asked already."
    if before.startswith(_CONFLICT):
        return f"{agent.name} declined it for a conflict of interest; name somebody else."
    if before.startswith(_HANDED_ON) and not event.lead:
        return f"{agent.name} {before}; name somebody else, or return it."
    on, off = is_on(agent, now)
    return "" if on else f"{agent.name} cannot be asked now: {off}."


def _why_not_team(handoff: Handoff, event: Reassign, now: datetime, desk: Desk) -> str:
    """Why it cannot be handed to this team."""
    team = desk.roster.team(event.to)
    if team is None:
        return f"There is no team {event.to or 'without a name'} in the roster."
    if event.to == handoff.team:
        return f"It is with {team.name or team.id} already; name a person, or decline it."
    if _first_level(handoff, event.to) is None:
        return f"Every level of path {handoff.path.id} names a team of its own; name a person instead."
    return ""


def _first_level(handoff: Handoff, team: str) -> int | None:
    """The first level that asks this team, or whichever team it is with."""
    return next((number for number, level in enumerate(handoff.path.levels) if level.team in ("", team)), None)


def _candidate(handoff: Handoff, event: Reassign, desk: Desk) -> Candidate:
    """The person named, as routing sees them now: away, full, without an account. What they said before is no hindrance."""
    level = replace(handoff.current_level, offering=Offering.PERSON, to=event.to)
    seen = desk.choose(level, {}).candidates
    nobody = Candidate(event.to, desk.name(event.to), 0.0, excluded="routing does not know them")
    return next((candidate for candidate in seen if candidate.agent == event.to), nobody)


def _freed(handoff: Handoff, event: Reassign, desk: Desk) -> Step:
    """The handoff without the offers or the acceptance that this ends; whoever had it owns it on as its sender."""
    to = _name(event, desk)
    words = f"{desk.name(event.by)} handed it to {to}: {event.why} ({event.via})"
    entry = Entry("reassigned", words, event.by, {"to": event.to, "team": event.team, "why": event.why, "from": handoff.owner})
    ended = tuple(offer for offer in handoff.offers if _ends(handoff, event, offer))
    reason = f"handed to {to}"
    offers = tuple(withdrawn(o, reason) if o in ended else o for o in handoff.offers)
    free = replace(handoff, state=State.OFFERED, offers=offers, hop=handoff.hop + 1, from_queue=False)
    for agent in dict.fromkeys(a for a in (*(o.agent for o in ended), handoff.accepted_by) if a):
        mine = agent == event.by
        free = left_out(free, agent, f"{_HANDED_ON} to {to}" if mine else f"a lead gave it to {to}", again=not mine)
    if handoff.state.is_taken:
        free = replace(free, sender=desk.name(handoff.accepted_by), sent_by=handoff.accepted_by)
        free = replace(free, accepted_by="", accepted_at=None, answered_at=None, reply=None)
    cards: tuple[Action, ...] = tuple(edit(offer, handoff, words) for offer in ended)
    return Step(free, cards, (), (entry,))


def _ends(handoff: Handoff, event: Reassign, offer: Offer) -> bool:
    """Whether an offer ends with this: one's own; where a lead hands it on, everybody's; for another team, channels' too."""
    if offer not in handoff.open_offers:
        return bool(handoff.accepted_by) and offer.agent == handoff.accepted_by and withdrawn(offer, "") != offer
    own = any(o.agent == event.by for o in handoff.asked_now)
    return event.team or offer.agent == event.by or (bool(offer.agent) and not own)


def _to_team(handoff: Handoff, event: Reassign, now: datetime, desk: Desk) -> Step:
    """On with the other team from the first level that can ask it."""
    freed = _freed(handoff, event, desk)
    level = _first_level(handoff, event.to) or 0
    moved = replace(came_to(freed.handoff, event.to), team=event.to, level=level, repeated=0, laps=0)

    def choose(level: Level, exclude: Mapping[str, str]) -> Route:
        return desk.choose(level if level.team else replace(level, team=event.to), exclude)

    there = replace(desk, choose=choose)
    # A lead who hands it on has decided.
    why = "" if event.lead else goes_in_circles(moved, event.to, desk)
    return replace(freed, handoff=moved).then(decided(moved, event.to, why, now, there) if why else begin(moved, now, there))


def _name(event: Reassign, desk: Desk) -> str:
    team = desk.roster.team(event.to) if event.team else None
    return (team.name or team.id) if team else desk.name(event.to)
