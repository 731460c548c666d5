"""Freshdesk webhooks: proof, key, meaning; whatever comes, only the four errors of ports. Goldens stand in test_contract.py."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.connections import PLAY_SECRET
from connectors.freshdesk import inbound as read
from connectors.notes import mark
from escalation.ports import BadSignature, Inbound, Unreadable
from escalation.ticket import ChangeKind, Ignored, Message, Person, Priority, Role, Status, Ticket, TicketChange
from tests.freshdesk_play import NOW, words
from tests.support import connection, fixture, fixture_names, plain

WORDS = words()
HERE = connection("freshdesk")


def request(body: object, headers: Mapping[str, str] | None = None, **query: str) -> Inbound:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Inbound(headers or {}, raw, query)


def thin(triggered: str, **more: Any) -> dict[str, Any]:
    return {"freshdesk_webhook": {"ticket_id": "7", "triggered_event": triggered, **more}}


def meaning(body: object, **query: str) -> TicketChange:
    told = read.change(request(body, None, **query), WORDS, HERE)
    assert isinstance(told, TicketChange)
    return told


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


# Authenticity


@pytest.mark.parametrize(
    "headers",
    [
        {"x-webhook-token": "new"},
        {"x-webhook-token": "old"},
        basic("baton:new"),
        basic(":old"),
        basic("a:new") | {"x-webhook-token": ""},
    ],
)
def test_a_token_in_rotation_is_enough(headers: dict[str, str]) -> None:
    read.verify(request({}, headers), ("new", "old"), NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-webhook-token": ""},
        {"x-webhook-token": "other"},
        {"x-webhook-token": "new "},
        {"x-webhook-token": "né\udcff"},
        basic("new:other"),
        basic("new"),
        basic("x:new:new"),
        {"authorization": "Basic %%%"},
        {"authorization": "Basic /w=="},
        {"authorization": "Bearer new"},
        {"authorization": "Basic"},
        {"x-webhook-token": "other"} | basic("x:new"),
    ],
)
def test_anything_else_is_refused_without_a_word_of_the_secret(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature) as refused:
        read.verify(request({}, headers), ("new", "old"), NOW)
    assert "new" not in str(refused.value) and "old" not in str(refused.value)


def test_without_a_configured_token_nothing_is_accepted() -> None:
    for headers in ({}, {"x-webhook-token": ""}, basic(":")):
        with pytest.raises(BadSignature):
            read.verify(request({}, headers), (), NOW)


def test_sign_makes_a_request_authentic() -> None:
    headers = {name.lower(): value for name, value in read.sign(b"{}", PLAY_SECRET, NOW).items()}
    read.verify(request(b"{}", headers), (PLAY_SECRET,), NOW)


# What it means


@pytest.mark.parametrize("name", fixture_names("freshdesk"))
def test_the_mapping_page_shows_the_same_for_a_json_body(name: str) -> None:
    delivery = fixture("freshdesk", name)
    if "body" in delivery:
        body = read.payload_of(request(delivery["body"]))
        assert WORDS.preview(read.shape_of(body), body, "freshdesk").kind in ("change", "ignored")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("{ticket_action:created}", ChangeKind.CREATED),
        ("{ticket_action:update}", ChangeKind.UPDATED),
        ("{ticket_action:delete}", ChangeKind.DELETED),
        ("{ticket_action:marked_spam}", ChangeKind.DELETED),
        ("{note_type:private}", ChangeKind.MESSAGE_ADDED),
        ("{note_type:public}", ChangeKind.MESSAGE_ADDED),
        ("{reply_sent:sent}", ChangeKind.MESSAGE_ADDED),
        ("{status:{from:2,to:4}}", ChangeKind.STATUS_CHANGED),
        ("{priority:{from:1,to:4}}", ChangeKind.PRIORITY_CHANGED),
        ("{responder_id:{from:null,to:101}}", ChangeKind.ASSIGNED),
        ("{group_id:{from:201,to:202}}", ChangeKind.ASSIGNED),
        ("{ticket_type:{from:Question,to:Problem}}", ChangeKind.FIELD_CHANGED),
        ("{cf_refund_amount:{from:10,to:650}}", ChangeKind.FIELD_CHANGED),
        ("{due_by:{from:x,to:y}}", ChangeKind.SLA_CHANGED),
        ("{customer_feedback:103}", ChangeKind.RATED),
        ("{sprint:{from:1,to:2}}", ChangeKind.OTHER),
        ("", ChangeKind.UPDATED),
    ],
)
def test_kind_of_every_event(event: str, kind: ChangeKind) -> None:
    assert meaning(thin(event)).kind is kind


def test_values_before_and_after_come_from_the_event() -> None:
    told = meaning(
        thin("{priority:{from:1,to:4},status:{from:2,to:6},responder_id:{from:101,to:102},cf_refund_amount:{from:10,to:650}}")
    )
    assert told.kind is ChangeKind.STATUS_CHANGED
    assert (told.previous["priority"], told.fields["priority"]) == (Priority.LOW, Priority.URGENT)
    assert (told.previous["status"], told.fields["status"]) == (Status.OPEN, Status.PENDING)
    assert told.previous["assignee"] == Person("101")
    assert told.fields["assignee"] == Person("102", role=Role.AGENT)
    assert plain(told)["fields"]["custom.refund_amount"]["amount"] == "650"
    assert plain(told)["previous"]["custom.refund_amount"]["amount"] == "10"


def test_nobody_is_told_apart_from_not_mentioned() -> None:
    assert meaning(thin("{responder_id:{from:101,to:null}}")).fields["assignee"] == Person()
    assert "assignee" not in meaning(thin("{priority:{from:1,to:4}}")).fields


def test_names_without_ids_count_at_a_new_ticket_only() -> None:
    names = {"ticket_agent_name": "Ada", "ticket_contact_email": "mia@northwind.example", "ticket_group_name": "Billing"}
    assert {"assignee", "requester", "group"} <= set(meaning(thin("{ticket_action:created}", **names)).fields)
    assert not {"assignee", "requester", "group"} & set(meaning(thin("{priority:{from:1,to:4}}", **names)).fields)


@pytest.mark.parametrize(
    ("body", "query", "ticket_id", "kind"),
    [
        (b"not json at all", {"ticket_id": "12"}, "12", ChangeKind.UPDATED),
        (b"", {"ticket_id": "12", "event": "escalation_requested"}, "12", ChangeKind.ESCALATION_REQUESTED),
        (b"[1, 2]", {"ticket_id": "12", "triggered_event": "{priority:{from:1,to:4}}"}, "12", ChangeKind.PRIORITY_CHANGED),
        (b"[" * 100_000, {"ticket_id": "12"}, "12", ChangeKind.UPDATED),
        (b'\xef\xbb\xbf{"ticket_id": 9}', {}, "9", ChangeKind.UPDATED),
        (b"\xff\xfe", {"ticket_id": "12"}, "12", ChangeKind.UPDATED),
        (b'{"freshdesk_webhook": "x"}', {"ticket_id": "12"}, "12", ChangeKind.UPDATED),
        (b'{"ticket_status": "Open"}', {"ticket_id": "12"}, "12", ChangeKind.UPDATED),
        (b'{"freshdesk_webhook": {"ticket_id": 9}}', {"ticket_id": "12"}, "9", ChangeKind.UPDATED),
        (b'{"ticket_id": 9, "event": "Escalate"}', {}, "9", ChangeKind.ESCALATION_REQUESTED),
    ],
)
def test_the_query_stands_in_for_a_broken_body(body: bytes, query: dict[str, str], ticket_id: str, kind: ChangeKind) -> None:
    told = meaning(body, **query)
    assert (told.ticket_id, told.kind) == (ticket_id, kind)
    assert read.arrival(request(body, None, **query), WORDS).ticket_id == ticket_id


@pytest.mark.parametrize(
    ("body", "query"),
    [
        (b"", {}),
        (b"null", {}),
        (b"7", {}),
        (b"[]", {}),
        (b'"text"', {}),
        (b"{", {}),
        (b'{"a": NaN}', {}),
        (b'{"ticket_id": ' + b"9" * 5_000 + b"}", {}),
        (b"[" * 100_000 + b"]" * 100_000, {}),
        (b'{"freshdesk_webhook": ' + b'{"a":' * 70 + b"1" + b"}" * 71, {}),
        (b"<ticket><id>7</id></ticket>", {}),
        (b"not json", {"ticket_id": "../agents"}),
        (b"not json", {"ticket_id": "7" * 30}),
        (b'{"freshdesk_webhook": []}', {}),
    ],
)
def test_what_names_no_ticket_is_unreadable_with_a_remedy(body: bytes, query: dict[str, str]) -> None:
    for reading in (
        lambda: read.arrival(request(body, None, **query), WORDS),
        lambda: read.change(request(body, None, **query), WORDS, HERE),
    ):
        with pytest.raises(Unreadable) as no:
            reading()
        assert no.value.remedy


@pytest.mark.parametrize("id", [None, "", "abc", -1, 1.5, True, [7], {"id": 7}, "7; drop", "٣", "7\n8", 10**25])
def test_an_unusable_id_is_unreadable_but_arrives(id: object) -> None:
    body = {"freshdesk_webhook": {"ticket_id": id, "triggered_event": "{note_type:private}"}}
    assert read.arrival(request(body), WORDS).ticket_id == ""
    with pytest.raises(Unreadable) as no:
        read.change(request(body), WORDS, HERE)
    assert no.value.path == "freshdesk_webhook.ticket_id"


def test_characters_that_postgres_refuses_are_gone() -> None:
    told = meaning(b'{"ticket_id": 7, "ticket_subject": "a\\u0000b\\ud800c", "ticket_status": "Open"}')
    assert told.fields["subject"] == "ab\ufffdc"
    json.dumps(plain(told), ensure_ascii=False).encode()
    assert meaning(b"broken", ticket_id="7", event="a\x00b\ud800").event == "ab\ufffd"


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=10,
)
KEYS = (
    "ticket_status",
    "ticket_priority",
    "ticket_tags",
    "ticket_description",
    "ticket_latest_public_comment",
    "ticket_contact_name",
)
BODIES = st.fixed_dictionaries(
    {
        "ticket_id": st.one_of(st.just("7"), JSON),
        "triggered_event": st.one_of(st.sampled_from(["{note_type:public}", "{ticket_action:created}"]), JSON),
    },
    optional={
        **dict.fromkeys(KEYS, JSON),
        "updated": JSON,
        "event": JSON,
        "ticket_cf_refund_amount": JSON,
        "ticket_agent_name": JSON,
    },
)


@given(BODIES, st.booleans())
def test_no_json_whatever_causes_another_error(body: dict[str, Any], wrapped: bool) -> None:
    asked = request({"freshdesk_webhook": body} if wrapped else body)
    try:
        read.arrival(asked, WORDS)
        told = read.change(asked, WORDS, HERE)
    except Unreadable:
        return
    if isinstance(told, TicketChange):
        read.is_own(told)
        read.needs_read(told, None)
    else:
        assert told.reason


@given(st.binary(max_size=200))
def test_no_bytes_whatever_cause_another_error(body: bytes) -> None:
    for content_type in ("application/json", "application/x-www-form-urlencoded"):
        try:
            read.arrival(Inbound({"content-type": content_type}, body, {}), WORDS)
        except Unreadable as no:
            assert no.remedy


# The key


def at(body: object, minute: int, second: int = 0, header: bool = True) -> str:
    received = datetime(2026, 3, 2, 9, minute, second, tzinfo=UTC).isoformat()
    return read.arrival(request(body, {read.RECEIVED: received} if header else {}), WORDS).key


def test_equal_bodies_without_a_stamp_have_one_key_within_a_minute_only() -> None:
    """And it drops none: two notes of a minute have equal webhooks, so the store keeps and handles both (derived)."""
    body = thin("{note_type:public}")
    assert at(body, 1, 0) == at(body, 1, 59)
    assert at(body, 1, 0) != at(body, 2, 0)
    assert at(body, 1, 0) != at(thin("{note_type:private}"), 1, 0)


def test_a_stamp_in_the_body_makes_the_key_for_ever() -> None:
    body = thin("{note_type:public}", updated="2026-03-02T09:00:00Z")
    assert at(body, 1) == at(body, 45) == at(body, 1, header=False)
    assert at(body, 1) != at(thin("{note_type:public}", updated="2026-03-02T09:00:01Z"), 1)
    assert at(thin("{note_type:public}", updated=""), 1) != at(thin("{note_type:public}", updated=""), 2)


@pytest.mark.parametrize("more", [{}, {"updated": "2026-03-02T09:00:00Z"}, {"updated": "March 2 2026 at 9:00 AM"}])
@pytest.mark.parametrize("event", ["{note_type:private}", "{ticket_action:created}"])
def test_no_key_is_freshdesks_own(event: str, more: dict[str, str]) -> None:
    assert read.arrival(request(thin(event, **more)), WORDS).derived


def test_a_ticket_is_created_once() -> None:
    body = fixture("freshdesk", "ticket_created_urgent")["body"]
    assert at(body, 1) == at(body, 45)


def test_without_a_time_of_receipt_the_body_alone_is_the_key() -> None:
    body = thin("{note_type:public}")
    keys = {
        read.arrival(request(body, headers), WORDS).key for headers in ({}, {read.RECEIVED: "yesterday"}, {"x-request-id": "1"})
    }
    assert len(keys) == 1
    assert at(body, 1) not in keys


def test_the_address_belongs_to_the_key() -> None:
    keys = {read.arrival(request(b"broken", None, ticket_id=id), WORDS).key for id in ("7", "8")}
    assert len(keys) == 2


# Judging


STORED = Ticket(
    "freshdesk", "7", subject="Help", status=Status.OPEN, priority=Priority.URGENT, assignee=Person("101"), updated_at=NOW,
    messages=(Message("1", text="hello", at=NOW),), known=frozenset({"messages", "status", "priority", "assignee", "updated_at"}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("body", "ticket", "needed"),
    [
        (thin("{ticket_action:created}"), None, True),
        (thin("{priority:{from:1,to:4}}"), None, True),
        (thin("{priority:{from:1,to:4}}"), STORED, False),  # our read has been faster
        (thin("{priority:{from:1,to:4}}"), replace(STORED, known=frozenset()), True),  # never read
        (thin("{priority:{from:4,to:2}}"), STORED, True),
        (thin("{responder_id:{from:null,to:101}}"), STORED, False),  # the echo of our own assignment
        (thin("{responder_id:{from:null,to:102}}"), STORED, True),
        (thin("{note_type:private}"), STORED, True),
        (thin("{ticket_action:delete}"), STORED, False),
        (thin("{ticket_action:update}"), STORED, True),
        (thin("{ticket_action:update}", updated="2026-03-02T08:59:59Z"), STORED, False),  # late: an older change
        (thin("{ticket_action:update}", updated="2026-03-02T09:00:01Z"), STORED, True),
        (thin("{ticket_action:update}", updated="March 2 2026 at 8:00 AM"), STORED, True),  # no zone, so no time
        (thin("{note_type:private}", updated="2026-03-02T08:59Z"), STORED, True),  # any moment of that minute
        (thin("", event="escalation_requested"), STORED, True),
        (thin("{ticket_action:created}", ticket_contact_name="Mia", ticket_subject="Help", ticket_status="Open"), STORED, True),
    ],
)
def test_needs_read(body: object, ticket: Ticket | None, needed: bool) -> None:
    assert read.needs_read(meaning(body), ticket) is needed


def note(text: str, event: str = "{note_type:private}", key: str = "ticket_latest_private_comment") -> TicketChange:
    return meaning(thin(event, **{key: text}))


def test_our_own_note_is_known_by_its_last_line() -> None:
    ours = f"Baton : <p>Handoff</p><p><i>{mark('h1:note')}</i></p>"
    assert read.is_own(note(ours))
    assert read.is_own(meaning(fixture("freshdesk", "own_note_echo")["body"]))
    assert not read.is_own(note(f"Ada : <p>I saw {mark('h1:note')} above</p>"))
    assert not read.is_own(note(f"Ada : <p>{mark('h1:note')}</p><p>my answer below</p>"))
    assert not read.is_own(note(ours, "{note_type:public}", "ticket_latest_public_comment"))
    assert not read.is_own(meaning(thin("{responder_id:{from:null,to:101}}")))


def test_a_time_entry_is_ignored_with_a_reason() -> None:
    told = read.change(request(thin("{time_sheet_action:new}")), WORDS, HERE)
    assert told == Ignored("time_sheet_action:new", "time entries change nothing that Baton looks at")
