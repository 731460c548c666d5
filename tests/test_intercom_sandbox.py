"""The play Intercom: it checks and answers as Intercom does, and what a person does in it is notified as in reality."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from escalation.ticket import ChangeKind, TicketChange
from sandbox.intercom_things import key_of, learned
from tests.intercom_play import Playground, playing, playing_on_new_database
from tests.support import FIXTURES, fixture, fixture_names, shared


@pytest.fixture(scope="module")
def playground(postgres: str) -> Iterator[Playground]:
    with playing_on_new_database(postgres) as found:
        yield found


@pytest.fixture
def play(playground: Playground) -> Playground:
    return playground.clear()


@pytest.fixture
def beside_baton(empty_database: str) -> Iterator[Playground]:
    """A play Intercom in a database that has Baton's deliveries, too."""
    with playing(empty_database) as found:
        yield found


CONVERSATION = {"type": "conversation", "id": "5", "comments": [{"body": "<p>Nothing works</p>"}]}
TICKET = {"type": "ticket", "id": "6", "ticket_attributes": {"_default_title_": "Refund", "_default_description_": "Please"}}


def code(answer: Any) -> tuple[int, str]:
    body = answer.json()
    assert body["type"] == "error.list" and body["request_id"]
    return answer.status_code, body["errors"][0]["code"]


def test_the_api_wants_its_token_and_a_known_version(play: Playground) -> None:
    assert code(play.ask("GET", "me", token="other")) == (401, "unauthorized")
    assert code(play.ask("GET", "me", **{"Intercom-Version": "3.0"})) == (400, "intercom_version_invalid")
    me = play.ask("GET", "me").json()
    assert (me["id"], me["app"]["id_code"]) == ("900", "play0001")


ASSIGN = {"message_type": "assignment", "type": "admin", "admin_id": "900", "assignee_id": "101"}
NOTE = {"message_type": "note", "type": "admin", "admin_id": "900", "body": "<p>x</p>"}


@pytest.mark.parametrize(
    "method, path, body, expected",
    [
        ("GET", "conversations/404", None, (404, "not_found")), ("GET", "tickets/404", None, (404, "not_found")),
        ("GET", "contacts/404", None, (404, "not_found")), ("GET", "companies/404", None, (404, "company_not_found")),
        ("POST", "conversations/5/parts", {**ASSIGN, "assignee_id": "777"}, (404, "assignee_not_found")),
        ("POST", "conversations/5/parts", {**ASSIGN, "type": "team"}, (404, "assignee_not_found")),
        ("POST", "conversations/5/parts", {**ASSIGN, "admin_id": "777"}, (404, "admin_not_found")),
        ("POST", "conversations/5/parts", {**ASSIGN, "message_type": "note"}, (400, "parameter_invalid")),
        ("POST", "conversations/5/parts", {"message_type": "assignment"}, (400, "parameter_not_found")),
        ("POST", "conversations/5/parts", None, (400, "bad_request")),
        ("POST", "conversations/5/reply", {**NOTE, "message_type": "shout"}, (400, "parameter_invalid")),
        ("POST", "conversations/5/reply", {**NOTE, "body": 7}, (400, "parameter_invalid")),
        ("POST", "conversations/5/reply", {**NOTE, "body": None}, (400, "parameter_not_found")),
        ("POST", "conversations/5/tags", {"id": "1", "admin_id": "900"}, (404, "tag_not_found")),
        ("DELETE", "conversations/5/tags/1", {"admin_id": "900"}, (404, "tag_not_found")),
        ("POST", "tags", {"test": "invalid"}, (400, "parameter_invalid")),
        ("PUT", "tickets/6", {"assignee_id": "777"}, (404, "assignee_not_found")),
        ("PUT", "tickets/6", {"ticket_state_id": 0}, (400, "ticket_state_id_invalid")),
        ("PUT", "tickets/6", {"open": "no"}, (400, "parameter_invalid")),
        ("POST", "conversations/search", {}, (400, "parameter_not_found")),
    ],
)  # fmt: skip
def test_refusals(play: Playground, method: str, path: str, body: Any, expected: tuple[int, str]) -> None:
    play.seed(CONVERSATION), play.seed(TICKET)
    assert code(play.ask(method, path, body)) == expected


def test_a_comment_is_public_and_an_assignment_with_a_body_too(play: Playground) -> None:
    """The two mistakes that would reach the customer must show in the play Intercom."""
    key = play.seed(CONVERSATION)
    play.ask("POST", "conversations/5/reply", {**NOTE, "message_type": "comment"})
    play.ask("POST", "conversations/5/parts", {**ASSIGN, "body": "taking over"})
    play.ask("POST", "conversations/5/reply", NOTE)
    assert [one["public"] for one in play.look(key)["comments"]] == [True, True, False]


def test_a_team_takes_the_admin_away_and_nobody_is_zero(play: Playground) -> None:
    play.seed(CONVERSATION)
    play.ask("POST", "conversations/5/parts", ASSIGN)
    shown = play.ask("POST", "conversations/5/parts", {**ASSIGN, "type": "team", "assignee_id": 201}).json()
    assert (shown["admin_assignee_id"], shown["team_assignee_id"]) == (None, 201)
    shown = play.ask("POST", "conversations/5/parts", {**ASSIGN, "type": "team", "assignee_id": "0"}).json()
    assert shown["team_assignee_id"] is None


def test_the_old_form_of_a_ticket_assignment_does_nothing(play: Playground) -> None:
    play.seed(TICKET)
    shown = play.ask("PUT", "tickets/6", {"assignment": {"admin_id": "900", "assignee_id": "101"}}).json()
    assert shown["admin_assignee_id"] == 0


def test_plain_text_on_request(play: Playground) -> None:
    play.seed({**CONVERSATION, "comments": [{"body": "<p>one<br>two &amp; 3</p>"}, {"body": "<p>four</p>"}]})
    shown = play.ask("GET", "conversations/5?display_as=plaintext").json()
    assert shown["source"]["body"] == "one\ntwo & 3"
    assert shown["conversation_parts"]["conversation_parts"][0]["body"] == "four"


def test_search(play: Playground) -> None:
    play.seed(CONVERSATION), play.seed({**CONVERSATION, "id": "7", "state": "closed"}), play.seed(TICKET)
    both = {"operator": "AND", "value": [{"field": "contact_ids", "operator": "=", "value": "301"},
                                         {"field": "state", "operator": "=", "value": "closed"}]}  # fmt: skip
    found = play.ask("POST", "conversations/search", {"query": both}).json()
    assert [one["id"] for one in found["conversations"]] == ["7"] and "conversation_parts" not in found["conversations"][0]
    since = {"field": "updated_at", "operator": ">", "value": 0}
    assert play.ask("POST", "tickets/search", {"query": since, "pagination": {"per_page": 1}}).json()["total_count"] == 1


# Acts

ACTS: list[tuple[str, dict[str, str], list[str], list[ChangeKind]]] = [
    ("5", {"act": "create", "by": "customer"}, ["conversation.user.created"], [ChangeKind.CREATED]),
    ("8", {"act": "create", "by": "customer", "text": "Brand new"}, ["conversation.user.created"], [ChangeKind.CREATED]),
    ("ticket-9", {"act": "create", "text": "Brand new"}, ["ticket.created"], [ChangeKind.CREATED]),
    ("5", {"act": "reply", "by": "customer", "text": "Still broken"}, ["conversation.user.replied"], [ChangeKind.MESSAGE_ADDED]),
    ("5", {"act": "reply", "by": "101", "text": "Looking"}, ["conversation.admin.replied"], [ChangeKind.MESSAGE_ADDED]),
    ("5", {"act": "note", "by": "101", "text": "Hm"}, ["conversation.admin.noted"], [ChangeKind.MESSAGE_ADDED]),
    ("5", {"act": "assign", "by": "101", "value": "102"}, ["conversation.admin.assigned"], [ChangeKind.ASSIGNED]),
    ("5", {"act": "assign", "by": "101", "value": "202"}, ["conversation.admin.assigned"], [ChangeKind.ASSIGNED]),
    ("5", {"act": "assign", "by": "101", "value": "102", "text": "Over to Bo"},
     ["conversation.admin.open.assigned", "conversation.admin.replied"], [ChangeKind.ASSIGNED, ChangeKind.MESSAGE_ADDED]),
    ("5", {"act": "priority", "by": "101", "value": "urgent"}, ["conversation.priority.updated"], [ChangeKind.PRIORITY_CHANGED]),
    ("5", {"act": "tag", "by": "101", "value": "escalate"}, ["conversation_part.tag.created"], [ChangeKind.TAGS_CHANGED]),
    ("5", {"act": "solve", "by": "101"}, ["conversation.admin.closed"], [ChangeKind.STATUS_CHANGED]),
    ("5", {"act": "reopen", "by": "101"}, ["conversation.admin.opened"], [ChangeKind.STATUS_CHANGED]),
    ("5", {"act": "delete", "by": "101"}, ["conversation.deleted"], [ChangeKind.DELETED]),
    ("ticket-6", {"act": "reply", "by": "customer", "text": "Hello?"}, ["ticket.contact.replied"], [ChangeKind.MESSAGE_ADDED]),
    ("ticket-6", {"act": "reply", "by": "101", "text": "Yes"}, ["ticket.admin.replied"], [ChangeKind.MESSAGE_ADDED]),
    ("ticket-6", {"act": "note", "by": "101", "text": "Hm"}, ["ticket.note.created"], [ChangeKind.MESSAGE_ADDED]),
    ("ticket-6", {"act": "assign", "by": "101", "value": "101"}, ["ticket.admin.assigned"], [ChangeKind.ASSIGNED]),
    ("ticket-6", {"act": "assign", "by": "101", "value": "201"}, ["ticket.team.assigned"], [ChangeKind.ASSIGNED]),
    ("ticket-6", {"act": "priority", "by": "101", "value": "Urgent"}, ["ticket.attribute.updated"], [ChangeKind.FIELD_CHANGED]),
    ("ticket-6", {"act": "solve", "by": "101"}, ["ticket.state.updated", "ticket.resolved", "ticket.closed"],
     [ChangeKind.STATUS_CHANGED] * 3),
    ("ticket-6", {"act": "delete", "by": "101"}, ["ticket.deleted"], [ChangeKind.DELETED]),
]  # fmt: skip


@pytest.mark.parametrize("key, act, topics, kinds", ACTS)
def test_what_a_person_does_is_notified_and_understood(
    play: Playground, key: str, act: dict[str, str], topics: list[str], kinds: list[ChangeKind]
) -> None:
    play.seed(CONVERSATION), play.seed(TICKET)
    assert play.act(key, **act) == topics
    desk = play.connector()
    changes = [desk.change(one) for one in play.received]
    for one in play.received:
        desk.verify(one, datetime.now(UTC))
    assert [change.kind for change in changes if isinstance(change, TicketChange)] == kinds
    assert {change.ticket_id for change in changes if isinstance(change, TicketChange)} == {key}
    assert len({desk.arrival(one).key for one in play.received}) == len(topics)
    last = changes[-1]
    assert isinstance(last, TicketChange) and not last.unknown_words
    if act.get("text") and last.message:
        assert last.message.text == act["text"] and last.message.public is (act["act"] != "note")


def test_the_urgent_flag_and_the_ticket_attribute_are_urgent_to_baton(play: Playground) -> None:
    play.seed(CONVERSATION), play.seed(TICKET)
    play.act("5", act="priority", by="101", value="urgent")
    play.act("ticket-6", act="priority", by="101", value="Urgent")
    for one in play.received:
        change = play.connector().change(one)
        assert isinstance(change, TicketChange) and change.fields["priority"] == "urgent"


def test_events_of_one_click_can_come_in_reverse_and_share_their_act(play: Playground) -> None:
    play.seed(CONVERSATION)
    sent = play.act("5", order="reverse", act="assign", by="101", value="102", text="Over to Bo")
    assert sent == ["conversation.admin.replied", "conversation.admin.open.assigned"]
    ids = {change.action_id for one in play.received if isinstance(change := play.connector().change(one), TicketChange)}
    assert len(ids) == 1 and ids != {""}


def test_a_deleted_conversation_is_gone(play: Playground) -> None:
    play.seed(CONVERSATION)
    play.act("5", act="delete", by="101")
    assert code(play.ask("GET", "conversations/5")) == (404, "not_found")


def test_an_unknown_act_or_person_is_refused(play: Playground) -> None:
    play.seed(CONVERSATION)
    assert code(play.ask("POST", "_tickets/5/act", {"act": "dance"})) == (400, "parameter_invalid")
    assert code(play.ask("POST", "_tickets/5/act", {"act": "note", "by": "777"})) == (404, "admin_not_found")
    assert code(play.ask("POST", "_tickets/404/act", {"act": "note", "by": "101"})) == (404, "not_found")


@pytest.mark.parametrize("on", [True, False])
def test_api_writes_come_back_only_when_the_echo_is_on(play: Playground, on: bool) -> None:
    play.seed(CONVERSATION)
    assert play.ask("PUT", "_echo", {"on": on}).json() == {"on": on}
    play.ask("POST", "conversations/5/reply", NOTE)
    deadline = time.monotonic() + (5 if on else 0.2)
    while not play.received and time.monotonic() < deadline:
        play.ask("GET", "me")
    assert len(play.received) == int(on)
    if on:
        change = play.connector().change(play.received[0])
        assert isinstance(change, TicketChange) and play.connector().is_own(change)


# Learning from Baton's deliveries


def delivered(database: str, key: str, payloads: list[Any]) -> None:
    with psycopg.connect(database) as db:
        db.execute("CREATE TABLE deliveries (id bigserial, connection text, ticket_id text, body bytea)")
        for payload in payloads:
            row = ("intercom", key, json.dumps(payload).encode())
            db.execute("INSERT INTO deliveries (connection, ticket_id, body) VALUES (%s, %s, %s)", row)


def test_a_conversation_never_seen_is_learned_from_its_notifications(beside_baton: Playground, empty_database: str) -> None:
    first = fixture("intercom", "ticket_created_urgent")["body"]
    second = json.loads(json.dumps(first))
    part = {"id": "1", "part_type": "comment", "body": "<p>Hello?</p>", "created_at": first["created_at"] + 9,
            "author": {"type": "user", "id": "301"}}  # fmt: skip
    second["data"]["item"]["conversation_parts"]["conversation_parts"] = [part]
    delivered(empty_database, "215473840011", [first, second])
    ticket = beside_baton.connector().fetch("215473840011")
    assert [message.text[:6] for message in ticket.messages] == ["Hello,", "Hello?"]
    assert ticket.customer.tier == "enterprise"


def test_a_writer_is_remembered_as_a_contact(beside_baton: Playground, empty_database: str) -> None:
    delivered(empty_database, "137324500777", [fixture("intercom", "v1_assigned")["body"]])
    ticket = beside_baton.connector().fetch("137324500777")
    assert (ticket.assignee.id, ticket.messages[0].text) == ("101", "I cannot sign in since the update.")


@pytest.mark.parametrize("name", fixture_names("intercom"))
def test_every_fixture_can_be_learned_or_left(name: str) -> None:
    body = fixture("intercom", name).get("body")
    thing = learned([body]) if body else None
    if thing:
        assert key_of(thing) and isinstance(thing["updated_at"], int)


def test_what_is_learned_can_be_shown_whatever_was_told(play: Playground) -> None:
    things = [learned([body]) for name in fixture_names("intercom") if (body := fixture("intercom", name).get("body"))]
    shown = [thing for thing in things if thing]
    for thing in shown:
        play.state.put("intercom", "tickets", key_of(thing), thing)
    page = play.ask("GET", "")
    assert page.status_code == 200 and "cannot be shown" not in page.text
    assert all(f"/tickets-page/{key_of(thing)}" in page.text for thing in shown)


def test_a_ticket_that_cannot_be_shown_does_not_take_the_list_away(play: Playground) -> None:
    play.seed(CONVERSATION)
    play.state.put("intercom", "tickets", "9", {"id": "9", "type": "conversation", "contacts": None})
    page = play.ask("GET", "")
    assert page.status_code == 200 and "Nothing works" in page.text and "This ticket cannot be shown" in page.text
    assert "This ticket cannot be shown" in play.ask("GET", "tickets-page/9").text


def test_recorded_notifications_can_be_learned() -> None:
    found = {path.stem: learned([json.loads(path.read_text())]) for path in shared("fixtures/intercom/zulip").glob("*.json")}
    assert {name for name, thing in found.items() if thing is None} == {"conversation_deleted", "ping", "admin_away_mode_updated"}
    assert (found["ticket_created"] or {})["admin_assignee_id"] == 0


# Pages


def test_the_pages_show_notes_as_internal_and_harmless(play: Playground) -> None:
    seed = fixture("intercom", "ticket_created_urgent")["ticket"]
    play.seed(seed), play.seed(TICKET)
    play.ask("POST", "conversations/215473840011/reply", {**NOTE, "body": "<p>look</p><script>alert(1)</script>"})
    listed = play.ask("GET", "", token="none").text
    assert "Charged twice" in listed and "ticket-6" in listed
    page = play.ask("GET", "tickets-page/215473840011", token="none").text
    assert "look" in page and "alert(1)" not in page and "Mia Customer" in page and "billing" in page
    assert page.count("internal") >= 2


def test_every_fixture_with_a_seed_can_be_seeded(play: Playground) -> None:
    seeds = [json.loads(path.read_text()).get("ticket") for path in sorted((FIXTURES / "intercom").glob("*.json"))]
    keys = [play.seed(seed) for seed in seeds if isinstance(seed, dict) and seed.get("type")]
    assert len(keys) >= 2
    for key in keys:
        assert play.connector().fetch(key).messages
