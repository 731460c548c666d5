"""SlackChat against the play Slack over real HTTP: posts, edits, look-ups, every error, and no second card."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask, Response
from pydantic import SecretStr
from werkzeug.serving import make_server

from connectors.slack import SlackChat
from escalation.ports import GiveUp, Posted, TryLater
from tests.slack_play import Play, account, card, playing


@pytest.fixture
def play(empty_database: str) -> Iterator[Play]:
    with playing(empty_database) as running:
        yield running


@pytest.mark.parametrize(
    ("to", "channel"),
    [("U101", "D101"), ("C2", "C2"), ("#billing", "C2"), ("billing", "C2"), ("", "C1"), ("D102", "D102")],
)
def test_a_card_goes_where_it_should(play: Play, to: str, channel: str) -> None:
    posted = play.chat.post(to, card(), "key-1", look_first=False)
    [message] = play.messages()
    assert (posted.channel, posted.ts) == (channel, message["ts"])
    assert message["channel"] == channel
    about = {"key": "key-1", "handoff": "h-1", "offer": "o-1"}
    assert message["metadata"] == {"event_type": "baton_card", "event_payload": about}
    assert message["blocks"][0]["text"]["text"] == "Charged twice for October"
    assert message["text"].startswith("Charged twice for October | Waiting")


def test_people_and_channel_names_are_asked_for_once(play: Play) -> None:
    chat = play.chat
    for number in range(3):
        chat.post("U101", card(), f"direct-{number}", look_first=False)
        chat.post("#billing", card(), f"named-{number}", look_first=True)
    assert (play.calls("conversations.open"), play.calls("conversations.list")) == (1, 1)


def test_nothing_in_a_message_is_parsed_or_unfurled(play: Play) -> None:
    play.chat.post("C1", card(), "key", look_first=False)
    sent = next(c["body"] for c in play.control("GET", "calls") if c["path"].endswith("chat.postMessage"))
    wanted = {"parse": "none", "link_names": False, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
    assert wanted.items() <= sent.items()


def test_a_text_is_told_as_it_is(play: Play) -> None:
    play.chat.tell("C1", "<!channel> *Mia* & Bo\nsecond line", "key", look_first=False)
    [message] = play.messages()
    assert message["text"] == "&lt;!channel&gt; ∗Mia∗ &amp; Bo second line"  # noqa: RUF001 - look-alikes
    shown = message["blocks"][0]["text"]
    assert (shown["type"], shown["text"]) == ("plain_text", "&lt;!channel&gt; *Mia* &amp; Bo\nsecond line")


def test_an_update_edits_the_card_and_keeps_its_key(play: Play) -> None:
    chat = play.chat
    posted = chat.post("U101", card(), "key-1", look_first=False)
    chat.update(posted, card(live=False, state="Accepted by Ada"))
    [message] = play.messages()
    assert (message["edits"], message["metadata"]["event_payload"]["key"]) == (1, "key-1")
    assert {block["type"] for block in message["blocks"]} == {"context"}
    assert message["history"][0]["blocks"][0]["type"] == "header"


def test_look_first_posts_what_is_not_there(play: Play) -> None:
    play.chat.post("U101", card(), "other", look_first=False)
    play.chat.post("U101", card(), "key-1", look_first=True)
    assert [m["metadata"]["event_payload"]["key"] for m in play.messages()] == ["other", "key-1"]


@pytest.mark.parametrize("to", ["U101", "C1", "#support-handoffs"])
def test_no_second_card_after_an_answer_was_lost(play: Play, to: str) -> None:
    chat = play.chat
    if to == "U101":
        chat.post(to, card(), "before", look_first=False)  # the direct channel is known: only the post is cut
    play.control("PUT", "faults", {"rate_drop_after_write": 1.0})
    with pytest.raises(TryLater) as lost:
        chat.post(to, card(), "key-1", look_first=False)
    play.control("PUT", "faults", {})
    assert lost.value.unclear
    found = play.chat.post(to, card(), "key-1", look_first=True)  # another process, which remembers nothing
    [message] = [m for m in play.messages() if m["metadata"]["event_payload"]["key"] == "key-1"]
    assert found == Posted(message["channel"], message["ts"])


def test_a_key_is_found_behind_many_messages(play: Play) -> None:
    posted = play.chat.tell("C3", "the first", "key-1", look_first=False)
    for number in range(205):
        play.state.put("slack", "message:C3", f"9999999999.{number:06d}", {"ts": f"9999999999.{number:06d}", "history": []})
    assert play.chat.tell("C3", "the first", "key-1", look_first=True) == posted
    assert play.calls("conversations.history") == 2


Do = Callable[[SlackChat], object]
POST: Do = lambda chat: chat.post("C1", card(), "k", look_first=False)  # noqa: E731 - a table of calls
UPDATE: Do = lambda chat: chat.update(Posted("C1", "1.000001"), card())  # noqa: E731
LOOK: Do = lambda chat: chat.post("C1", card(), "k", look_first=True)  # noqa: E731
DIRECT: Do = lambda chat: chat.post("U101", card(), "k", look_first=False)  # noqa: E731
PERSON: Do = lambda chat: chat.person("ada@example.com")  # noqa: E731

GIVE_UP = [
    ("chat.postMessage", POST, "channel_not_found", True, "mend the channel"),
    ("chat.postMessage", POST, "is_archived", True, "archived"),
    ("chat.postMessage", POST, "not_in_channel", False, "/invite @Baton"),
    ("chat.postMessage", POST, "invalid_auth", False, "SLACK_BOT_TOKEN"),
    ("chat.postMessage", POST, "account_inactive", False, "reinstall"),
    ("chat.postMessage", POST, "token_revoked", False, "reinstall"),
    ("chat.postMessage", POST, "missing_scope", False, "lacks the scope"),
    ("chat.postMessage", POST, "messages_tab_disabled", False, "App Home"),
    ("chat.postMessage", POST, "restricted_action", False, "admin"),
    ("chat.postMessage", POST, "invalid_blocks", False, "refused"),
    ("chat.postMessage", POST, "something_new", False, "something_new"),
    ("chat.update", UPDATE, "message_not_found", True, "deleted"),
    ("chat.update", UPDATE, "cant_update_message", True, "edited"),
    ("chat.update", UPDATE, "edit_window_closed", True, "too old"),
    ("conversations.history", LOOK, "not_in_channel", False, "/invite @Baton"),
    ("conversations.open", DIRECT, "user_not_found", True, "roster"),
    ("conversations.open", DIRECT, "user_disabled", True, "deactivated"),
    ("conversations.open", DIRECT, "cannot_dm_bot", False, "bot"),
    ("users.lookupByEmail", PERSON, "users_not_found", True, "roster"),
    ("users.lookupByEmail", PERSON, "missing_scope", False, "lacks the scope"),
]
TRY_LATER = [
    ("chat.postMessage", POST, "ratelimited", False),
    ("chat.postMessage", POST, "rate_limited", False),
    ("chat.postMessage", POST, "request_timeout", False),
    ("chat.postMessage", POST, "internal_error", True),
    ("chat.postMessage", POST, "fatal_error", True),
    ("chat.postMessage", POST, "service_unavailable", True),
    ("chat.update", UPDATE, "internal_error", False),
    ("conversations.history", LOOK, "fatal_error", False),
    ("conversations.open", DIRECT, "internal_error", False),
    ("users.lookupByEmail", PERSON, "internal_error", False),
]


@pytest.mark.parametrize(("method", "do", "code", "gone", "words"), GIVE_UP)
def test_errors_a_person_must_mend(play: Play, method: str, do: Do, code: str, gone: bool, words: str) -> None:
    play.control("PUT", "errors", {method: code})
    with pytest.raises(GiveUp, match=words) as refused:
        do(play.chat)
    assert refused.value.gone is gone
    assert play.messages() == []


@pytest.mark.parametrize(("method", "do", "code", "unclear"), TRY_LATER)
def test_errors_that_pass(play: Play, method: str, do: Do, code: str, unclear: bool) -> None:
    play.control("PUT", "errors", {method: code})
    with pytest.raises(TryLater) as later:
        do(play.chat)
    assert later.value.unclear is unclear


@pytest.mark.parametrize(
    ("do", "faults", "unclear", "wait"),
    [
        (POST, {"rate_429": 1.0, "retry_after_s": 7}, False, timedelta(seconds=7)),
        (UPDATE, {"rate_429": 1.0, "retry_after_s": 30}, False, timedelta(seconds=30)),
        (POST, {"rate_500": 1.0}, True, None),
        (UPDATE, {"rate_500": 1.0}, False, None),
        (PERSON, {"rate_500": 1.0}, False, None),
        (POST, {"rate_timeout": 1.0, "timeout_s": 0.5}, True, None),
        (UPDATE, {"rate_timeout": 1.0, "timeout_s": 0.5}, False, None),
        (POST, {"rate_drop_after_write": 1.0}, True, None),
    ],
)
def test_faults_on_the_way(play: Play, do: Do, faults: dict[str, float], unclear: bool, wait: timedelta | None) -> None:
    play.control("PUT", "faults", faults)
    with pytest.raises(TryLater) as later:
        do(SlackChat(play.account, timeout_s=0.2))
    assert (later.value.unclear, later.value.wait) == (unclear, wait)
    assert play.calls("chat.postMessage") <= 1  # never repeated in here


def test_nobody_listening_means_nothing_was_posted() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = account(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(TryLater) as later:
            SlackChat(closed).post("C1", card(), "k", look_first=False)
    assert not later.value.unclear


@contextmanager
def answering(body: str, status: int) -> Iterator[str]:
    """A server that is not Slack's and answers everything the same."""
    app = Flask("not slack")
    app.add_url_rule("/<path:any>", "any", lambda any: Response(body, status, content_type="text/html"), methods=["POST"])
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/some/prefix"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("body", "status", "error", "unclear"),
    [
        ("<html>sign in</html>", 200, TryLater, True),
        ("[1]", 200, TryLater, True),
        ('"text"', 200, TryLater, True),
        ("null", 200, TryLater, True),
        ("", 200, TryLater, True),
        ("<html>nginx</html>", 404, GiveUp, None),
        ("<html>nginx</html>", 502, TryLater, True),
        ('{"ok": false, "error": "invalid_auth"}', 403, GiveUp, None),
    ],
)
def test_what_is_not_slack(body: str, status: int, error: type[Exception], unclear: bool | None) -> None:
    with answering(body, status) as url, pytest.raises(error) as raised:
        SlackChat(account(url)).post("C1", card(), "k", look_first=False)
    assert getattr(raised.value, "unclear", None) is unclear


def test_errors_never_tell_the_token(play: Play) -> None:
    chat = SlackChat(account(play.url, token=SecretStr("xoxb-very-secret")))
    with pytest.raises(GiveUp) as refused:
        chat.post("C1", card(), "k", look_first=False)
    assert "very-secret" not in str(refused.value) + repr(refused.value.__cause__) + repr(refused.value.__context__)


def test_the_play_workspace_is_reached_past_any_proxy(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert play.chat.person("ada@example.com") == "U101"


def test_people_are_remembered_for_ten_minutes_and_strangers_for_one(play: Play) -> None:
    now = [1000.0]
    chat = SlackChat(play.account, clock=lambda: now[0])

    def asked() -> int:
        return play.calls("users.lookupByEmail")

    assert [chat.person(" Ada@example.com"), chat.person("ada@example.com")] == ["U101", "U101"]
    assert asked() == 1
    now[0] += 601
    assert (chat.person("ada@example.com"), asked()) == ("U101", 2)
    for _ in range(2):
        with pytest.raises(GiveUp, match=r"nobody has the e-mail address x@example\.com") as unknown:
            chat.person("x@example.com")
        assert unknown.value.gone
    assert asked() == 3
    now[0] += 61
    with pytest.raises(GiveUp):
        chat.person("x@example.com")
    assert asked() == 4


def test_an_outage_is_not_remembered_as_a_stranger(play: Play) -> None:
    chat = play.chat
    play.control("PUT", "errors", {"users.lookupByEmail": "internal_error"})
    with pytest.raises(TryLater):
        chat.person("ada@example.com")
    play.control("PUT", "errors", {})
    assert chat.person("ada@example.com") == "U101"


def test_a_profile_tells_name_and_address(play: Play) -> None:
    chat = play.chat
    assert [chat.profile("U102"), chat.profile("U102")] == [("Bo Tanaka", "bo@example.com")] * 2
    assert play.calls("users.info") == 1


def test_many_threads_share_one_chat(play: Play) -> None:
    chat = play.chat
    posted: list[Posted] = []
    work = [
        threading.Thread(target=lambda n=n: posted.append(chat.tell("U104", f"{n}", f"k{n}", look_first=False))) for n in range(8)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert len({p.ts for p in posted}) == len(play.messages()) == 8


@pytest.mark.parametrize(
    ("changes", "scopes", "words"),
    [
        ({}, None, []),
        ({"channel": "C1"}, None, []),
        ({}, "chat:write,im:write,im:history,channels:read,channels:history,users:read", ["users:read.email (to match people"]),
        ({"channel": "#archived"}, None, ["archived"]),
        ({"channel": "C6"}, None, ["archived"]),
        ({"channel": "#nowhere"}, None, ["no channel #nowhere"]),
        ({"channel": ""}, None, ["SLACK_CHANNEL is not set"]),
        ({"token": SecretStr("xoxb-wrong")}, None, ["set SLACK_BOT_TOKEN"]),
        ({"signing_secrets": (SecretStr(""),)}, None, ["SLACK_SIGNING_SECRET"]),
        ({"signing_secrets": (), "app_token": SecretStr("xapp-1")}, None, []),
    ],
)
def test_check_says_what_to_mend(play: Play, changes: dict[str, object], scopes: str | None, words: list[str]) -> None:
    if scopes:
        play.control("PUT", "scopes", {"scopes": scopes})
    problems = SlackChat(account(play.url, **changes)).check()
    assert len(problems) == len(words)
    for problem, wanted in zip(problems, words, strict=True):
        assert wanted in problem


def test_check_finds_that_baton_was_not_invited(play: Play) -> None:
    with answering('{"ok": true, "channel": {"id": "C9", "is_member": false}}', 200) as url:
        [problem] = SlackChat(account(url, channel="C9")).check()
    assert "/invite @Baton" in problem


def test_check_when_slack_is_away(play: Play) -> None:
    play.control("PUT", "faults", {"rate_500": 1.0})
    assert "Slack failed" in play.chat.check()[0]
