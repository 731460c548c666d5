"""A shift's items alone: each event at each state, and that an item always has an owner, however things go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.roster import load_roster
from escalation.actions import ActionKind, TimerKind
from escalation.playbook import ShiftHandover
from escalation.promises import promised
from escalation.roster import ALL_WEEK, Agent, Shift
from escalation.shift import (
    Acknowledged,
    Event,
    Fired,
    Item,
    ItemState,
    Left,
    Made,
    Noted,
    NotTaken,
    ShiftDesk,
    Turn,
    advance,
)
from escalation.shift_people import Rung, ShiftEnd, ask, has_ended, shift_end, stretch
from escalation.ticket import Message, Person, Role, Ticket
from tests.shift_world import PEOPLE

ROSTER = load_roster(PEOPLE, version=1)
NOW = datetime(2026, 3, 2, 16, tzinfo=UTC)  # Ada's shift ends, Bo's begins
POLICY = ShiftHandover(remind_after=timedelta(minutes=10), climb_after=timedelta(minutes=20))
DESK = ShiftDesk(ROSTER, POLICY, "ada")
NEW = Item("s1", "h1", "zendesk", "7", "ada", "billing", owner="ada")
REMINDER, CLIMB = Fired(TimerKind.SHIFT_REMINDER), Fired(TimerKind.SHIFT_CLIMB)


def play(*events: Event, at: datetime = NOW, desk: ShiftDesk = DESK) -> Turn:
    """The last turn of an item that is made, and to which these happen, each 20 minutes after the other."""
    turn = advance(NEW, Made(), at, desk)
    for number, event in enumerate(events, 1):
        turn = advance(turn.item, event, at + number * timedelta(minutes=20), desk)
    return turn


def test_a_made_item_asks_the_next_on_shift_and_sets_its_clocks() -> None:
    turn = play()
    assert (turn.item.asked, turn.item.rung, turn.item.owner) == ("bo", Rung.NEXT, "ada")
    assert [(timer.kind, timer.due_at - NOW) for timer in turn.timers] == [
        (TimerKind.SHIFT_REMINDER, timedelta(minutes=10)),
        (TimerKind.SHIFT_CLIMB, timedelta(minutes=20)),
    ]
    assert turn.actions == (), "the packet is posted once it is whole"


@pytest.mark.parametrize(
    ("events", "state", "asked", "owner"),
    [
        ((), ItemState.OPEN, "bo", "ada"),
        ((CLIMB,), ItemState.OPEN, "cy", "ada"),
        ((CLIMB, CLIMB), ItemState.WITH_LEAD, "lena", "ada"),
        ((CLIMB, CLIMB, CLIMB), ItemState.WITH_LEAD, "lena", "ada"),
        ((NotTaken("bo"),), ItemState.OPEN, "cy", "ada"),
        ((NotTaken("bo"), NotTaken("cy")), ItemState.WITH_LEAD, "lena", "ada"),
        ((Acknowledged("bo"),), ItemState.ACKNOWLEDGED, "bo", "bo"),
        ((CLIMB, Acknowledged("bo")), ItemState.ACKNOWLEDGED, "cy", "bo"),
        ((CLIMB, CLIMB, Acknowledged("lena")), ItemState.ACKNOWLEDGED, "lena", "lena"),
        ((Left("cy", "assigned"),), ItemState.OVER, "bo", "cy"),
        ((Left("", "the ticket is closed"), CLIMB), ItemState.OVER, "bo", "ada"),
        ((Acknowledged("bo"), Left("", "closed")), ItemState.ACKNOWLEDGED, "bo", "bo"),
    ],
)
def test_where_an_item_goes(events: tuple[Event, ...], state: ItemState, asked: str, owner: str) -> None:
    item = play(*events).item
    assert (item.state, item.asked, item.owner) == (state, asked, owner)


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ((Acknowledged("zoe"),), "Only people of Billing"),
        ((Acknowledged("nobody"),), "Only people of Billing"),
        ((Acknowledged("ada"),), "It is yours already"),
        ((Acknowledged("bo"), Acknowledged("bo")), "You have taken this one over already."),
        ((Acknowledged("bo"), Acknowledged("lena")), "Bo took it over at"),
        ((Acknowledged("bo"), NotTaken("bo")), "Bo took it over at"),
        ((NotTaken("cy"),), "Bo is asked"),
        ((CLIMB, NotTaken("bo")), "Cy is asked"),
        ((CLIMB, CLIMB, NotTaken("lena")), "It rests with you as the lead"),
        ((Noted("bo", "x"),), "Only Ada, or a lead"),
        ((Noted("ada", ""),), "A note has 1 to"),
        ((Acknowledged("bo"), Noted("ada", "x")), "Bo took it over at"),
    ],
)
def test_what_is_refused_changes_nothing_and_says_why(events: tuple[Event, ...], words: str) -> None:
    before, turn = play(*events[:-1]).item, play(*events)
    assert turn.refused.startswith(words) and turn.item == before
    assert (turn.actions, turn.timers, turn.entries, turn.take_over) == ((), (), (), None)


def test_a_press_on_what_is_no_longer_the_outgoing_persons_ends_it_without_taking_it() -> None:
    turn = advance(play().item, Acknowledged("bo"), NOW, replace(DESK, holder="cy"))
    assert turn.take_over is None and (turn.item.state, turn.item.owner) == (ItemState.OVER, "cy")


def test_a_timer_of_somebody_asked_before_does_nothing() -> None:
    climbed = play(NotTaken("bo")).item  # Cy is asked at 16:20
    early = advance(climbed, CLIMB, NOW + timedelta(minutes=25), DESK)
    assert early.item == climbed and early.actions == ()


def test_a_reminder_is_one_message_for_a_packet() -> None:
    keys = set()
    for handoff in ("h1", "h2"):
        made = advance(replace(NEW, handoff=handoff), Made(), NOW, DESK).item
        [action] = advance(made, REMINDER, NOW + timedelta(minutes=10), DESK).actions
        assert action.kind is ActionKind.TELL and action.data["agent"] == "bo"
        keys.add(action.key)
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("at", "away", "without", "rung", "agent"),
    [
        (NOW, (), (), Rung.NEXT, "bo"),
        (NOW - timedelta(minutes=45), (), (), Rung.NEXT, "bo"),  # begins within the hour
        (NOW - timedelta(hours=2), (), (), Rung.WATCH, "cy"),
        (NOW, ("bo",), (), Rung.WATCH, "cy"),
        (NOW, ("bo", "cy"), (), Rung.LEAD, "lena"),
        (NOW, (), ("bo", "cy", "lena"), Rung.LEAD, ""),
    ],
)
def test_who_is_asked(at: datetime, away: tuple[str, ...], without: tuple[str, ...], rung: Rung, agent: str) -> None:
    left = tuple(one for one in ROSTER.agents if one.id not in without)
    desk = ShiftDesk(replace(ROSTER, agents=left), POLICY, "ada", dict.fromkeys(away, "away"))
    found = ask("billing", "zendesk", ("ada",), Rung.NEXT, at, desk)
    assert (found.rung, found.agent) == (rung, agent)
    assert found.since >= at


def test_the_time_of_somebody_who_begins_later_counts_from_then() -> None:
    turn = play(at=NOW - timedelta(minutes=45))
    assert turn.timers[1].due_at == NOW + timedelta(minutes=20)


EVENTS = st.one_of(
    st.sampled_from([REMINDER, CLIMB]),
    st.builds(Acknowledged, st.sampled_from(["ada", "bo", "cy", "lena", "zoe", "?"])),
    st.builds(NotTaken, st.sampled_from(["ada", "bo", "cy", "lena", "zoe"])),
    st.builds(Noted, st.sampled_from(["ada", "bo"]), st.sampled_from(["", "a note"]), st.booleans()),
    st.builds(Left, st.sampled_from(["", "cy", "bo"]), st.just("it went on")),
)


@given(
    st.lists(st.tuples(EVENTS, st.integers(0, 40), st.sampled_from(["ada", "ada", "ada", "cy", ""])), max_size=14),
    st.sets(st.sampled_from(["bo", "cy", "lena"])),
)
def test_an_item_always_has_an_owner_and_ends(steps: list[tuple[Event, int, str]], gone: set[str]) -> None:
    left = tuple(agent for agent in ROSTER.agents if agent.id not in gone)
    desk = ShiftDesk(replace(ROSTER, agents=left), POLICY, "ada")
    turn, now, keys, took = advance(NEW, Made(), NOW, desk), NOW, list[str](), 0
    known = {"ada", "bo", "cy", "lena", "zoe"}

    def checked(before: Item, turn: Turn) -> Item:
        nonlocal took
        item = turn.item
        assert item.owner in known
        assert item.owner == "ada" or item.state.is_settled
        assert not before.state.is_settled or item == before, "what is settled stays settled"
        took += turn.take_over is not None
        assert (turn.take_over is not None) <= (item.state is ItemState.ACKNOWLEDGED)
        keys.extend(action.key for action in turn.actions)
        return item

    item = checked(NEW, turn)
    for event, minutes, holder in steps:
        now += timedelta(minutes=minutes)
        item = checked(item, advance(item, event, now, replace(desk, holder="ada" if item.state.is_settled else holder)))
    for _ in range(3):  # nobody does anything any more: the clocks bring it to its end
        now += POLICY.climb_after
        item = checked(item, advance(item, CLIMB, now, desk))
    assert item.state is not ItemState.OPEN
    assert took <= 1 and (took == 1) == (item.state is ItemState.ACKNOWLEDGED)
    assert len(keys) == len(set(keys)), "nothing twice"
    assert len(item.tried) == len(set(item.tried))


# --- when a shift ends ---

ADA = next(agent for agent in ROSTER.agents if agent.id == "ada")
BREAKS = timedelta(minutes=90)


def test_a_stretch_goes_over_a_break() -> None:
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert stretch(ADA, at, BREAKS) == (at, NOW)
    assert stretch(ADA, at, timedelta(minutes=30)) == (at, datetime(2026, 3, 2, 11, tzinfo=UTC))
    assert stretch(ADA, NOW, BREAKS) == (datetime(2026, 3, 3, 8, tzinfo=UTC), datetime(2026, 3, 3, 16, tzinfo=UTC))


def test_whoever_has_no_shifts_has_none_that_ends() -> None:
    assert stretch(Agent("x", "X"), NOW, BREAKS) is None
    always = replace(ADA, shifts=(Shift(ALL_WEEK, time(0), time(0)),))
    assert stretch(always, NOW, BREAKS) is None


@pytest.mark.parametrize(
    ("known", "at", "ended"),
    [
        ((NOW - timedelta(hours=8), NOW), NOW, True),
        ((NOW - timedelta(hours=8), NOW), NOW - timedelta(seconds=1), False),
        ((NOW - timedelta(hours=8), NOW), NOW + timedelta(hours=5), True),
        ((NOW - timedelta(hours=8), NOW), NOW + timedelta(hours=17), False),  # at work again
        ((NOW - timedelta(hours=1), NOW + timedelta(hours=3)), NOW + timedelta(hours=1), True),  # the roster ended it
        ((NOW + timedelta(hours=1), NOW + timedelta(hours=3)), NOW, False),  # it never began
    ],
)
def test_whether_a_shift_has_ended(known: tuple[datetime, datetime], at: datetime, ended: bool) -> None:
    coming = shift_end(ADA, at, BREAKS, 1)
    assert has_ended(ShiftEnd("ada", *known), coming, at, BREAKS) is ended


# --- promises ---


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hi Kim. I will get back to you by 5 pm. Thanks for waiting.", ["I will get back to you by 5 pm."]),
        ("We'll send the invoice tomorrow.", ["We'll send the invoice tomorrow."]),
        ("I'll update you by 17:00 CET.", ["I'll update you by 17:00 CET."]),
        ("You will have the refund within 3 business days.", ["You will have the refund within 3 business days."]),
        ("Ich melde mich bis morgen 12 Uhr bei Ihnen.", ["Ich melde mich bis morgen 12 Uhr bei Ihnen."]),
        ("Wir schicken Ihnen die Rechnung bis Freitag.", ["Wir schicken Ihnen die Rechnung bis Freitag."]),
        ("Je vous rappelle demain matin.", ["Je vous rappelle demain matin."]),
        ("Nous vous enverrons le remboursement sous 3 jours.", ["Nous vous enverrons le remboursement sous 3 jours."]),
        ("Le responderé mañana.", ["Le responderé mañana."]),
        ("Vamos a enviar el paquete el lunes.", ["Vamos a enviar el paquete el lunes."]),
        ("I will look into it.", []),
        ("If you send me the log I will check it today.", []),
        ("Will I hear from you tomorrow?", []),
        ("I can't promise that we will ship by Friday.", []),
        ("I have sent it today.", []),
    ],
)
def test_promises(text: str, found: list[str]) -> None:
    ada = Person("1", "Ada", role=Role.AGENT)
    assert [one.text for one in promised(Ticket("z", "1", messages=(Message("m1", ada, text),)))] == found


def test_only_what_our_side_told_the_customer_is_a_promise() -> None:
    text = "I will get back to you tomorrow."
    kim, bot = Person("c", "Kim", role=Role.CUSTOMER), Person("b", "Bot", role=Role.BOT)
    ada = Person("1", "Ada", role=Role.AGENT)
    thread = (Message("a", kim, text), Message("b", bot, text), Message("c", ada, text, public=False), Message("d", ada, text))
    assert [one.message for one in promised(Ticket("z", "1", requester=kim, messages=thread))] == ["d"]
