"""Reading from the play Zendesk: two calls for a whole ticket, threads complete and in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from escalation.actions import Line, Note, Write
from escalation.ports import GiveUp
from escalation.ticket import ChangeKind, Channel, ClockState, Money, Person, Priority, Role, Status, Ticket, TicketChange
from tests.support import fixture
from tests.zendesk_play import Desk, world_on

SEED = fixture("zendesk", "ticket_created_urgent")["ticket"]


@pytest.fixture(scope="module")
def world(postgres: str) -> Iterator[Desk]:
    with world_on(postgres) as desk:
        yield desk


@pytest.fixture
def desk(world: Desk) -> Desk:
    """The same play Zendesk for every test of this file, emptied, with the ticket of the story."""
    world.empty()
    world.seed(SEED)
    return world


def test_a_whole_ticket_costs_two_calls(desk: Desk) -> None:
    ticket = desk.connector().fetch("35001")
    assert sorted(desk.calls()) == [("GET", "tickets/35001.json"), ("GET", "tickets/35001/comments.json")]
    assert ticket.url == f"{desk.url}/agent/tickets/35001"
    assert (ticket.status, ticket.priority, ticket.channel) == (Status.NEW, Priority.URGENT, Channel.CHAT)
    assert (ticket.group.name, ticket.assignee, ticket.language) == ("Customer care", Person(), "en")
    assert ticket.requester == Person("301", "Mia Customer", "mia@northwind.example", Role.CUSTOMER)
    assert (ticket.customer.organization.name, ticket.customer.tier) == ("Northwind", "enterprise")
    assert ticket.customer.contract_value == Money(Decimal("48000.00"), "USD")
    assert ticket.custom == {"refund_amount": Money(Decimal("4800.00"), "USD"), "ai_confidence": 0.42, "ai_attempts": 2}
    assert (ticket.issue_type, ticket.product_area) == ("billing", "subscriptions")
    assert ticket.page == "https://app.example.com/billing/invoices"
    assert [(clock.name, clock.state) for clock in ticket.sla] == [
        ("first_reply", ClockState.MET),
        ("resolution", ClockState.GREEN),
    ]
    assert ticket.sla[1].due_at == datetime(2025, 1, 8, 12, 12, 7, tzinfo=UTC)
    assert {"messages", "custom", "requester", "sla", "customer", "assignee"} <= ticket.known
    assert not ticket.missing


def test_reading_again_takes_the_newest_hundred_in_two_calls(desk: Desk) -> None:
    said = [{"id": n, "author_id": 301, "body": f"Message {n}", "public": True} for n in range(1, 251)]
    desk.seed({**SEED, "comments": said})
    again = desk.connector().reread("35001")
    assert len(desk.calls()) == 2
    assert [message.id for message in again.messages] == [str(n) for n in range(151, 251)]
    assert again.missing["messages"] == "only the newest 100 messages were read"


NOTE = Note("h7", "Handoff to Ada", (Line("Goal", "A refund"),))


def test_what_baton_wrote_last_is_read_again_in_one_call(desk: Desk) -> None:
    """The last update stands beside the ticket, however long the thread is."""
    said = [{"id": n, "author_id": 301, "body": f"Message {n}", "public": True} for n in range(1, 251)]
    desk.seed({**SEED, "comments": said})
    connector = desk.connector()
    connector.write(Write("h7", "35001", agent_id="101", note=NOTE), look_first=False)
    desk.state.forget_calls("zendesk")
    again = connector.reread("35001")
    assert len(desk.calls()) == 1
    assert again.assignee.id == "101" and again.missing["messages"] == "only the last update was read"
    (note,) = again.messages
    assert "Baton ref h7" in note.text and not note.public and note.author.role is Role.BOT


@pytest.mark.parametrize("later", [{"comment": {"body": "Ah, thank you"}}, {"priority": "low"}])
def test_what_somebody_wrote_since_has_the_newest_messages_read(desk: Desk, later: dict[str, object]) -> None:
    desk.seed(SEED)
    connector = desk.connector()
    connector.write(Write("h7", "35001", agent_id="101", note=NOTE), look_first=False)
    desk.api("PUT", "tickets/35001", {"ticket": later}).raise_for_status()
    desk.state.forget_calls("zendesk")
    again = connector.reread("35001")
    assert len(desk.calls()) == 2 and not again.missing
    assert any("Baton ref h7" in message.text for message in again.messages)


def test_the_thread_is_complete_in_order_and_says_who_speaks(desk: Desk) -> None:
    thread = desk.connector().fetch("35001").messages
    assert [message.id for message in thread] == ["91001", "91002", "91003", "91004", "91005", "91006"]
    assert [message.author.role for message in thread] == [
        Role.CUSTOMER,
        Role.BOT,
        Role.CUSTOMER,
        Role.AGENT,
        Role.CUSTOMER,
        Role.AGENT,
    ]
    assert [message.public for message in thread] == [True] * 5 + [False]
    assert thread[0].attachments == ("INV-20882.pdf",)
    assert thread[3].author == Person("106", "Fatima Haddad", "fatima@example.com", Role.AGENT)
    assert thread[1].text.startswith("Hello Mia, I am the help assistant. A second charge is often a pending authorisation")


def many(count: int) -> list[dict[str, Any]]:
    return [{"body": f"message {n}", "created_at": f"2025-01-08T10:{n // 60:02d}:{n % 60:02d}Z"} for n in range(count)]


@pytest.mark.parametrize(
    ("count", "calls", "read", "missing"),
    [(100, 2, 100, ""), (101, 3, 101, ""), (500, 6, 500, ""), (730, 6, 500, "only the newest 500 messages were read")],
)
def test_long_threads_follow_the_cursor_up_to_a_limit(desk: Desk, count: int, calls: int, read: int, missing: str) -> None:
    desk.seed({**SEED, "comments": many(count)})
    ticket = desk.connector().fetch("35001")
    assert len(desk.calls()) == calls
    assert [m.text for m in ticket.messages] == [f"message {n}" for n in range(count - read, count)]
    assert ticket.missing.get("messages", "") == missing


@pytest.mark.parametrize(
    ("before", "more", "calls"),
    [(90, 20, 2), (190, 10, 2), (190, 99, 2), (190, 100, 3), (190, 310, 5), (490, 10, 2)],
)
def test_of_a_known_thread_only_what_is_newer_is_read(desk: Desk, before: int, more: int, calls: int) -> None:
    desk.seed({**SEED, "comments": many(before + more)})
    whole = desk.connector().fetch("35001")
    desk.state.forget_calls("zendesk")
    again = desk.connector().fetch("35001", replace(whole, messages=whole.messages[:before]))
    assert (again.messages, again.missing, len(desk.calls())) == (whole.messages, {}, calls)


@pytest.mark.parametrize(
    "known",
    [
        lambda whole: replace(whole, missing={"messages": "only the newest 500 messages were read"}),
        lambda whole: replace(whole, known=whole.known - {"messages"}),
        lambda whole: replace(whole, messages=tuple(replace(m, id=f"told-{m.id}") for m in whole.messages)),
        lambda whole: None,
    ],
    ids=["read in part", "never read", "told by webhooks", "unknown"],
)
def test_a_thread_that_is_not_known_for_sure_is_read_whole(desk: Desk, known: Callable[[Ticket], Ticket | None]) -> None:
    desk.seed({**SEED, "comments": many(230)})
    whole = desk.connector().fetch("35001")
    desk.state.forget_calls("zendesk")
    assert desk.connector().fetch("35001", known(whole)) == whole
    assert len(desk.calls()) == 4


def test_comments_of_the_same_second_keep_their_order(desk: Desk) -> None:
    desk.seed({**SEED, "comments": [{"body": f"{n}", "created_at": "2025-01-08T10:12:07Z"} for n in range(30)]})
    assert [m.text for m in desk.connector().fetch("35001").messages] == [str(n) for n in range(30)]


def test_the_two_calls_run_at_the_same_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    connector, both = desk.connector(), threading.Barrier(2, timeout=5)
    request = connector.api.session.request

    def together(*args: Any, **options: Any) -> requests.Response:
        both.wait()  # breaks unless both calls are under way
        return request(*args, **options)

    monkeypatch.setattr(connector.api.session, "request", together)
    assert connector.fetch("35001").subject == SEED["subject"]


def test_refused_comments_do_not_fail_the_ticket(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = desk.connector()

    def refuse(*_: Any, **__: Any) -> Any:
        raise GiveUp("zendesk: GET answered 403")

    monkeypatch.setattr(connector.api, "get", refuse)
    ticket = connector.fetch("35001")
    assert ticket.subject == SEED["subject"]
    assert "403" in ticket.missing["messages"]
    assert "messages" not in ticket.known
    asked = TicketChange("zendesk", "35001", ChangeKind.STATUS_CHANGED, "x", fields={"status": Status.NEW})
    assert not connector.needs_read(asked, ticket), "asking again brings nothing new"


@pytest.mark.parametrize("id", ["99", "0", "", "7/../users", "-1", "35001?x", "²", "9" * 25, "abc"])
def test_a_ticket_that_does_not_exist_is_gone(desk: Desk, id: str) -> None:
    with pytest.raises(GiveUp) as gone:
        desk.connector().fetch(id)
    assert gone.value.gone
    assert {path for _, path in desk.calls()} <= {"tickets/99.json", "tickets/99/comments.json"}


def test_earlier_tickets_of_the_requester_cost_one_call(desk: Desk) -> None:
    for n in range(25):
        desk.seed({"id": 100 + n, "subject": f"old {n}", "status": "solved", "created_at": f"2024-03-{n + 1:02d}T00:00:00Z"})
    connector = desk.connector()
    ticket = connector.fetch("35001")
    desk.state.forget_calls("zendesk")
    past = connector.past_tickets(ticket).customer.past
    assert desk.calls() == [("GET", "users/301/tickets/requested.json")]
    assert [one.subject for one in past] == [f"old {n}" for n in range(24, 4, -1)]
    assert (past[0].status, past[0].url) == (Status.SOLVED, f"{desk.url}/agent/tickets/124")
    assert past[0].created_at == datetime(2024, 3, 25, tzinfo=UTC)


def test_without_a_requester_there_is_nothing_to_ask(desk: Desk) -> None:
    connector = desk.connector()
    ticket = replace(connector.fetch("35001"), requester=Person())
    assert "requester" in connector.past_tickets(ticket).missing["earlier_tickets"]


def test_needs_read_only_for_news(desk: Desk) -> None:
    connector = desk.connector()
    stored = connector.fetch("35001")
    told = TicketChange("zendesk", "35001", ChangeKind.PRIORITY_CHANGED, "x", fields={"priority": Priority.URGENT})
    assert connector.needs_read(told, None)
    assert not connector.needs_read(told, stored)
    assert connector.needs_read(replace(told, fields={"priority": Priority.LOW}), stored)
    assert not connector.needs_read(replace(told, kind=ChangeKind.DELETED), None)
