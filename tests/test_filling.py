"""A human sender under the minimum is asked for what is missing before anybody is offered it; urgent ones go out saying so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from config.playbook import Problems, load_playbook
from escalation import by_hand
from escalation.actions import ActionKind, TimerKind
from escalation.by_hand import ByHand
from escalation.completeness import Needs
from escalation.conditions import Condition, Conditions
from escalation.events import Accept, Event, Filled, Fired, Gaps, NextLevel, Start, TicketOver
from escalation.handoff import advance
from escalation.hop import Step
from escalation.playbook import Level, Offering, Path, Playbook, Rule, Severity
from escalation.roster import Agent
from tests.floor import Floor, people
from tests.test_ladder import CHANNEL, NOW, ONE, asked, desk_at, fresh, path

MINUTE = timedelta(minutes=1)
GAPS = Gaps("sam", ("error", "environment"), "55 of 100, 70 are wanted", 10 * MINUTE, "https://desk.test/7")


def play(*events: Event) -> Step:
    """A handoff that began by asking its sender, after events a minute apart."""
    handoff = fresh(path(ONE, CHANNEL))
    step = advance(handoff, Start(GAPS), NOW, desk_at(NOW, handoff))
    for number, event in enumerate(events, 1):
        now = NOW + number * MINUTE
        after = advance(step.handoff, event, now, desk_at(now, step.handoff))
        step = after if after.refused else step.then(after)
    return step


def test_the_sender_is_asked_and_nobody_else() -> None:
    step = play()
    assert asked(step) == ["the sender, for what is missing"]
    ((tells,), (timer,)) = (step.actions, step.timers)
    assert (tells.kind, tells.data["agent"]) == (ActionKind.TELL, "sam")
    assert tells.data["text"] == (
        "You hand ticket 7 (zendesk) to Billing. Still missing: error, environment (55 of 100, 70 are wanted). Please add it in "
        "an internal note on the ticket https://desk.test/7. At 09:10 UTC it goes out as it is, and says what is missing."
    )
    assert (timer.kind, timer.due_at) == (TimerKind.OFFER_EXPIRES, NOW + 10 * MINUTE)


ENDS: list[tuple[str, list[Event], list[str], str]] = [  # what happened → who is asked now, and what the timeline says
    ("it is there", [Filled("What was missing is there")], ["ada"], "What was missing is there"),
    ("the time is over", [Fired(TimerKind.OFFER_EXPIRES, "h1.1")], ["ada"], "sam did not add it in 10 min: it goes out"),
    ("the sender sends it", [NextLevel("sam", 1)], ["ada"], "sam sent it out as it is (page)"),
    ("the lead does", [NextLevel("lena", 1)], ["ada"], "Lena sent it out as it is (page)"),
    ("said twice", [Filled("It is there"), Filled("It is there")], ["ada"], "It is there"),
    ("taken meanwhile", [Accept("bo")], [], ""),
    ("over meanwhile", [TicketOver("solved")], [], ""),
]  # fmt: skip


@pytest.mark.parametrize(("events", "now_asked", "words"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_how_the_wait_ends(events: list[Event], now_asked: list[str], words: str) -> None:
    step = play(*events)
    assert not step.refused and asked(step) == now_asked
    said = [entry.words for entry in step.entries if entry.kind == "filled"]
    assert len(said) == bool(words) and all(line.startswith(words) for line in said)


@pytest.mark.parametrize("press", [NextLevel("ada", 1), NextLevel("sam", 0)], ids=["by somebody else", "seen too long ago"])
def test_who_may_not_send_it_out(press: NextLevel) -> None:
    step = play(press)
    assert step.refused and step.handoff == play().handoff


# --- through the real store ---

NOTED = Rule("note", "An agent wrote #escalate", Conditions(all=(Condition("escalate_note.team", "present"),)), issue_type="bug")
BUG = {"bug": Needs({"error": 40, "environment": 40}, minimum=80, ask_for=20 * MINUTE)}
PLAYED = "It does not work."
TELLS = "Error ERR-5021, Chrome 126 on Windows 11, version 4.2.1"


@dataclass
class Desk:
    """A floor on which agents hand over by a note."""

    floor: Floor

    def say(self, by: str, text: str, **more: str) -> None:
        self.floor.now += MINUTE
        self.floor.webhook("1", kind="updated", status="open", by=by, text=text, **more)

    def asked(self) -> list[str]:
        shown = self.floor.journal.shown(self.floor.handoff_of("1"))
        return [offer.agent or offer.everybody for offer in shown.handoff.open_offers] if shown else []

    def said(self, kind: str) -> list[str]:
        return [row.words for row in self.floor.rows("SELECT words FROM timeline WHERE kind = :kind ORDER BY id", kind=kind)]


@pytest.fixture
def desks(db: Engine) -> Iterator[list[Desk]]:
    made: list[Desk] = []
    yield made
    for desk in made:
        desk.floor.journal.close()


def desk(db: Engine, desks: list[Desk], *, sender: str = "sam", **more: Any) -> Desk:
    way = Path("default", (Level("one"), Level("team", Offering.CHANNEL)))
    floor = Floor(db, way, (*people(2), Agent("sam", "Sam", ids={"zendesk": sender})))
    playbook = Playbook((replace(NOTED, **more),), {"default": way}, "care", version=1, completeness=BUG)
    floor.pipeline = replace(floor.pipeline, playbook=lambda: playbook)
    desks.append(Desk(floor))
    floor.webhook("1", kind="created", status="open", by="customer", text=PLAYED)
    return desks[-1]


def test_a_note_without_evidence_asks_its_author_and_the_next_note_sends_it_out(
    db: Engine, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = desk(db, desks)
    monkeypatch.setattr("tests.floor.Message", _internal)
    here.say("sam", "#escalate care please look")
    assert here.asked() == ["the sender, for what is missing"]
    (words,) = here.said("asked_sender")
    assert words.startswith("Sam is asked for what is missing before anybody is: ") and "error" in words
    (told,) = here.floor.rows("SELECT data FROM actions WHERE kind = 'tell'")
    assert told.data["data"]["agent"] == "sam" and "goes out as it is" in told.data["data"]["text"]
    here.say("sam", "hm")
    assert here.asked() == ["the sender, for what is missing"], "nothing was added"
    here.say("sam", TELLS)
    assert here.asked() == ["a00"]
    assert here.said("filled")[0].startswith("What was missing is there")


def test_what_no_note_can_fill_is_neither_asked_for_nor_waited_for(
    db: Engine, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account is gathered, and counts for 20 points of the minimum."""
    monkeypatch.setitem(BUG, "bug", Needs({"error": 40}, minimum=100))
    here = desk(db, desks)
    monkeypatch.setattr("tests.floor.Message", _internal)
    here.say("sam", "#escalate care please look")
    assert "before anybody is: error (" in here.said("asked_sender")[0]
    here.say("sam", "It is error ERR-5021")
    assert here.asked() == ["a00"]


def test_after_its_time_it_goes_out_as_it_is(db: Engine, desks: list[Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    here = desk(db, desks)
    monkeypatch.setattr("tests.floor.Message", _internal)
    here.say("sam", "#escalate care please look")
    here.floor.now += 21 * MINUTE
    here.floor.fire()
    assert here.asked() == ["a00"]
    assert here.said("filled") == ["Sam did not add it in 20 min: it goes out and says what is missing"]
    shown = here.floor.journal.shown(here.floor.handoff_of("1"))
    assert shown is not None and {"error", "environment"} <= {gap.field for gap in shown.escalation.package.missing}


def test_what_is_or_becomes_urgent_goes_out_saying_so(db: Engine, desks: list[Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    here = desk(db, desks, severity=Severity.CRITICAL)
    monkeypatch.setattr("tests.floor.Message", _internal)
    here.say("sam", "#escalate care please look")
    assert here.asked() == ["a00"]
    assert here.said("not_asked")[0].startswith("It is urgent, so it goes out without asking Sam for what is missing: ")
    later = desk(db, desks)
    later.floor.webhook("2", kind="created", status="open", by="customer", text=PLAYED)
    later.floor.webhook("2", kind="updated", by="sam", text="#escalate care please look")
    later.floor.now += MINUTE
    later.floor.webhook("2", kind="updated", priority="urgent", status="open")
    assert later.said("filled") == ["It became urgent: it goes out and says what is missing"]


@pytest.mark.parametrize(
    ("sender", "more"), [("nobody", {}), ("sam", {"issue_type": "billing"})], ids=["not on the roster", "no minimum"]
)
def test_where_nobody_can_be_asked_or_nothing_is_wanted_it_is_offered_at_once(
    db: Engine, desks: list[Desk], monkeypatch: pytest.MonkeyPatch, sender: str, more: dict[str, Any]
) -> None:
    here = desk(db, desks, sender=sender, **more)
    monkeypatch.setattr("tests.floor.Message", _internal)
    here.say("sam", "#escalate care please look")
    assert here.asked() == ["a00"]
    assert not here.said("asked_sender")


@pytest.mark.parametrize(("urgency", "now_asked"), [("normal", ["the sender, for what is missing"]), ("critical", ["a00"])])
def test_by_hand_in_slack_too(db: Engine, desks: list[Desk], urgency: str, now_asked: list[str]) -> None:
    here = desk(db, desks)
    sam = here.floor.roster.agent("sam")
    assert sam is not None
    assert by_hand.begin(here.floor.pipeline, ByHand("zendesk", "1", "care", "look", urgency), sam, here.floor.now).ok
    assert here.asked() == now_asked


def test_how_long_is_in_the_playbook() -> None:
    text = "paths: {default: {levels: [{name: a, offering: one}]}}\nrules: []\nissue_words: {bug: [bug]}\n"
    needs = load_playbook(text + "completeness: {bug: {minimum: 70, ask_for: 5m}, other: {minimum: 50}}\n").completeness
    assert (needs["bug"].ask_for, needs["other"].ask_for) == (5 * MINUTE, 10 * MINUTE)
    with pytest.raises(Problems, match="ask_for"):
        load_playbook(text + "completeness: {bug: {ask_for: soon}}\n")


def _internal(*args: Any, **more: Any) -> Any:
    """Agents' words on this floor are internal notes."""
    from escalation.ticket import Message, Role

    made = Message(*args, **more)
    return replace(made, public=made.author.role is not Role.AGENT)
