"""A dry run: a pasted or stored ticket judged by the real rules and the real reader, and every mistake told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from config.playbook import load_playbook
from config.roster import load_roster
from config.tickets import Wrong, ignored, pasted
from config.yamldoc import Problems
from escalation.history import Background
from escalation.ticket import Message, Money, Person, Role, Ticket
from signals.reader import TextReader
from tests.support import ROOT, quickest
from web.rehearsals import Rehearsals

PLAYBOOK = load_playbook((ROOT / "config" / "escalation.yaml").read_text("utf-8"), version=4)
ROSTER = load_roster((ROOT / "config" / "roster.yaml").read_text("utf-8"))
STORED = Ticket(
    "zendesk",
    "7",
    subject="Help",
    messages=(Message("a", Person("c", role=Role.CUSTOMER), "Could your manager ring me about it?"),),
)


def stored(connection: str, ticket_id: str, since: datetime) -> tuple[Ticket, Background] | None:
    return (STORED, Background()) if (connection, ticket_id) == ("zendesk", "7") else None


REHEARSALS = Rehearsals(TextReader.standard(), lambda: PLAYBOOK, lambda: ROSTER, stored, lambda _: {})


def run(ticket: Any, **more: Any) -> dict[str, Any]:
    return REHEARSALS.run({"ticket": ticket, **more})


def said(*texts: str, **fields: Any) -> dict[str, Any]:
    return {"subject": "", "messages": [{"role": "customer", "text": text} for text in texts], **fields}


def test_a_pasted_ticket_tells_signals_rules_decision_and_candidates() -> None:
    told = run(said("I was charged twice. I want a refund of 640 EUR.", priority="urgent"))
    refund = next(s for s in told["signals"] if s["name"] == "refund_request")
    assert refund["value"]["amount"] == 640 and refund["value"]["currency"] == "EUR"
    assert any("refund" in place["text"] for place in refund["evidence"])
    assert {rule["id"] for rule in told["rules"]} == {rule.id for rule in PLAYBOOK.rules}
    urgent = next(rule for rule in told["rules"] if rule["id"] == "urgent")
    assert urgent["fired"] and urgent["conditions"][0]["parts"][0]["value"] == "urgent"
    assert told["decision"]["escalate"] and set(told["decision"]["rules"]) >= {"urgent", "large_refund"}
    assert told["decision"]["target"] == {"team": "billing", "path": "default"}
    assert {c["agent"] for c in told["route"]["candidates"]} == {agent.id for agent in ROSTER.agents}
    assert told["playbook_version"] == 4


def test_a_stored_ticket_by_its_id() -> None:
    for body in ({"ticket": "zendesk:7"}, {"ticket": "7", "connection": "zendesk"}):
        assert REHEARSALS.run(body)["decision"]["rules"] == ["wants_a_person"]
    with pytest.raises(LookupError, match="no ticket 8"):
        run("zendesk:8")


def test_a_calm_ticket_goes_nowhere() -> None:
    told = run(said("How do I change the colour of the sidebar?"))
    decision = told["decision"]
    assert not decision["escalate"] and not decision["rules"] and not decision["reasons"] and decision["target"] is None
    assert told["route"] is None


def test_a_draft_is_tried_instead_of_the_active_rules() -> None:
    draft = """
paths: {default: {levels: [{name: One, offering: one}]}}
default_team: care
rules:
  - id: blue
    title: Blue
    alone: true
    when: {all: [{field: text, op: contains, value: sidebar}]}
"""
    told = run(said("The sidebar is blue."), draft=draft)
    assert [rule["id"] for rule in told["rules"]] == ["blue"] and told["decision"]["escalate"]
    with pytest.raises(Problems):
        run(said("x"), draft="rules: 3")


def test_canonical_fields_are_read_and_unknown_names_are_told() -> None:
    value = {"amount": "50000", "currency": "USD"}
    ticket, strays = pasted({**said("x"), "customer": {"contract_value": value}, "colour": "blue", "tags": ["vip"]})
    assert ticket.customer.contract_value == Money(amount=ticket.customer.contract_value.amount, currency="USD")  # type: ignore[union-attr]
    assert ticket.tags == ("vip",) and ignored(strays) == ["colour"] and "tags" in ticket.known and "priority" not in ticket.known


def test_every_mistake_is_told_at_once_with_its_path() -> None:
    bad = {"priority": "very", "messages": [{"role": "boss", "text": "x"}, {"role": "customer"}, {"text": "x", "at": "soon"}]}
    with pytest.raises(Wrong) as found:
        pasted(bad)
    assert {path for path, _, _ in found.value.problems} == {"messages[0].role", "messages[1]", "messages[2].at", "priority"}


HOSTILE = ["", "🤷‍♀️" * 5000, "\ud800 broken \udfff", "א" * 10_000, "x" * 1_000_000, "I want a refund. " * 60_000]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8].encode("ascii", "replace").decode())
def test_any_text_is_answered_in_time(text: str) -> None:
    answer, took = quickest(lambda: run(said(text)))
    assert isinstance(answer["decision"]["escalate"], bool)
    assert took < 2


def test_three_thousand_messages_are_answered_in_time() -> None:
    long = said(*(f"Message {n}: it still does not work." for n in range(3000)))
    assert quickest(lambda: run(long))[1] < 2
