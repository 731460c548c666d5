"""What the made-up helpdesk's mapping makes of tickets and entries that were read, and what goes back to it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from escalation.ports import GiveUp, Unreadable
from escalation.ticket import ClockState, Customer, Group, Message, Money, Person, Priority, Role, SlaClock, Status
from mappings import Mapping, load
from tests.test_mappings_acme import ACME, TEN


@pytest.fixture(scope="module")
def acme() -> Mapping:
    return load(ACME, "mappings/acme.yaml")


def test_a_ticket_that_was_read(acme: Mapping) -> None:
    payload = {
        "id": "7",
        "link": "https://acme.example/7",
        "state": "done",
        "customer": {"mail": "mia@example.com", "company": {"name": "Northwind", "worth": "48.000 EUR", "renewal": "2026-03-01"}},
        "clocks": [{"what": "reply", "due": TEN.isoformat(), "colour": "yellow"}, {"what": "Odd"}, {"due": 1}, 3],
        "custom": {"refund AMOUNT": 3, "Tries": None, "else": 1},
        "first": {"text": "It broke", "time": "2025-01-08T09:00:00Z"},
        "comments": [
            {"id": 2, "html": "later", "internal": True, "time": "2025-01-08T12:00:00Z", "kind": "staff"},
            {"id": 1, "html": "<b>sooner</b>", "internal": False, "time": "2025-01-08T11:00:00Z", "by": 4, "kind": "user"},
            {"id": 1, "html": "sooner", "internal": False, "time": "2025-01-08T11:00:00Z", "by": 4, "kind": "user"},
            "junk",
        ],
    }
    ticket = acme.ticket("ticket", payload, "acme-eu")
    assert ticket.known == {"url", "status", "requester", "customer", "sla", "custom", "messages"}
    assert ticket.customer == Customer(
        Group(name="Northwind"), contract_value=Money(Decimal(48000), "EUR"), renewal_on="2026-03-01"
    )
    assert ticket.sla == (SlaClock("first_reply", TEN, ClockState.AMBER), SlaClock("Odd"))
    assert ticket.custom == {"refund": Money(Decimal(3), "USD")}
    assert [(m.text, m.public, m.author) for m in ticket.messages] == [
        ("It broke", True, Person()),
        ("sooner", True, Person("4", role=Role.CUSTOMER)),
        ("later", False, Person()),
    ]


def test_known_tells_empty_from_untold(acme: Mapping) -> None:
    assert acme.ticket("ticket", {"id": 1}, "a").known == frozenset()
    bare = acme.ticket("ticket", {"id": 1, "comments": [], "clocks": [], "custom": {}, "into": 3}, "a")
    assert bare.known == {"messages", "sla", "custom", "merged_into"}
    assert bare.merged_into == "3"


def test_an_entry_read_on_its_own(acme: Mapping) -> None:
    assert acme.message("comment", {"id": 3, "html": "a &lt; b", "visible": False}) == Message("3", text="a < b", public=False)
    nothing: tuple[object, ...] = ({}, None, [], {"html": "  "})
    for empty in nothing:
        with pytest.raises(Unreadable, match="neither id nor text"):
            acme.message("comment", empty)


def test_event_names(acme: Mapping) -> None:
    assert acme.event("event", {"type": " ticket.created "}) == "ticket.created"
    assert acme.event("event", {"type": {}}) == ""
    assert acme.event("comment", {}) == ""


@pytest.mark.parametrize(
    ("field", "value", "sent"),
    [
        ("priority", Priority.URGENT, 1),
        ("priority", "high", {"name": "top"}),
        ("status", Status.OPEN, "working"),
        ("tags", "escalated", "needs-help"),
        ("tags", "vip", "vip"),
    ],
)
def test_our_words_go_back_as_theirs(acme: Mapping, field: str, value: object, sent: object) -> None:
    assert acme.back(field, value) == sent


@pytest.mark.parametrize(("field", "value"), [("priority", Priority.LOW), ("status", "fresh"), ("colour", "red")])
def test_a_word_without_a_partner_stops_the_write_and_says_what_to_add(acme: Mapping, field: str, value: object) -> None:
    with pytest.raises(GiveUp, match=rf"mappings/acme.yaml has no word for {field} .*back\.{field}"):
        acme.back(field, value)


def test_custom_fields_go_back_by_their_id(acme: Mapping) -> None:
    for value, sent in (
        (Money(Decimal("12.50"), "EUR"), 12.5),
        (Money(Decimal(3)), 3),
        (TEN, "2025-01-08T10:12:07Z"),
        (("a",), ["a"]),
    ):
        assert acme.back_fields({"refund": value}) == {"3600": sent}
    with pytest.raises(GiveUp, match=r"back\.fields"):
        acme.back_fields({"tries": 1})
