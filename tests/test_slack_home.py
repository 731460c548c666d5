"""The Home tab, /away and /handoff: what they show, that Slack takes it, and what presses on them become."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from connectors import slack_handoff
from connectors.slack_blocks import blocks
from connectors.slack_handoff import Choices
from connectors.slack_home import MOST_ROWS, Home, Row, view
from escalation.actions import Card, Line, Press
from escalation.by_hand import ByHand
from escalation.playbook import Severity
from sandbox.slack_check import home_problems, problems, view_problems
from tests.slack_play import Play, playing
from tests.test_slack_blocks import HOSTILE, texts
from tests.test_slack_web import ADA, eventually, opened, submit, whispers
from web.slack_kit import Reply

LONG = [
    "x" * 10_000,
    "\U0001f600" * 5_000,
    "\u0645\u0631\u062d\u0628\u0627 \u202eabc " * 1_000,
    "<!channel> & <@U101> " * 500,
    "word " * 2_000,
    ":tada::" * 1_500,
]


@pytest.fixture
def play(empty_database: str) -> Iterator[Play]:
    with playing(empty_database) as running:
        yield running


def row(said: str = "Charged twice", **more: Any) -> Row:
    every = {"offer": "o-1", "presses": tuple(Press), "ticket_url": "https://acme.example/1", "page_url": "https://b.example/h"}
    return Row("h-1", said, said, (said, said, said, said), **(every | more))


def shown(made: dict[str, Any]) -> list[str]:
    return [text["text"] for text in texts(made)]


# --- what Slack takes ---


def taken_by_slack(made: dict[str, Any]) -> None:
    """slack_sdk's own models take a view, and nothing is lost on the way."""
    assert View(**made).to_dict() == made


@pytest.mark.slow
@pytest.mark.parametrize("said", [*HOSTILE, *LONG])
@pytest.mark.parametrize("count", [0, 1, 9, 60])
def test_every_tab_is_what_slack_takes(said: str, count: int) -> None:
    rows = tuple(row(said, late=n % 2 == 0) for n in range(count))
    made = view(Home(note=said, away=said, offers=rows, handoffs=rows, queue=rows, page_url="https://b.example/" + "p" * 2_500))
    assert home_problems(made) == []
    taken_by_slack(made)
    assert not any("<!" in text or "<@" in text for text in shown(made))
    assert len(made["blocks"]) <= 100 and len(json.dumps(made)) < 250_000


@pytest.mark.parametrize("said", [*HOSTILE, *LONG])
def test_every_form_is_what_slack_takes(said: str) -> None:
    about = json.dumps({"channel": "C1", "ts": ""})
    for teams in ([], [("billing", said)], [(f"t{n}", said) for n in range(150)]):
        made = slack_handoff.form(Choices(("zendesk",), teams), said, about)
        assert view_problems(made) == []
        taken_by_slack(made)
    taken_by_slack(view(Home(stranger=said)))


@pytest.mark.parametrize(
    ("least", "offered", "hint"),
    [
        (Severity.LOW, ["normal", "high", "critical"], "Rules may make it more urgent."),
        (Severity.NORMAL, ["normal", "high", "critical"], "Rules may make it more urgent."),
        (
            Severity.HIGH,
            ["high", "critical"],
            "is at least high. Others may",
        ),
        (
            Severity.CRITICAL,
            ["critical"],
            "is at least critical. Others may",
        ),
    ],
)
def test_a_form_offers_the_urgencies_that_have_an_effect(least: Severity, offered: list[str], hint: str) -> None:
    asked = slack_handoff.form(Choices(("zendesk",), (), least), "", "{}")["blocks"][-1]
    options = [one["value"] for one in asked["element"]["options"]]
    assert options == offered and hint in asked["hint"]["text"]


@pytest.mark.parametrize("said", LONG)
@pytest.mark.parametrize("live", [True, False])
def test_every_card_is_what_slack_takes(said: str, live: bool) -> None:
    lines = tuple(Line(said, said) for _ in range(30))
    parts = blocks(Card("h-1", "o-1", said, said, lines, lines, tuple(Press), "https://a.example/1", "https://b.example/1", live))
    assert problems(parts) == [] and len(parts) <= 50
    assert [block.to_dict() for block in Block.parse_all(parts)] == parts


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "modal"},
        {"title": {"type": "plain_text", "text": "Home"}},
        {"blocks": []},
        {"blocks": [{"type": "divider"}] * 101},
        {"private_metadata": "x" * 3001},
    ],
)
def test_the_play_slack_refuses_what_slack_refuses(wrong: dict[str, Any]) -> None:
    assert home_problems({"type": "home", "blocks": [{"type": "divider"}]}) == []
    assert home_problems({"type": "home", "blocks": [{"type": "divider"}]} | wrong) != []


# --- what stands there ---


def test_a_tab_with_nothing_says_so() -> None:
    words = (
        "Nothing is waiting for your answer.",
        "You have no open handoff.",
        "Nothing waits for your team.",
        "You are not away.",
    )
    assert set(words) <= set(shown(view(Home())))


def test_buttons_are_those_of_the_card() -> None:
    made = view(Home(offers=(row(presses=(Press.ACCEPT, Press.DECLINE)),)))
    accept, decline, ticket = next(b["elements"] for b in made["blocks"] if b["type"] == "actions" and len(b["elements"]) == 3)
    assert [b["action_id"] for b in (accept, decline, ticket)] == ["baton_accept", "baton_decline", "baton_open"]
    assert json.loads(accept["value"]) == {"handoff": "h-1", "offer": "o-1"}


@pytest.mark.parametrize(("away", "values"), [("", ["1h", "until tomorrow"]), ("away", ["1h", "until tomorrow", "back"])])
def test_being_back_is_offered_to_those_who_are_away(away: str, values: list[str]) -> None:
    [buttons] = [b["elements"] for b in view(Home(away=away))["blocks"] if b["type"] == "actions"]
    assert [button["value"] for button in buttons] == values


def test_more_than_a_screen_leads_to_the_page() -> None:
    made = view(Home(queue=tuple(row(f"Ticket {n}") for n in range(MOST_ROWS + 3)), page_url="https://b.example/handoffs"))
    assert "<https://b.example/handoffs|And 3 more, on the page>" in shown(made)


def test_a_stranger_gets_one_sentence() -> None:
    assert shown(view(Home(stranger="Ask an admin."))) == ["Ask an admin."]


# --- presses ---


def look(play: Play, user: str = "U101") -> dict[str, Any]:
    """Open the Home tab; what it shows."""
    assert play.control("POST", "home", {"user": user})["status"] == 200
    return dict(eventually(lambda: play.control("GET", f"home/{user}")))


def press(play: Play, action_id: str, text: str = "") -> dict[str, Any]:
    """Press a button on Ada's tab."""
    tab = look(play)
    for block in tab["blocks"]:
        for element in block.get("elements", ()):
            if element.get("action_id") == action_id and text in element["text"]["text"]:
                wanted = {"home": True, "user": "U101", "action_id": action_id, "block_id": block["block_id"]}
                return dict(play.control("POST", "press", wanted))
    raise AssertionError(f"no button {action_id} in {tab['blocks']}")


def noted(play: Play, words: str) -> bool:
    return words in [text["text"] for text in texts(play.control("GET", "home/U101"))]


def test_opening_the_tab_shows_it(play: Play) -> None:
    tab = look(play)
    assert "*Charged twice*\nWaits until 14:05" in [text["text"] for text in texts(tab)]
    assert eventually(lambda: play.calls("views.publish")) == 1


def test_accepting_on_the_tab_is_accepting(play: Play) -> None:
    play.desk.reply = Reply(False, "Bo Tanaka was quicker")
    sent = press(play, Press.ACCEPT)
    assert sent["status"] == 200
    [answer] = play.desk.answers
    assert (answer["press"], answer["handoff"], answer["offer"], answer["who"]) == (Press.ACCEPT, "h-1", "o-1", ADA)
    assert answer["key"] == f":baton_accept:U101:{sent['sent']['actions'][0]['action_ts']}"
    assert eventually(lambda: noted(play, "Bo Tanaka was quicker")), "told on the tab itself, which has no channel"
    assert whispers(play) == []


@pytest.mark.parametrize(("kind", "values"), [(Press.DECLINE, {"reason": "busy"}), (Press.RETURN, {"note": "the invoice"})])
def test_forms_opened_on_the_tab_lead_back_to_it(play: Play, kind: Press, values: dict[str, str]) -> None:
    press(play, kind)
    form = eventually(lambda: play.control("GET", "views"))[-1]["view"]
    play.desk.reply = Reply(True, "It goes to the next person")
    assert submit(play, form, **values)["status"] == 200
    assert [answer["press"] for answer in play.desk.answers] == [kind]
    assert eventually(lambda: noted(play, "It goes to the next person"))


def test_saying_away_on_the_tab(play: Play) -> None:
    press(play, "baton_away:0")
    assert play.desk.answers == [{"away": "1h", "who": ADA}]
    assert eventually(lambda: noted(play, "You are away (1h). You get no new offers."))
    play.desk.reply = Reply(False, "You are not on the roster.")
    press(play, "baton_away:1")
    assert eventually(lambda: noted(play, "You are not on the roster."))


def test_a_tab_that_cannot_be_shown_harms_no_press(play: Play) -> None:
    tab = look(play)
    play.control("PUT", "errors", {"views.publish": "not_enabled"})
    block = next(b["block_id"] for b in tab["blocks"] if b["type"] == "actions")
    wanted = {"home": True, "user": "U101", "action_id": "baton_away:1", "block_id": block}
    assert play.control("POST", "press", wanted)["status"] == 200
    assert play.desk.answers == [{"away": "until tomorrow", "who": ADA}]


def test_a_card_in_a_conversation_is_answered_there_and_not_on_the_tab(play: Play) -> None:
    play.desk.reply = Reply(True, "The sender is told")
    submit(play, opened(play, Press.DECLINE), reason="busy")
    assert eventually(lambda: whispers(play)) == ["The sender is told"]
    assert play.calls("views.publish") == 0


# --- commands ---


def say(play: Play, typed: str) -> None:
    play.control("POST", "say", {"channel": "C1", "user": "U101", "text": typed})


@pytest.mark.parametrize(("typed", "asked"), [("/away 2h lunch", "2h lunch"), ("/away", ""), ("/away back", "back")])
def test_away_as_a_command(play: Play, typed: str, asked: str) -> None:
    play.desk.reply = Reply(True, "<!channel> as you say")
    say(play, typed)
    assert play.desk.answers == [{"away": asked, "who": ADA}]
    assert whispers(play) == ["&lt;!channel&gt; as you say"]


def handoff_form(play: Play) -> dict[str, Any]:
    say(play, "/handoff 4711")
    return dict(eventually(lambda: play.control("GET", "views"))[-1]["view"])


FILLED = {"connection": "zendesk", "ticket": " 4711 ", "team": "care", "why": "a call back\nby six", "urgency": "high"}


def test_a_handoff_begun_by_hand(play: Play) -> None:
    form = handoff_form(play)
    given = {b["block_id"]: b["element"].get("initial_value") for b in form["blocks"]}
    assert given == {"connection": None, "ticket": "4711", "team": None, "why": None, "urgency": None}
    play.desk.reply = Reply(True, "Ticket 4711 goes to Care.")
    assert submit(play, form, **FILLED)["body"] is None
    assert play.desk.answers == [{"by_hand": ByHand("zendesk", "4711", "care", "a call back\nby six", "high"), "who": ADA}]
    assert eventually(lambda: whispers(play)) == ["Ticket 4711 goes to Care."]
    assert play.control("GET", "whispers")[0]["channel"] == "C1", "told where the command was typed"


@pytest.mark.parametrize(
    ("reply", "action"),
    [(Reply(False, "Not seen", "ticket"), {"errors": {"ticket": "Not seen"}}), (Reply(False, "No rule"), {})],
)
def test_what_is_wrong_is_told_in_the_form(play: Play, reply: Reply, action: dict[str, Any]) -> None:
    form = handoff_form(play)
    play.desk.reply = reply
    body = submit(play, form, **FILLED)["body"]
    assert body["response_action"] == ("errors" if action else "update") and body | action == body
    assert action or body["view"]["blocks"][0]["text"]["text"] == "No rule"


def test_a_form_that_cannot_open_is_told(play: Play) -> None:
    play.control("PUT", "errors", {"views.open": "expired_trigger_id"})
    say(play, "/handoff")
    [told] = eventually(lambda: whispers(play))
    assert told.startswith("The form could not be opened. Please try /handoff again.")
