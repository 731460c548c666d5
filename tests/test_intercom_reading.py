"""Reading from Intercom, from the play Intercom over HTTP: whole tickets in few calls, and what is said when something lacks."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
from pydantic import SecretStr

from connectors.intercom.reading import Place, read
from escalation.actions import Note, Write
from escalation.ports import GiveUp
from escalation.ticket import Channel, Priority, Role, Status, Ticket, TicketChange
from tests.intercom_play import Playground, connector, playing_on_new_database
from tests.support import fixture, inbound, shared

API = "https://api.intercom.io"


@pytest.fixture(scope="module")
def playground(postgres: str) -> Iterator[Playground]:
    with playing_on_new_database(postgres) as found:
        yield found


@pytest.fixture
def play(playground: Playground) -> Playground:
    return playground.clear()


def story() -> dict[str, Any]:
    return copy.deepcopy(fixture("intercom", "ticket_created_urgent")["ticket"])


# Whole tickets


def test_a_conversation_is_read_whole_in_three_calls_then_one(play: Playground) -> None:
    key, desk = play.seed(story()), play.connector()
    ticket = desk.fetch(key)
    assert play.calls() == 3  # conversation, contact, company
    assert [m.author.role.value for m in ticket.messages] == ["customer", "bot", "customer", "bot", "customer", "agent"]
    assert [m.public for m in ticket.messages] == [True] * 5 + [False]
    assert ticket.messages[0].text.startswith("Hello, we were charged twice")
    assert [m.at for m in ticket.messages] == sorted(m.at for m in ticket.messages if m.at)
    assert (ticket.requester.name, ticket.requester.email, ticket.requester.role) == (
        "Mia Customer", "mia@northwind.example", Role.CUSTOMER)  # fmt: skip
    assert (ticket.customer.organization.name, ticket.customer.tier) == ("Northwind", "enterprise")
    assert ticket.customer.contract_value and ticket.customer.contract_value.amount == 48000
    assert (ticket.priority, ticket.status, ticket.channel) == (Priority.URGENT, Status.OPEN, Channel.CHAT)
    assert ticket.custom["ai_attempts"] == 2 and ticket.tags == ("billing",)
    assert {"messages", "requester", "customer", "custom", "assignee", "sla"} <= ticket.known and not ticket.missing
    assert replace(desk.fetch(key), updated_at=ticket.updated_at) == ticket
    assert play.calls() == 4  # its contact and company are kept for ten minutes


def test_a_ticket_is_read_whole(play: Playground) -> None:
    body = fixture("intercom", "ticket_customer_replied")["body"]["data"]["item"]["ticket"]
    ticket = play.connector().fetch(play.seed(body))
    assert ticket.id == "ticket-215473850066" and ticket.url.endswith("/tickets-page/ticket-215473850066")
    assert [(m.author.id, m.author.role, m.text) for m in ticket.messages] == [
        ("301", Role.CUSTOMER, "Every CSV above 20 MB stops."),
        ("301", Role.CUSTOMER, "It still stops at row 65536 😕"),
    ]
    assert (ticket.assignee.id, ticket.group.id, ticket.status) == ("104", "202", Status.PENDING)
    assert ticket.customer.tier == "enterprise"


def test_what_a_notification_tells_is_what_a_read_tells(play: Playground) -> None:
    """Otherwise the same message would stand twice in a thread, or an unchanged ticket would look changed."""
    key, desk = play.seed(story()), play.connector()
    play.act(key, act="reply", by="102", text="<p>Hello <b>Mia</b>,<br>we refund it.</p>")
    change = desk.change(play.received[-1])
    assert isinstance(change, TicketChange)
    ticket = desk.fetch(key)
    assert change.message == ticket.messages[-1]
    for name in set(change.fields) & ticket.known:
        assert change.fields[name] == getattr(ticket, name), name


def test_an_unknown_ticket_is_gone(play: Playground) -> None:
    for key in ("404404", "ticket-404404"):
        with pytest.raises(GiveUp) as gone:
            play.connector().fetch(key)
        assert gone.value.gone


# What lacks is said


def test_a_merged_contact_is_followed(play: Playground) -> None:
    play.state.put("intercom", "contacts", "302", {"id": "302", "merged_into": "301"})
    ticket = play.connector().fetch(
        play.seed(story() | {"contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "302"}]}})
    )
    assert (ticket.requester.id, ticket.requester.name, ticket.missing) == ("301", "Mia Customer", {})


@pytest.mark.parametrize("contacts", [[{"type": "contact", "id": "999"}], [], None])
def test_without_its_contact_a_conversation_is_read_all_the_same(play: Playground, contacts: Any) -> None:
    ticket = play.connector().fetch(play.seed(story() | {"contacts": {"contacts": contacts or []}}))
    assert ticket.missing["requester"]
    assert len(ticket.messages) == 6
    assert ticket.requester.name == "Mia Customer" or not contacts  # the first message's author


def answers(**paths: Any) -> responses.RequestsMock:
    web = responses.RequestsMock(assert_all_requests_are_fired=False)
    for path, (status, body) in paths.items():
        web.add("GET", f"{API}/{path.replace('__', '/')}", json=body, status=status)
    return web


CONVERSATION = {"type": "conversation", "id": "5", "contacts": {"contacts": [{"id": "301"}]}}
CONTACT = {"type": "contact", "id": "301", "workspace_id": "abc", "companies": {"data": [{"id": "401"}]}, "role": "lead"}


def test_a_refused_company_is_said_and_the_rest_read() -> None:
    refused = {"type": "error.list", "errors": [{"code": "api_plan_restricted"}]}
    with answers(conversations__5=(200, CONVERSATION), contacts__301=(200, CONTACT), companies__401=(403, refused)):
        ticket = connector(API, sandbox=False).fetch("5")
    assert "api_plan_restricted" in ticket.missing["customer"]
    assert ticket.customer.organization.id == "401" and ticket.requester.id == "301"
    assert ticket.url == "https://app.intercom.com/a/apps/abc/conversations/5"


def test_a_missing_thread_is_said_and_so_not_asked_for_again() -> None:
    with answers(conversations__5=(200, CONVERSATION), contacts__301=(200, {"id": "301"})):
        ticket = connector(API).fetch("5")
    assert ticket.missing["messages"]
    change = connector().change(inbound(fixture("intercom", "customer_replied_german")))
    assert isinstance(change, TicketChange) and not connector().needs_read(change, ticket)


def test_only_the_newest_500_parts_is_said(play: Playground) -> None:
    comments = [{"body": f"<p>{n}</p>", "author": {"type": "user", "id": "301"}} for n in range(510)]
    ticket = play.connector().fetch(play.seed({"type": "conversation", "id": "5", "comments": comments}))
    assert len(ticket.messages) == 501 and ticket.messages[-1].text == "509"
    assert "500 of 509" in ticket.missing["messages"]


def test_recorded_answers_are_read() -> None:
    listed = json.loads(shared("fixtures/intercom/amp_labs_tests/read-conversations.json").read_text())["conversations"]
    desk = connector(API)._desk
    first, second = (read(desk, Place("conversation", ""), item) for item in listed)
    assert (first.id, first.status, first.subject, first.assignee.id) == ("2", Status.SOLVED, "Hi Sponge,", "")
    assert "messages" not in first.known  # a list's entries hold no thread, and half a one is none
    whole = read(desk, Place("conversation", ""), listed[0] | {"conversation_parts": {"conversation_parts": []}})
    assert [m.author.role for m in whole.messages] == [Role.BOT]  # automated, though signed by an admin
    assert (second.id, second.status) == ("1", Status.OPEN)


# Earlier tickets, teammates, set-up


def test_earlier_conversations_of_the_contact(play: Playground) -> None:
    now = datetime.now(UTC)
    for n, state in ((1, "closed"), (2, "open")):
        start = int((now - timedelta(days=10 - n)).timestamp())
        source = {"body": f"<p>Question {n}</p>", "author": {"type": "user", "id": "301"}}
        play.seed(
            {"type": "conversation", "id": str(n), "state": state, "open": state == "open", "created_at": start, "source": source}
        )
    play.seed({"type": "conversation", "id": "3", "contacts": {"contacts": [{"type": "contact", "id": "999"}]}})
    desk, key = play.connector(), play.seed(story())
    ticket = desk.past_tickets(desk.fetch(key))
    assert [(past.id, past.subject, past.status) for past in ticket.customer.past] == [
        ("2", "Question 2", Status.OPEN), ("1", "Question 1", Status.SOLVED)]  # fmt: skip
    assert ticket.customer.tier == "enterprise"


@pytest.mark.parametrize("days, calls", [(0, 2), (1, 3)])
def test_who_is_new_with_a_conversation_has_none_before_it(play: Playground, days: int, calls: int) -> None:
    """A search is spared only where the contact is no older than the conversation."""
    desk, at = play.connector(), int(datetime.now(UTC).timestamp())
    first = {"type": "conversation", "created_at": at - days * 86_400, "source": said("My first question")}
    key = play.seed(first)
    if days:
        key = play.seed(first | {"created_at": at, "source": said("My second")})
    ticket = desk.past_tickets(desk.fetch(key))
    assert [past.subject for past in ticket.customer.past] == ["My first question"][: 1 if days else 0]
    assert "earlier_tickets" not in ticket.missing and play.calls() == calls


def said(text: str) -> dict[str, Any]:
    return {"body": f"<p>{text}</p>", "author": {"type": "user", "id": "377", "name": "Ola", "email": "ola@new.example"}}


def test_without_a_requester_there_is_nothing_to_search() -> None:
    found = connector().past_tickets(Ticket("intercom", "5"))
    assert found.missing["earlier_tickets"] and found.customer.past == ()


def test_teammates_with_teams_and_availability(play: Playground) -> None:
    away = {"away_mode_enabled": True, "away_mode_reassign": False}
    assert play.ask("PUT", "admins/102/away", away).status_code == 200
    desk = play.connector()
    found = {agent.id: agent for agent in desk.agents()}
    assert found["101"].available is True and found["102"].available is False
    assert (found["103"].name, found["103"].email, found["103"].group_ids) == (
        "Chidi Okafor",
        "chidi@example.com",
        ("202", "205"),
    )
    before = play.calls()
    desk.agents()
    assert play.calls() == before


def test_availability_is_unknown_where_it_is_not_told() -> None:
    with answers(admins=(200, {"admins": [{"id": 7}, {"id": "8", "away_mode_enabled": False, "has_inbox_seat": False}]})):
        unknown, seatless = connector(API).agents()
    assert (unknown.id, unknown.available, seatless.available) == ("7", None, False)


def test_a_good_set_up_has_no_problems(play: Playground) -> None:
    assert play.connector().check() == ()
    assert play.connector(user="").check() == ()


@pytest.mark.parametrize(
    "change, remedy",
    [
        ({"token": SecretStr("wrong")}, "INTERCOM_ACCESS_TOKEN"),
        ({"user": "4711"}, "INTERCOM_ADMIN_ID"),
        ({"secrets": ()}, "INTERCOM_CLIENT_SECRET"),
        ({"url": "http://127.0.0.1:1/nowhere"}, "INTERCOM_URL"),
        ({"url": "not an address"}, "INTERCOM_URL"),
    ],
)
def test_what_is_wrong_is_said_with_its_remedy(play: Playground, change: dict[str, Any], remedy: str) -> None:
    url = change.pop("url", f"{play.url}/sandbox/intercom")
    (problem,) = connector(url, **change).check()
    assert remedy in problem and "wrong" not in problem.replace("is wrong", "")


# Our own writes


def test_our_own_writes_are_known_by_the_admin_asked_for_once(play: Playground) -> None:
    play.ask("PUT", "_echo", {"on": False})
    key, desk = play.seed(story()), play.connector(user="")
    for step in desk.steps(Write("w", key, agent_id="101", note=Note("n-1", "Handoff"))):
        desk.write(step, look_first=False)
    play.act(key, act="assign", by="900", value="102")
    play.act(key, act="assign", by="101", value="103")
    ours, theirs = (desk.change(one) for one in play.received)
    assert isinstance(ours, TicketChange) and isinstance(theirs, TicketChange)
    before = play.calls()
    assert desk.is_own(ours) and not desk.is_own(theirs)
    assert play.calls() == before


def test_a_refused_me_stops_no_evaluation() -> None:
    change = connector().change(inbound(fixture("intercom", "assigned_by_human")))
    assert isinstance(change, TicketChange)
    with answers(me=(401, {"errors": []})):
        assert not connector(API, user="").is_own(change)
