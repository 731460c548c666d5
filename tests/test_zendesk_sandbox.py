"""The play Zendesk is as strict, as forgetful and as talkative as the real one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from connectors.zendesk import Connector
from escalation.actions import Note, Write
from escalation.ticket import ChangeKind, Priority, Role, TicketChange
from tests.support import fixture
from tests.zendesk_play import Desk, world_on

SEED = fixture("zendesk", "ticket_created_urgent")["ticket"]


@pytest.fixture(scope="module")
def world(postgres: str) -> Iterator[Desk]:
    with world_on(postgres) as desk:
        yield desk


@pytest.fixture
def desk(world: Desk) -> Desk:
    world.empty()
    world.seed(SEED)
    return world


def put(desk: Desk, ticket: Any, id: int = 35001) -> requests.Response:
    return desk.api("PUT", f"tickets/{id}.json", {"ticket": ticket})


# the API


@pytest.mark.parametrize("auth", [None, ("baton@sandbox.test", "sandbox-only-token"), ("x@y.z/token", "sandbox-only-token")])
def test_without_the_right_token_nothing_is_answered(desk: Desk, auth: tuple[str, str] | None) -> None:
    answer = desk.api("GET", "tickets/35001", auth=auth)
    assert (answer.status_code, answer.json()) == (401, {"error": "Couldn't authenticate you"})


def test_nobody_is_the_anonymous_user(desk: Desk) -> None:
    assert desk.api("GET", "users/me.json", auth=None).json()["user"]["id"] is None


@pytest.mark.parametrize(
    ("ticket", "status", "words"),
    [
        ("x", 400, "Must be an object"),
        ({"assignee_id": 555}, 422, "Assignee: is invalid"),
        ({"assignee_id": [101]}, 422, "Assignee: is invalid"),
        ({"assignee_id": 101, "group_id": 203}, 422, "is not a member of the group"),
        ({"group_id": 999}, 422, "Group: is invalid"),
        ({"priority": "hot"}, 422, "Priority: hot is not valid"),
        ({"priority": 4}, 422, "Priority: 4 is not valid"),
        ({"status": "gone"}, 422, "Status: gone is not valid"),
        ({"tags": 5}, 422, "Tags: is not a list"),
        ({"custom_fields": {"1": 2}}, 422, "is not a list of ids and values"),
        ({"comment": "hello"}, 422, "Comment: is invalid"),
        ({"safe_update": True, "updated_stamp": "2020-01-01T00:00:00Z"}, 409, "UpdateConflict"),
        ({"safe_update": True}, 409, "UpdateConflict"),
    ],
)
def test_wrong_updates_are_refused_and_change_nothing(desk: Desk, ticket: Any, status: int, words: str) -> None:
    before = desk.shown(35001)
    answer = put(desk, ticket)
    assert answer.status_code == status
    assert words in answer.text
    assert desk.shown(35001) == before


@pytest.mark.parametrize(
    ("verb", "path", "status", "error"),
    [
        ("GET", "tickets/99", 404, "RecordNotFound"),
        ("PUT", "tickets/35001", 400, "ParameterMissing"),
        ("GET", "nowhere", 404, "InvalidEndpoint"),
        ("GET", "search", 400, "invalid"),
        ("GET", "incremental/tickets/cursor", 400, "StartTimeMissing"),
        ("GET", "tickets/35001/comments?page[size]=10&page[after]=!", 400, "InvalidPaginationParameter"),
    ],
)
def test_errors_have_zendesks_words(desk: Desk, verb: str, path: str, status: int, error: str) -> None:
    answer = desk.api(verb, path, {})
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_tags_are_replaced_and_additional_tags_ignored(desk: Desk) -> None:
    assert put(desk, {"tags": ["One", "two words"]}).json()["ticket"]["tags"] == ["one", "two_words"]
    assert put(desk, {"additional_tags": ["three"]}).json()["ticket"]["tags"] == ["one", "two_words"]


def test_a_comment_without_public_is_as_visible_as_the_first(desk: Desk) -> None:
    put(desk, {"comment": {"body": "who reads this?"}})
    assert desk.shown(35001)["comments"][-1]["public"] is True
    desk.seed({**SEED, "comments": [{"body": "x", "public": False}]})
    put(desk, {"comment": {"body": "who reads this?"}})
    assert desk.shown(35001)["comments"][-1]["public"] is False


def test_group_and_assignee_belong_together(desk: Desk) -> None:
    taken = put(desk, {"assignee_id": 103}).json()["ticket"]
    assert (taken["group_id"], taken["status"]) == (202, "open"), "into the agent's group, and no longer new"
    moved = put(desk, {"group_id": 201}).json()["ticket"]
    assert (moved["group_id"], moved["assignee_id"]) == (201, None)


def test_hostile_html_is_cleaned(desk: Desk) -> None:
    put(desk, {"comment": {"html_body": "<p onclick=x>hi<script>alert(1)</script><b>!</b></p>", "public": False}})
    said = desk.shown(35001)["comments"][-1]
    assert said["html_body"] == '<div class="zd-comment" dir="auto"><p>hi<b>!</b></p></div>'
    assert said["plain_body"] == "hi!"


def test_lists_follow_both_kinds_of_paging(desk: Desk) -> None:
    first = desk.api("GET", "users.json?role[]=agent&page[size]=4").json()
    rest = requests.get(first["links"]["next"], auth=("baton@sandbox.test/token", "sandbox-only-token"), timeout=10).json()
    names = [user["name"] for page in (first, rest) for user in page["users"]]
    assert (len(names), first["meta"]["has_more"], rest["meta"]["has_more"]) == (6, True, False)
    by_number = desk.api("GET", "users.json?per_page=5&page=2").json()
    assert (len(by_number["users"]), by_number["count"]) == (2, 7)


NEIGHBOURS = ["tickets", "tickets/35001/audits", "tickets/35001/tags", "groups", "groups/201", "groups/201/memberships"]
NEIGHBOURS += ["users/101", "organizations/401", "ticket_fields", "search?query=type:ticket+requester:301", "groups/assignable"]
NEIGHBOURS += ["incremental/tickets/cursor?start_time=0", "agent_availabilities"]


@pytest.mark.parametrize("path", NEIGHBOURS)
def test_the_neighbourhood_answers(desk: Desk, path: str) -> None:
    answer = desk.api("GET", path)
    assert answer.status_code == 200
    assert len(answer.json()) >= 1


def test_a_ticket_is_created_tagged_and_deleted(desk: Desk) -> None:
    made = desk.api("POST", "tickets", {"ticket": {"subject": "New", "comment": {"body": "Hello"}, "requester_id": 301}})
    id = made.json()["ticket"]["id"]
    assert (made.status_code, made.json()["ticket"]["description"]) == (201, "Hello")
    assert desk.api("POST", "tickets", {"ticket": {"subject": "No description"}}).status_code == 422
    assert desk.api("PUT", f"tickets/{id}/tags", {"tags": ["a", "b"]}).json() == {"tags": ["a", "b"]}
    assert desk.api("DELETE", f"tickets/{id}/tags", {"tags": ["a"]}).json() == {"tags": ["b"]}
    assert desk.api("DELETE", f"tickets/{id}").status_code == 204
    assert desk.api("GET", f"tickets/{id}").status_code == 404


# people who click


def act(desk: Desk, told: dict[str, Any], query: str = "") -> list[TicketChange]:
    """What Baton would understand of the webhooks that a click sends; each is checked to be authentic."""
    desk.heard.clear()
    desk.control("POST", f"_tickets/35001/act{query}", told)
    connector, found = desk.connector(), []
    for inbound in desk.heard:
        connector.verify(inbound, datetime.now(UTC))
        change = connector.change(inbound)
        assert isinstance(change, TicketChange)
        found.append(change)
    return found


@pytest.mark.parametrize(
    ("told", "kinds"),
    [
        ({"act": "create"}, [ChangeKind.CREATED] + [ChangeKind.MESSAGE_ADDED] * 6),
        ({"act": "reply", "by": 101, "text": "hello"}, [ChangeKind.MESSAGE_ADDED]),
        ({"act": "note", "by": 101, "text": "#escalate"}, [ChangeKind.MESSAGE_ADDED]),
        ({"act": "assign", "by": 102, "value": 102}, [ChangeKind.STATUS_CHANGED, ChangeKind.ASSIGNED, ChangeKind.ASSIGNED]),
        ({"act": "priority", "by": 102, "value": "low"}, [ChangeKind.PRIORITY_CHANGED]),
        ({"act": "tag", "by": 102, "value": "escalate"}, [ChangeKind.TAGS_CHANGED]),
        ({"act": "solve", "by": 102, "text": "done"}, [ChangeKind.STATUS_CHANGED, ChangeKind.MESSAGE_ADDED]),
        ({"act": "delete", "by": 102}, [ChangeKind.DELETED]),
        ({"act": "escalate", "by": 102}, [ChangeKind.ESCALATION_REQUESTED]),
    ],
)
def test_a_click_sends_signed_webhooks_of_one_action(desk: Desk, told: dict[str, Any], kinds: list[ChangeKind]) -> None:
    found = act(desk, told)
    assert [change.kind for change in found] == kinds
    assert len({change.action_id for change in found}) == 1
    assert {change.ticket_id for change in found} == {"35001"}
    assert {change.actor.id for change in found} == {str(told.get("by", 301))}


def test_the_order_can_be_turned_round(desk: Desk) -> None:
    found = act(desk, {"act": "assign", "by": 102, "value": 102}, "?order=reverse")
    assert found[-1].kind is ChangeKind.STATUS_CHANGED
    assert [json.loads(one.body)["event"]["meta"]["sequence"]["position"] for one in desk.heard] == [3, 2, 1]


def test_a_customers_answer_opens_a_solved_ticket_again(desk: Desk) -> None:
    act(desk, {"act": "solve", "by": 101})
    found = act(desk, {"act": "reply", "text": "that didn't work"})
    assert [change.kind for change in found] == [ChangeKind.STATUS_CHANGED, ChangeKind.MESSAGE_ADDED]
    assert found[1].message is not None
    assert (found[1].message.author.role, found[1].message.public) == (Role.CUSTOMER, True)
    assert desk.shown(35001)["status"] == "open"


def test_an_unknown_act_says_what_there_is(desk: Desk) -> None:
    answer = requests.post(f"{desk.url}/_tickets/35001/act", json={"act": "dance"}, timeout=10)
    assert answer.status_code == 400
    assert "assign" in answer.text


def test_our_own_writes_echo_only_when_asked_to(desk: Desk) -> None:
    connector = desk.connector()
    connector.write(Write("w1", "35001", priority=Priority.LOW), look_first=False)
    desk.control("PUT", "_echo", {"on": True})
    connector.write(Write("w2", "35001", agent_id="101", group_id="201", note=Note("k", "t")), look_first=False)
    changes = [connector.change(one) for one in desk.wait_for(4)]
    assert all(isinstance(change, TicketChange) and connector.is_own(change) for change in changes)
    assert len(changes) == 4, "status, assignee, group, comment; the first write was silent"


# tickets heard of


def learn(desk: Desk, monkeypatch: pytest.MonkeyPatch, *payloads: dict[str, Any]) -> Connector:
    about = list(payloads)
    monkeypatch.setattr(desk.state, "webhooks_about", lambda _connection, id: [p for p in about if str(p["detail"]["id"]) == id])
    return desk.connector()


def test_a_ticket_is_learnt_from_the_webhooks_about_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = fixture("zendesk", "public_reply_of_an_agent")["body"]
    solved = fixture("zendesk", "solved")["body"]
    connector = learn(desk, monkeypatch, reply)
    ticket = connector.fetch("35007")
    assert (ticket.subject, ticket.status, ticket.assignee.name) == ("Refund for October", "open", "Ada Lindqvist")
    assert [m.id for m in ticket.messages] == ["9876543210"]
    connector.write(Write("w", "35007", note=Note("k", "t")), look_first=False)
    learn(desk, monkeypatch, reply, solved)
    later = connector.fetch("35007")
    assert (later.status, later.priority) == ("solved", "normal"), "only what the new event is about"
    assert len(later.messages) == 2, "our note is still there"


def test_the_first_message_of_a_learnt_ticket_is_its_description(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    body = fixture("zendesk", "ticket_created_calm")["body"]
    body["detail"]["id"] = body["subject"] = "4711"
    body["subject"] = "zen:ticket:4711"
    ticket = learn(desk, monkeypatch, body).fetch("4711")
    assert [m.text[:12] for m in ticket.messages] == ["Good morning"]
    assert ticket.messages[0].author.role is Role.CUSTOMER


# pages


def test_the_pages_show_notes_apart_from_replies(desk: Desk) -> None:
    listed = requests.get(desk.url, timeout=10).text
    assert SEED["subject"] in listed
    page = requests.get(f"{desk.url}/agent/tickets/35001", timeout=10)
    assert page.url.endswith("/sandbox/zendesk/tickets-page/35001")
    assert page.text.count("Internal note, not seen by the customer") == 1
    assert page.text.count("<span>Public</span>") == 5
    assert "Fatima Haddad" in page.text
    assert requests.get(f"{desk.url}/tickets-page/1", timeout=10).status_code == 404


def test_an_empty_desk_says_how_to_fill_it(desk: Desk) -> None:
    desk.empty()
    assert "No tickets yet" in requests.get(desk.url, timeout=10).text


def test_a_subject_cannot_break_the_page(desk: Desk) -> None:
    desk.seed({**SEED, "subject": "<script>alert(1)</script>", "tags": ["<b>"]})
    for path in ("", "/tickets-page/35001"):
        assert "<script>alert" not in requests.get(desk.url + path, timeout=10).text
