"""Where somebody's cards stand: a direct message, a thread of the team's channel, or both; with the play Slack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Engine

from config.playbook import Problems, load_roster
from escalation.actions import DOES, ActionKind, DeclineReason, Press
from escalation.events import Accept, Decline
from escalation.playbook import Level, Offering, Path
from escalation.ports import GiveUp, TryLater
from escalation.roster import Agent, Cards
from tests.floor import Floor
from tests.slack_play import Play, playing

ONE = Level("one")
NEXT = "SELECT id FROM actions WHERE state = 'planned' AND kind IN ('alert', 'update_alert', 'tell') ORDER BY id LIMIT 1"


@dataclass
class Room:
    """A floor whose chat is the play Slack, and a worker for cards."""

    floor: Floor
    play: Play

    def work(self) -> None:
        while rows := self.floor.rows(NEXT):
            task = self.floor.journal.begin(rows[0].id)
            assert task is not None
            self.floor.pipeline.perform(task)

    def stands(self) -> list[tuple[str, bool, str]]:
        """Every card: channel, whether in a thread, and what its state line says first."""
        cards = [m for m in self.play.messages() if m["metadata"]["event_payload"].get("offer")]
        return [(m["channel"], "thread_ts" in m, _state(m)) for m in cards]

    def first_lines(self) -> list[str]:
        return [m["text"] for m in self.play.messages() if not m["metadata"]["event_payload"].get("offer")]


def _state(message: dict[str, Any]) -> str:
    block = message["blocks"][1]
    text = block["text"]["text"] if "text" in block else block["elements"][0]["text"]
    return str(text).replace("*", "").split("?")[0].split(" at ")[0]


def person(number: int, cards: Cards, **more: Any) -> Agent:
    name = ("Ada", "Bo")[number]
    told: dict[str, Any] = {"slack_id": f"U10{number + 1}", "ids": {"zendesk": name}, "teams": ("care",), "cards": cards}
    return Agent(name.lower(), name, **(told | more))


@pytest.fixture
def play(empty_database: str) -> Iterator[Play]:
    with playing(empty_database) as made:
        yield made


@pytest.fixture
def rooms(db: Engine, play: Play) -> Iterator[list[Room]]:
    made: list[Room] = []
    yield made
    for room in made:
        room.floor.journal.close()


def room(
    db: Engine,
    play: Play,
    rooms: list[Room],
    *people: Agent,
    channel: str = "#care",
    first: Level = ONE,
    subject: str = "",
) -> Room:
    floor = Floor(db, Path("default", (first, Level("team", Offering.CHANNEL))), people)
    floor.roster = replace(floor.roster, teams=(replace(floor.roster.teams[0], channel=channel),))
    floor.pipeline = replace(floor.pipeline, chat=play.chat, page_url="https://baton.test")
    rooms.append(Room(floor, play))
    floor.webhook(
        "1", kind="created", status="open", priority="urgent", by="customer", **({"subject": subject} if subject else {})
    )
    return rooms[-1]


ASKED = "Ready for me to assign it to you"
PLACES: list[tuple[Cards, list[tuple[str, bool, str]]]] = [
    (Cards.DM, [("D101", False, ASKED)]),
    (Cards.THREAD, [("C5", True, f"<@U101> {ASKED}")]),
    (Cards.BOTH, [("D101", False, ASKED), ("C5", True, f"<@U101> {ASKED}")]),
]


@pytest.mark.parametrize(("cards", "stands"), PLACES, ids=[row[0].value for row in PLACES])
def test_where_a_card_stands_and_that_every_one_is_edited(
    db: Engine, play: Play, rooms: list[Room], cards: Cards, stands: list[tuple[str, bool, str]]
) -> None:
    here = room(db, play, rooms, person(0, cards))
    here.work()
    assert sorted(here.stands(), reverse=True) == stands
    assert len(here.first_lines()) == (cards is not Cards.DM)
    assert here.floor.press(here.floor.handoff_of("1"), Accept("ada")).ok
    here.work()
    assert {state for _, _, state in here.stands()} == {state.replace(ASKED, "Ada accepted") for _, _, state in stands}


def test_one_thread_per_handoff_in_which_each_is_named(db: Engine, play: Play, rooms: list[Room]) -> None:
    here = room(db, play, rooms, person(0, Cards.THREAD), person(1, Cards.THREAD))
    here.work()
    here.floor.press(here.floor.handoff_of("1"), Decline("ada", DeclineReason.BUSY))
    here.work()
    (first,) = here.first_lines()
    assert first.startswith("Handoff: ") and "/handoffs/" in first
    settled, live = (m for m in play.messages() if "thread_ts" in m)
    assert settled["thread_ts"] == live["thread_ts"]
    assert settled["blocks"][0]["type"] == "context" and live["blocks"][0]["text"]["text"].endswith("(for Bo)")
    assert play.press(live, Press.ACCEPT, "U102") and play.desk.answers[-1]["press"] is Press.ACCEPT


def test_an_unclear_try_leaves_one_card_in_the_thread(db: Engine, play: Play, rooms: list[Room]) -> None:
    here = room(db, play, rooms, person(0, Cards.THREAD))
    (row,) = here.floor.rows(NEXT)
    task = here.floor.journal.begin(row.id)
    assert task is not None
    here.floor.pipeline.perform(task)
    again = replace(task, look_first=True)
    here.floor.pipeline.failed(again, TryLater("cut off", unclear=True), final=False)
    here.floor.pipeline.perform(again)
    assert len(here.stands()) == 1 and len(here.first_lines()) == 1


@pytest.mark.parametrize("channel", ["#archived", "#nowhere"])
def test_where_the_channel_cannot_be_used_they_are_told_directly(db: Engine, play: Play, rooms: list[Room], channel: str) -> None:
    here = room(db, play, rooms, person(0, Cards.THREAD), channel=channel)
    here.work()
    assert [(where, thread) for where, thread, _ in here.stands()] == [("D101", False)]
    assert here.floor.press(here.floor.handoff_of("1"), Accept("ada")).ok
    here.work()
    assert "Ada accepted" in here.stands()[0][2]


def test_who_wants_both_has_the_one_that_works_and_the_other_is_set_aside(db: Engine, play: Play, rooms: list[Room]) -> None:
    here = room(db, play, rooms, person(0, Cards.BOTH), channel="#nowhere")
    with pytest.raises(GiveUp, match="no channel #nowhere"):
        here.work()
    assert [(where, thread) for where, thread, _ in here.stands()] == [("D101", False)]


def test_the_roster_says_where() -> None:
    text = "teams: {a: {name: A}}\nagents: {ada: {name: Ada, teams: [a], cards: %s}, bo: {name: Bo, teams: [a]}}\n"
    assert [agent.cards for agent in load_roster(text % "both").agents] == [Cards.BOTH, Cards.DM]
    with pytest.raises(Problems, match="cards"):
        load_roster(text % "mail")


@pytest.mark.parametrize(
    ("subject", "about"),
    [
        ("Charged twice", "“Charged twice”, ticket 1 (zendesk)"),
        ("Card 4111 1111 1111 1111 " + "refused " * 30, "“Card [card ending 1111] refused refused"),
        ("", "ticket 1 (zendesk)"),
    ],
    ids=["with a subject", "masked and cut", "without"],
)
def test_a_plain_message_says_which_ticket_it_is_about(
    db: Engine, play: Play, rooms: list[Room], subject: str, about: str
) -> None:
    here = room(db, play, rooms, person(0, Cards.DM), first=Level("one", tell_lead=True), subject=subject)
    here.work()
    (told,) = [m["blocks"][0]["text"]["text"] for m in play.messages() if not m["metadata"]["event_payload"].get("offer")]
    text, _, line = told.partition("\n")
    assert text == "Nobody has accepted this handoff yet. Please see that it finds an owner."
    assert line.startswith(about)
    assert line.endswith(f"ticket 1 (zendesk): https://baton.test/handoffs/{here.floor.handoff_of('1')}") and len(line) < 260


@pytest.mark.parametrize(("attempts", "tries"), [(1, "1 try"), (3, "3 tries")])
def test_what_is_set_aside_is_told_in_words_on_one_line(
    db: Engine, play: Play, rooms: list[Room], attempts: int, tries: str
) -> None:
    here = room(db, play, rooms, person(0, Cards.DM))
    assert here.floor.press(here.floor.handoff_of("1"), Accept("ada")).ok
    (row,) = here.floor.rows("SELECT id FROM actions WHERE kind = 'write'")
    task = here.floor.journal.begin(row.id)
    assert task is not None
    here.floor.pipeline.failed(replace(task, attempts=attempts), GiveUp("422: may not assign.\n"), final=True)
    (said,) = here.floor.rows("SELECT words FROM timeline WHERE kind = 'set_aside'")
    assert said.words == f"Set aside after {tries}: Change in the helpdesk: 422: may not assign"
    here.work()
    told = " ".join(m["blocks"][0]["text"]["text"] for m in play.messages() if not m["metadata"]["event_payload"].get("offer"))
    assert "could not be updated: 422: may not assign. Please do it by hand, then retry." in told


def test_every_kind_of_action_has_its_words() -> None:
    assert DOES.keys() == set(ActionKind)
