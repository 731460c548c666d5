"""The connector against the play Freshdesk over HTTP: reading whole tickets, writing once, never in public."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from connectors.freshdesk.outbound import NOTE_LIMIT
from connectors.notes import mark
from escalation.actions import Line, Note, Write
from escalation.ports import GiveUp, TryLater
from escalation.ticket import Channel, ClockState, Money, Priority, Role, Status, TicketType
from tests.freshdesk_play import Running, running
from tests.support import fixture

NOTE = Note(
    "h7:note", "Handoff to Billing", (Line("Customer", "Mia <b>& co"),), (("Transcript", (Line("Mia", "hello"),)),), "https://b/7"
)


@pytest.fixture
def play(empty_database: str) -> Iterator[Running]:
    with running(empty_database) as up:
        yield up


def entry(nth: int, **more: Any) -> dict[str, Any]:
    return {"body": f"<div>entry {nth}</div>", "created_at": f"2026-03-02T08:{nth % 60:02}:00Z", "user_id": 101, **more}


# Reading


def test_a_whole_ticket(play: Running) -> None:
    play.seed(**fixture("freshdesk", "ticket_created_urgent")["ticket"])
    ticket = play.connector.fetch("7001")
    assert (ticket.connection, ticket.id, ticket.url) == ("freshdesk", "7001", f"{play.url}/a/tickets/7001")
    assert ticket.subject == "Charged twice, checkout down for everybody"
    assert (ticket.status, ticket.priority, ticket.type) == (Status.OPEN, Priority.URGENT, TicketType.INCIDENT)
    assert (ticket.channel, ticket.tags) == (Channel.EMAIL, ("billing", "enterprise"))
    assert (ticket.group.id, ticket.group.name, ticket.assignee.id) == ("204", "Customer care", "")
    assert (ticket.requester.name, ticket.requester.email) == ("Mia Customer", "mia@northwind.example")
    assert (ticket.customer.organization.name, ticket.customer.tier) == ("Northwind Trading", "enterprise")
    assert ticket.customer.contract_value == Money(Decimal(48000), "EUR")
    assert ticket.customer.health == "Happy" and ticket.customer.renewal_on.endswith("-03-31")
    assert ticket.custom["refund_amount"] == Money(Decimal("1240.0"))
    assert (ticket.page, ticket.product_area) == ("/checkout", "payments")
    assert ticket.created_at == datetime(2026, 3, 2, 8, 2, 11, tzinfo=UTC)
    assert [clock.name for clock in ticket.sla if clock.due_at] == ["first_reply", "resolution"]
    assert {"messages", "custom", "requester", "customer", "sla", "status", "assignee"} <= ticket.known
    assert not ticket.missing


def test_the_thread_in_order_with_who_spoke(play: Running) -> None:
    play.seed(**fixture("freshdesk", "ticket_created_urgent")["ticket"])
    thread = play.connector.fetch("7001").messages
    assert [message.author.role for message in thread] == [
        Role.CUSTOMER, Role.BOT, Role.CUSTOMER, Role.BOT, Role.CUSTOMER, Role.AGENT,
    ]  # fmt: skip
    assert [message.public for message in thread] == [True] * 5 + [False]
    assert thread[0].id == "description" and "ERR_PAYMENT_PROVIDER_403" in thread[0].text
    assert [m.author.name for m in thread] == ["Mia Customer", "Acme Assist"] * 2 + ["Mia Customer", "Fatima Haddad"]
    assert thread[5].author.email == "fatima@example.com"
    assert [m.at for m in thread if m.at] == sorted(m.at for m in thread if m.at)


def test_calls_are_few(play: Running) -> None:
    play.seed(id=1, subject="first", responder_id=101)
    play.seed(id=2, subject="second", comments=[entry(n) for n in range(9)])
    play.seed(id=3, subject="third", comments=[entry(n) for n in range(230)])
    play.connector.fetch("1")
    assert [path.split("?")[0] for _, path in play.calls()] == ["tickets/1", "companies/401", "agents"]
    play.state.forget_calls("freshdesk")
    play.connector.fetch("2")
    assert play.calls() == [("GET", "tickets/2?include=conversations%2Crequester%2Ccompany%2Cstats")]
    play.state.forget_calls("freshdesk")
    assert len(play.connector.fetch("3").messages) == 230
    pages = [path for _, path in play.calls()][1:]
    assert pages == [f"tickets/3/conversations?per_page=100&page={page}" for page in (1, 2, 3)]


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (9, 1), (10, 2), (11, 2), (100, 3)])
def test_pages_are_read_only_when_there_may_be_more(play: Running, count: int, calls: int) -> None:
    play.seed(id=1, company_id=None, responder_id=None, comments=[entry(n, user_id=None) for n in range(count)])
    assert len(play.connector.fetch("1").messages) == count
    assert len(play.calls()) == calls


def seed_long(play: Running, count: int) -> None:
    """Ticket 1 with a first message and so many entries, one a minute."""
    entries = [entry(n, created_at=f"2026-03-02T{n // 60:02}:{n % 60:02}:00Z") for n in range(count)]
    play.seed(id=1, company_id=None, description="Help", created_at="2026-03-01T08:00:00Z", comments=entries)


@pytest.mark.parametrize(("before", "more", "pages"), [(50, 30, [1]), (150, 30, [2]), (200, 5, [2, 3]), (201, 120, [3, 4])])
def test_of_a_known_thread_the_last_pages_are_read(play: Running, before: int, more: int, pages: list[int]) -> None:
    seed_long(play, before + more)
    whole = play.connector.fetch("1")
    play.state.forget_calls("freshdesk")
    again = play.connector.fetch("1", replace(whole, messages=whole.messages[: before + 1]))
    assert again.messages == whole.messages and whole.messages[0].id == "description"
    assert [path for _, path in play.calls()][1:] == [f"tickets/1/conversations?per_page=100&page={page}" for page in pages]


def test_entries_that_moved_up_are_not_missed(play: Running) -> None:
    """One of the known ones was deleted: page 3 is empty by now, and what came since stands on page 2."""
    seed_long(play, 201)
    known = play.connector.fetch("1")
    with play.state.change("freshdesk", "ticket", "1") as ticket:
        assert ticket
        ticket["conversations"] = [*ticket["conversations"][1:200], {**ticket["conversations"][200], "id": 999_999}]
    assert play.connector.fetch("1", known).messages == play.connector.fetch("1").messages


@pytest.mark.parametrize("deleted", [0, 60, 99, 100, 148])
def test_a_known_entry_that_was_deleted_is_gone_wherever_it_stood(play: Running, deleted: int) -> None:
    seed_long(play, 150)
    known = play.connector.fetch("1")
    with play.state.change("freshdesk", "ticket", "1") as ticket:
        assert ticket
        del ticket["conversations"][deleted]
    assert known.messages[deleted + 1].id not in [message.id for message in play.connector.fetch("1", known).messages]


def test_nobody_assigned_is_known_and_not_missing(play: Running) -> None:
    play.seed(id=1)
    ticket = play.connector.fetch("1")
    assert ticket.assignee.id == "" and "assignee" in ticket.known and "group" in ticket.known


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"status": 2}, Status.OPEN),
        ({"status": 3}, Status.PENDING),
        ({"status": 4}, Status.SOLVED),
        ({"status": 5}, Status.CLOSED),
        ({"status": 6}, Status.PENDING),
        ({"status": 7}, Status.ON_HOLD),
        ({"status": 19}, Status.UNKNOWN),
        ({"status": 2, "deleted": True}, Status.DELETED),
        ({"status": 2, "spam": True}, Status.DELETED),
    ],
)
def test_status_words(play: Running, told: dict[str, Any], status: Status) -> None:
    play.seed(id=1, **told)
    assert play.connector.fetch("1").status is status


def test_clocks(play: Running) -> None:
    play.seed(id=1, fr_escalated=True, stats={"resolved_at": "2026-03-02T08:00:00Z"})
    play.seed(id=2, fr_escalated=True, stats={"first_responded_at": "2026-03-02T08:00:00Z"}, is_escalated=True)
    states = [{clock.name: clock.state for clock in play.connector.fetch(id).sla} for id in ("1", "2")]
    assert (states[0]["first_reply"], states[0]["resolution"]) == (ClockState.BREACHED, ClockState.MET)
    assert (states[1]["first_reply"], states[1]["resolution"]) == (ClockState.MET, ClockState.BREACHED)


def test_our_own_note_speaks_as_a_bot(play: Running) -> None:
    said = f"<p>quoting: #escalate security</p><p>{mark('h1:note')}</p>"
    play.seed(id=1, comments=[entry(1, body=said, private=True), entry(2, body=said, private=False)])
    assert [m.author.role for m in play.connector.fetch("1").messages] == [Role.BOT, Role.AGENT]


@pytest.mark.parametrize("id", ["999", "0", "", "abc", "../agents/me", "1?include=x", "7" * 40])
def test_a_ticket_that_does_not_exist_is_gone(play: Running, id: str) -> None:
    with pytest.raises(GiveUp) as gone:
        play.connector.fetch(id)
    assert gone.value.gone


def test_past_tickets_of_the_same_customer(play: Running) -> None:
    for id, at in ((1, "2024-01-10T08:00:00Z"), (2, "2025-05-10T08:00:00Z"), (3, "2026-03-01T08:00:00Z")):
        play.seed(id=id, subject=f"number {id}", status=4 if id < 3 else 2, created_at=at)
    play.seed(id=4, subject="somebody else", email="jo@else.example", name="Jo")
    ticket = play.connector.past_tickets(play.connector.fetch("3"))
    assert [(p.id, p.subject, p.status) for p in ticket.customer.past] == [
        ("2", "number 2", Status.SOLVED), ("1", "number 1", Status.SOLVED),
    ]  # fmt: skip
    assert ticket.customer.past[0].url == f"{play.url}/a/tickets/2"
    assert ticket.customer.tier == "enterprise"
    path = play.calls()[-1][1]
    assert "updated_since=2010-01-01T00%3A00%3A00Z" in path and path.count("updated_since") == 1 and "filter" not in path


def test_agents_with_groups_and_availability_are_kept_for_a_minute(play: Running) -> None:
    requests.put(f"{play.url}/_agents/102", json={"available": False}, timeout=10).raise_for_status()
    agents = {agent.id: agent for agent in play.connector.agents()}
    assert agents["101"].email == "ada@example.com" and agents["101"].group_ids == ("201", "204")
    assert (agents["101"].available, agents["102"].available) == (True, False)
    before = len(play.calls())
    assert play.connector.agents() == tuple(agents.values())
    assert len(play.calls()) == before


# Writing


def write(**what: Any) -> Write:
    return Write("h7", "1", **what)


def test_steps(play: Running) -> None:
    both = play.connector.steps(write(agent_id="101", group_id="201", note=NOTE, add_tags=("x",)))
    assert [step.key for step in both] == ["h7:set", "h7:note"]
    assert both[0].note is None and both[0].agent_id == "101" and both[0].add_tags == ("x",)
    assert both[1].note is NOTE and both[1].agent_id == "" and both[1].add_tags == ()
    assert [s.key for s in play.connector.steps(write(note=NOTE))] == ["h7:note"]
    assert [s.key for s in play.connector.steps(write(priority=Priority.HIGH))] == ["h7:set"]
    assert play.connector.steps(write()) == ()
    assert play.calls() == []


@pytest.mark.parametrize(
    "what",
    [
        {"priority": Priority.UNKNOWN},
        {"status": Status.DELETED},
        {"fields": {"no_such": 1}},
        {"agent_id": "ada"},
        {"group_id": "1 OR 1"},
    ],
)
def test_steps_refuse_what_cannot_be_written(play: Running, what: dict[str, Any]) -> None:
    with pytest.raises(GiveUp):
        play.connector.steps(write(**what))


def test_assignment_in_one_put(play: Running) -> None:
    play.seed(id=1, tags=["old"])
    step = write(agent_id="103", group_id="202", priority=Priority.URGENT, status=Status.PENDING, fields={"ai_attempts": 3})
    receipt = play.connector.write(step, look_first=False)
    assert [path for _, path in play.calls() if not path.startswith("agents")] == ["tickets/1"]
    assert play.sent("PUT") == [
        {"responder_id": 103, "group_id": 202, "priority": 4, "status": 3, "custom_fields": {"cf_ai_attempts": 3}}
    ]
    assert (receipt.found, receipt.mismatch, receipt.calls) == (False, (), 1)
    assert receipt.ticket is not None and receipt.ticket.assignee.id == "103" and receipt.ticket.priority is Priority.URGENT
    assert play.raw(1)["tags"] == ["old"]


def test_money_is_written_as_a_number(play: Running) -> None:
    play.seed(id=1)
    receipt = play.connector.write(write(fields={"refund_amount": Money(Decimal("650.50"), "EUR")}), look_first=False)
    assert receipt.mismatch == () and play.raw(1)["custom_fields"]["cf_refund_amount"] == 650.5


def test_tags_are_merged_never_lost(play: Running) -> None:
    play.seed(id=1, tags=["VIP", "billing", "stale"])
    step = write(add_tags=("escalated", "vip"), remove_tags=("Stale", "absent"))
    receipt = play.connector.write(step, look_first=False)
    assert play.raw(1)["tags"] == ["VIP", "billing", "escalated"]
    assert (receipt.mismatch, receipt.calls) == ((), 2)
    again = play.connector.write(step, look_first=False)
    assert again.found and [method for method, _ in play.calls()].count("PUT") == 1


def test_look_first_finds_what_was_done_and_writes_nothing(play: Running) -> None:
    play.seed(id=1, responder_id=101, group_id=201, priority=4, tags=["Escalated"], custom_fields={"cf_refund_amount": 650.0})
    step = write(
        agent_id="101",
        group_id="201",
        priority=Priority.URGENT,
        add_tags=("escalated",),
        fields={"refund_amount": Money(Decimal(650))},
    )
    receipt = play.connector.write(step, look_first=True)
    assert (receipt.found, receipt.calls) == (True, 1)
    assert not play.sent("PUT") and play.calls()[-1] == ("GET", "tickets/1")


def test_look_first_writes_what_is_not_yet_so(play: Running) -> None:
    play.seed(id=1, responder_id=101, group_id=201)
    receipt = play.connector.write(write(agent_id="102", group_id="201"), look_first=True)
    assert (receipt.found, receipt.calls, play.raw(1)["responder_id"]) == (False, 2, 102)


def test_a_note_is_internal_escaped_and_marked(play: Running) -> None:
    play.seed(id=1)
    receipt = play.connector.write(write(note=NOTE), look_first=False)
    assert play.calls() == [("POST", "tickets/1/notes")]
    assert play.sent("POST")[0]["private"] is True and set(play.sent("POST")[0]) == {"body", "private"}
    said = play.raw(1)["conversations"][0]
    assert said["private"] is True and "Mia &lt;b&gt;&amp; co" in said["body"] and mark("h7:note") in said["body"]
    assert (receipt.note_id, receipt.actor_id, receipt.mismatch, receipt.calls) == (str(said["id"]), "900", (), 1)
    assert play.connector.fetch("1").messages[-1].text.endswith(mark("h7:note"))


def test_a_huge_note_fits(play: Running) -> None:
    play.seed(id=1)
    thread = tuple(Line("Mia", f"message {n} " + "<ä&>" * 500) for n in range(200))
    play.connector.write(write(note=Note("k", "t", sections=(("Transcript", thread),))), look_first=False)
    body = play.sent("POST")[0]["body"]
    assert len(body) <= NOTE_LIMIT and "message 199" in body and "earlier messages left out" in body


@pytest.mark.parametrize("others", [0, 15, 130])
def test_look_first_finds_the_note_anywhere_in_the_thread(play: Running, others: int) -> None:
    play.seed(id=1)
    play.connector.write(write(note=NOTE), look_first=False)
    first = play.raw(1)["conversations"][0]
    play.seed(id=1, comments=[*[entry(n) for n in range(others)], first, entry(59)])
    receipt = play.connector.write(write(note=NOTE), look_first=True)
    assert (receipt.found, receipt.note_id, receipt.actor_id) == (True, str(first["id"]), "900")
    assert [method for method, _ in play.calls()].count("POST") == 1


@pytest.mark.parametrize(
    "lookalike",
    [
        {"body": f"<p>{mark('h7:note')}</p>", "private": False},  # a customer or agent quotes it in public
        {"body": f"<p>{mark('h7:note')}</p>", "private": True, "incoming": True},
        {"body": f"<p>{mark('h7:note2')}</p>", "private": True},
        {"body": "<p>h7:note</p>", "private": True},
    ],
)
def test_a_lookalike_is_not_taken_for_the_note(play: Running, lookalike: dict[str, Any]) -> None:
    play.seed(id=1, comments=[entry(1, **lookalike)])
    receipt = play.connector.write(write(note=NOTE), look_first=True)
    assert not receipt.found and receipt.calls == 2
    assert len(play.raw(1)["conversations"]) == 2


def test_assigning_and_noting_in_one_step_is_refused(play: Running) -> None:
    with pytest.raises(GiveUp, match="steps"):
        play.connector.write(write(agent_id="101", note=NOTE), look_first=False)


def test_nothing_ever_goes_to_the_customer(play: Running) -> None:
    play.seed(id=1)
    everything = write(
        agent_id="101", group_id="201", note=NOTE, priority=Priority.LOW, status=Status.ON_HOLD, add_tags=("a",),
        fields={"ai_confidence": 0.5},
    )  # fmt: skip
    for look_first in (False, True):
        for step in play.connector.steps(everything):
            play.connector.write(step, look_first=look_first)
    assert not [path for _, path in play.calls() if "reply" in path or "outbound_email" in path or "forward" in path]
    assert all(said["private"] for said in play.raw(1)["conversations"])
    assert all(body.get("private") is True for body in play.sent("POST"))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"agent_id": "999"}, "responder_id"),
        ({"agent_id": "999", "group_id": "201"}, "responder_id"),
        ({"group_id": "999"}, "group_id"),
    ],
)
def test_refusals_come_with_freshdesks_own_words(play: Running, what: dict[str, str], words: str) -> None:
    play.seed(id=1)
    with pytest.raises(GiveUp, match=words) as refused:
        play.connector.write(write(**what), look_first=False)
    assert not refused.value.gone


def test_an_agent_of_another_group_is_assigned_and_the_group_left(play: Running) -> None:
    """Freshdesk refuses an agent together with a group that is not theirs."""
    play.seed(id=1, group_id=204)
    refused = play.api("PUT", "tickets/1", json={"responder_id": 105, "group_id": 201})
    assert refused.status_code == 400 and "not a member" in refused.text
    for look_first in (False, True):
        receipt = play.connector.write(write(agent_id="105", group_id="201"), look_first=look_first)
        assert receipt.found is look_first
        assert len(receipt.mismatch) == 1 and "agent 105 is not in that group" in receipt.mismatch[0]
    assert (play.raw(1)["responder_id"], play.raw(1)["group_id"]) == (105, 204)


def test_a_deleted_ticket_is_gone(play: Running) -> None:
    play.seed(id=1, deleted=True)
    with pytest.raises(GiveUp) as gone:
        play.connector.write(write(agent_id="101"), look_first=False)
    assert gone.value.gone


# After the write: our echo, and the state of the connection


def test_the_echo_of_our_own_writes_costs_nothing(play: Running) -> None:
    play.seed(id=1)
    play.put("echo", on=True)
    for step in play.connector.steps(write(agent_id="101", group_id="201", note=NOTE)):
        play.arrived.clear()
        play.connector.write(step, look_first=False)
        assert play.arrived.wait(10)
    stored = play.connector.fetch("1")
    assigned, noted = play.change(0), play.change(1)
    assert not play.connector.needs_read(assigned, stored)  # type: ignore[arg-type]
    assert play.connector.is_own(noted)  # type: ignore[arg-type]


def test_check_finds_nothing_wrong(play: Running) -> None:
    assert play.connector.check() == ()


def test_rate_limits_are_try_later_with_the_vendors_wait(play: Running) -> None:
    play.seed(id=1)
    play.put("limit", per_minute=0)
    with pytest.raises(TryLater) as later:
        play.connector.fetch("1")
    assert later.value.wait is not None and 0 < later.value.wait.total_seconds() <= 60
    assert not later.value.unclear
