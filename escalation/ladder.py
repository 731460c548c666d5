"""Whom a handoff asks next: the best people left on a level, a channel, the next level, at last the lead (domain.md §4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from escalation.actions import Action, ActionKind, Entry
from escalation.deadlines import offer_timers, timed
from escalation.decision import Candidate
from escalation.hop import Desk, Handoff, HandOver, Offer, OfferState, State, Step, clock
from escalation.offers import one_settled
from escalation.playbook import MOST_LAPS, ROOMS, Afterwards, AtEnd, Level, Offering, QuietHours
from escalation.roster import Cards
from escalation.rotations import on_watch

PLACE = "thread"  # of a planned card, in its action's data: a thread of the team's channel
ABOUT = "handoff"  # of a planned message, in its action's data: it is about that alone
_BEING_ASKED = "is being asked"


def begin(handoff: Handoff, now: datetime, desk: Desk, *, by_name: tuple[str, ...] = (), because: str = "") -> Step:
    """Begin a pass through the current level; ``by_name`` are asked before all others, one by one, ``because`` says why."""
    begun = replace(handoff, passes=handoff.passes + 1, from_queue=False, by_name=by_name, bounced=because)
    if begun.current_level.tell_lead:
        told = tell_lead(begun, now, desk, "lead", begun.current_level.team)
        return told.then(fill(told.handoff, now, desk))
    return fill(begun, now, desk)


def fill(handoff: Handoff, now: datetime, desk: Desk) -> Step:
    """Ask as many people as the level has room for; on to the next level when nobody is left and nobody is being asked."""
    if handoff.from_queue:
        return _wait_again(handoff)
    level = handoff.current_level
    if handoff.by_name and not handoff.asked_now:
        step = _ask_by_name(handoff, level, now, desk)
        if step.handoff.asked_now:
            return step
        handoff = step.handoff
    if level.offering in ROOMS:
        return _offer_room(handoff, level, now, desk)
    if level.offering is Offering.TRACKER:
        return _to_tracker(handoff, level, now, desk)
    step = _ask(handoff, level, now, desk)
    return step if step.handoff.asked_now else step.then(next_level(step.handoff, now, desk))


def _wait_again(handoff: Handoff) -> Step:
    """Back into the queue, unless somebody is being asked; the lead has been told before."""
    if handoff.asked_now:
        return Step(handoff)
    words = "It waits in the queue again for somebody who is free"
    return Step(replace(handoff, state=State.WAITING, from_queue=False), entries=(Entry("waiting", words),))


def _ask_by_name(handoff: Handoff, level: Level, now: datetime, desk: Desk) -> Step:
    """An offer to the first of those asked by name who can be asked; whoever stands before them is passed over."""
    begun = any(o.agent and o.on_pass == handoff.passes for o in handoff.offers)
    for number, agent in enumerate(handoff.by_name, 1):
        rest = replace(handoff, by_name=handoff.by_name[number:], passes=handoff.passes + begun)
        step = _ask(rest, replace(level, offering=Offering.PERSON, to=agent), now, desk, because=handoff.bounced)
        if step.handoff.asked_now:
            return step
    return Step(replace(handoff, by_name=()))


def _ask(handoff: Handoff, level: Level, now: datetime, desk: Desk, *, because: str = "") -> Step:
    """Offers to the best people up to the level's width, or the reason why there are none; ``because``: they are to decide."""
    if desk.counting.overrides(handoff.path):
        level = replace(level, quiet=QuietHours.OVERRIDE)
    standing = {o.agent: _BEING_ASKED for o in handoff.asked_now}
    route = desk.choose(level, {**handoff.tried, **standing})
    asked = sum(bool(o.agent) and o.on_pass == handoff.passes for o in handoff.offers)
    left = level.width if level.most is None else level.most - asked
    room = max(0, min(level.width - len(standing), left))
    step = Step(replace(handoff, route=route))
    for candidate in route.available()[:room]:
        if because:
            candidate = replace(candidate, words=f"{because}; you decide who has it")
        step = step.then(offer_person(step.handoff, candidate, level, now, desk))
    if step.handoff.asked_now:
        return step
    reason = route.words if left > 0 else f"{asked} {'person was' if asked == 1 else 'people were'} asked"
    return replace(step, entries=(Entry("no_one", f"Level {level.name}: {reason}", data={"team": route.team}),))


def offer_person(
    handoff: Handoff, candidate: Candidate, level: Level, now: datetime, desk: Desk, *, rung: int | None = None
) -> Step:
    """One offer to one person, with its card and its timers; ``rung``: the level's place, where it is not the current one."""
    offer = Offer(
        _offer_id(handoff),
        candidate.agent,
        now,
        now + level.offer_for,
        level=handoff.level if rung is None else rung,
        why=candidate.words,
        on_pass=handoff.passes,
        assigned=level.is_cold,
        clock=level.clock,
        span=level.offer_for,
        from_queue=handoff.from_queue,
    )
    agent = desk.roster.agent(candidate.agent)
    offer = timed(replace(offer, cards=agent.cards if agent else Cards.DM), handoff, desk)
    words = f"Offered to {candidate.name}: {candidate.words}"
    told = {"offer": offer.id, "agent": offer.agent, "score": candidate.score}
    told |= {"until": offer.until.isoformat(), "deadline": offer.words}
    over = HandOver(candidate.agent, "this level assigns with the offer") if offer.assigned else None
    timers = offer_timers(offer, handoff, desk, now)
    return Step(_with(handoff, offer), _alerts(offer, handoff), timers, (Entry("offered", words, data=told),), over)


def _offer_room(handoff: Handoff, level: Level, now: datetime, desk: Desk) -> Step:
    """A card in the team's channel, which may call a user group; one that stands there already is not posted again."""
    team = desk.roster.team(level.team or handoff.team)
    channel = team.channel if team else ""
    group = (level.to or (team.user_group if team else "")) if level.offering is Offering.USER_GROUP else ""
    there = next((o for o in handoff.in_rooms if o.channel == channel), None)
    if there and group in ("", there.group):
        return next_level(handoff, now, desk)
    step = _settle(handoff, there, "the user group is called") if there else Step(handoff)
    why = "nobody accepted before" if handoff.offers else "this level asks the whole channel"
    offer = timed(replace(_open_call(handoff, level, now), channel=channel, group=group, why=why), handoff, desk)
    entry = Entry("offered", f"Offered to {offer.everybody}", data={"offer": offer.id})
    timers = offer_timers(offer, handoff, desk, now)
    return step.then(Step(_with(step.handoff, offer), _alerts(offer, handoff), timers, (entry,)))


def _to_tracker(handoff: Handoff, level: Level, now: datetime, desk: Desk) -> Step:
    """The bug is filed or linked in the background; the handoff goes on, or waits for it as it would for an answer."""
    team = desk.roster.team(level.team or handoff.team)
    tracker = level.to or (team.tracker if team else "")
    told = {"tracker": tracker, "level": level.name, "pass": str(handoff.passes)}
    report = Action(f"bug:{handoff.id}:{handoff.passes}", ActionKind.BUG, handoff.id, told, f"level {level.name}")
    words = f"Level {level.name}: a bug for {tracker or 'the tracker'}"
    if level.then is Afterwards.GO_ON:
        entry = Entry("tracked", f"{words}; the handoff goes on meanwhile")
        return Step(handoff, (report,), (), (entry,)).then(next_level(handoff, now, desk))
    waiting = next((o for o in handoff.open_offers if o.tracker), None)
    step = _settle(handoff, waiting, "another tracker is asked") if waiting else Step(handoff)
    offer = timed(replace(_open_call(handoff, level, now), tracker=tracker or "of the team"), handoff, desk)
    entry = Entry(
        "tracked", f"{words}; it waits until that is closed, at most until {clock(offer.until)}", data={"offer": offer.id}
    )
    return step.then(Step(_with(step.handoff, offer), (report,), offer_timers(offer, handoff, desk, now), (entry,)))


def _open_call(handoff: Handoff, level: Level, now: datetime) -> Offer:
    """An offer to nobody in particular."""
    offer = Offer(_offer_id(handoff), "", now, now + level.offer_for, level=handoff.level, on_pass=handoff.passes)
    return replace(offer, clock=level.clock, span=level.offer_for)


def _settle(handoff: Handoff, offer: Offer, why: str) -> Step:
    after = one_settled(handoff, offer, OfferState.WITHDRAWN, why)
    return Step(after, () if offer.tracker else (edit(offer, handoff, why),))


def next_level(handoff: Handoff, now: datetime, desk: Desk) -> Step:
    """The same level once more where it repeats, else the next one, else what the path says of its end."""
    level, path = handoff.current_level, handoff.path
    if handoff.repeated < level.repeat and handoff.ask_again:
        again = replace(_rested(handoff), repeated=handoff.repeated + 1)
        entry = Entry("repeated", f"Level {level.name} once more ({again.repeated} of {level.repeat})")
        return Step(again, entries=(entry,)).then(begin(again, now, desk))
    if handoff.level + 1 < len(path.levels):
        return begin(replace(handoff, level=handoff.level + 1, repeated=0), now, desk)
    if path.at_end is AtEnd.START_AGAIN and handoff.laps < MOST_LAPS and handoff.ask_again:
        return _start_again(handoff, now, desk)
    words = "Every level was tried; the lead and the person on watch are told. The sender still owns it"
    waits = Step(replace(handoff, state=State.WAITING), entries=(Entry("waiting", words),))
    knows = path.at_end is AtEnd.WAIT and handoff.lead_told == handoff.hop
    return waits if knows else waits.then(tell_lead(waits.handoff, now, desk, "end"))


def _start_again(handoff: Handoff, now: datetime, desk: Desk) -> Step:
    again = replace(_rested(handoff), level=0, repeated=0, laps=handoff.laps + 1)
    entry = Entry("started_again", f"Every level was tried; the path begins again ({again.laps} of {MOST_LAPS})")
    step = Step(again, entries=(entry,))
    if handoff.lead_told != handoff.hop:
        step = step.then(tell_lead(again, now, desk, "again"))
    return step.then(begin(step.handoff, now, desk))


def _rested(handoff: Handoff) -> Handoff:
    """Whoever only did not answer, was busy or off shift may be asked again."""
    tried = {agent: why for agent, why in handoff.tried.items() if agent not in handoff.ask_again}
    return replace(handoff, tried=tried, ask_again=())


def tell_lead(handoff: Handoff, now: datetime, desk: Desk, when: str, team_id: str = "", text: str = "") -> Step:
    """Messages to the lead and the person on watch; to the team's channel when the roster names neither."""
    team = desk.roster.team(team_id or handoff.team)
    key = f"{when}:{handoff.id}:{handoff.passes}"
    text = text or "Nobody has accepted this handoff yet. Please see that it finds an owner."
    told = replace(handoff, lead_told=handoff.hop)
    people = [p for p in dict.fromkeys((team.lead, on_watch(desk.roster, team, now)[0])) if p] if team else []
    if not people:  # with no channel either, the default one
        return Step(told, (tell(f"{key}:channel", handoff, text, channel=team.channel if team else ""),))
    return Step(told, tuple(tell(f"{key}:{person}", handoff, text, agent=person) for person in people))


def _offer_id(handoff: Handoff) -> str:
    return f"{handoff.id}.{len(handoff.offers) + 1}"


def _with(handoff: Handoff, offer: Offer) -> Handoff:
    return replace(handoff, state=State.OFFERED, offers=(*handoff.offers, offer))


def _alerts(offer: Offer, handoff: Handoff) -> tuple[Action, ...]:
    """The card at each place where it is to stand."""
    places = {Cards.DM: ("",), Cards.THREAD: (PLACE,), Cards.BOTH: ("", PLACE)}[offer.cards]
    return tuple(_alert(offer, handoff, place) for place in places)


def _alert(offer: Offer, handoff: Handoff, place: str) -> Action:
    key = f"alert:{offer.id}:{place}" if place else f"alert:{offer.id}"
    told = {"offer": offer.id} | ({"place": place} if place else {})
    return Action(key, ActionKind.ALERT, handoff.id, told, offer.why)


def edit(offer: Offer, handoff: Handoff, why: str) -> Action:
    """One edit of an offer's card to what it should say after this step of the handoff; ``why`` is shown to people."""
    return Action(f"edit:{offer.id}:{handoff.steps}", ActionKind.UPDATE_ALERT, handoff.id, {"offer": offer.id}, why)


def edits(handoff: Handoff, *, settled: bool = False) -> tuple[Action, ...]:
    """One edit of every card that still says something out of date; with ``settled`` also of accepted ones."""
    shown = (OfferState.OPEN, OfferState.ACCEPTED) if settled else (OfferState.OPEN,)
    return tuple(edit(o, handoff, "the handoff has changed") for o in handoff.offers if o.state in shown and not o.is_wait)


def tell(key: str, handoff: Handoff, text: str, *, agent: str = "", channel: str = "") -> Action:
    """A plain message about a handoff: its ticket's subject and number and its page are added when it is sent."""
    told = {"agent": agent, "channel": channel, "text": text, "about": ABOUT}
    return Action(f"tell:{key}", ActionKind.TELL, handoff.id, told, text)
