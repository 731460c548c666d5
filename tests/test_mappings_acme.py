"""A made-up helpdesk's mapping with every part of the format, read from end to end."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from escalation.ports import Unreadable
from escalation.ticket import (
    ChangeKind,
    ClockState,
    Group,
    Ignored,
    Message,
    Money,
    Person,
    Priority,
    Role,
    SlaClock,
    Status,
    TicketChange,
)
from mappings import Mapping, Problem, load
from mappings.reading import MOST_LEFT_OUT, Notes, Value

ACME = """\
helpdesk: acme
about: a made-up helpdesk
shapes:
  event:
    event: type
    kinds:
      ticket.created: created
      "ticket.comment*": message_added
      ticket.comment_hidden: updated
      ticket.state: status_changed
      ticket.merged: merged
    ignore:
      "user.*": about a user, not a ticket
      ticket.viewed: somebody looked
    ticket_id: {from: ticket.id, type: id}
    at: time
    actor: {id: by.id, name: by.name, email: by.email, role: by.kind}
    action_id: sequence
    merged_into: {from: ticket.into, when: merged}
    fields:
      subject: ticket.title
      status: ticket.state
      priority: {from: ticket.urgency, table: urgency}
      tags: {from: ticket.labels, separator: " "}
      group.id: {from: ticket.group.id, empty: true}
      group.name: ticket.group.name
      assignee.id: {from: ticket.owner, empty: true}
      assignee.role: {literal: agent}
      product_area: {from: ticket.area, default: other}
      page: {from: ticket.page, required: true}
      updated_at: ticket.changed
      satisfaction: {from: ticket.stars, type: word, table: stars}
      sla:
        first_reply: ticket.reply_by
        resolution: {due_at: ticket.solve_by, state: ticket.solve_state}
    previous:
      status: {from: before.state, when: status_changed}
      assignee.id: {from: before.owner, when: [status_changed, assigned], empty: true}
    custom: {list: ticket.custom, key: id, value: value}
    previous_custom: {map: before.custom}
    message:
      - when: message_added
        id: comment.id
        text: {from: comment.html, type: html}
        public: {from: comment.visible, default: false}
        at: comment.time
        author: {id: comment.by.id, role: comment.by.staff}
        attachments: comment.files[].name
      - {when: created, text: ticket.description, author: {name: by.name}}
  ticket:
    ticket_id: id
    merged_into: into
    complete: true
    fields:
      url: link
      status: state
      requester.email: customer.mail
      customer.organization.name: customer.company.name
      customer.contract_value: {from: customer.company.worth, currency: EUR}
      customer.renewal_on: customer.company.renewal
      sla: {each: clocks, name: {from: what, type: word, table: clocks}, due_at: due, state: colour}
    custom: {map: custom}
    messages:
      - {each: "[first][?text]", text: text, at: time}
      - {each: comments, id: id, text: {from: html, type: html}, public: "!internal", at: time, author: {id: by, role: kind}}
  comment:
    message: {id: id, text: {from: html, type: html}, public: visible, at: time}
tables:
  status: {words: {fresh: new, Working: open, done: solved}, default: unknown}
  urgency: {words: {"1": urgent, "2": high, "true": low}, default: normal}
  roles: {words: {user: customer, staff: agent, "true": agent, "false": customer}}
  states: {words: {yellow: amber, red: breached}}
  clocks: {words: {reply: first_reply}}
  stars: {words: {"5": good}}
  segments: {words: {a: enterprise}, default: small}
custom_fields:
  refund: {id: "3600", name: Refund amount, type: money, currency: USD}
  tries: {name: Tries, type: number}
  segment: {type: word, table: segments}
  markets: {name: Markets, type: list, separator: ";"}
back:
  status: {open: working}
  priority: {urgent: 1, high: {name: top}}
  type: {incident: breakdown}
  tags: {escalated: needs-help}
  fields: {refund: 3600}
"""
TEN = datetime(2025, 1, 8, 10, 12, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def acme() -> Mapping:
    return load(ACME, "mappings/acme.yaml")


def event(kind: str = "ticket.created", **more: Any) -> dict[str, Any]:
    return {"type": kind, "ticket": {"id": 7, **more.pop("ticket", {})}, **more}


def changed(acme: Mapping, payload: Any) -> TicketChange:
    change = acme.change("event", payload, "acme-eu")
    assert isinstance(change, TicketChange)
    return change


def test_a_change_carries_only_what_the_payload_tells(acme: Mapping) -> None:
    change = changed(acme, event(ticket={"title": "Help", "state": "FRESH", "urgency": 1, "labels": "a b  a"}))
    assert (change.connection, change.ticket_id, change.event, change.kind) == (
        "acme-eu",
        "7",
        "ticket.created",
        ChangeKind.CREATED,
    )
    assert change.fields == {
        "subject": "Help",
        "status": Status.NEW,
        "priority": Priority.URGENT,
        "tags": ("a", "b"),
        "group": Group(),
        "assignee": Person(),
        "product_area": "other",
    }
    assert change.previous == {}
    assert change.actor == Person()
    assert change.message is None
    assert change.at is None


@pytest.mark.parametrize(
    ("ticket", "name", "value"),
    [
        ({"owner": 5}, "assignee", Person("5", role=Role.AGENT)),
        ({"owner": "0"}, "assignee", Person()),
        ({"group": {"id": "9", "name": "Billing"}}, "group", Group("9", "Billing")),
        ({"area": "Invoices"}, "product_area", "Invoices"),
        ({"changed": "2025-01-08T10:12:07.123456789Z"}, "updated_at", TEN.replace(microsecond=123456)),
        ({"stars": 5}, "satisfaction", "good"),
        ({"urgency": True}, "priority", Priority.LOW),
        ({"state": "Working"}, "status", Status.OPEN),
        ({"reply_by": 1736331127}, "sla", (SlaClock("first_reply", TEN),)),
        (
            {"solve_by": "2025-01-08 10:12:07 UTC", "solve_state": "Red"},
            "sla",
            (SlaClock("resolution", TEN, ClockState.BREACHED),),
        ),
        ({"custom": [{"id": 3600, "value": "12.50"}]}, "custom.refund", Money(Decimal("12.50"), "USD")),
        ({"custom": [{"id": "REFUND AMOUNT", "value": 3}]}, "custom.refund", Money(Decimal(3), "USD")),
        ({"custom": [{"id": "tries", "value": "3"}]}, "custom.tries", 3),
        ({"custom": [{"id": "Segment", "value": "A"}]}, "custom.segment", "enterprise"),
        ({"custom": [{"id": "markets", "value": "eu; us"}]}, "custom.markets", ("eu", "us")),
        ({"custom": [{"id": 3600, "value": 1}, {"id": 1, "value": 2}]}, "custom.refund", Money(Decimal(1), "USD")),
    ],
)
def test_fields_take_their_types(acme: Mapping, ticket: dict[str, Any], name: str, value: object) -> None:
    assert changed(acme, event(ticket=ticket)).fields[name] == value


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("TICKET.Created", ChangeKind.CREATED),
        ("ticket.comment_added", ChangeKind.MESSAGE_ADDED),
        ("ticket.comment_hidden", ChangeKind.UPDATED),
        ("ticket.flown", ChangeKind.OTHER),
        (None, ChangeKind.OTHER),
    ],
)
def test_the_exact_name_wins_over_a_pattern(acme: Mapping, name: str | None, kind: ChangeKind) -> None:
    assert changed(acme, event(name)).kind is kind  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"type": "user.deleted"}, "about a user, not a ticket"),
        ({"type": "User.Deleted", "ticket": {"id": 7}}, "about a user, not a ticket"),
        (event("ticket.viewed"), "somebody looked"),
        ({"type": "shop.opened"}, "an event this mapping does not know, and it names no ticket"),
    ],
)
def test_what_changes_no_ticket_is_ignored_with_its_reason(acme: Mapping, payload: Any, reason: str) -> None:
    assert acme.change("event", payload, "a") == Ignored(payload["type"], reason)


@pytest.mark.parametrize("ticket_id", [None, "", "0", 0, [], {}, True, 1.5, "x" * 256])
def test_without_a_usable_ticket_id_a_payload_is_unreadable(acme: Mapping, ticket_id: object) -> None:
    payload = {"type": "ticket.created", "ticket": {"id": ticket_id}}
    with pytest.raises(Unreadable, match="ticket_id") as caught:
        acme.change("event", payload, "a")
    assert caught.value.path == "ticket.id"
    assert "shapes.event.ticket_id" in caught.value.remedy
    assert acme.ticket_id("event", payload) == ""


@pytest.mark.parametrize("payload", [None, [], "x", 3, True, {}, {"ticket": "x"}, {"ticket": {"id": [1]}}])
def test_any_other_shape_is_unreadable_too(acme: Mapping, payload: object) -> None:
    for read in (acme.change, acme.ticket):
        with pytest.raises(Unreadable):
            read("event", payload, "a")
    with pytest.raises(Unreadable, match="no shape 'nothing'"):
        acme.change("nothing", payload, "a")


def test_the_message_of_an_event(acme: Mapping) -> None:
    comment = {"id": 1, "html": "<p>Hi</p><p>there</p>", "visible": True, "time": TEN.isoformat(), "by": {"id": 5, "staff": True}}
    change = changed(acme, event("ticket.comment_added", comment=comment | {"files": [{"name": "a.png"}, {"name": "b.log"}]}))
    assert change.message == Message("1", Person("5", role=Role.AGENT), "Hi\n\nthere", True, TEN, ("a.png", "b.log"))
    hidden = changed(acme, event("ticket.comment_added", comment={"id": 1, "html": "x"}))
    assert hidden.message == Message("1", text="x", public=False)


def test_the_first_message_spec_that_fits_counts_and_gets_a_stable_id(acme: Mapping) -> None:
    first = changed(acme, event(ticket={"description": "It broke"}, by={"name": "Mia"}))
    again = changed(acme, event(ticket={"description": "It broke"}, by={"name": "Mia"}))
    assert first.message == again.message
    assert first.message is not None
    assert (first.message.text, first.message.author.name, len(first.message.id)) == ("It broke", "Mia", 16)


def test_previous_values_only_for_their_kind_of_event(acme: Mapping) -> None:
    before = {"state": "fresh", "custom": {"Tries": 1}}
    assert changed(acme, event("ticket.state", before=before)).previous == {
        "status": Status.NEW,
        "assignee": Person(),
        "custom.tries": 1,
    }
    assert changed(acme, event("ticket.created", before=before)).previous == {"custom.tries": 1}


def test_actor_action_time_and_merge(acme: Mapping) -> None:
    by = {"id": 4, "name": "Bo", "email": "bo@example.com", "kind": "staff"}
    change = changed(acme, event("ticket.merged", by=by, time=1736331127000, sequence="s1", ticket={"into": 8}))
    assert change.actor == Person("4", "Bo", "bo@example.com", Role.AGENT)
    assert (change.at, change.action_id, change.merged_into, change.complete) == (TEN, "s1", "8", False)
    assert changed(acme, event("ticket.created", ticket={"into": 8})).merged_into == ""


def test_unknown_words_take_the_default_and_are_told(acme: Mapping) -> None:
    change = changed(acme, event(ticket={"state": "Frozen", "urgency": 9, "stars": 2}, by={"id": 1, "kind": "alien"}))
    assert (change.fields["status"], change.fields["priority"], change.fields["satisfaction"]) == (
        Status.UNKNOWN,
        Priority.NORMAL,
        "2",
    )
    assert change.actor.role is Role.UNKNOWN
    assert change.unknown_words == {"status": "Frozen", "priority": "9", "satisfaction": "2", "actor.role": "alien"}


def test_a_wrong_type_is_left_out_and_told_with_its_path(acme: Mapping) -> None:
    wrong = {"title": ["x"], "state": {"a": 1}, "labels": 3, "changed": "soon", "page": "p", "custom": {"id": 1}, "owner": 5}
    preview = acme.preview("event", event(ticket=wrong, time=True), "a")
    assert preview.kind == "change"
    assert isinstance(preview.change, TicketChange)
    assert set(preview.change.fields) == {"assignee", "product_area", "group", "page"}
    assert {p.path: p.problem for p in preview.problems} == {
        "time": "at: expected a time, found true or false",
        "ticket.title": "subject: expected text, found a list",
        "ticket.state": "status: expected text, found an object",
        "ticket.labels": "tags: expected a list, found a number",
        "ticket.changed": "updated_at: expected a time, found a text that is none",
        "ticket.custom": "custom: expected a list, found an object",
    }
    told = [Problem(p.line, p.path, f"{p.field}: {p.problem}", p.remedy, "mappings/acme.yaml") for p in preview.change.left_out]
    assert told == preview.problems, "what a preview says of a payload is kept with the delivery"
    subject = next(p for p in preview.problems if p.path == "ticket.title")
    assert ACME.splitlines()[subject.line - 1].strip() == "subject: ticket.title"
    assert subject.document == "mappings/acme.yaml"
    assert "shapes.event.fields.subject" in subject.remedy


def test_of_very_many_wrong_values_the_first_are_told_and_how_many_more(acme: Mapping) -> None:
    many = [{"field": n, "value": 1} for n in ["refund"] * 3] + [{"field": {}, "value": 1}] * 3
    told = acme.preview("event", event(ticket={"custom": many}), "a")
    assert isinstance(told.change, TicketChange) and len(told.change.left_out) < len(told.problems), "each once"
    notes = Notes("acme")
    for n in range(MOST_LEFT_OUT + 7):
        notes.place = f"comments[{n}]: "
        notes.wrong(Value("message.text", "text", lambda _: None, lambda _: None), "expected text, found a list")
    *first, rest = notes.left_out
    assert (len(first), rest.problem, len(notes.problems)) == (MOST_LEFT_OUT, "and 7 more values", MOST_LEFT_OUT + 7)


def test_required_fields_are_told_when_missing(acme: Mapping) -> None:
    (told,) = acme.preview("event", event(), "a").problems
    assert (told.path, told.problem) == ("ticket.page", "page: nothing is there, and the mapping says it is required")


def test_preview_of_what_is_ignored_or_unreadable(acme: Mapping) -> None:
    assert acme.preview("event", {"type": "user.x"}, "a").kind == "ignored"
    unreadable = acme.preview("event", {"type": "ticket.created", "ticket": {"id": []}}, "a")
    assert (unreadable.kind, unreadable.change) == ("unreadable", None)
    assert [p.path for p in unreadable.problems] == ["ticket.id", "ticket.id"]
    assert acme.preview("none", {}, "a").kind == "unreadable"
