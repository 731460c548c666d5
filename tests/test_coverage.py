"""When the stored ticket is enough, and when only a read will do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.coverage import covered
from escalation.ticket import (
    ChangeKind,
    Channel,
    Customer,
    Group,
    Message,
    Person,
    Priority,
    Status,
    Ticket,
    TicketChange,
)

NOON = datetime(2025, 1, 8, 12, 0, tzinfo=UTC)
ADA = Person("101", "Ada", "ada@example.com")
READ = Ticket(
    "zendesk",
    "1",
    subject="Charged twice",
    status=Status.OPEN,
    priority=Priority.HIGH,
    tags=("billing", "vip"),
    group=Group("201", "Billing"),
    assignee=ADA,
    customer=Customer(Group("401", "Northwind"), tier="enterprise"),
    custom={"refund_amount": 500},
    messages=(Message("m1", text="Hello", at=NOON),),
    updated_at=NOON,
    known=frozenset({"subject", "status", "messages"}),
)
LATER, EARLIER = NOON + timedelta(seconds=1), NOON - timedelta(seconds=1)
STATUS = {"status": Status.OPEN, "updated_at": NOON}


def change(kind: ChangeKind, fields: dict[str, object] | None = None, **more: Any) -> TicketChange:
    return TicketChange("zendesk", "1", kind, "event", fields=fields or {}, **more)


@pytest.mark.parametrize(
    ("case", "told", "enough"),
    [
        ("older than the read, whatever it says", change(ChangeKind.UPDATED, {"updated_at": EARLIER}), True),
        (
            "older, its message is not in the thread",
            change(ChangeKind.MESSAGE_ADDED, at=EARLIER, message=Message("m0")),
            False,
        ),
        ("older by its own time", change(ChangeKind.FIELD_CHANGED, at=EARLIER), True),
        ("says nothing and has no time", change(ChangeKind.UPDATED), False),
        ("same time, does not say what changed", change(ChangeKind.FIELD_CHANGED, {**STATUS}), False),
        ("a custom field is told, as stored", change(ChangeKind.FIELD_CHANGED, {"custom.refund_amount": 500}), True),
        ("a custom field is told, not as stored", change(ChangeKind.FIELD_CHANGED, {"custom.refund_amount": 5}), False),
        ("the helpdesk asks, nothing told", change(ChangeKind.ESCALATION_REQUESTED, {"updated_at": NOON}), False),
        ("what it says is so", change(ChangeKind.STATUS_CHANGED, {**STATUS}), True),
        ("newer than the read", change(ChangeKind.STATUS_CHANGED, {**STATUS, "updated_at": LATER}), False),
        ("another value", change(ChangeKind.STATUS_CHANGED, {**STATUS, "status": Status.SOLVED}), False),
        ("its own field is not told", change(ChangeKind.PRIORITY_CHANGED, {**STATUS}), False),
        ("tags in another order", change(ChangeKind.TAGS_CHANGED, {"tags": ("vip", "billing")}), True),
        ("one tag more", change(ChangeKind.TAGS_CHANGED, {"tags": ("vip", "billing", "escalate")}), False),
        ("people are named by id only", change(ChangeKind.ASSIGNED, {"assignee": Person("101")}), True),
        ("somebody else", change(ChangeKind.ASSIGNED, {"assignee": Person("102")}), False),
        ("nobody", change(ChangeKind.ASSIGNED, {"assignee": Person()}), False),
        ("groups are named by id only", change(ChangeKind.ASSIGNED, {"group": Group("201")}), True),
        ("a group by name only", change(ChangeKind.ASSIGNED, {"group": Group("", "Billing")}), True),
        ("another group by name only", change(ChangeKind.ASSIGNED, {"group": Group("", "Security")}), False),
        ("organisation by id only", change(ChangeKind.STATUS_CHANGED, {**STATUS, "customer": Customer(Group("401"))}), True),
        ("a custom field as stored", change(ChangeKind.STATUS_CHANGED, {**STATUS, "custom.refund_amount": 500}), True),
        ("a custom field not as stored", change(ChangeKind.STATUS_CHANGED, {**STATUS, "custom.refund_amount": 900}), False),
        ("an unknown word is no news", change(ChangeKind.STATUS_CHANGED, {**STATUS, "channel": Channel.UNKNOWN}), True),
        ("the message is there", change(ChangeKind.MESSAGE_ADDED, message=Message("m1")), True),
        ("the message is not there", change(ChangeKind.MESSAGE_ADDED, message=Message("m2")), False),
        ("the message became internal", change(ChangeKind.MESSAGE_ADDED, message=Message("m1", public=False)), False),
        ("a message without an id", change(ChangeKind.MESSAGE_ADDED, message=Message("")), False),
        ("a message is announced, not told", change(ChangeKind.MESSAGE_ADDED, {**STATUS}), False),
        ("deleted", change(ChangeKind.DELETED), False),
        ("merged into another", change(ChangeKind.MERGED, merged_into="9"), False),
        ("complete snapshot, all as stored", change(ChangeKind.UPDATED, {**STATUS}, complete=True), True),
        ("complete snapshot, something new", change(ChangeKind.UPDATED, {"status": Status.PENDING}, complete=True), False),
        ("nothing we keep, no newer", change(ChangeKind.OTHER, {**STATUS}), True),
        ("nothing we keep, newer", change(ChangeKind.OTHER, {"updated_at": LATER}), False),
        ("addresses are written in several ways", change(ChangeKind.STATUS_CHANGED, {**STATUS, "url": "x"}), True),
    ],
)
def test_covered_against_a_ticket_that_was_read(case: str, told: TicketChange, enough: bool) -> None:
    assert covered(told, READ) is enough, case


def test_nothing_stored_covers_nothing() -> None:
    assert not covered(change(ChangeKind.STATUS_CHANGED, STATUS), None)


def test_a_thread_never_read_covers_nothing() -> None:
    assert not covered(change(ChangeKind.STATUS_CHANGED, STATUS), replace(READ, known=frozenset({"status"})))


def test_a_thread_that_cannot_be_had_is_not_asked_for_again() -> None:
    unreadable = replace(READ, known=frozenset({"status"}), missing={"messages": "not permitted"})
    assert covered(change(ChangeKind.STATUS_CHANGED, STATUS), unreadable)


def test_a_deleted_ticket_covers_its_deletion() -> None:
    assert covered(change(ChangeKind.DELETED), replace(READ, status=Status.DELETED))


@pytest.mark.parametrize(("messages", "enough"), [(100, True), (101, False)])
def test_of_a_long_thread_an_old_message_may_have_changed_behind_the_last_read(messages: int, enough: bool) -> None:
    thread = tuple(Message(str(n), Person("c"), "Hello") for n in range(messages))
    older = change(ChangeKind.UPDATED, {"updated_at": EARLIER})
    assert covered(older, replace(READ, messages=thread)) is enough
