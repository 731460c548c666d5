"""What Intercom's notifications mean: every topic, and the vendor's odd habits. Goldens stand in test_contract.py."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.intercom.inbound import shape_of
from escalation.ports import Inbound
from escalation.ticket import ChangeKind, Person, Role, TicketChange
from tests.intercom_play import connector, words
from tests.support import fixture, fixture_names

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def as_sent(payload: object, query: dict[str, str] | None = None) -> Inbound:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Inbound({}, body, query or {})


def notification(topic: str, item: object, **more: object) -> dict[str, Any]:
    return {"type": "notification_event", "id": "notif_1", "topic": topic, "data": {"item": item}, "app_id": "abc", **more}


def told(topic: str, item: object) -> TicketChange:
    change = connector().change(as_sent(notification(topic, item)))
    assert isinstance(change, TicketChange)
    return change


# What the mapping makes of our recorded deliveries


@pytest.mark.parametrize("name", [n for n in fixture_names("intercom") if n != "wrong_types"])
def test_no_golden_holds_a_value_the_mapping_cannot_use(name: str) -> None:
    delivery = fixture("intercom", name)
    if "body" in delivery:
        preview = words().preview(shape_of(delivery["body"]), delivery["body"], "intercom")
        assert preview.problems == []
        assert not preview.unknown_words


def test_wrong_types_are_named_with_their_path() -> None:
    body = fixture("intercom", "wrong_types")["body"]
    preview = words().preview(shape_of(body), body, "intercom")
    places = " ".join(problem.path for problem in preview.problems)
    for part in ("title", "priority", "admin_assignee_id", "updated_at", "custom_attributes"):
        assert part in places


# Topics and habits


@pytest.mark.parametrize(
    "topic, kind",
    [
        ("conversation.user.created", ChangeKind.CREATED), ("conversation.user.replied", ChangeKind.MESSAGE_ADDED),
        ("conversation.admin.assigned", ChangeKind.ASSIGNED), ("conversation.admin.closed", ChangeKind.STATUS_CHANGED),
        ("conversation.admin.noted", ChangeKind.MESSAGE_ADDED), ("conversation.admin.open.assigned", ChangeKind.ASSIGNED),
        ("conversation.admin.opened", ChangeKind.STATUS_CHANGED), ("conversation.admin.replied", ChangeKind.MESSAGE_ADDED),
        ("conversation.admin.single.created", ChangeKind.CREATED), ("conversation.admin.snoozed", ChangeKind.STATUS_CHANGED),
        ("conversation.admin.unsnoozed", ChangeKind.STATUS_CHANGED), ("conversation.operator.replied", ChangeKind.MESSAGE_ADDED),
        ("conversation.priority.updated", ChangeKind.PRIORITY_CHANGED), ("conversation.rating.added", ChangeKind.RATED),
        ("conversation.read", ChangeKind.OTHER), ("conversation.contact.attached", ChangeKind.FIELD_CHANGED),
        ("conversation.contact.detached", ChangeKind.FIELD_CHANGED), ("conversation.company.updated", ChangeKind.FIELD_CHANGED),
        ("conversation_part.redacted", ChangeKind.UPDATED), ("conversation_part.tag.created", ChangeKind.TAGS_CHANGED),
        ("conversation.never.heard.of", ChangeKind.OTHER), ("Conversation.Admin.Closed", ChangeKind.STATUS_CHANGED),
    ],
)  # fmt: skip
def test_conversation_topics(topic: str, kind: ChangeKind) -> None:
    assert told(topic, {"type": "conversation", "id": 5}).kind is kind
    assert told(topic, {"type": "conversation", "id": "5", "user": {"id": "1"}}).kind is kind


@pytest.mark.parametrize(
    "topic, kind",
    [
        ("ticket.created", ChangeKind.CREATED), ("ticket.state.updated", ChangeKind.STATUS_CHANGED),
        ("ticket.note.created", ChangeKind.MESSAGE_ADDED), ("ticket.admin.assigned", ChangeKind.ASSIGNED),
        ("ticket.team.assigned", ChangeKind.ASSIGNED), ("ticket.contact.attached", ChangeKind.FIELD_CHANGED),
        ("ticket.contact.detached", ChangeKind.FIELD_CHANGED), ("ticket.attribute.updated", ChangeKind.FIELD_CHANGED),
        ("ticket.admin.replied", ChangeKind.MESSAGE_ADDED), ("ticket.contact.replied", ChangeKind.MESSAGE_ADDED),
        ("ticket.closed", ChangeKind.STATUS_CHANGED), ("ticket.rating.provided", ChangeKind.RATED),
        ("ticket.resolved", ChangeKind.STATUS_CHANGED), ("ticket.invented", ChangeKind.OTHER),
    ],
)  # fmt: skip
def test_ticket_topics(topic: str, kind: ChangeKind) -> None:
    change = told(topic, {"type": "ticket_ticket_part", "ticket": {"id": 5}, "ticket_part": {}})
    assert (change.kind, change.ticket_id) == (kind, "ticket-5")


@pytest.mark.parametrize(
    "ticket, status",
    [
        ({"ticket_state": {"category": "submitted"}, "open": True}, "new"),
        ({"ticket_state": {"category": "in_progress"}, "open": True}, "open"),
        ({"ticket_state": {"category": "waiting_on_customer"}, "open": True}, "pending"),
        ({"ticket_state": {"category": "resolved"}, "open": True}, "solved"),
        ({"ticket_state": {"category": "in_progress"}, "open": False}, "solved"),
        ({"ticket_state": {"category": "in_progress"}, "open": True, "snoozed_until": 1772500000}, "pending"),
        ({"ticket_state": {"category": "escalated"}, "open": True}, "unknown"),
        ({}, None),
    ],
)  # fmt: skip
def test_ticket_states(ticket: dict[str, Any], status: str | None) -> None:
    change = told("ticket.state.updated", {"type": "ticket_ticket_part", "ticket": {"id": "5", **ticket}, "ticket_part": {}})
    assert change.fields.get("status") == status
    assert ("status" in change.unknown_words) == (status == "unknown")


@pytest.mark.parametrize("nobody", [None, 0, "0", ""])
@pytest.mark.parametrize("kind", ["conversation", "ticket"])
def test_nobody_is_told_as_nobody(kind: str, nobody: object) -> None:
    held = {"type": kind, "id": "5", "admin_assignee_id": nobody, "team_assignee_id": nobody}
    fields = told(f"{kind}.admin.assigned", held).fields
    assert (fields["assignee"], fields["group"]) == (Person(), type(fields["group"])())


@pytest.mark.parametrize("id", [101, "101"])
def test_ids_are_text_whatever_they_were(id: object) -> None:
    fields = told("conversation.admin.assigned", {"type": "conversation", "id": 5, "admin_assignee_id": id}).fields
    assert fields["assignee"] == Person(id="101")


@pytest.mark.parametrize(
    "author, role",
    [
        ({"type": "user"}, Role.CUSTOMER), ({"type": "lead"}, Role.CUSTOMER), ({"type": "contact"}, Role.CUSTOMER),
        ({"type": "admin"}, Role.AGENT), ({"type": "bot"}, Role.BOT), ({"type": "operator"}, Role.BOT),
        ({"type": "admin", "from_ai_agent": True}, Role.BOT), ({"type": "admin", "is_ai_answer": True}, Role.BOT),
        ({"type": "admin", "email": "operator+x1@intercom.io"}, Role.BOT), ({"type": "robot"}, Role.UNKNOWN),
    ],
)  # fmt: skip
def test_roles(author: dict[str, Any], role: Role) -> None:
    parts = [{"id": "1", "part_type": "comment", "body": "<p>hello</p>", "author": {"id": "9", **author}}]
    change = told(
        "conversation.admin.replied", {"type": "conversation", "id": "5", "conversation_parts": {"conversation_parts": parts}}
    )
    assert change.message and change.message.author.role is role
    assert change.actor.role is role


@pytest.mark.parametrize("part_type, public", [("comment", True), ("assignment", True), ("open", True), ("close", True),
                                               ("note", False), ("note_and_reopen", False), (None, True)])  # fmt: skip
def test_only_notes_are_internal(part_type: str | None, public: bool) -> None:
    parts = [{"id": "1", "part_type": part_type, "body": "<p>hello</p>", "author": {"id": "9", "type": "admin"}}]
    change = told(
        "conversation.admin.replied", {"type": "conversation", "id": "5", "conversation_parts": {"conversation_parts": parts}}
    )
    assert change.message and change.message.public is public
