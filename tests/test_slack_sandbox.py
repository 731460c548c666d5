"""The play Slack itself: its errors are Slack's, its page shows what Slack would show and works without scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from config.connections import PLAY_TOKEN
from escalation.actions import Press
from sandbox.slack_check import problems, view_problems
from sandbox.slack_render import mrkdwn, plain
from tests.slack_play import Play, card, playing
from web.slack_kit import Reply


@pytest.fixture
def play(empty_database: str) -> Iterator[Play]:
    with playing(empty_database) as running:
        yield running


def call(play: Play, method: str, body: Any = None, token: str = PLAY_TOKEN) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.post(f"{play.account.url}/{method}", json=body or {}, headers=headers, timeout=10)
    assert answer.status_code == 200
    return dict(answer.json())


SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}


@pytest.mark.parametrize(
    ("method", "body", "error"),
    [
        ("chat.postMessage", {"channel": "C1"}, "no_text"),
        ("chat.postMessage", {"text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C99", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "#nowhere", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C6", "text": "x"}, "is_archived"),
        ("chat.postMessage", {"channel": "C1", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "C1", "blocks": [SECTION] * 51}, "invalid_blocks"),
        ("chat.postMessage", {"channel": "C1", "blocks": "{broken"}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": "C1", "text": "x", "metadata": {"key": 1}}, "invalid_metadata_format"),
        ("chat.update", {"channel": "C1", "ts": "1.1", "text": "x"}, "message_not_found"),
        ("chat.update", {"channel": "#billing", "ts": "1.1", "text": "x"}, "channel_not_found"),
        ("chat.delete", {"channel": "C1", "ts": "1.1"}, "message_not_found"),
        ("chat.postEphemeral", {"channel": "C1", "user": "U999", "text": "x"}, "user_not_found"),
        ("chat.postEphemeral", {"channel": "D101", "user": "U102", "text": "x"}, "user_not_in_channel"),
        ("conversations.history", {"channel": "C6"}, "not_in_channel"),
        ("conversations.history", {"channel": "C1", "limit": "many"}, "invalid_arguments"),
        ("conversations.open", {"users": "U999"}, "user_not_found"),
        ("conversations.open", {"users": "UBATON"}, "cannot_dm_bot"),
        ("users.lookupByEmail", {"email": "nobody@example.com"}, "users_not_found"),
        ("users.info", {"user": "U999"}, "user_not_found"),
        ("views.open", {"trigger_id": "1.2.3", "view": {"type": "modal"}}, "invalid_arguments"),
        ("usergroups.users.list", {"usergroup": "S9"}, "no_such_subteam"),
        ("chat.nothing", {}, "unknown_method"),
    ],
)
def test_what_slack_refuses(play: Play, method: str, body: dict[str, Any], error: str) -> None:
    answer = call(play, method, body)
    assert (answer["ok"], answer["error"]) == (False, error)


def test_tokens_and_scopes_are_checked(play: Play) -> None:
    assert call(play, "auth.test", token="")["error"] == "not_authed"
    assert call(play, "auth.test", token="xoxb-other")["error"] == "invalid_auth"
    play.control("PUT", "scopes", {"scopes": "chat:write"})
    answer = call(play, "users.info", {"user": "U101"})
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "users:read", "chat:write")


@pytest.mark.parametrize(
    ("method", "body", "key", "value"),
    [
        ("auth.test", {}, "user_id", "UBATON"),
        ("users.lookupByEmail", {"email": "BO@example.com"}, ("user", "id"), "U102"),
        ("users.info", {"user": "U103"}, ("user", "profile", "email"), "chidi@example.com"),
        ("users.getPresence", {"user": "U103"}, "presence", "active"),
        ("dnd.info", {"user": "U103"}, "dnd_enabled", False),
        ("conversations.open", {"users": "U104"}, ("channel", "id"), "D104"),
        ("conversations.info", {"channel": "C6"}, ("channel", "is_archived"), True),
        ("usergroups.users.list", {"usergroup": "S1"}, "users", ["U101", "U102"]),
    ],
)
def test_what_slack_answers(play: Play, method: str, body: dict[str, Any], key: str | tuple[str, ...], value: object) -> None:
    found: Any = call(play, method, body)
    for part in (key,) if isinstance(key, str) else key:
        found = found[part]
    assert found == value


def test_lists_come_in_pages(play: Play) -> None:
    first = call(play, "conversations.list", {"limit": 4})
    rest = call(play, "conversations.list", {"limit": 4, "cursor": first["response_metadata"]["next_cursor"]})
    assert [c["id"] for c in first["channels"] + rest["channels"]] == ["C1", "C2", "C3", "C4", "C5", "C6"]
    assert rest["response_metadata"]["next_cursor"] == ""
    assert [u["id"] for u in call(play, "users.list")["members"]][-1] == "UBATON"
    assert call(play, "usergroups.list")["usergroups"][0]["handle"] == "billing"


def test_history_is_newest_first_and_shows_metadata_only_on_request(play: Play) -> None:
    for text in ("one", "two"):
        call(play, "chat.postMessage", {"channel": "C1", "text": text, "metadata": {"event_type": "t", "event_payload": {}}})
    plain_page = call(play, "conversations.history", {"channel": "C1"})["messages"]
    assert [m["text"] for m in plain_page] == ["two", "one"] and "metadata" not in plain_page[0]
    full = call(play, "conversations.history", {"channel": "C1", "include_all_metadata": True, "oldest": plain_page[1]["ts"]})
    assert [m["metadata"]["event_type"] for m in full["messages"]] == ["t"]


def test_a_deleted_message_is_gone(play: Play) -> None:
    ts = call(play, "chat.postMessage", {"channel": "C1", "text": "x"})["ts"]
    assert call(play, "chat.delete", {"channel": "C1", "ts": ts})["ok"]
    assert call(play, "chat.update", {"channel": "C1", "ts": ts, "text": "y"})["error"] == "message_not_found"
    assert play.messages() == []


def test_a_trigger_opens_one_form(play: Play) -> None:
    play.chat.post("U101", card(), "k", look_first=False)
    trigger = play.press(play.messages()[0], Press.ACCEPT)["sent"]["trigger_id"]
    view = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": [SECTION]}
    made = call(play, "views.open", {"trigger_id": trigger, "view": view})["view"]
    assert call(play, "views.open", {"trigger_id": trigger, "view": view})["error"] == "exchanged_trigger_id"
    changed = call(play, "views.update", {"view_id": made["id"], "view": view | {"callback_id": "new"}})
    assert changed["view"]["callback_id"] == "new"


def test_a_response_url_works_five_times(play: Play) -> None:
    play.chat.post("U101", card(), "k", look_first=False)
    url = play.press(play.messages()[0], Press.ACCEPT)["sent"]["response_url"]
    answers = [requests.post(url, json={"text": "told"}, timeout=10).status_code for _ in range(6)]
    assert answers == [200] * 5 + [404]


def button(**changes: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Go"}} | changes


def text(length: int, kind: str = "plain_text") -> dict[str, str]:
    return {"type": kind, "text": "x" * length}


@pytest.mark.parametrize(
    ("block", "fine"),
    [
        ({"type": "header", "text": text(150)}, True),
        ({"type": "header", "text": text(151)}, False),
        ({"type": "header", "text": text(3, "mrkdwn")}, False),
        ({"type": "header", "text": text(0)}, False),
        ({"type": "section", "text": text(3000, "mrkdwn")}, True),
        ({"type": "section", "text": text(3001, "mrkdwn")}, False),
        ({"type": "section"}, False),
        ({"type": "section", "fields": [text(2000)] * 10}, True),
        ({"type": "section", "fields": [text(2001)]}, False),
        ({"type": "section", "fields": [text(1)] * 11}, False),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}, False),
        ({"type": "section", "text": text(5), "accessory": button()}, True),
        ({"type": "context", "elements": []}, False),
        ({"type": "context", "elements": [text(1)] * 11}, False),
        ({"type": "actions", "elements": [button(value="x" * 2000)]}, True),
        ({"type": "actions", "elements": [button(value="x" * 2001)]}, False),
        ({"type": "actions", "elements": [button(text=text(76))]}, False),
        ({"type": "actions", "elements": [button(style="loud")]}, False),
        ({"type": "actions", "elements": [button(), button()]}, False),
        ({"type": "actions", "elements": [{"type": "lever"}]}, False),
        ({"type": "actions", "elements": [{"type": "overflow", "action_id": "o", "options": []}]}, False),
        ({"type": "poem"}, False),
        ({"type": "divider"}, True),
    ],
)
def test_block_limits(block: dict[str, Any], fine: bool) -> None:
    assert (problems([block]) == []) is fine


@pytest.mark.parametrize(
    "changes",
    [
        {"title": text(25)},
        {"submit": text(25)},
        {"private_metadata": "x" * 3001},
        {"blocks": [{"type": "input", "label": text(3), "element": {"type": "plain_text_input", "action_id": "n"}}]},
        {"type": "home"},
    ],
)
def test_form_limits(changes: dict[str, Any]) -> None:
    view = {"type": "modal", "title": text(24), "blocks": [SECTION]}
    assert view_problems(view) == []
    assert view_problems(view | changes)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("*bold* _it_ ~gone~", "<strong>bold</strong> <em>it</em> <s>gone</s>"),
        ("snake_case_word 2*3*4", "snake_case_word 2*3*4"),
        ("`<b>`", "<code>&lt;b&gt;</code>"),
        ("&lt;!channel&gt;", "&lt;!channel&gt;"),
        ("<!channel>", '<span class="mention loud">@channel</span>'),
        ("<@U101> in <#C2>", '<span class="mention">@Ada Lindqvist</span> in <span class="mention">#billing</span>'),
        ("<https://a.example/?x=1&amp;y=2|*go*>", '<a href="https://a.example/?x=1&amp;y=2" rel="noopener">*go*</a>'),
        ("<javascript:alert(1)|go>", "&lt;javascript:alert(1)|go&gt;"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("&gt; said\nnext", "<blockquote>said</blockquote><br>next"),
        ("done :tada:", "done 🎉"),
        ("\x000\x00 `a`", "0 <code>a</code>"),
    ],
)
def test_mrkdwn_is_shown_as_slack_shows_it(source: str, shown: str) -> None:
    assert mrkdwn(source) == shown


@pytest.mark.parametrize(
    ("source", "emoji", "shown"),
    [("*a* &lt;b&gt; <i>", True, "*a* &lt;b&gt; &lt;i&gt;"), (":tada:", False, ":tada:"), ("a\nb", True, "a<br>b")],
)
def test_plain_text_is_shown_as_it_is(source: str, emoji: bool, shown: str) -> None:
    assert plain({"type": "plain_text", "text": source, "emoji": emoji}) == shown


def page(play: Play, **query: str) -> str:
    answer = requests.get(f"{play.url}/sandbox/slack", params=query, timeout=10)
    assert answer.status_code == 200
    return answer.text


def test_the_page_shows_the_card_and_its_buttons(play: Play) -> None:
    play.chat.post("U101", card(title="Charged <b>twice</b>"), "k", look_first=False)
    shown = page(play, c="D101")
    assert "Charged &lt;b&gt;twice&lt;/b&gt;" in shown
    assert re.findall(r'name="action_id" value="(\w+)"', shown) == ["baton_accept", "baton_decline", "baton_more"]
    assert 'href="https://acme.example/tickets/12"' in shown


def test_unread_messages_are_counted_until_looked_at(play: Play) -> None:
    for number in range(2):
        play.chat.tell("U102", "hello", f"k{number}", look_first=False)
    assert '<span class="count">2<' in page(play, c="D101")
    page(play, c="D102")
    assert '<span class="count">' not in page(play, c="D101")


def test_only_the_person_sees_what_was_whispered(play: Play) -> None:
    play.chat.whisper("C1", "U102", "for Bo alone")
    assert "for Bo alone" in page(play, c="C1", **{"as": "U102"})
    assert "for Bo alone" not in page(play, c="C1", **{"as": "U101"})


@pytest.mark.parametrize("query", [{"c": "C99"}, {"c": "C1", "as": "U999"}, {"c": "C6"}, {}])
def test_the_page_survives_any_address(play: Play, query: dict[str, str]) -> None:
    assert "Slack" in page(play, **query)


def test_pressing_and_sending_work_as_plain_forms(play: Play) -> None:
    posted = play.chat.post("U101", card(), "k", look_first=False)
    where = {"channel": posted.channel, "user": "U101"}
    press = where | {"ts": posted.ts, "action_id": "baton_decline"}
    shown = requests.post(f"{play.url}/sandbox/slack/_press", data=press, timeout=10).text
    assert "Decline this handoff" in shown
    [view_id] = re.findall(r'name="view_id" value="(\w+)"', shown)
    entered = where | {"view_id": view_id, "value_reason": "off_shift", "value_note": ""}
    after = requests.post(f"{play.url}/sandbox/slack/_submit", data=entered, timeout=10)
    assert after.url.startswith(f"{play.url}/sandbox/slack?c=D101") and "Decline this handoff" not in after.text
    assert [(a["reason"], a["note"]) for a in play.desk.answers] == [("off_shift", "")]


def test_a_required_field_left_empty_is_not_sent(play: Play) -> None:
    posted = play.chat.post("U101", card(), "k", look_first=False)
    press = {"channel": posted.channel, "user": "U101", "ts": posted.ts, "action_id": "baton_decline"}
    shown = requests.post(f"{play.url}/sandbox/slack/_press", data=press, timeout=10).text
    [view_id] = re.findall(r'name="view_id" value="(\w+)"', shown)
    outcome = play.control("POST", "submit", {"view_id": view_id, "user": "U101", "values": {}})
    assert outcome["body"]["errors"] == {"reason": "Please complete this required field."}
    assert "complete this required field" in page(play, c="D101")
    requests.post(f"{play.url}/sandbox/slack/_close", data={"view_id": view_id, "channel": "D101", "user": "U101"}, timeout=10)
    assert "Decline this handoff" not in page(play, c="D101")


@pytest.mark.parametrize(
    ("reply", "values", "told"),
    [
        (Reply(False, "Too long <ago>.", "note"), {"reason": "off_shift", "note": 'at "the" <dentist>'}, "Too long &lt;ago&gt;."),
        (Reply(True), {"reason": "", "note": 'at "the" <dentist>'}, "Please complete this required field."),
    ],
)
def test_a_form_with_a_field_refused_keeps_the_others(play: Play, reply: Reply, values: dict[str, str], told: str) -> None:
    play.desk.reply = reply
    posted = play.chat.post("U101", card(), "k", look_first=False)
    where = {"channel": posted.channel, "user": "U101"}
    press = where | {"ts": posted.ts, "action_id": "baton_decline"}
    shown = requests.post(f"{play.url}/sandbox/slack/_press", data=press, timeout=10).text
    [view_id] = re.findall(r'name="view_id" value="(\w+)"', shown)
    entered = where | {"view_id": view_id} | {f"value_{name}": value for name, value in values.items()}
    after = requests.post(f"{play.url}/sandbox/slack/_submit", data=entered, timeout=10).text
    assert told in after and "at &#34;the&#34; &lt;dentist&gt;" in after
    assert ('value="off_shift" selected' in after) == bool(values["reason"])
    assert after.count('aria-invalid="true"') == 1


def test_a_message_is_pressed_or_chosen_from(play: Play) -> None:
    menu = {"type": "static_select", "action_id": "pick", "options": [{"text": text(3), "value": v} for v in ("a", "b")]}
    ts = call(play, "chat.postMessage", {"channel": "C1", "text": "x", "blocks": [{"type": "actions", "elements": [menu]}]})["ts"]
    assert 'name="action_id" value="pick"' in page(play, c="C1")
    where = {"channel": "C1", "ts": ts, "user": "U101", "value": "b"}
    sent = play.control("POST", "press", where | {"action_id": "pick"})["sent"]
    assert sent["actions"][0]["selected_option"]["value"] == "b"
    gone = requests.post(f"{play.url}/sandbox/slack/_press", json=where | {"action_id": "other"}, timeout=10)
    assert (gone.status_code, gone.json()) == (409, {"error": "no_such_action"})
    assert requests.post(f"{play.url}/sandbox/slack/_press", json={}, timeout=10).status_code == 400


def test_people_may_write_too(play: Play) -> None:
    play.control("POST", "say", {"channel": "C1", "user": "U102", "text": "I <can> take it"})
    assert "I &lt;can&gt; take it" in page(play, c="C1")


def test_reset_forgets_everything(play: Play) -> None:
    play.chat.tell("C1", "hello", "k", look_first=False)
    play.control("POST", "reset")
    assert play.messages() == []


def test_the_page_is_not_counted_as_a_call_and_never_fails(play: Play) -> None:
    play.control("PUT", "faults", {"rate_500": 1.0})
    page(play)
    assert play.control("GET", "calls") == []
    assert json.loads(requests.post(f"{play.account.url}/auth.test", timeout=10).text) == {"error": "InternalError"}
