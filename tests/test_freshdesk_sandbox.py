"""The play Freshdesk answers as the real one would: auth, refusals, shapes, lists, webhooks, pages; and it remembers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import requests

from config.connections import PLAY_SECRET
from escalation.ticket import ChangeKind, Role, Status, TicketChange
from tests.freshdesk_play import Running, running


@pytest.fixture
def play(empty_database: str) -> Iterator[Running]:
    with running(empty_database) as up:
        up.seed(id=1, subject="Cannot pay", description="<p>Help</p>", tags=["billing"], created_at="2026-03-02T08:00:00Z")
        yield up


# Who may call


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_wrong_key_is_401(play: Running, token: str) -> None:
    answer = play.api("GET", "tickets/1", token)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert requests.get(f"{play.url}/api/v2/tickets/1", timeout=5).status_code == 401


def test_rate_headers_and_the_limit(play: Running) -> None:
    headers = play.api("GET", "tickets/1?include=stats,requester").headers
    assert headers["X-RateLimit-Total"] == "5000" and headers["X-RateLimit-Used-CurrentRequest"] == "3"
    assert int(headers["X-RateLimit-Remaining"]) < 5000
    play.put("limit", per_minute=0)
    refused = play.api("GET", "agents/me")
    assert refused.status_code == 429 and 0 < int(refused.headers["Retry-After"]) <= 60
    assert requests.get(f"{play.url}/_tickets/1", timeout=5).ok


def test_faults_can_be_switched_on(play: Running) -> None:
    play.put("faults", rate_429=1.0, retry_after_s=7)
    assert play.api("GET", "tickets/1").headers["Retry-After"] == "7"
    play.put("faults", rate_500=1.0)
    assert play.api("GET", "tickets/1").status_code == 500
    play.put("faults")
    assert play.api("GET", "tickets/1").status_code == 200


# Refusals


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "code"),
    [
        ("PUT", "tickets/1", {"priority": "4"}, "priority", "datatype_mismatch"),
        ("PUT", "tickets/1", {"priority": 5}, "priority", "invalid_value"),
        ("PUT", "tickets/1", {"priority": True}, "priority", "datatype_mismatch"),
        ("PUT", "tickets/1", {"status": 1}, "status", "invalid_value"),
        ("PUT", "tickets/1", {"status": None}, "status", "datatype_mismatch"),
        ("PUT", "tickets/1", {"responder_id": "101"}, "responder_id", "datatype_mismatch"),
        ("PUT", "tickets/1", {"responder_id": 5}, "responder_id", "invalid_value"),
        ("PUT", "tickets/1", {"responder_id": 105, "group_id": 201}, "responder_id", "invalid_value"),
        ("PUT", "tickets/1", {"group_id": 7}, "group_id", "invalid_value"),
        ("PUT", "tickets/1", {"tags": "a,b"}, "tags", "datatype_mismatch"),
        ("PUT", "tickets/1", {"tags": [1]}, "tags", "datatype_mismatch"),
        ("PUT", "tickets/1", {"tags": ["x" * 33]}, "tags", "invalid_value"),
        ("PUT", "tickets/1", {"type": "Nonsense"}, "type", "invalid_value"),
        ("PUT", "tickets/1", {"custom_fields": {"cf_nope": 1}}, "cf_nope", "invalid_field"),
        ("PUT", "tickets/1", {"custom_fields": {"cf_page": 1}}, "cf_page", "datatype_mismatch"),
        ("PUT", "tickets/1", {"custom_fields": []}, "custom_fields", "datatype_mismatch"),
        ("PUT", "tickets/1", {"assignee_id": 101}, "assignee_id", "invalid_field"),
        ("POST", "tickets/1/notes", {"private": True}, "body", "missing_field"),
        ("POST", "tickets/1/notes", {"body": "x", "private": "yes"}, "private", "datatype_mismatch"),
        ("POST", "tickets/1/notes", {"body": "x", "public": False}, "public", "invalid_field"),
        ("POST", "tickets", {"subject": "x", "email": "a@b.example"}, "description", "missing_field"),
        ("POST", "tickets", {"subject": "x", "description": "y"}, "requester_id", "missing_field"),
    ],
)
def test_wrong_fields_are_400_with_each_one_named(
    play: Running, method: str, path: str, body: Any, field: str, code: str
) -> None:
    before = play.raw(1)
    answer = play.api(method, path, json=body)
    assert (answer.status_code, answer.json()["description"]) == (400, "Validation failed")
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]
    assert all(e["message"] for e in answer.json()["errors"])
    assert play.raw(1) == before


def test_all_wrong_fields_at_once(play: Running) -> None:
    errors = play.api("PUT", "tickets/1", json={"priority": 9, "status": "x", "nope": 1}).json()["errors"]
    assert [e["field"] for e in errors] == ["priority", "status", "nope"]


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"data": "{", "headers": {"Content-Type": "application/json"}}, 400, "invalid_json"),
        ({"json": []}, 400, "invalid_json"),
        ({"json": {}}, 400, "missing_params"),
        ({"data": {"priority": "4"}}, 415, "invalid_content_type"),
    ],
)
def test_what_is_no_json_object(play: Running, more: dict[str, Any], status: int, code: str) -> None:
    answer = play.api("PUT", "tickets/1", **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "tickets/9"), ("PUT", "tickets/9"), ("DELETE", "tickets/9"), ("POST", "tickets/9/notes"),
        ("POST", "tickets/9/reply"), ("GET", "tickets/9/conversations"), ("GET", "agents/9"), ("GET", "groups/9"),
        ("GET", "contacts/9"), ("GET", "companies/9"),
    ],
)  # fmt: skip
def test_unknown_things_are_404_without_a_body(play: Running, method: str, path: str) -> None:
    body = {"PUT": {"priority": 1}, "POST": {"body": "x"}}.get(method)
    answer = play.api(method, path, json=body)
    assert (answer.status_code, answer.content) == (404, b"")


# Tickets


def test_an_update_answers_with_the_ticket_and_replaces_tags(play: Running) -> None:
    answer = play.api("PUT", "tickets/1", json={"responder_id": 101, "group_id": 201, "priority": 3, "tags": ["new"]})
    told = answer.json()
    assert answer.status_code == 200
    assert (told["responder_id"], told["group_id"], told["priority"], told["tags"]) == (101, 201, 3, ["new"])
    assert "conversations" not in told and "product_id" not in told and told["updated_at"] > "2026-03-02T08:00:00Z"
    again = play.api("PUT", "tickets/1", json={"responder_id": None, "custom_fields": {"cf_page": "/x"}, "status": 5}).json()
    assert "responder_id" not in again and again["custom_fields"]["cf_page"] == "/x"
    assert play.raw(1)["stats"]["closed_at"]


def test_includes(play: Running) -> None:
    play.seed(id=2, comments=[{"body": f"n {n}"} for n in range(12)])
    told = play.api("GET", "tickets/2?include=conversations,requester,company,stats").json()
    assert len(told["conversations"]) == 10
    assert told["requester"]["email"] == "mia@northwind.example"
    assert told["company"] == {"id": 401, "name": "Northwind Trading"}
    assert "resolved_at" in told["stats"]
    assert play.api("GET", "tickets/2?include=nope").json()["errors"][0]["field"] == "include"


def test_pages_with_a_link_to_the_next(play: Running) -> None:
    play.seed(id=2, comments=[{"body": f"n {n}"} for n in range(12)])
    first = play.api("GET", "tickets/2/conversations?per_page=5")
    second = requests.get(first.links["next"]["url"], auth=("sandbox-only-token", "X"), timeout=5)
    third = requests.get(second.links["next"]["url"], auth=("sandbox-only-token", "X"), timeout=5)
    assert [e["body"] for page in (first, second, third) for e in page.json()] == [f"n {n}" for n in range(12)]
    assert "next" not in third.links
    for wrong in ("per_page=101", "page=0", "per_page=x", "page=301"):
        assert play.api("GET", f"tickets/2/conversations?{wrong}").status_code == 400


def test_lists_hide_the_old_the_deleted_and_the_descriptions(play: Running) -> None:
    play.seed(id=2, subject="old", created_at="2020-01-01T00:00:00Z")
    play.seed(id=3, subject="gone", deleted=True)
    play.seed(id=4, subject="now", status=5)

    def ids(query: str) -> list[int]:
        return [ticket["id"] for ticket in play.api("GET", f"tickets?{query}").json()]

    assert 4 in ids("") and not {2, 3} & set(ids(""))
    assert ids("filter=deleted&updated_since=2010-01-01T00:00:00Z") == [3]
    assert ids("updated_since=2010-01-01T00:00:00Z&order_by=created_at&order_type=asc")[0] == 2
    assert ids("updated_since=2010-01-01T00:00:00Z&requester_id=77") == []
    assert play.api("GET", "tickets?order_by=nonsense").status_code == 400
    assert "description" not in play.api("GET", "tickets").json()[0]
    assert "description" in play.api("GET", "tickets?include=description").json()[0]


def test_search(play: Running) -> None:
    play.seed(id=2, priority=4, tags=["vip"], custom_fields={"cf_page": "/pay"})

    def ids(query: str) -> list[int]:
        found = play.api("GET", "search/tickets", params={"query": f'"{query}"'}).json()
        return [ticket["id"] for ticket in found["results"]]

    assert ids("priority:4 AND tag:'vip'") == [2]
    assert ids("cf_page:'/pay'") == [2]
    assert ids("created_at:<'2026-03-02'") == [1]
    assert ids("agent_id:null") == [1, 2]
    assert play.api("GET", "search/tickets?query=priority:4").status_code == 400


def test_create_delete_restore(play: Running) -> None:
    made = play.api("POST", "tickets", json={"subject": "s", "description": "<p>d</p>", "email": "jo@else.example", "name": "Jo"})
    id = made.json()["id"]
    assert made.status_code == 201 and play.connector.fetch(str(id)).requester.email == "jo@else.example"
    assert play.api("DELETE", f"tickets/{id}").status_code == 204
    assert play.api("GET", f"tickets/{id}").json()["deleted"] is True
    assert play.api("PUT", f"tickets/{id}", json={"priority": 1}).status_code == 404
    assert play.api("PUT", f"tickets/{id}/restore").status_code == 204
    assert play.api("PUT", f"tickets/{id}", json={"priority": 1}).status_code == 200


def test_notes_are_private_by_default_and_replies_are_not(play: Running) -> None:
    note = play.api("POST", "tickets/1/notes", json={"body": "<b>x</b><script>alert(1)</script>"})
    reply = play.api("POST", "tickets/1/reply", json={"body": "hello"})
    assert (note.status_code, note.json()["private"], note.json()["user_id"], note.json()["body"]) == (201, True, 900, "<b>x</b>")
    assert (reply.status_code, reply.json()["private"]) == (201, False)
    assert [said["private"] for said in play.raw(1)["conversations"]] == [True, False]


def test_people_and_settings(play: Running) -> None:
    agents = {agent["id"]: agent for agent in play.api("GET", "agents").json()}
    assert set(agents) == {101, 102, 103, 104, 105, 106, 107, 900}
    assert agents[101]["contact"]["email"] == "ada@example.com" and agents[101]["group_ids"] == [201, 204]
    assert play.api("GET", "agents?email=bo@example.com").json()[0]["id"] == 102
    assert play.api("GET", "agents/me").json()["id"] == 900
    assert play.api("GET", "groups/202").json()["agent_ids"] == [103, 104]
    assert play.api("GET", "contacts/301").json()["company_id"] == 401
    assert play.api("GET", "contacts?email=mia@northwind.example").json()[0]["name"] == "Mia Customer"
    assert play.api("GET", "companies/401").json()["account_tier"] == "enterprise"
    fields = play.api("GET", "ticket_fields?type=default_status").json()
    assert fields[0]["choices"]["6"][0] == "Waiting on Customer"
    assert play.api("GET", "sla_policies").json()


# Acts and the webhooks they cause


@pytest.mark.parametrize(
    ("what", "event", "kind"),
    [
        ({"act": "create"}, "{ticket_action:created}", ChangeKind.CREATED),
        ({"act": "reply", "by": "customer", "text": "Still broken"}, "{reply_sent:sent}", ChangeKind.MESSAGE_ADDED),
        ({"act": "reply", "by": 101, "text": "Looking"}, "{reply_sent:sent}", ChangeKind.MESSAGE_ADDED),
        ({"act": "note", "by": 101, "text": "psst"}, "{note_type:private}", ChangeKind.MESSAGE_ADDED),
        ({"act": "note", "by": 101, "text": "all", "value": "public"}, "{note_type:public}", ChangeKind.MESSAGE_ADDED),
        ({"act": "assign", "by": 101, "value": 102}, "{responder_id:{from:null,to:102}}", ChangeKind.ASSIGNED),
        (
            {"act": "assign", "by": 101, "value": {"agent": 103, "group": 202}},
            "{responder_id:{from:null,to:103},group_id:{from:null,to:202}}",
            ChangeKind.ASSIGNED,
        ),
        ({"act": "priority", "by": 101, "value": 4}, "{priority:{from:1,to:4}}", ChangeKind.PRIORITY_CHANGED),
        ({"act": "tag", "by": 101, "value": "escalate"}, "{ticket_action:update}", ChangeKind.UPDATED),
        ({"act": "solve", "by": 101}, "{status:{from:2,to:4}}", ChangeKind.STATUS_CHANGED),
        ({"act": "reopen", "by": "customer"}, "{status:{from:2,to:2}}", ChangeKind.STATUS_CHANGED),
        ({"act": "delete", "by": 101}, "{ticket_action:delete}", ChangeKind.DELETED),
    ],
)
def test_every_act_sends_its_webhook(play: Running, what: dict[str, Any], event: str, kind: ChangeKind) -> None:
    sent = play.act(1, **what)
    assert [(one["status"], one["body"]["freshdesk_webhook"]["triggered_event"]) for one in sent] == [(202, event)]
    assert play.webhooks[0].headers["x-webhook-token"] == PLAY_SECRET
    told = play.change()
    assert isinstance(told, TicketChange) and (told.ticket_id, told.kind) == ("1", kind)


def test_a_customers_reply_reopens_a_solved_ticket(play: Running) -> None:
    play.act(1, act="solve", by=101)
    play.act(1, act="reply", by="customer", text="No, it does not work")
    told = play.change()
    assert isinstance(told, TicketChange) and told.message is not None
    assert (told.kind, told.fields["status"], told.previous["status"]) == (ChangeKind.MESSAGE_ADDED, Status.OPEN, Status.SOLVED)
    assert (told.message.text, told.message.author.role) == ("No, it does not work", Role.CUSTOMER)
    assert play.connector.fetch("1").messages[-1].text == "No, it does not work"


def test_an_act_can_create_its_ticket(play: Running) -> None:
    play.act(50, act="create", value={"subject": "New one", "priority": 4})
    told = play.change()
    assert isinstance(told, TicketChange) and told.fields["subject"] == "New one"
    assert play.connector.fetch("50").subject == "New one"


def test_the_rule_can_be_thin(play: Running) -> None:
    play.put("rule", content="thin")
    play.act(1, act="priority", by=101, value=4)
    assert set(json.loads(play.webhooks[0].body)["freshdesk_webhook"]) == {"ticket_id", "triggered_event", "updated"}
    told = play.change()
    assert isinstance(told, TicketChange) and told.at is not None


@pytest.mark.parametrize(
    "what",
    [
        {"act": "dance"},
        {"act": "priority", "value": 9},
        {"act": "assign", "value": 7},
        {"act": "assign", "value": {"team": 1}},
        {"by": "x"},
    ],
)
def test_impossible_acts_are_refused_and_change_nothing(play: Running, what: dict[str, Any]) -> None:
    before = play.raw(1)
    answer = requests.post(f"{play.url}/_tickets/1/act", json={"act": "solve", "by": 101, **what}, timeout=5)
    assert answer.status_code == 400 and answer.text
    assert play.raw(1) == before and play.webhooks == []


def test_controls_for_unknown_things(play: Running) -> None:
    assert requests.post(f"{play.url}/_tickets/9/act", json={"act": "solve"}, timeout=5).status_code == 404
    assert requests.get(f"{play.url}/_tickets/9", timeout=5).status_code == 404
    assert requests.put(f"{play.url}/_agents/9", json={"available": False}, timeout=5).status_code == 404
    assert requests.put(f"{play.url}/_echo", json={"off": True}, timeout=5).status_code == 400


def test_nobody_at_the_other_end_is_told_not_raised(play: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise requests.ConnectionError

    monkeypatch.setattr("sandbox.freshdesk_acts.requests.Session.post", refuse)
    with requests.Session() as session:
        sent = session.request("POST", f"{play.url}/_tickets/1/act", json={"act": "solve", "by": 101}, timeout=5).json()["sent"]
    assert [(one["status"], one["error"]) for one in sent] == [(0, "ConnectionError")]


def test_our_writes_are_echoed_only_when_asked_to(play: Running) -> None:
    assert play.api("PUT", "tickets/1", json={"priority": 2}).ok
    assert play.webhooks == []
    play.put("echo", on=True)
    assert play.api("PUT", "tickets/1", json={"priority": 4}).ok
    assert play.arrived.wait(10)
    told = play.change()
    assert isinstance(told, TicketChange) and told.kind is ChangeKind.PRIORITY_CHANGED


# What it knows, and how it looks


def test_it_knows_every_ticket_it_has_sent_webhooks_about(play: Running, empty_database: str) -> None:
    first = {
        "ticket_id": "70",
        "triggered_event": "{ticket_action:created}",
        "ticket_subject": "From a webhook",
        "ticket_status": "Pending",
    }
    more = {"ticket_contact_name": "Jo", "ticket_contact_email": "jo@else.example", "ticket_tags": "a, b", "ticket_cf_page": "/x"}
    later = {"ticket_id": "70", "triggered_event": "{priority:{from:1,to:4}}", "ticket_priority": "Urgent"}
    with psycopg.connect(empty_database, autocommit=True) as db:
        db.execute("CREATE TABLE deliveries (id serial, connection text, ticket_id text, body bytea)")
        for body in ({"freshdesk_webhook": first | more}, later):
            row = ("freshdesk", "70", json.dumps(body).encode())
            db.execute("INSERT INTO deliveries (connection, ticket_id, body) VALUES (%s, %s, %s)", row)
    ticket = play.connector.fetch("70")
    assert (ticket.subject, ticket.status, ticket.priority.value) == ("From a webhook", Status.PENDING, "urgent")
    assert (ticket.requester.email, ticket.tags, ticket.page) == ("jo@else.example", ("a", "b"), "/x")
    assert play.api("PUT", "tickets/70", json={"responder_id": 101}).ok
    assert play.api("GET", "tickets/71").status_code == 404


def test_pages_for_people(play: Running) -> None:
    play.act(1, act="note", by=101, text="<b>secret</b> plan<script>alert(1)</script>")
    listed = requests.get(play.url, timeout=5)
    assert listed.ok and "Cannot pay" in listed.text
    page = requests.get(f"{play.url}/a/tickets/1", timeout=5)
    assert page.url == f"{play.url}/tickets-page/1"
    assert "<b>secret</b> plan" in page.text and "alert(1)" not in page.text
    assert "Ada Lindqvist" in page.text and "Internal note" in page.text
    assert requests.get(f"{play.url}/tickets-page/9", timeout=5).status_code == 404
