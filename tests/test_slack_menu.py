"""The menu of a card, its forms and the buttons for a verdict, over the wire: what is sent, what is asked, what is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from connectors.slack_blocks import MENU, MORE, blocks
from connectors.slack_forms import MOST_OPTIONS, Form, form, has_form
from escalation.actions import Press
from escalation.verdicts import WORDS, Verdict
from sandbox.slack_check import problems, view_problems
from tests.slack_play import Play, card, playing
from tests.test_slack_web import ADA, eventually, interaction, offered, submit, whispers
from web.slack_kit import Options, Reply

EVERYTHING = (Press.ACCEPT, Press.DECLINE, Press.ASK, Press.REASSIGN, Press.SNOOZE, Press.NEXT_LEVEL)
PEOPLE = (("bo", "Bo Tanaka"), ("team:care", "Team: Customer care"))
LONG = "h_" + "9" * 19, "h_" + "9" * 19 + ".9999"


@pytest.fixture
def play(empty_database: str) -> Iterator[Play]:
    with playing(empty_database) as running:
        yield running


CARDS = {
    "offered": card(presses=EVERYTHING, handoff_id=LONG[0], offer_id=LONG[1]),
    "held": card(presses=(Press.RETURN, Press.REASSIGN), handoff_id=LONG[0], offer_id=LONG[1]),
    "solved": card(presses=(Press.VERDICT,), live=False, verdict="ai", handoff_id=LONG[0], offer_id=LONG[1]),
}


@pytest.mark.parametrize("shown", CARDS)
def test_slacks_own_models_take_the_card(shown: str) -> None:
    made = blocks(CARDS[shown])
    assert problems(made) == []
    for block in Block.parse_all(made):
        block.validate_json()


def test_an_offer_has_two_large_buttons_and_the_rest_in_a_menu() -> None:
    [row] = [block for block in blocks(card(presses=EVERYTHING)) if block["type"] == "actions"]
    assert [(e["type"], e["action_id"]) for e in row["elements"]] == [
        ("button", "baton_accept"), ("button", "baton_decline"), ("button", "baton_open"), ("overflow", "baton_more"),
    ]  # fmt: skip
    assert [option["text"]["text"] for option in row["elements"][-1]["options"]] == list(MENU.values())


def test_whoever_has_it_sees_return_and_the_menu() -> None:
    [row] = [b for b in blocks(card(presses=(Press.RETURN, Press.REASSIGN), ticket_url="")) if b["type"] == "actions"]
    assert [e["action_id"] for e in row["elements"]] == ["baton_return", "baton_more"]


def test_after_solving_every_verdict_is_one_click_and_the_one_given_stands_out() -> None:
    made = blocks(card(presses=(Press.VERDICT,), live=False, verdict="wrong_team"))
    [row] = [block for block in made if block["type"] == "actions"]
    assert [(e["action_id"], e["text"]["text"]) for e in row["elements"]] == [
        (f"baton_verdict:{verdict}", words) for verdict, words in WORDS.items()
    ]
    assert [e["action_id"] for e in row["elements"] if e.get("style") == "primary"] == [f"baton_verdict:{Verdict.WRONG_TEAM}"]
    assert "Verdict: wrong team. Another press changes it." in json.dumps(made)


CHOICES = {"none": (), "few": PEOPLE, "too many": tuple((str(n), f"Agent {n} " + "x" * 90) for n in range(MOST_OPTIONS + 1))}


@pytest.mark.parametrize("press", [press for press in Press if has_form(press)])
@pytest.mark.parametrize("choices", CHOICES)
def test_every_form_is_one_slack_takes(press: Press, choices: str) -> None:
    made = form(press, Form(press.value, *LONG, "D101", "1.2"), CHOICES[choices])
    assert view_problems(made) == []
    View(**made).validate_json()


def form_of(play: Play, press: Press, options: Options) -> dict[str, Any]:
    """The form that pressing opens, with these to choose from."""
    play.desk.choosing = {press: options}
    play.press(offered(play), press)
    return dict(eventually(lambda: play.control("GET", "views"))[-1]["view"])


def test_handing_it_on_asks_who_and_why(play: Play) -> None:
    view = form_of(play, Press.REASSIGN, Options(PEOPLE))
    assert [option["value"] for option in view["blocks"][0]["element"]["options"]] == ["bo", "team:care"]
    assert submit(play, view, reason="bo", note=" ")["body"]["errors"] == {"note": "Please write a few words."}
    play.desk.reply = Reply(False, "Nobody like that.", "reason")
    assert submit(play, view, reason="bo", note="Knows her")["body"]["errors"] == {"reason": "Nobody like that."}
    play.desk.reply = Reply(True, "Ada handed it to Bo")
    assert submit(play, view, reason="bo", note="Knows her")["body"] is None
    answer = play.desk.answers[-1]
    assert (answer["press"], answer["reason"], answer["note"], answer["who"]) == (Press.REASSIGN, "bo", "Knows her", ADA)
    assert eventually(lambda: whispers(play)) == ["Ada handed it to Bo"]


def test_a_form_sent_after_it_has_moved_on_says_so_in_its_place(play: Play) -> None:
    view = form_of(play, Press.SNOOZE, Options((("5", "5 minutes more"),)))
    play.desk.reply = Reply(False, "You have put it off once already.")
    outcome = submit(play, view, reason="5")
    assert (play.desk.answers[-1]["reason"], play.desk.answers[-1]["note"]) == ("5", "")
    assert outcome["body"]["response_action"] == "update"


@pytest.mark.parametrize("press", [Press.REASSIGN, Press.SNOOZE])
def test_a_form_that_cannot_lead_anywhere_is_not_opened(play: Play, press: Press) -> None:
    play.desk.choosing = {press: Options(refused="The ticket is closed.")}
    play.press(offered(play), press)
    assert eventually(lambda: whispers(play)) == ["The ticket is closed."]
    assert play.control("GET", "views") == [] and play.desk.answers == []


def test_the_next_level_counts_at_once_with_its_own_key(play: Play) -> None:
    play.desk.reply = Reply(True, "Ada called the next level")
    outcome = play.press(offered(play, presses=EVERYTHING), Press.NEXT_LEVEL)
    assert (outcome["status"], outcome["body"]) == (200, None)
    [answer] = play.desk.answers
    assert (answer["press"], answer["handoff"], answer["offer"]) == (Press.NEXT_LEVEL, "h-1", "o-1")
    assert eventually(lambda: whispers(play)) == ["Ada called the next level"]
    assert interaction(play, outcome["sent"]).status_code == 200
    assert play.desk.answers[1]["key"] == answer["key"], "the same delivery twice"


def test_a_verdict_is_one_press(play: Play) -> None:
    message = offered(play, presses=(Press.VERDICT,), live=False)
    play.desk.reply = Reply(True, "Kept: AI should handle this.")
    where = {"channel": message["channel"], "ts": message["ts"], "user": "U101"}
    play.control("POST", "press", where | {"action_id": "baton_verdict:ai"})
    [answer] = play.desk.answers
    assert (answer["press"], answer["reason"], answer["handoff"]) == (Press.VERDICT, "ai", "h-1")
    assert eventually(lambda: whispers(play)) == ["Kept: AI should handle this."]


BAD = ["", "not json", "[]", "{}", '{"press": "baton_fire", "handoff": "h", "offer": "o"}', '{"press": "baton_ask"}', "7", "null"]


@pytest.mark.parametrize("value", BAD)
def test_a_choice_that_is_not_ours_changes_nothing(play: Play, value: str) -> None:
    sent = play.press(offered(play, presses=EVERYTHING), Press.NEXT_LEVEL)["sent"]
    play.desk.answers.clear()
    sent["actions"][0]["selected_option"]["value"] = value
    assert interaction(play, sent).status_code == 200
    assert eventually(lambda: [told for told in whispers(play) if "no longer valid" in told])
    assert play.desk.answers == []


def test_the_play_slack_refuses_a_choice_that_is_not_there(play: Play) -> None:
    message = offered(play)
    where = {"channel": message["channel"], "ts": message["ts"], "user": "U101", "action_id": MORE, "value": "x"}
    with pytest.raises(AssertionError, match="no_such_option"):
        play.control("POST", "press", where)
