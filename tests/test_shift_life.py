"""A shift's end over the real store: its minute, its packet, what is pressed, climbs, restarts, clock changes, rosters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from config.roster import load_roster
from escalation.events import AssignedInHelpdesk, Return
from escalation.roster import Absence
from escalation.shift import Acknowledged, ItemState, Noted, NotTaken
from escalation.shift_work import Shifts
from escalation.ticket import Message, Status
from store.queries import Page
from store.shifts import packets
from tests.shift_world import ADA, PEOPLE, PROMISE, RULES, World, moment


@pytest.fixture
def world(db: Engine) -> World:
    """A Monday in March, 15:30 in Stockholm; Ada works until 17:00, which is 16:00 UTC."""
    made = World(db, moment(2, 14, 30))
    made.tick()
    return made


def test_at_the_shifts_end_to_the_minute_the_next_one_is_asked(world: World) -> None:
    promised = Message("p1", ADA, PROMISE, at=world.now)
    first, second = world.taken("1", "ada", promised), world.taken("2")
    world.at(15, 59, 59)
    assert world.packets() == []
    world.at(16)
    [packet] = world.packets()
    assert (packet.outgoing, packet.at, packet.waiting) == ("ada", moment(2, 16), 2)
    assert {line.item.handoff: (line.item.asked, line.item.owner) for line in packet.lines} == {
        first: ("bo", "ada"),
        second: ("bo", "ada"),
    }
    [promise] = next(line.item.promises for line in packet.lines if line.item.handoff == first)
    assert (promise.text, promise.message) == ("I will send you the corrected invoice tomorrow.", "p1")
    [card] = world.chat.shown("U102")
    assert card.title == "Shift handover from Ada" and len(card.rows) == 2 and all(row.can_take for row in card.rows)
    assert [line.text for line in card.rows[0].lines] == ["I will send you the corrected invoice tomorrow."]
    assert card.page_url == f"https://baton.example/shifts/{packet.id}"
    assert world.holder(first) == "ada", "until Bo acknowledges it is Ada's"


def test_acknowledging_transfers_writes_back_and_says_from_whom(world: World) -> None:
    first, second = world.taken("1"), world.taken("2")
    world.at(16)
    [packet] = world.packets()
    told = world.shifts.answer(packet.id, first, Acknowledged("bo"), world.now)
    assert told.ok and told.text == "Taken over at shift change from Ada by Bo (Slack)" and told.holder == "bo"
    world.perform()
    assert (world.holder(first), world.holder(second)) == ("bo", "ada")
    assert world.timeline(first, "taken_over") == [told.text]
    agents = world.column(
        "SELECT data->'write'->>'agent_id' FROM actions WHERE kind = 'write' AND handoff_id = :h ORDER BY id", h=first
    )
    assert agents == ["1", "2"], "the ticket is assigned to Bo in the helpdesk"
    loads = world.pipeline.journal.loads(["ada", "bo"])
    assert (loads["ada"].open_handoffs, loads["bo"].open_handoffs) == (1, 1)
    [card] = world.chat.shown("U102")
    assert [(row.handoff, row.can_take) for row in card.rows] == [(second, True), (first, False)], "nothing stale is pressable"
    again = world.shifts.answer(packet.id, first, Acknowledged("bo"), world.now)
    assert not again.ok and again.text == "You have taken this one over already."
    late = world.shifts.answer(packet.id, first, Acknowledged("cy"), world.now)
    assert not late.ok and "Bo took it over" in late.text and late.holder == "bo"


def test_what_nobody_acknowledges_climbs_and_keeps_its_owner(world: World) -> None:
    handoff = world.taken("1")
    world.at(16)
    world.at(16, 9)
    assert world.chat.told == []
    world.at(16, 10)
    assert [to for to, _ in world.chat.told] == ["U102"]
    world.at(16, 20)
    [line] = world.packets()[0].lines
    assert (line.item.asked, line.item.owner, line.item.state) == ("cy", "ada", ItemState.OPEN)
    assert len(world.chat.shown("U103")) == 1
    world.at(16, 40)
    [line] = world.packets()[0].lines
    assert (line.item.asked, line.item.owner, line.item.state) == ("lena", "ada", ItemState.WITH_LEAD)
    assert world.holder(handoff) == "ada" and len(world.chat.shown("U104")) == 1
    told = len(world.chat.told)
    world.at(18)
    assert len(world.chat.told) == told and world.timeline(handoff, "shift_climbed") == [
        "Bo did not acknowledge it in 20 min",
        "Cy did not acknowledge it in 20 min",
    ]
    assert world.shifts.answer(line.item.packet, handoff, Acknowledged("lena"), world.now).ok
    assert world.holder(handoff) == "lena"


def test_declining_climbs_at_once(world: World) -> None:
    handoff = world.taken("1")
    world.at(16)
    [packet] = world.packets()
    stranger = world.shifts.answer(packet.id, handoff, Acknowledged("zoe"), world.now)
    assert not stranger.ok and stranger.text.startswith("Only people of Billing")
    assert not world.shifts.answer(packet.id, handoff, Acknowledged("ada"), world.now).ok
    assert not world.shifts.answer(packet.id, handoff, NotTaken("zoe"), world.now).ok
    assert world.shifts.answer(packet.id, handoff, NotTaken("bo", "busy"), world.now).ok
    world.perform()
    [line] = world.packets()[0].lines
    assert line.item.asked == "cy" and world.timeline(handoff, "shift_declined") == ["Bo cannot take it over: busy (Slack)"]
    [card] = world.chat.shown("U102")
    assert (card.rows[0].can_take, card.rows[0].can_decline) == (True, False)


def test_a_packet_is_made_once_over_restarts_and_a_worker_that_was_away(world: World) -> None:
    world.taken("1")
    world.at(16)
    for _ in range(3):
        world.restart()
        world.tick()
    assert len(world.packets()) == 1 and len(world.chat.cards) == 1
    world.at(15, day=5)  # three days later, in Ada's shift: nobody has to take over any more
    assert len(world.packets()) == 1
    world.at(17, 30, day=5)  # an hour and a half late
    packets = world.packets()
    assert [packet.at for packet in packets] == [moment(2, 16), moment(5, 16)]
    assert [line.item.state for line in packets[0].lines] == [ItemState.OVER], "what rested with the lead goes on in the new one"


def test_a_crash_between_the_items_and_the_messages_is_mended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.taken("1")
    world.taken("2")

    def crash(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(Shifts, "_show", crash)
    world.at(16)
    assert len(world.packets()) == 1 and not world.chat.cards
    monkeypatch.undo()
    world.at(16, 1)
    [card] = world.chat.shown("U102")
    assert len(card.rows) == 2 and len(world.packets()) == 1


@pytest.mark.parametrize(("month", "day", "hour"), [(3, 28, 16), (3, 29, 15), (10, 24, 15), (10, 25, 16)])
def test_the_end_follows_the_clocks_on_the_wall(db: Engine, month: int, day: int, hour: int) -> None:
    world = World(db, moment(day, 9, 0, month))
    world.tick()
    world.taken("1")
    world.at(hour - 1, 59, 59)
    assert world.packets() == []
    world.at(hour)
    assert [packet.at for packet in world.packets()] == [moment(day, hour, 0, month)]


def test_a_break_ends_no_shift_and_nothing_open_makes_no_packet(db: Engine) -> None:
    world = World(db, moment(2, 8, 30))
    world.tick()
    world.at(11, 30)  # 12:30 in Stockholm: lunch
    assert world.packets() == []
    world.at(16)
    assert world.packets() == []


def test_an_absence_entered_during_the_shift_ends_it(world: World) -> None:
    world.taken("1")
    away = tuple(
        replace(a, absences=(Absence(date(2026, 3, 2), date(2026, 3, 4), "ill"),)) if a.id == "ada" else a
        for a in world.roster.agents
    )
    world.roster = replace(world.roster, agents=away, version=2)
    world.at(14, 45)
    [packet] = world.packets()
    assert packet.outgoing == "ada" and packet.lines[0].item.asked == "cy", "Bo begins in more than an hour"


def test_a_longer_shift_moves_the_end(world: World) -> None:
    world.taken("1")
    world.roster = load_roster(PEOPLE.replace('start: "13:00", end: "17:00"', 'start: "13:00", end: "18:00"'), version=2)
    world.at(16, 30)
    assert world.packets() == []
    world.at(17)
    assert [packet.at for packet in world.packets()] == [moment(2, 17)]


def test_turned_off_it_comes_by_command_only(db: Engine) -> None:
    world = World(db, moment(2, 14), RULES.replace("{remind_after", "{enabled: false, remind_after"))
    world.tick()
    handoff = world.taken("1")
    world.at(16)
    assert world.packets() == []
    ada = world.roster.agent("ada")
    assert ada is not None
    handed = world.shifts.by_hand(ada, "ada", world.now)
    assert handed.items == 1 and handed.text == "1 open handoff of Ada handed over; asked to acknowledge: Bo."
    again = world.shifts.by_hand(ada, "ada", world.now + timedelta(seconds=5))
    assert again.packet == "" and "nothing open" in again.text
    assert [line.item.handoff for line in world.packets()[0].lines] == [handoff]


def test_handed_over_early_is_not_handed_over_again_at_the_end(world: World) -> None:
    world.at(15, 50)
    early, ada = world.taken("1"), world.roster.agent("ada")
    assert ada is not None and world.shifts.by_hand(ada, "ada", world.now).items == 1
    late = world.taken("2")
    world.at(16)
    assert [[line.item.handoff for line in packet.lines] for packet in world.packets()] == [[early], [late]]


@pytest.mark.parametrize("how", ["closed", "assigned", "returned"])
def test_a_handoff_that_leaves_by_another_way_is_over_in_its_packet(world: World, how: str) -> None:
    handoff = world.taken("1")
    world.at(16)
    [packet] = world.packets()
    if how == "closed":
        world.ticket("1", status=Status.SOLVED)
    elif how == "assigned":
        world.press(handoff, AssignedInHelpdesk("cy", "Cy", world.now))
    else:
        assert world.press(handoff, Return("ada", "the invoice number")).ok
    world.perform()
    [line] = world.packets()[0].lines
    assert line.item.state is ItemState.OVER and line.item.words.startswith("Nothing to take over any more")
    [card] = world.chat.shown("U102")
    assert not card.rows[0].can_take
    pressed = world.shifts.answer(packet.id, handoff, Acknowledged("bo"), world.now)
    assert not pressed.ok and pressed.text == line.item.words
    world.at(18)
    assert [said for _, said in world.chat.told if "the shift of" in said] == [], "nobody is reminded of what is over"


def test_notes_reach_the_page_and_the_message(world: World) -> None:
    handoff = world.taken("1")
    world.at(16)
    [packet] = world.packets()
    assert world.shifts.answer(packet.id, handoff, Noted("ada", "Kim is kind, call her."), world.now).ok
    assert not world.shifts.answer(packet.id, handoff, Noted("bo", "hello"), world.now).ok
    assert not world.shifts.answer(packet.id, handoff, Noted("ada", "x" * 1001), world.now).ok
    assert world.shifts.note(packet.id, Noted("ada", "A quiet day."), world.now).ok
    assert not world.shifts.note(packet.id, Noted("bo", "mine"), world.now).ok
    world.perform()
    [card] = world.chat.shown("U102")
    assert card.note == "A quiet day." and card.rows[0].lines[0].text == "Kim is kind, call her."
    with pytest.raises(LookupError):
        world.shifts.note("s_nope", Noted("ada", "x"), world.now)
    with pytest.raises(LookupError):
        world.shifts.answer("s_nope", handoff, Acknowledged("bo"), world.now)


def test_somebody_who_cannot_be_reached_is_named_in_the_teams_channel(world: World) -> None:
    world.taken("1")
    world.chat.unreachable = {"U102"}
    world.at(16)
    [card] = world.chat.shown("#billing")
    assert card.title == "Shift handover from Ada (for Bo)" and card.mention == "U102"


def test_lists_of_packets(world: World) -> None:
    handoff = world.taken("1")
    world.at(16)
    [row] = packets(world.db, Page(), "ada", waiting=True).items
    assert (row["items"], row["waiting"], row["outgoing"]) == (1, 1, "ada")
    world.shifts.answer(row["id"], handoff, Acknowledged("bo"), world.now)
    assert packets(world.db, Page(), waiting=True).items == [] and len(packets(world.db, Page()).items) == 1
    assert packets(world.db, Page(), "bo").items == []
