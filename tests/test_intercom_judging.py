"""What is made of an Intercom change: is a read needed, was it our own, where is its page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.intercom.inbound import arrival, is_own, needs_read, short_subject, url_of
from escalation.ports import Inbound
from escalation.ticket import ChangeKind, Message, Person, Ticket, TicketChange, apply
from tests.intercom_play import connector, words
from tests.support import connection, fixture, inbound, raw

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


PART = {"id": "9", "part_type": "comment", "body": "<p>Hello</p>", "author": {"id": "900", "type": "admin"}, "created_at": 1}
OUR_NOTE = {**PART, "part_type": "note", "body": "<p>Handoff</p><p>Baton ref h-1:note</p>"}


def newest(topic: str, part: dict[str, Any]) -> TicketChange:
    return told(topic, {"type": "conversation", "id": "5", "updated_at": 1, "conversation_parts": {"conversation_parts": [part]}})


@pytest.mark.parametrize(
    "topic, has_part",
    [
        ("conversation.user.replied", True), ("conversation.admin.noted", True), ("Conversation.Admin.Replied", True),
        ("conversation.admin.assigned", True), ("conversation.admin.closed", True), ("conversation.priority.updated", True),
        ("conversation_part.redacted", False), ("conversation.company.updated", False), ("conversation.read", False),
        ("conversation.contact.attached", False), ("conversation.contact.detached", False),
        ("conversation.rating.added", False), ("conversation.never.heard.of", False),
    ],
)  # fmt: skip
def test_an_event_without_a_part_of_its_own_is_not_the_newest_parts(topic: str, has_part: bool) -> None:
    change = newest(topic, PART)
    assert (change.action_id, change.actor.id) == (("9", "900") if has_part else ("", ""))
    assert change.message and change.message.text == "Hello", "it is said all the same"
    assert is_own(change, "900") is has_part
    assert is_own(newest(topic, OUR_NOTE), "") is has_part


@pytest.mark.parametrize(
    "topic, part_type",
    [
        ("conversation.rating.added", "conversation_rating_changed"), ("conversation.contact.attached", "participant_added"),
        ("conversation.contact.detached", "participant_removed"),
    ],
)  # fmt: skip
def test_some_parts_are_made_for_one_topic(topic: str, part_type: str) -> None:
    assert newest(topic, {**PART, "part_type": part_type, "body": None}).action_id == "9"


# Judging


def conversation(**fields: Any) -> TicketChange:
    return TicketChange("intercom", "5", ChangeKind.MESSAGE_ADDED, "conversation.user.replied", complete=True, fields=fields)


READ = Ticket("intercom", "5", known=frozenset({"messages", "status"}), updated_at=NOW)


@pytest.mark.parametrize(
    "change, ticket, reads",
    [
        (conversation(), None, True),  # never seen
        (conversation(), Ticket("intercom", "5", known=frozenset({"status"})), True),  # known from notifications only
        (conversation(), READ, False),  # the notification is a snapshot with the new message
        (conversation(), replace(READ, known=frozenset(), missing={"messages": "refused"}), False),  # no use
        (replace(conversation(updated_at=NOW + timedelta(1)), kind=ChangeKind.FIELD_CHANGED), READ, True),  # somebody joined
        (replace(conversation(updated_at=NOW - timedelta(1)), kind=ChangeKind.FIELD_CHANGED), READ, False),  # read since
        (replace(conversation(updated_at=NOW), kind=ChangeKind.UPDATED), READ, True),  # some message was redacted
        (replace(conversation(updated_at=NOW - timedelta(1)), kind=ChangeKind.UPDATED), READ, True),
        (replace(conversation(), kind=ChangeKind.OTHER), None, False),
        (replace(conversation(), kind=ChangeKind.DELETED), None, False),
        (replace(conversation(), kind=ChangeKind.TAGS_CHANGED, complete=False), READ, True),  # the tags are not told
        (replace(conversation(tags=()), kind=ChangeKind.TAGS_CHANGED, complete=False), READ, False),
        (replace(conversation(tags=("new",)), kind=ChangeKind.TAGS_CHANGED, complete=False), READ, True),
        (TicketChange("intercom", "5", ChangeKind.ESCALATION_REQUESTED, "escalate"), READ, True),
    ],
)  # fmt: skip
def test_needs_read(change: TicketChange, ticket: Ticket | None, reads: bool) -> None:
    assert needs_read(change, ticket) is reads


def test_a_ticket_keeps_what_only_a_read_can_tell() -> None:
    """A later snapshot of an admin's own conversation names no contact, and must not wipe out the one that was read."""
    change = connector().change(inbound(fixture("intercom", "automated_message")))
    assert isinstance(change, TicketChange)
    known = Ticket("intercom", change.ticket_id, requester=Person("301", "Mia"), updated_at=NOW - timedelta(days=1))
    assert apply(known, change).requester == Person("301", "Mia")


@pytest.mark.parametrize(
    "actor, text, public, own",
    [
        ("900", "", False, True), ("101", "Baton ref h-1:note", False, True), ("101", "hello\nBaton ref h-1\n", False, True),
        ("101", "hello", False, False), ("301", "Baton ref h-1:note", True, False), ("", "", True, False),
    ],
)  # fmt: skip
def test_own_writes(actor: str, text: str, public: bool, own: bool) -> None:
    message = Message("1", text=text, public=public) if text else None
    change = replace(conversation(), actor=Person(actor), message=message)
    assert is_own(change, "900") is own
    assert connector().is_own(change) is own
    assert not is_own(replace(change, message=None), "")


def test_our_own_note_is_recognised_when_it_comes_back() -> None:
    change = connector().change(inbound(fixture("intercom", "own_note")))
    assert isinstance(change, TicketChange)
    assert is_own(change, "") and is_own(replace(change, message=None), "900")


@pytest.mark.parametrize(
    "url, app_id, ticket_id, page",
    [
        ("https://api.intercom.io", "abc", "5", "https://app.intercom.com/a/apps/abc/conversations/5"),
        ("https://api.eu.intercom.io/", "abc", "ticket-5", "https://app.eu.intercom.com/a/apps/abc/conversations/5"),
        ("https://api.au.intercom.io", "abc", "5", "https://app.au.intercom.com/a/apps/abc/conversations/5"),
        ("https://gateway.example:8443/intercom", "abc", "5", "https://app.intercom.com/a/apps/abc/conversations/5"),
        ("https://api.intercom.io", "", "5", ""), ("https://api.intercom.io", "a/b?c", "5", ""),
    ],
)  # fmt: skip
def test_pages(url: str, app_id: str, ticket_id: str, page: str) -> None:
    assert url_of(replace(connection("intercom", url), sandbox=False), app_id, ticket_id) == page


def test_a_long_first_message_makes_a_short_subject() -> None:
    assert short_subject("\n\n  Hello there \nsecond line") == "Hello there"
    assert short_subject("x" * 500) == "x" * 99 + "…"
    assert short_subject("") == ""


def test_arrival_is_a_function_of_the_module_too() -> None:
    delivery = fixture("intercom", "ticket_note")
    assert arrival(inbound(delivery), words()).ticket_id == "ticket-215473850033"
    assert raw(delivery)
