"""A question goes to the sender, and so does what is returned: with a checklist; then it goes on and says what was missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from escalation.actions import Action, ActionKind, TimerKind
from escalation.conditions import Condition, Conditions
from escalation.events import Accept, Ask, Event, Filled, Fired, HumanReplied, NextLevel, Return, Start, TicketOver
from escalation.handoff import advance
from escalation.hop import Asking, Handoff, Step
from escalation.playbook import Level, Offering, Path, Playbook, Rule, Severity
from escalation.roster import Agent
from escalation.state_words import words_for
from tests.floor import Floor, people
from tests.test_filling import _internal
from tests.test_ladder import CHANNEL, LEAD, NOW, ONE, REACHED, ROSTER, agent, asked, desk_at, fresh, path

MINUTE = timedelta(minutes=1)
MISSING = "Which of the two charges? Send the receipt number."
SAM = replace(agent("sam"), name="Sam", slack_id="USAM")
FLOOR = replace(REACHED, agents=(*REACHED.agents, SAM))
BACK: list[Event] = [Accept("ada"), Return("ada", MISSING)]
WAITS = ["the sender, for what is missing"]


def play(*events: Event, sent_by: str = "sam", roster: object = FLOOR, urgent: bool = False, **more: object) -> Step:
    """A handoff sent by Sam, after events a minute apart: everything that was done on the way."""
    handoff: Handoff = replace(fresh(path(ONE, LEAD, CHANNEL)), sent_by=sent_by, **more)  # type: ignore[arg-type]
    asking = Asking(10 * MINUTE, "https://desk.test/7", urgent)
    step = Step(handoff)
    for number, event in enumerate((Start(), *events)):
        now = NOW + number * MINUTE
        desk = replace(desk_at(now, step.handoff, roster=roster), asking=asking)  # type: ignore[arg-type]
        after = advance(step.handoff, event, now, desk)
        step = after if after.refused else step.then(after)
    return step


def told(step: Step) -> list[tuple[str, str]]:
    """Whom a plain message goes to, and what it says."""
    return [(str(a.data["agent"] or a.data["channel"]), str(a.data["text"])) for a in step.actions if _is_tell(a)]


def _is_tell(action: Action) -> bool:
    return action.kind is ActionKind.TELL


def test_what_is_returned_waits_for_its_sender_who_gets_a_checklist() -> None:
    step = play(*BACK)
    assert asked(step) == WAITS
    assert told(step) == [
        (
            "sam",
            "Ticket 7 (zendesk), which you handed over, was returned by Ada. Missing:\n- Which of the two charges?\n"
            "- Send the receipt number.\nPlease answer in an internal note on the ticket https://desk.test/7. "
            "At 09:12 UTC it is offered to the next person as it is, and says what is missing.",
        )
    ]
    assert (step.timers[-1].kind, step.timers[-1].due_at) == (TimerKind.OFFER_EXPIRES, NOW + 12 * MINUTE)
    words = [entry.words for entry in step.entries if entry.kind == "asked_sender"]
    assert words == [f"Sam is asked for what is missing before anybody else is: {MISSING}"]


LATE = Fired(TimerKind.OFFER_EXPIRES, "h1.2")
ENDS: list[tuple[str, list[Event], list[str]]] = [  # what happens then → who is asked
    ("the sender has answered", [Filled("Sam has answered on the ticket")], ["bo"]),
    ("the time is over", [LATE], ["bo"]),
    ("the sender sends it on", [NextLevel("sam", 3)], ["bo"]),
    ("a lead does", [NextLevel("lena", 3)], ["bo"]),
    ("somebody takes it meanwhile", [Accept("bo")], []),
    ("the ticket is over meanwhile", [TicketOver("solved")], []),
]


@pytest.mark.parametrize(("events", "then"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_how_the_wait_ends(events: list[Event], then: list[str]) -> None:
    assert asked(play(*BACK, *events)) == then


AT_ONCE: list[tuple[str, dict[str, object], list[str]]] = [  # → who is told
    ("nobody sent it", {"sent_by": ""}, []),
    ("who sent it has left", {"sent_by": "gone"}, []),
    ("the chat has no way to them", {"sent_by": "lena", "roster": ROSTER}, []),
    ("they returned it themselves", {"sent_by": "ada"}, []),
    ("it is urgent", {"urgent": True}, ["sam"]),
]


@pytest.mark.parametrize(("how", "then"), [row[1:] for row in AT_ONCE], ids=[row[0] for row in AT_ONCE])
def test_where_nobody_is_waited_for_the_next_person_is_asked_at_once(how: dict[str, object], then: list[str]) -> None:
    step = play(*BACK, **how)  # type: ignore[arg-type]
    assert asked(step) == ["bo"]
    assert [who for who, _ in told(step)] == then
    assert all(words.endswith("It goes on meanwhile, and says what is missing.") for _, words in told(step))


def test_what_goes_round_in_circles_goes_to_the_lead_and_the_sender_knows() -> None:
    step = play(*BACK, hop_limit=1)
    assert asked(step) == ["lena"]
    assert [who for who, words in told(step) if "which you handed over" in words] == ["sam"]


@pytest.mark.parametrize("sent_by", ["sam", ""])
def test_the_next_card_says_what_was_missing(sent_by: str) -> None:
    handoff = play(*BACK, LATE, sent_by=sent_by).handoff
    offer = handoff.asked_now[0]
    assert words_for(handoff, offer, FLOOR).endswith(f"Before, Ada returned it: {MISSING}")
    room = play(*BACK, LATE, *(Fired(TimerKind.OFFER_EXPIRES, f"h1.{n}") for n in range(2, 12)), sent_by=sent_by).handoff
    assert [words_for(room, one, FLOOR).endswith(MISSING) for one in room.in_rooms] == [True]


def test_whoever_had_it_is_the_sender_of_what_they_hand_on() -> None:
    step = play(Accept("ada"), NextLevel("ada", 2))
    assert (step.handoff.sender, step.handoff.sent_by) == ("Ada", "ada")


ASKED: list[tuple[str, dict[str, object], str]] = [  # → who gets the question
    ("the sender", {}, "sam"),
    ("nobody sent it", {"sent_by": ""}, "#billing"),
    ("the chat has no way to them", {"sent_by": "lena", "roster": ROSTER}, "#billing"),
    ("they ask themselves", {"sent_by": "ada"}, "#billing"),
]


@pytest.mark.parametrize(("how", "to"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
@pytest.mark.parametrize("before", [[], [Accept("ada")], [Accept("ada"), HumanReplied("Ada", NOW + 2 * MINUTE)]])
def test_a_question_goes_to_the_sender_or_else_to_the_channel(before: list[Event], how: dict[str, object], to: str) -> None:
    step = play(*before, Ask("ada", "Which invoice?"), **how)  # type: ignore[arg-type]
    [(who, words)] = told(step)
    assert who == to and "Ada asks the sender: Which invoice?" in words
    assert (to == "sam") == words.endswith("\nPlease answer in an internal note on the ticket https://desk.test/7.")
    assert asked(step) == asked(play(*before, **how)), "it stays where it is"  # type: ignore[arg-type]


def test_nobody_is_asked_for_what_comes_from_them() -> None:
    assert asked(play(sent_by="ada")) == ["bo"]
    assert play(sent_by="ada").handoff.tried == {"ada": "it comes from them"}
    silent = [Fired(TimerKind.OFFER_EXPIRES, f"h1.{number}") for number in range(1, 12)]
    assert "ada" not in {offer.agent for offer in play(*silent, sent_by="ada").handoff.offers}, "on no level and no later pass"
    assert asked(play(sent_by="ada", first="ada")) == ["ada"], "but a reopened ticket is its owner's first"


# --- through the real store ---

NOTED = Rule("note", "An agent wrote #escalate", Conditions(all=(Condition("escalate_note.team", "present"),)))
URGENT = Rule("urgent", "Priority is urgent", Conditions(all=(Condition("priority", "becomes", "urgent"),)))


@pytest.fixture
def floor(db: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Floor]:
    way = Path("default", (Level("one"), Level("team", Offering.CHANNEL)))
    made = Floor(db, way, (*people(2), Agent("sam", "Sam", slack_id="USAM", ids={"zendesk": "sam"})))
    playbook = Playbook((NOTED, URGENT), {"default": way}, "care", version=1)
    made.pipeline = replace(made.pipeline, playbook=lambda: playbook)
    monkeypatch.setattr("tests.floor.Message", _internal)
    made.webhook("1", kind="created", status="open", by="customer", text="I was charged twice.")
    yield made
    made.journal.close()


def say(floor: Floor, by: str, text: str, **more: str) -> Handoff:
    floor.now += MINUTE
    floor.webhook("1", kind="updated", status="open", by=by, text=text, **more)
    return newest(floor)


def newest(floor: Floor) -> Handoff:
    shown = floor.journal.shown(floor.handoff_of("1"))
    assert shown is not None
    return shown.handoff


def press(floor: Floor, event: Event) -> Handoff:
    floor.now += MINUTE
    assert floor.press(newest(floor).id, event).ok
    return newest(floor)


def test_the_author_of_the_note_is_the_sender_and_is_asked_when_it_comes_back(floor: Floor) -> None:
    handoff = say(floor, "sam", "#escalate care please look")
    assert (handoff.sender, handoff.sent_by, handoff.owner) == ("sam", "sam", "sam")
    shown = floor.journal.shown(handoff.id)
    assert shown is not None and shown.escalation.package.sender == "sam"
    press(floor, Accept("a00"))
    handoff = press(floor, Return("a00", MISSING))
    assert [offer.everybody for offer in handoff.open_offers] == WAITS
    handoff = say(floor, "customer", "Hello?")
    assert [offer.everybody for offer in handoff.open_offers] == WAITS, "only the sender can say it"
    handoff = say(floor, "sam", "The second one, receipt 4711.")
    assert [offer.agent for offer in handoff.asked_now] == ["a01"]
    [filled] = floor.rows("SELECT words FROM timeline WHERE kind = 'filled'")
    assert filled.words == "Sam has answered on the ticket: it is offered"
    tells = floor.rows("SELECT data FROM actions WHERE kind = 'tell' ORDER BY id")
    assert [row.data["data"]["agent"] for row in tells] == ["sam"]


def test_a_question_asks_the_author_of_the_note(floor: Floor) -> None:
    say(floor, "sam", "#escalate care please look")
    press(floor, Ask("a00", "Which invoice?"))
    [row] = floor.rows("SELECT data FROM actions WHERE kind = 'tell'")
    assert row.data["data"]["agent"] == "sam" and "Which invoice?" in row.data["data"]["text"]


def test_where_a_rule_hands_over_whoever_has_the_ticket_is_the_sender(floor: Floor) -> None:
    handoff = say(floor, "customer", "Hello?", assignee="sam", priority="urgent")
    assert (handoff.sender, handoff.sent_by) == ("sam", "sam")


def test_what_became_urgent_does_not_wait_for_its_sender(floor: Floor) -> None:
    say(floor, "sam", "#escalate care please look")
    press(floor, Accept("a00"))
    say(floor, "customer", "Now!", priority="urgent")
    handoff = press(floor, Return("a00", MISSING))
    assert [offer.agent for offer in handoff.asked_now] == ["a01"]
    [row] = floor.rows("SELECT data FROM actions WHERE kind = 'tell'")
    assert row.data["data"]["agent"] == "sam"


def test_the_severity_counts_as_urgent_too(floor: Floor) -> None:
    rule = replace(NOTED, severity=Severity.CRITICAL)
    playbook = replace(floor.pipeline.playbook(), rules=(rule,))
    floor.pipeline = replace(floor.pipeline, playbook=lambda: playbook)
    say(floor, "sam", "#escalate care please look")
    press(floor, Accept("a00"))
    assert [offer.agent for offer in press(floor, Return("a00", MISSING)).asked_now] == ["a01"]
