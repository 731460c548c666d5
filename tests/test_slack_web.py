"""Requests from Slack: who may send them, what a press becomes, and that it counts before it is acknowledged."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from pydantic import SecretStr
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from config.connections import PLAY_SECRET
from connectors.slack_wire import sign, verify
from escalation.actions import Press
from escalation.ports import BadSignature
from tests.slack_play import Desk, Play, account, card, playing
from tests.support import shared
from web.slack import socket_mode
from web.slack_kit import Presser, Reply

ADA = Presser("U101", "Ada Lindqvist", "ada@example.com")
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def play(empty_database: str) -> Iterator[Play]:
    with playing(empty_database, signing_secrets=(SecretStr("the-new-one"), SecretStr(PLAY_SECRET))) as running:
        yield running


def eventually(what: Callable[[], Any]) -> Any:
    """The first true value of ``what``, which another thread is about to cause."""
    clock, pause = datetime.now(UTC) + timedelta(seconds=8), threading.Event()
    while not (seen := what()):
        assert datetime.now(UTC) < clock, "it never happened"
        pause.wait(0.02)
    return seen


def send(play: Play, path: str, body: bytes, headers: dict[str, str] | None = None) -> requests.Response:
    signed = sign(body, PLAY_SECRET, datetime.now(UTC)) | {"Content-Type": "application/x-www-form-urlencoded"}
    return requests.post(f"{play.url}/slack/{path}", body, headers=signed | (headers or {}), timeout=15)


def interaction(play: Play, payload: dict[str, Any]) -> requests.Response:
    return send(play, "interactions", urlencode({"payload": json.dumps(payload)}).encode())


def offered(play: Play, **changes: Any) -> dict[str, Any]:
    """A card that has been posted to Ada."""
    play.chat.post("U101", card(**changes), "key-1", look_first=False)
    return play.messages()[-1]


def opened(play: Play, press: Press) -> dict[str, Any]:
    """The form that pressing opens."""
    play.press(offered(play), press)
    kept = eventually(lambda: play.control("GET", "views"))[-1]
    return dict(kept["view"])


def submit(play: Play, view: dict[str, Any], **values: str) -> dict[str, Any]:
    return dict(play.control("POST", "submit", {"view_id": view["id"], "user": "U101", "values": values}))


def whispers(play: Play) -> list[str]:
    return [whisper["blocks"][0]["text"]["text"] for whisper in play.control("GET", "whispers")]


def test_a_signature_computed_elsewhere() -> None:
    """printf 'v0:1772445600:payload=…' | openssl dgst -sha256 -hmac s3cret"""
    made = sign(b"payload=%7B%22type%22%3A%22block_actions%22%7D", "s3cret", NOW)
    assert made == {
        "X-Slack-Request-Timestamp": "1772445600",
        "X-Slack-Signature": "v0=f4ac02593ed752b368222127390726ab3a63aa3aab1f7db01c49f430885c3211",
    }


def test_slacks_own_signature_vector() -> None:
    [vector] = json.loads(shared("fixtures/signature_vectors.json").read_text())["slack"]
    at = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
    headers = {"x-slack-request-timestamp": vector["timestamp"], "x-slack-signature": vector["expected"]}
    verify(headers, vector["body"].encode(), (vector["secret"],), at)
    assert sign(vector["body"].encode(), vector["secret"], at)["X-Slack-Signature"] == vector["expected"]


@pytest.mark.parametrize("seconds", [-300, 0, 300])
@pytest.mark.parametrize("body", [b"", b"payload=%7B%7D", "n\u00e4\u2603 \U0001f39f".encode(), b"\xff\x00"])
def test_what_we_sign_we_accept(body: bytes, seconds: int) -> None:
    headers = {name.lower(): value for name, value in sign(body, "s3cret", NOW + timedelta(seconds=seconds)).items()}
    verify(headers, body, ("other", "s3cret"), NOW)


GOOD = {name.lower(): value for name, value in sign(b"body", "s3cret", NOW).items()}


@pytest.mark.parametrize(
    ("headers", "body", "secrets", "words"),
    [
        (GOOD, b"bodY", ("s3cret",), "signature"),
        (GOOD, b"body", ("other",), "signature"),
        (GOOD, b"body", (), "signature"),
        (GOOD | {"x-slack-signature": ""}, b"body", ("s3cret",), "signature"),
        (GOOD | {"x-slack-signature": "v0=\xe4"}, b"body", ("s3cret",), "signature"),
        (GOOD | {"x-slack-request-timestamp": "soon"}, b"body", ("s3cret",), "time stamp"),
        (GOOD | {"x-slack-request-timestamp": "9" * 400}, b"body", ("s3cret",), "time stamp"),
        (GOOD | {"x-slack-request-timestamp": "99999999999"}, b"body", ("s3cret",), "time stamp"),
        (GOOD | {"x-slack-request-timestamp": "-1"}, b"body", ("s3cret",), "time stamp"),
        (GOOD | {"x-slack-request-timestamp": "17724456O0"}, b"body", ("s3cret",), "time stamp"),
        ({}, b"body", ("s3cret",), "time stamp"),
        (
            {n.lower(): v for n, v in sign(b"body", "s3cret", NOW - timedelta(seconds=301)).items()},
            b"body",
            ("s3cret",),
            "minutes",
        ),
        (
            {n.lower(): v for n, v in sign(b"body", "s3cret", NOW + timedelta(seconds=301)).items()},
            b"body",
            ("s3cret",),
            "minutes",
        ),
    ],
)
def test_what_is_not_signed_is_refused(headers: dict[str, str], body: bytes, secrets: tuple[str, ...], words: str) -> None:
    with pytest.raises(BadSignature, match=words) as refused:
        verify(headers, body, secrets, NOW)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("path", ["interactions", "commands", "events"])
@pytest.mark.parametrize("wrong", [{"X-Slack-Signature": "v0=00"}, {"X-Slack-Request-Timestamp": "soon"}])
def test_refused_with_401_and_not_logged(play: Play, path: str, wrong: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = send(play, path, b"payload=customer-words", wrong)
    assert answer.status_code == 401
    assert "customer-words" not in caplog.text
    assert play.desk.answers == []


@pytest.mark.parametrize("body", [b"payload=%7Bbroken", b"payload=[1]", b"payload=" + b"[" * 100_000, b"{broken"])
def test_signed_nonsense_is_400(play: Play, body: bytes) -> None:
    assert send(play, "interactions", body).status_code == 400


def test_a_huge_body_is_refused(play: Play) -> None:
    assert send(play, "interactions", b"x" * (1024 * 1024 + 1)).status_code == 413


def test_slack_may_check_the_address(play: Play) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c-1", "token": "x"}).encode()
    answer = send(play, "events", body, {"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (200, {"challenge": "c-1"})


@pytest.mark.parametrize("kind", ["app_home_opened", "message", "app_mention"])
def test_events_are_acknowledged(play: Play, kind: str) -> None:
    event = {"type": kind, "user": "U101", "text": "hello", "channel": "D101"}
    body = json.dumps({"type": "event_callback", "team_id": "T1", "event": event}).encode()
    assert send(play, "events", body, {"Content-Type": "application/json"}).status_code == 200


def test_accepting_is_recorded_with_everything(play: Play) -> None:
    message = offered(play)
    outcome = play.press(message, Press.ACCEPT)
    assert (outcome["status"], outcome["body"]) == (200, None)
    [answer] = play.desk.answers
    key = f"{message['ts']}:baton_accept:U101:{outcome['sent']['actions'][0]['action_ts']}"
    assert answer == {
        "press": Press.ACCEPT, "handoff": "h-1", "offer": "o-1", "who": ADA, "reason": "", "note": "", "key": key,
    }  # fmt: skip
    assert whispers(play) == []


def test_who_came_too_late_is_told_alone(play: Play) -> None:
    play.desk.reply = Reply(False, "Bo Tanaka <accepted> this a moment ago")
    play.press(offered(play), Press.ACCEPT)
    assert eventually(lambda: whispers(play)) == ["Bo Tanaka &lt;accepted&gt; this a moment ago"]
    assert play.control("GET", "whispers")[0]["to"] == "U101"


def test_a_whisper_finds_another_way_where_baton_is_no_member(play: Play) -> None:
    play.control("PUT", "errors", {"chat.postEphemeral": "not_in_channel"})
    play.desk.reply = Reply(True, "It is yours")
    play.press(offered(play), Press.ACCEPT)
    assert eventually(lambda: whispers(play)) == ["It is yours"]


def test_what_could_not_be_recorded_is_not_acknowledged(play: Play) -> None:
    play.desk.failure = ConnectionError("database away")
    assert play.press(offered(play), Press.ACCEPT)["status"] == 500


def test_the_same_delivery_twice_has_the_same_key_and_a_second_press_another(play: Play) -> None:
    message = offered(play)
    outcome = play.press(message, Press.ACCEPT)
    assert interaction(play, outcome["sent"]).status_code == 200
    play.press(message, Press.ACCEPT)
    first, again, second = (answer["key"] for answer in play.desk.answers)
    assert first == again != second


@pytest.mark.parametrize("fault", [{"rate_500": 1.0}, {"rate_timeout": 1.0, "timeout_s": 2.0}])
def test_a_press_counts_while_slack_is_down(play: Play, fault: dict[str, float]) -> None:
    message = offered(play)
    play.control("PUT", "faults", fault)
    before = datetime.now(UTC)
    assert play.press(message, Press.ACCEPT)["status"] == 200
    assert datetime.now(UTC) - before < timedelta(seconds=1.5)
    assert play.desk.answers[0]["who"] == Presser("U101", "ada", "")


def test_declining_asks_for_the_reason_first(play: Play) -> None:
    view = opened(play, Press.DECLINE)
    assert play.desk.answers == []
    outcome = submit(play, view, reason="wrong_skill", note="ask Chidi")
    assert (outcome["status"], outcome["body"]) == (200, None)
    [answer] = play.desk.answers
    assert (answer["press"], answer["reason"], answer["note"], answer["who"]) == (Press.DECLINE, "wrong_skill", "ask Chidi", ADA)
    assert answer["key"] == f"{view['id']}:baton_decline:U101"
    assert not play.control("GET", "views")[0]["open"]


@pytest.mark.parametrize("press", [Press.ASK, Press.RETURN])
def test_asking_and_returning_need_words(play: Play, press: Press) -> None:
    play.chat.post("U101", card(presses=(press,)), "key-1", look_first=False)
    play.press(play.messages()[-1], press)
    view = eventually(lambda: play.control("GET", "views"))[-1]["view"]
    refused = submit(play, view, note="   ")
    assert refused["body"] == {"response_action": "errors", "errors": {"note": "Please write a few words."}}
    play.desk.reply = Reply(True, "The sender has been told")
    submit(play, view, note="Which invoice?")
    [answer] = play.desk.answers
    assert (answer["press"], answer["note"], answer["reason"]) == (press, "Which invoice?", "")
    assert eventually(lambda: whispers(play)) == ["The sender has been told"]


def test_a_form_that_came_too_late_says_so_in_its_place(play: Play) -> None:
    view = opened(play, Press.DECLINE)
    play.desk.reply = Reply(False, "Bo Tanaka has it already")
    outcome = submit(play, view, reason="busy")
    assert outcome["body"]["response_action"] == "update"
    shown = play.control("GET", "views")[0]
    assert shown["open"] and shown["view"]["blocks"][0]["text"]["text"] == "Bo Tanaka has it already"


def test_a_form_that_cannot_open_is_explained(play: Play) -> None:
    play.control("PUT", "errors", {"views.open": "expired_trigger_id"})
    play.press(offered(play), Press.DECLINE)
    [told] = eventually(lambda: whispers(play))
    assert told.startswith("Nothing has changed") and "press the button again" in told
    assert play.desk.answers == []


@pytest.mark.parametrize("value", ["", "not json", "[]", "{}", '{"handoff": "h-1"}'])
@pytest.mark.parametrize("press", [Press.ACCEPT, Press.DECLINE])
def test_a_button_that_is_not_ours_changes_nothing(play: Play, press: Press, value: str) -> None:
    sent = play.press(offered(play), press)["sent"]
    play.desk.answers.clear()
    sent["actions"][0]["value"] = value
    assert interaction(play, sent).status_code == 200
    assert eventually(lambda: [told for told in whispers(play) if "no longer valid" in told])
    assert play.desk.answers == []


def test_following_a_link_is_acknowledged(play: Play) -> None:
    assert play.press(offered(play), Press.OPEN)["status"] == 200
    assert play.desk.answers == []


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("/baton who billing", "billing: Ada, then Bo"),
        ("/baton who handles API errors?", "API errors: Ada, then Bo"),
        ("/baton security", "security: Ada, then Bo"),
        ("/who billing dispute", "billing dispute: Ada, then Bo"),
        ("/who handles API errors?", "API errors: Ada, then Bo"),
        ("/who", "Ask who handles something: /who billing"),
        ("/who help", "Ask who handles something: /who billing"),
        ("/baton who", "Ask who handles something: /baton who billing"),
        ("/baton", "Ask who handles something: /baton who billing"),
        ("/baton help", "Ask who handles something: /baton who billing"),
    ],
)
def test_who_handles_it(play: Play, typed: str, told: str) -> None:
    play.control("POST", "say", {"channel": "C1", "user": "U102", "text": typed})
    assert whispers(play) == [told]


RECORDED = (
    "block_actions_message_button_1", "block_actions_message_button_5", "block_actions_view_button_1",
    "block_actions_nocontainer_button_1", "view_submission_1", "view_submission_2", "view_closed_1", "message_action_1",
    "shortcut_1",
)  # fmt: skip


@pytest.mark.parametrize("name", RECORDED)
def test_payloads_recorded_by_slack_are_acknowledged(play: Play, name: str) -> None:
    payload = json.loads(shared(f"fixtures/slack/java_sdk_tests/{name}.json").read_text())
    assert interaction(play, payload).status_code == 200
    assert play.desk.answers == []


class FakeSocket:
    """The connection as far as an answer needs it."""

    def __init__(self) -> None:
        self.logger = logging.getLogger("baton.test")
        self.answers: list[SocketModeResponse] = []

    def send_socket_mode_response(self, answer: SocketModeResponse) -> None:
        self.answers.append(answer)


@pytest.fixture
def socket(play: Play) -> Iterator[SocketModeHandler]:
    made = socket_mode(account(play.url, app_token=SecretStr("xapp-play")), play.desk)
    assert made is not None
    yield made
    made.close()  # type: ignore[no-untyped-call]


def test_a_press_through_socket_mode(play: Play, socket: SocketModeHandler) -> None:
    sent = play.press(offered(play), Press.ACCEPT)["sent"]
    fake = FakeSocket()
    socket.handle(fake, SocketModeRequest("interactive", "e-1", sent))  # type: ignore[arg-type]
    assert [answer.envelope_id for answer in fake.answers] == ["e-1"]
    over_http, over_socket = play.desk.answers
    assert over_http == over_socket


def test_no_socket_mode_without_an_app_token() -> None:
    assert socket_mode(account("http://127.0.0.1:1"), Desk()) is None
