"""A shift's end: what one person still has goes over to the next, item by item (domain.md §4).

    open ──acknowledged──▶ acknowledged: the handoff is theirs, and the ticket is assigned to them
     │ not in time, declined: the person on watch, then the lead
     ├─ with_lead: the lead knows; it can still be acknowledged
     └─ over: the ticket is closed, or somebody else has it

Until somebody acknowledges, an item stays with the outgoing person: it always has a named owner. Each event is refused or taken
whole, and says why in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from escalation.actions import Action, ActionKind, Entry, Timer, TimerKind
from escalation.events import TakenOver
from escalation.hop import minutes
from escalation.playbook import ShiftHandover
from escalation.promises import Promise
from escalation.roster import Roster
from escalation.shift_people import Rung, ask, may_take

MOST_WORDS = 1000  # characters of a note
MOST_NOTES = 20


class ItemState(StrEnum):
    OPEN = "open"  # somebody is asked to acknowledge it; the outgoing person has it
    WITH_LEAD = "with_lead"  # nobody acknowledged; the lead knows, the outgoing person has it
    ACKNOWLEDGED = "acknowledged"  # somebody took it over
    OVER = "over"  # the ticket is closed, or the handoff left the outgoing person by another way

    @property
    def is_settled(self) -> bool:
        return self in (ItemState.ACKNOWLEDGED, ItemState.OVER)


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody added to an item for whoever takes it over."""

    by: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One handoff in the packet of a shift. ``owner`` is never empty."""

    packet: str
    handoff: str
    connection: str
    ticket: str
    outgoing: str  # agent id
    team: str
    owner: str
    state: ItemState = ItemState.OPEN
    rung: Rung = Rung.NEXT
    asked: str = ""  # agent id; "" = the team's channel
    asked_at: datetime | None = None  # from when their time counts: a shift may be about to begin
    why: str = ""  # why they are asked
    tried: tuple[str, ...] = ()  # everybody who was asked, in order
    reminded: str = ""  # who was reminded last
    promises: tuple[Promise, ...] = ()
    notes: tuple[Remark, ...] = ()
    words: str = ""  # what became of it
    settled_at: datetime | None = None
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Made:
    """The packet is made: somebody is asked."""

    why: str = "the shift of {name} has ended"


@dataclass(frozen=True, slots=True)
class Noted:
    by: str
    text: str
    lead: bool = False  # a lead may add to anybody's packet


@dataclass(frozen=True, slots=True)
class Acknowledged:
    by: str
    via: str = "Slack"


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Whoever is asked cannot take it; it climbs at once."""

    by: str
    why: str = ""
    via: str = "Slack"


@dataclass(frozen=True, slots=True)
class Fired:
    """A timer came due."""

    kind: TimerKind


@dataclass(frozen=True, slots=True)
class Left:
    """The handoff is no longer the outgoing person's: ``holder`` has it now ("" when it is nobody's or over)."""

    holder: str
    why: str


Event = Made | Noted | Acknowledged | NotTaken | Fired | Left


@dataclass(frozen=True, slots=True)
class ShiftDesk:
    """What a step may look at. ``holder`` has the handoff now, "" when it is nobody's or over; ``away``: agent → why."""

    roster: Roster
    policy: ShiftHandover
    holder: str
    away: Mapping[str, str] = field(default_factory=dict)
    channel: str = ""  # the default one

    def name(self, agent_id: str) -> str:
        return self.roster.name(agent_id)


@dataclass(frozen=True, slots=True)
class Turn:
    """The outcome. ``take_over`` has to be taken by the handoff, or nothing is; ``refused``: nothing changed, and why."""

    item: Item
    actions: tuple[Action, ...] = ()
    timers: tuple[Timer, ...] = ()
    entries: tuple[Entry, ...] = ()
    take_over: TakenOver | None = None
    refused: str = ""

    def then(self, other: Turn) -> Turn:
        """This turn followed by ``other``, which started from this one's item."""
        return Turn(other.item, self.actions + other.actions, self.timers + other.timers, self.entries + other.entries)


def advance(item: Item, event: Event, now: datetime, desk: ShiftDesk) -> Turn:
    """One step of an item's life; an item whose handoff has left the outgoing person is over first."""
    if not item.state.is_settled and desk.holder != item.outgoing and not isinstance(event, Left):
        event = Left(desk.holder, "it is no longer with {outgoing}")
    step: Callable[..., Turn] = _STEPS[type(event)]
    turn = step(item, event, now, desk)
    if turn.item == item:
        return turn
    changed = replace(turn.item, steps=item.steps + 1)
    # Made: the packet is posted once it is whole. A reminder shows nowhere.
    shown = (
        ()
        if isinstance(event, Made) or turn.item.reminded != item.reminded
        else tuple(show(changed, agent) for agent in changed.tried)
    )
    return replace(turn, item=changed, actions=(*shown, *turn.actions))


def show(item: Item, agent: str, key: str = "") -> Action:
    """Make right what somebody sees of the packet in the chat: post it, or edit what is there."""
    key = key or f"{item.handoff}:{item.steps}"
    data = {"packet": item.packet, "agent": agent, "team": item.team}
    return Action(f"shift:{item.packet}:{agent}:{key}", ActionKind.SHIFT, item.handoff, data, "a shift's packet")


def _made(item: Item, event: Made, now: datetime, desk: ShiftDesk) -> Turn:
    words = event.why.replace("{name}", desk.name(item.outgoing))
    begun = Turn(item, entries=(Entry("shift_handover", f"In the packet {item.packet}: {words}", data={"packet": item.packet}),))
    return begun.then(_asked(item, Rung.NEXT, now, desk))


def _asked(item: Item, rung: Rung, now: datetime, desk: ShiftDesk) -> Turn:
    """Ask the next person there is from this rung on; the lead ends it."""
    found = ask(item.team, item.connection, (item.outgoing, *item.tried), rung, now, desk)
    again = ("",) if found.agent in item.tried else ()  # a lead who did not answer: then the channel sees it too
    tried = tuple(dict.fromkeys((*item.tried, found.agent, *again)))
    asked = replace(item, rung=found.rung, asked=found.agent, asked_at=max(now, found.since), why=found.why, tried=tried)
    name = desk.name(found.agent) or "the team's channel"
    if found.rung is Rung.LEAD:
        asked = replace(asked, state=ItemState.WITH_LEAD)
        words = f"Nobody else acknowledged it at the shift's end: it is with {name}; {desk.name(item.outgoing)} still owns it"
        return Turn(asked, entries=(Entry("shift_with_lead", words, data={"agent": found.agent}),))
    words = f"{name} is asked to take it over ({found.why}); {desk.name(item.outgoing)} owns it until then"
    return Turn(asked, timers=_timers(asked, desk), entries=(Entry("shift_asked", words, data={"agent": found.agent}),))


def _timers(item: Item, desk: ShiftDesk) -> tuple[Timer, ...]:
    assert item.asked_at is not None  # noqa: S101 - set the line before
    stem, policy = f"{item.packet}:{item.handoff}:{item.rung}", desk.policy
    climb = Timer(f"{stem}:climb", TimerKind.SHIFT_CLIMB, item.handoff, item.asked_at + policy.climb_after, item.packet)
    if policy.remind_after >= policy.climb_after:
        return (climb,)
    remind = item.asked_at + policy.remind_after
    return Timer(f"{stem}:remind", TimerKind.SHIFT_REMINDER, item.handoff, remind, item.packet), climb


def _noted(item: Item, event: Noted, now: datetime, desk: ShiftDesk) -> Turn:
    if not (event.lead or event.by == item.outgoing):
        return Turn(item, refused=f"Only {desk.name(item.outgoing)}, or a lead, can add to this packet.")
    if item.state.is_settled:
        return Turn(item, refused=item.words)
    if not event.text or len(event.text) > MOST_WORDS or len(item.notes) >= MOST_NOTES:
        return Turn(item, refused=f"A note has 1 to {MOST_WORDS} characters, and an item at most {MOST_NOTES} of them.")
    noted = replace(item, notes=(*item.notes, Remark(event.by, event.text, now)))
    entry = Entry("shift_note", f"{desk.name(event.by)} noted for the next shift: {event.text}", event.by)
    return Turn(noted, entries=(entry,))


def _acknowledged(item: Item, event: Acknowledged, now: datetime, desk: ShiftDesk) -> Turn:
    if item.state is ItemState.ACKNOWLEDGED and item.owner == event.by:
        return Turn(item, refused="You have taken this one over already.")
    if item.state.is_settled:
        return Turn(item, refused=item.words)
    if refusal := may_take(item.team, event.by, item.outgoing, item.tried, desk.roster):
        return Turn(item, refused=refusal)
    words = f"{desk.name(event.by)} took it over at {now:%H:%M} UTC."
    taken = replace(item, state=ItemState.ACKNOWLEDGED, owner=event.by, settled_at=now, words=words)
    return Turn(taken, take_over=TakenOver(event.by, item.outgoing, event.via))


def _not_taken(item: Item, event: NotTaken, now: datetime, desk: ShiftDesk) -> Turn:
    if item.state.is_settled:
        return Turn(item, refused=item.words)
    if event.by != item.asked:
        who = desk.name(item.asked) or "everybody in the channel"
        return Turn(item, refused=f"{who} is asked for this one now; you have nothing to decline.")
    if item.state is ItemState.WITH_LEAD:
        return Turn(item, refused="It rests with you as the lead: take it over, or see that somebody does.")
    said = f": {event.why}" if event.why else ""
    entry = Entry("shift_declined", f"{desk.name(event.by)} cannot take it over{said} ({event.via})", event.by)
    return Turn(item, entries=(entry,)).then(_climbed(item, now, desk))


def _climbed(item: Item, now: datetime, desk: ShiftDesk) -> Turn:
    return _asked(item, Rung.WATCH if item.rung is Rung.NEXT else Rung.LEAD, now, desk)


def _fired(item: Item, event: Fired, now: datetime, desk: ShiftDesk) -> Turn:
    reminds = event.kind is TimerKind.SHIFT_REMINDER
    after = desk.policy.remind_after if reminds else desk.policy.climb_after
    if item.state is not ItemState.OPEN or item.asked_at is None or now < item.asked_at + after:
        return Turn(item)  # settled meanwhile, or a timer of somebody who was asked before
    name = desk.name(item.asked)
    if reminds and item.reminded == item.asked:
        return Turn(item)
    if reminds:
        left = minutes(max(timedelta(0), desk.policy.climb_after - desk.policy.remind_after))
        text = (
            f"Reminder: the shift of {desk.name(item.outgoing)} has left you open items. Please take them over above, or say "
            f"that you cannot; in {left} others are asked."
        )
        tell = {"agent": item.asked, "channel": "", "text": text}  # one message for a packet, however many items
        action = Action(f"tell:shift:{item.packet}:{item.asked}", ActionKind.TELL, item.handoff, tell, text)
        reminded = replace(item, reminded=item.asked)
        return Turn(reminded, (action,), (), (Entry("shift_reminded", f"{name} was reminded of the packet {item.packet}"),))
    waited = minutes(desk.policy.climb_after)
    entry = Entry("shift_climbed", f"{name} did not acknowledge it in {waited}", data={"agent": item.asked})
    return Turn(item, entries=(entry,)).then(_climbed(item, now, desk))


def _left(item: Item, event: Left, now: datetime, desk: ShiftDesk) -> Turn:
    if item.state.is_settled:
        return Turn(item)
    why = event.why.replace("{outgoing}", desk.name(item.outgoing))
    has = f"; {desk.name(event.holder)} has it" if event.holder and event.holder != item.outgoing else ""
    words = f"Nothing to take over any more: {why}{has}."
    owner = event.holder or item.outgoing
    return Turn(replace(item, state=ItemState.OVER, owner=owner, settled_at=now, words=words))


_STEPS: Mapping[type[Event], Callable[..., Turn]] = {
    Made: _made,
    Noted: _noted,
    Acknowledged: _acknowledged,
    NotTaken: _not_taken,
    Fired: _fired,
    Left: _left,
}
