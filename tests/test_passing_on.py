"""Handing it on by name and putting off an answer, as tables: who is asked then, and what is refused in which words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from escalation.actions import ActionKind, DeclineReason, TimerKind
from escalation.events import (
    Accept,
    Again,
    AssignedInHelpdesk,
    Decline,
    Event,
    Fired,
    HumanReplied,
    NextLevel,
    Reassign,
    Recount,
    Return,
    Snooze,
    TicketOver,
)
from escalation.handoff import advance
from escalation.hop import Desk, Handoff, OfferState, State, Step
from escalation.playbook import AssignWhen, AtEnd, Level, Offering, Path
from escalation.roster import Absence, Load, Roster
from escalation.snooze import hurry
from escalation.state_words import words_for
from escalation.ticket import ClockState, SlaClock
from tests.test_ladder import CHANNEL, HOUR, MINUTE, NOW, ONE, QUEUE, ROSTER, asked, busy, desk_at, expired, path, play, several

PATH = path(ONE, CHANNEL)
LENA = "lena"  # the lead of the team


def to(who: str, by: str = "ada", **more: object) -> Reassign:
    return Reassign(by, who, "knows the customer", **more)  # type: ignore[arg-type]


def team(name: str, by: str = "ada", **more: object) -> Reassign:
    return Reassign(by, name, "it is theirs", team=True, **more)  # type: ignore[arg-type]


HANDED: list[tuple[str, Path, list[Event], list[str], str]] = [  # what happened → who is asked now, who owns it
    ("to a colleague", PATH, [to("eli")], ["eli"], "Sam"),
    ("to somebody of another team", PATH, [to("zoe")], ["zoe"], "Sam"),
    ("by a lead, while somebody is asked", PATH, [to("eli", LENA)], ["eli"], "Sam"),
    ("by an admin who is on no roster", PATH, [to("eli", "Root", lead=True)], ["eli"], "Sam"),
    ("one of two who are asked", path(several(), CHANNEL), [to("eli")], ["bo", "eli"], "Sam"),
    ("by a lead, all who are asked", path(several(), CHANNEL), [to("eli", LENA)], ["eli"], "Sam"),
    ("by a lead who is one of them", path(several(), CHANNEL), [to("eli", LENA), to("bo", "eli")], ["bo"], "Sam"),
    ("by whoever has it", PATH, [Accept("ada"), to("eli")], ["eli"], "Ada"),
    ("by whoever has it and has answered", PATH, [Accept("ada"), HumanReplied("Ada", NOW + 2 * MINUTE), to("eli")], ["eli"],
     "Ada"),
    ("by a lead from whoever has it", PATH, [Accept("ada"), to("eli", LENA)], ["eli"], "Ada"),
    ("declined by the colleague: on as usual", PATH, [to("eli"), busy("eli")], ["bo"], "Sam"),
    ("not answered by the colleague", PATH, [to("eli"), *expired(2)], ["bo"], "Sam"),
    ("declined, by who had it once more not asked", path(ONE, CHANNEL), [Accept("ada"), to("eli"), busy("eli")], ["bo"], "Ada"),
    ("to somebody who was silent before", PATH, [*expired(1), to("ada", "bo")], ["ada"], "Sam"),
    ("to somebody who was busy before", PATH, [busy("ada"), to("ada", "bo")], ["ada"], "Sam"),
    ("while it waits, by a lead", path(Level("one", most_offers=1)), [*expired(1), to("eli", LENA)], ["eli"], "Sam"),
    ("the channel's card stays", path(CHANNEL, at_end=AtEnd.WAIT), [to("eli", LENA)], ["#billing", "eli"], "Sam"),
    ("to a team", PATH, [team("security")], ["zoe"], "Sam"),
    ("to a team, by whoever has it", PATH, [Accept("ada"), team("security")], ["zoe"], "Ada"),
    ("to a team, which has no more", PATH, [team("security"), busy("zoe")], ["#security"], "Sam"),
    ("to a team: the cards of the other are taken back", path(CHANNEL, LEAD := Level("lead", Offering.LEAD)),
     [team("security", LENA)], ["#security"], "Sam"),
]  # fmt: skip


@pytest.mark.parametrize(("way", "events", "who", "owner"), [row[1:] for row in HANDED], ids=[row[0] for row in HANDED])
def test_who_is_asked_after_it_was_handed_on(way: Path, events: list[Event], who: list[str], owner: str) -> None:
    step = play(way, *events)
    assert not step.refused
    assert (asked(step), step.handoff.owner, step.handoff.state) == (who, owner, State.OFFERED)
    assert step.hand_over is None or step.hand_over.agent == "ada", "nobody is assigned before they accept"


def test_the_colleague_reads_why_and_the_old_card_says_where_it_went() -> None:
    before = play(PATH).handoff
    step = advance(before, to("eli"), NOW + MINUTE, desk_at(NOW + MINUTE, before))
    old, new = step.handoff.offers
    assert (old.state, old.reason, new.state) == (OfferState.WITHDRAWN, "handed to Eli", OfferState.OPEN)
    assert new.why == "Ada hands it to you: knows the customer"
    assert words_for(step.handoff, old, ROSTER) == "Taken back: handed to Eli."
    assert [a.kind for a in step.actions] == [ActionKind.UPDATE_ALERT, ActionKind.ALERT]
    assert [t.kind for t in step.timers] == [TimerKind.ACK_REMINDER, TimerKind.OFFER_EXPIRES]
    entry = step.entries[0]
    assert (entry.kind, entry.words) == ("reassigned", "Ada handed it to Eli: knows the customer (Slack)")
    assert entry.data == {"to": "eli", "team": False, "why": "knows the customer", "from": "Sam"}
    assert step.handoff.hop == 2


def test_accepting_it_then_assigns_it() -> None:
    handoff = play(PATH, Accept("ada"), to("eli")).handoff
    step = advance(handoff, Accept("eli"), NOW, desk_at(NOW, handoff))
    assert (step.handoff.owner, step.hand_over and step.hand_over.agent) == ("eli", "eli")


@pytest.mark.parametrize(("way", "assigned"), [(Level("cold", assign=AssignWhen.ON_OFFER), True), (ONE, False)])
def test_only_a_level_that_says_so_assigns_with_the_offer(way: Level, assigned: bool) -> None:
    before = play(path(way)).handoff
    step = advance(before, to("eli"), NOW, desk_at(NOW, before))
    assert (step.hand_over is not None) is assigned
    wide = play(path(several(assign=AssignWhen.ON_OFFER))).handoff
    assert advance(wide, to("eli"), NOW, desk_at(NOW, wide)).hand_over is None


def conflict(name: str) -> Decline:
    return Decline(name, DeclineReason.CONFLICT, "my cousin")


def eli(**changes: object) -> Roster:
    return replace(ROSTER, agents=tuple(replace(a, **changes) if a.id == "eli" else a for a in ROSTER.agents))  # type: ignore[arg-type]


OWN = path(Level("t", team="billing"), Level("lead", Offering.LEAD, team="billing"))
REFUSED: list[tuple[str, Path, list[Event], Reassign, str]] = [
    ("unknown", PATH, [], to("nobody"), "There is nobody called nobody in the roster."),
    ("nobody named", PATH, [], to(""), "There is nobody called nothing"),
    ("oneself", PATH, [], to("ada"), "That is you."),
    ("without a reason", PATH, [], Reassign("ada", "bo", "  "), "Say in a few words why"),
    ("who declined for conflict", PATH, [conflict("ada")], to("ada", "bo"), "Ada declined it for a conflict of interest"),
    ("the same, by a lead", PATH, [conflict("ada")], to("ada", LENA), "Ada declined it for a conflict of interest"),
    ("who is asked", path(several(), CHANNEL), [], to("bo"), "Bo is being asked already."),
    ("who has it", PATH, [Accept("ada")], to("ada", LENA), "Ada has it already."),
    ("who handed it on", PATH, [to("eli")], to("ada", "eli"), "Ada handed it on to Eli; name somebody else, or return it."),
    ("by a stranger", PATH, [], to("eli", "chidi"), "You are not asked for this one now"),
    ("twice", PATH, [to("eli")], to("eli"), "You are not asked for this one now"),
    ("by who declined", PATH, [busy("ada")], to("eli"), "You are not asked for this one now"),
    ("by who returned it", PATH, [Accept("ada"), Return("ada", "x")], to("eli"), "You are not asked for this one now"),
    ("by who was slower", path(several(), CHANNEL), [Accept("bo")], to("eli"), "Bo accepted this at 09:01 UTC; only"),
    ("after the end", PATH, [TicketOver("solved")], to("eli"), "The ticket is closed"),
    ("after it was solved", PATH, [Accept("ada"), TicketOver("solved")], to("eli"), "The ticket is closed"),
    ("an unknown team", PATH, [], team("moon"), "There is no team moon in the roster."),
    ("the team that has it", PATH, [], team("billing"), "It is with Billing already"),
    ("a team no level can ask", OWN, [], team("security"), "Every level of path default names a team of its own"),
    ("beyond the hop limit", PATH, [to("bo"), to("chidi", "bo"), to("dee", "chidi"), to("eli", "dee")], to("zoe", "eli"),
     "It was handed over 5 times, which is the limit"),
]  # fmt: skip


@pytest.mark.parametrize(("way", "events", "press", "why"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_not_handed_on(way: Path, events: list[Event], press: Reassign, why: str) -> None:
    before = play(way, *events).handoff
    step = play(way, *events, press)
    assert step.refused.startswith(why)
    assert step.handoff == before


def test_beyond_the_hop_limit_a_lead_decides() -> None:
    around = [to("bo"), to("chidi", "bo"), to("dee", "chidi"), to("eli", "dee")]
    assert asked(play(PATH, *around, to("zoe", LENA))) == ["zoe"]


CANNOT: list[tuple[str, Roster, dict[str, Load], str]] = [
    ("absent", eli(absences=(Absence(NOW.date(), NOW.date(), "holiday"),)), {}, "Eli cannot be asked now: absent"),
    ("a full desk", ROSTER, {"eli": Load(5)}, "Eli cannot be asked now: full: 5 of 5"),
    ("no account", eli(ids={}), {},
     "Eli cannot be asked now: no account in zendesk"),
]  # fmt: skip


@pytest.mark.parametrize(("roster", "loads", "why"), [row[1:] for row in CANNOT], ids=[row[0] for row in CANNOT])
def test_who_cannot_be_asked_now_is_not(roster: Roster, loads: dict[str, Load], why: str) -> None:
    step = play(PATH, to("eli"), roster=roster, loads=loads)
    assert step.refused.startswith(why)


# --- a card's next level ---


def on_card(by: str, offer: str, lead: bool = False) -> NextLevel:
    return NextLevel(by, -2, lead, "Slack", offer)


THREE = path(ONE, CHANNEL, Level("l", Offering.LEAD))
CARDS: list[tuple[str, Path, list[Event], NextLevel, str]] = [
    ("by who is asked", PATH, [], on_card("ada", "h1.1"), ""),
    ("by a lead", PATH, [], on_card(LENA, "h1.1"), ""),
    ("by an admin", PATH, [], on_card("zoe", "h1.1", lead=True), ""),
    ("by who has it", PATH, [Accept("ada")], on_card("ada", "h1.1"), ""),
    ("though another card has changed", path(several(), CHANNEL), [busy("ada")], on_card("bo", "h1.2"), ""),
    ("twice", PATH, [on_card("ada", "h1.1")], on_card("ada", "h1.1"), "Only a lead"),
    ("twice by a lead", THREE, [on_card(LENA, "h1.1")], on_card(LENA, "h1.1"), "It has moved"),
    ("a channel's card, twice", path(CHANNEL, ONE, Level("l", Offering.LEAD)), [on_card(LENA, "h1.1")], on_card(LENA, "h1.1"),
     "It has moved"),
    ("an old card", PATH, [busy("ada")], on_card(LENA, "h1.1"), "It has moved"),
    ("a card of elsewhere", PATH, [], on_card(LENA, "h9.1"), "It has moved"),
    ("by a stranger", PATH, [], on_card("chidi", "h1.1"), "Only a lead"),
]  # fmt: skip


@pytest.mark.parametrize(("way", "events", "press", "why"), [row[1:] for row in CARDS], ids=[row[0] for row in CARDS])
def test_the_next_level_from_a_card(way: Path, events: list[Event], press: NextLevel, why: str) -> None:
    before = play(way, *events).handoff
    step = play(way, *events, press)
    assert step.refused.startswith(why) and bool(step.refused) == bool(why)
    assert (step.handoff == before) is bool(why)


# --- putting off ---

FIVE = Snooze("ada", 5 * MINUTE)


def test_an_answer_is_put_off_once_with_its_reminder() -> None:
    handoff = play(PATH).handoff
    at = NOW + 11 * MINUTE  # reminded a minute ago
    step = advance(handoff, FIVE, at, desk_at(at, handoff))
    offer = step.handoff.offers[0]
    assert (offer.until, offer.snoozed) == (NOW + 20 * MINUTE, True)
    assert words_for(step.handoff, offer, ROSTER) == "Ready for me to assign it to you? Put off once: waiting until 09:20 UTC."
    assert [(t.kind, t.due_at) for t in step.timers] == [
        (TimerKind.ACK_REMINDER, NOW + 15 * MINUTE), (TimerKind.OFFER_EXPIRES, NOW + 20 * MINUTE),
    ]  # fmt: skip
    assert [(e.kind, e.words) for e in step.entries] == [("snoozed", "Ada put off answering until 09:20 UTC (Slack)")]
    later = step.handoff
    for kind, minute in ((TimerKind.ACK_REMINDER, 14), (TimerKind.OFFER_EXPIRES, 15)):  # the clocks of before
        early = NOW + minute * MINUTE
        old = Fired(kind, "h1.1", f"h1.1:{'remind' if kind is TimerKind.ACK_REMINDER else 'expires'}")
        assert advance(later, old, early, desk_at(early, later)) == Step(later)
    new = Fired(TimerKind.ACK_REMINDER, "h1.1", step.timers[0].key)
    remind = advance(later, new, NOW + 15 * MINUTE, desk_at(NOW + 15 * MINUTE, later))
    assert [a.key for a in remind.actions] == ["tell:remind:h1.1:snoozed"]
    assert advance(later, Recount(NOW), NOW, desk_at(NOW, later)).handoff.offers == later.offers, "a person gave it its end"
    over = NOW + 20 * MINUTE
    assert asked(advance(later, Fired(TimerKind.OFFER_EXPIRES, "h1.1"), over, desk_at(over, later))) == ["bo"]


def test_a_reminder_that_is_due_already_is_not_set() -> None:
    handoff = play(PATH).handoff
    at = NOW + 14 * MINUTE
    step = advance(handoff, Snooze("ada", until=NOW + 17 * MINUTE), at, desk_at(at, handoff))
    assert [t.kind for t in step.timers] == [TimerKind.OFFER_EXPIRES]


NOT_PUT_OFF: list[tuple[str, list[Event], Snooze, str]] = [
    ("twice", [FIVE], FIVE, "You have put it off once already, until 09:20 UTC."),
    ("too long", [], Snooze("ada", 16 * MINUTE), "It can be put off once, by no more than the level's own 15 min: until 09:30"),
    ("not at all", [], Snooze("ada"), "That is no later than it waits anyway: until 09:15 UTC."),
    ("until before", [], Snooze("ada", until=NOW + 10 * MINUTE), "That is no later than it waits anyway"),
    ("by who is not asked", [], Snooze("bo", 5 * MINUTE), "You are not asked for this one now"),
    ("after accepting", [Accept("ada")], FIVE, "You have this one already"),
    ("after declining", [busy("ada")], FIVE, "You are not asked for this one now"),
    ("after somebody else has it", [AssignedInHelpdesk("bo", "Bo", NOW)], FIVE, "You are not asked for this one now"),
    ("after the end", [TicketOver("solved")], FIVE, "You are not asked for this one now"),
]  # fmt: skip


@pytest.mark.parametrize(("events", "press", "why"), [row[1:] for row in NOT_PUT_OFF], ids=[row[0] for row in NOT_PUT_OFF])
def test_what_is_not_put_off(events: list[Event], press: Snooze, why: str) -> None:
    before = play(PATH, *events).handoff
    step = play(PATH, *events, press)
    assert step.refused.startswith(why)
    assert step.handoff == before


def sla(state: ClockState, minute: int) -> SlaClock:
    return SlaClock("first_reply", NOW + minute * MINUTE, state)


HURRY: list[tuple[str, str, tuple[SlaClock, ...], str]] = [
    ("critical", "critical", (), "A critical handoff is not put off."),
    ("breached", "high", (sla(ClockState.BREACHED, -9),), "Its SLA is breached"),
    ("breached since", "high", (sla(ClockState.AMBER, -1),), "Its SLA is breached"),
    ("due before", "high", (sla(ClockState.GREEN, 18),), "Its SLA is due at 09:18 UTC"),
    ("due after", "high", (sla(ClockState.GREEN, 90),), ""),
    ("paused", "normal", (sla(ClockState.PAUSED, -9),), ""),
    ("met in time", "normal", (sla(ClockState.MET, -9),), ""),
    ("no clock", "normal", (), ""),
]  # fmt: skip


@pytest.mark.parametrize(("severity", "clocks", "why"), [row[1:] for row in HURRY], ids=[row[0] for row in HURRY])
def test_what_is_urgent_is_not_put_off(severity: str, clocks: tuple[SlaClock, ...], why: str) -> None:
    urgent, no_later = hurry(severity, clocks, NOW)
    handoff: Handoff = play(PATH).handoff
    desk: Desk = replace(desk_at(NOW, handoff), hurry=urgent, no_later=no_later)
    step = advance(handoff, FIVE, NOW, desk)
    assert step.refused.startswith(why) and bool(step.refused) == bool(why)


def test_what_was_offered_from_the_queue_and_handed_on_never_waits_without_the_lead_knowing() -> None:
    waits = play(path(Level("one", most_offers=1)), *expired(1)).handoff
    step = advance(waits, Again(0, "Number 1 of 1", QUEUE), NOW + HOUR, desk_at(NOW + HOUR, waits))
    [first] = asked(step)
    handed = advance(step.handoff, to("eli", first), NOW + HOUR, desk_at(NOW + HOUR, step.handoff))
    over = advance(handed.handoff, busy("eli"), NOW + HOUR, desk_at(NOW + HOUR, handed.handoff))
    assert (over.handoff.state, over.handoff.owner) == (State.WAITING, "Sam")
    assert over.handoff.lead_told == over.handoff.hop, "it was handed over anew: the lead hears that it waits again"
