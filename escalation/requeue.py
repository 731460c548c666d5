"""A handoff that waits is offered again when somebody is free (domain.md §3); who is told when one was stuck."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from escalation.actions import Action, Entry
from escalation.events import Again, Stuck
from escalation.hop import Desk, Handoff, Offer, OfferState, State, Step, clock
from escalation.ladder import offer_person, tell
from escalation.playbook import AssignWhen, Queueing
from escalation.rotations import on_watch


def not_now(
    tried: Mapping[str, str], ask_again: Iterable[str], offers: Iterable[Offer], now: datetime, queue: Queueing
) -> Mapping[str, str]:
    """Who is not asked from the queue now, and why: agent id → words.

    Whoever said that it is not for them never is. The silent, the busy and those who were off shift are after a pause,
    a few times: so a queue that nobody answers comes to rest.
    """
    again, mine = frozenset(ask_again), _by_agent(offers)
    barred = {agent: why for agent, why in tried.items() if agent not in again}
    for agent in {*again, *mine} - barred.keys():
        if why := _resting(mine.get(agent, []), now, queue):
            barred[agent] = f"{tried[agent]}; {why}" if agent in tried else why
    return barred


def _by_agent(offers: Iterable[Offer]) -> dict[str, list[Offer]]:
    found: dict[str, list[Offer]] = {}
    for offer in offers:
        if offer.agent:
            found.setdefault(offer.agent, []).append(offer)
    return found


def _resting(offers: list[Offer], now: datetime, queue: Queueing) -> str:
    times = sum(offer.from_queue for offer in offers)
    if times >= queue.ask_again_most:
        return f"offered {times} times from the queue"
    asked = [offer.until if offer.state is OfferState.EXPIRED else offer.at for offer in offers]
    until = max(asked) + queue.ask_again_after if asked else now
    return f"not asked again before {clock(until)}" if until > now else ""


def offered_again(handoff: Handoff, event: Again, now: datetime, desk: Desk) -> Step:
    """One offer to the best person of the level who is free; unchanged where nobody is any more.

    Nobody gets a ticket assigned unasked from the queue, whatever the level does on the way down.
    """
    if handoff.state is not State.WAITING or event.level >= len(handoff.path.levels):
        return Step(handoff)
    level = replace(handoff.path.levels[event.level], assign=AssignWhen.ON_ACCEPT)
    if not level.asks_people:
        return Step(handoff)
    route = desk.choose(level, not_now(handoff.tried, handoff.ask_again, handoff.offers, now, event.queue))
    best = next(iter(route.available()), None)
    if best is None:
        return Step(handoff)
    entry = Entry("queued", f"Somebody is free: {best.name or best.agent}. {event.words}", data={"agent": best.agent})
    asked = replace(handoff, route=route, passes=handoff.passes + 1, from_queue=True)
    asking = replace(best, words=f"free again; {best.words}")
    return Step(asked, entries=(entry,)).then(offer_person(asked, asking, level, now, desk, rung=event.level))


def told_stuck(handoff: Handoff, event: Stuck, words: str, now: datetime, desk: Desk) -> tuple[Action, ...]:
    """One message each to whoever is gone, the lead and the person on watch; the team's channel when there is none."""
    team = desk.roster.team(handoff.team)
    gone = desk.roster.agent(event.agent)
    people = (event.agent if gone else "", *((team.lead, on_watch(desk.roster, team, now)[0]) if team else ()))
    text = f"{words}."
    key = f"stuck:{handoff.id}:{handoff.hop}"
    told = tuple(tell(f"{key}:{one}", handoff, text, agent=one) for one in dict.fromkeys(people) if one)
    return told or (tell(f"{key}:channel", handoff, text, channel=team.channel if team else ""),)
