"""The whole path with real processes: a signed webhook in, a card in the play Slack, a press, the ticket assigned and noted."""

from __future__ import annotations

import itertools
import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from escalation.thread import OWN_NOTE
from tests.support import FIXTURES, fixture_names
from tests.system import System, until

pytestmark = pytest.mark.slow

HELPDESKS = sorted(p.name for p in FIXTURES.iterdir() if p.is_dir())
SLACK = {"ada": "U101", "bo": "U102", "chidi": "U103", "dana": "U104", "emil": "U105", "fatima": "U106"}
NAMES = {"ada": "Ada Lindqvist", "bo": "Bo Tanaka", "chidi": "Chidi Okafor", "dana": "Dana Reyes", "emil": "Emil Novak"}
NAMES["fatima"] = "Fatima Haddad"
_tickets = itertools.count(20_000_000 + os.getpid() % 10_000 * 1000)


@pytest.fixture(scope="module")
def system(place: Path) -> Iterator[System]:
    running = System(place / "system").start()
    yield running
    assert running.stop() == 0, running.log()[-3000:]


@pytest.fixture
def number() -> str:
    return str(next(_tickets))


def offered_to(system: System, ticket: str) -> str:
    detail = system.api(f"handoffs/{system.handoff(ticket)['id']}")
    return str(next(o["agent"] for o in detail["offers"] if o["state"] == "open"))


def buttons(message: dict[str, Any]) -> set[str]:
    found = (e.get("action_id", "") for b in message["blocks"] if b["type"] == "actions" for e in b["elements"])
    return {str(name) for name in found}


def entries(system: System, helpdesk: str, ticket: str) -> list[dict[str, Any]]:
    """The handoff's note, found by the reference it ends with; what came late stands in another, whose reference goes on."""
    state = system.ticket(helpdesk, ticket)
    reference = re.compile(re.escape(f"{OWN_NOTE}{system.handoff(ticket)['id']}") + r"(?![\w:])")
    return [e for e in state["entries"] if reference.search(e["html"])]


def noted_and_assigned(system: System, helpdesk: str, ticket: str, agent: str) -> bool:
    return system.ticket(helpdesk, ticket)["assignee"] == NAMES[agent] and bool(entries(system, helpdesk, ticket))


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_a_webhook_becomes_a_warm_handoff(system: System, helpdesk: str, number: str) -> None:
    answer = system.send(helpdesk, "ticket_created_urgent", number)
    assert answer.status_code == 202 and answer.json()["duplicate"] is False
    card = system.card(number)
    assert {"baton_accept", "baton_decline"} <= buttons(card)
    agent = offered_to(system, number)
    assert system.ticket(helpdesk, number)["assignee"] == "", "assigned only on accept"
    system.press(card, "baton_accept", SLACK[agent])
    until(lambda: noted_and_assigned(system, helpdesk, number, agent), what="assigned and noted")
    notes = entries(system, helpdesk, number)
    assert len(notes) == 1 and notes[0]["public"] is False
    settled = until(lambda: [c for c in system.cards(system.handoff(number)["id"]) if "baton_accept" not in buttons(c)])
    assert len(settled) == 1
    assert system.handoff(number)["state"] == "accepted"
    kinds = [entry["kind"] for entry in system.api(f"escalations/{system.handoff(number)['escalation_id']}")["timeline"]]
    assert {"escalated", "offered", "accepted", "written"} <= set(kinds)


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_account_and_earlier_tickets_come_after_the_card(system: System, helpdesk: str, number: str) -> None:
    earlier = str(next(_tickets))
    system.fresh(helpdesk, "ticket_created_urgent", earlier)
    system.send(helpdesk, "ticket_created_urgent", number)
    escalation = system.handoff(number)["escalation_id"]

    def told() -> dict[str, Any]:
        return dict(system.api(f"escalations/{escalation}"))

    until(lambda: any(entry["kind"] == "gathered" for entry in told()["timeline"]), what="gathered")
    package = told()["package"]
    account = {line["label"]: line["text"] for line in package["account"]}
    assert account["Tier"].startswith("enterprise") and account["Usage"].startswith("38 of 50 seats in use [customers, ")
    assert package["earlier"] and not [gap for gap in package["missing"] if gap["field"] == "Earlier tickets"]
    assert all("38 of 50" not in json.dumps(call) for call in system.writes(helpdesk, number)), "facts are not written to fields"


PLANTED = ("4242 4242 4242 4242", "sk_live_abcdefgh12345678", "hunter2secret", "KD-123456")


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_what_is_hidden_leaves_nowhere(system: System, helpdesk: str, number: str) -> None:
    """Not in Slack, not in what is written to the helpdesk, not in the log; the ticket itself has it, being the customer's."""
    delivery = system.fresh(helpdesk, "ticket_created_urgent", number, seed=False)
    card, key, password, customer = PLANTED
    planted = f"charged on card {card} (key {key}, password: {password}, customer {customer}), charged"
    whole = json.loads(json.dumps(delivery).replace("charged", planted, 1))
    seeded = json.loads(json.dumps(delivery["ticket"]).replace("charged", planted))
    system.seed(helpdesk, seeded)
    assert system.post(helpdesk, whole).status_code == 202
    card_posted, agent = system.card(number), offered_to(system, number)
    system.press(card_posted, "baton_accept", SLACK[agent])
    until(lambda: noted_and_assigned(system, helpdesk, number, agent), what="assigned and noted")
    handoff = system.handoff(number)["id"]
    shown = (
        json.dumps([*system.cards(handoff), *system.calls("slack")]),
        json.dumps(system.writes(helpdesk, number)),
        system.log(),
    )
    for where, text in zip(("Slack", "the helpdesk", "the log"), shown, strict=True):
        assert not [secret for secret in PLANTED if secret in text], where
    assert "customer number hidden" in shown[0] and "customer number hidden" in shown[1]
    assert all(secret in json.dumps(system.ticket(helpdesk, number)) for secret in PLANTED)


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_a_calm_ticket_is_handled_and_nobody_is_asked(system: System, helpdesk: str, number: str) -> None:
    delivery = system.send(helpdesk, "ticket_created_calm", number).json()["delivery"]
    until(lambda: system.api(f"deliveries/{delivery}")["status"] == "handled", what="handled")
    assert system.handoffs(number) == []


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_a_declined_offer_goes_to_the_next_person(system: System, helpdesk: str, number: str) -> None:
    system.send(helpdesk, "ticket_created_urgent", number)
    card, first = system.card(number), offered_to(system, number)
    handoff = system.handoff(number)["id"]
    answer = system.api_post(f"handoffs/{handoff}/decline", {"agent": f"{first}@example.com", "reason": "busy"})
    assert answer.status_code == 200
    until(lambda: len(system.cards(handoff)) == 2, what="a second card")
    assert offered_to(system, number) != first
    until(lambda: not buttons(next(c for c in system.cards(handoff) if c["ts"] == card["ts"])) & {"baton_accept"})
    again = system.api_post(f"handoffs/{handoff}/decline", {"agent": first, "reason": "busy"})
    assert again.status_code in (200, 409)


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_two_accept_at_once_and_exactly_one_wins(system: System, helpdesk: str, number: str) -> None:
    system.send(helpdesk, "ticket_created_urgent", number)
    handoff = system.handoff(number)["id"]
    answers: list[requests.Response] = []
    people = ["ada", "bo", "chidi", "dana", "emil", "fatima"]
    accept = lambda who: answers.append(system.api_post(f"handoffs/{handoff}/accept", {"agent": who}))  # noqa: E731
    threads = [threading.Thread(target=accept, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [a for a in answers if a.status_code == 200]
    assert len(won) == 1 and sorted({a.status_code for a in answers}) == [200, 409]
    owner = system.handoff(number)["accepted_by"]
    until(lambda: noted_and_assigned(system, helpdesk, number, owner), what="assigned to the winner")
    assert all(owner in a.text or owner.title() in a.text for a in answers if a.status_code == 409)


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_delivered_twice_in_reverse_and_by_eight_at_once_is_one_of_everything(system: System, helpdesk: str, number: str) -> None:
    thin = next(name for name in fixture_names(helpdesk) if "thin" in name)
    deliveries = [
        system.fresh(helpdesk, "ticket_created_urgent", number),
        system.fresh(helpdesk, thin, number, seed=False),
    ]
    posts = [d for d in reversed(deliveries) for _ in range(2)] * 2
    answers: list[requests.Response] = []
    start = threading.Barrier(len(posts))

    def post(delivery: dict[str, Any]) -> None:
        start.wait()
        answers.append(system.post(helpdesk, delivery))

    threads = [threading.Thread(target=post, args=(d,)) for d in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {a.status_code for a in answers} == {202}
    assert sum(not a.json()["duplicate"] for a in answers) == 2
    card, agent = system.card(number), offered_to(system, number)
    for _ in range(2):
        system.press(card, "baton_accept", SLACK[agent])
    until(lambda: noted_and_assigned(system, helpdesk, number, agent), what="assigned and noted")
    for answer in answers:
        until(lambda a=answer: system.api(f"deliveries/{a.json()['delivery']}")["status"] == "handled", what="all handled")  # type: ignore[misc]
    assert len(system.handoffs(number)) == 1
    assert len(system.cards(system.handoff(number)["id"])) == 1
    assert len(entries(system, helpdesk, number)) == 1
    handoff = system.handoff(number)["id"]
    planned = [a for a in system.api(f"handoffs/{handoff}")["actions"] if a["kind"] == "write"]
    assert all(a["state"] == "done" for a in planned)
    assert len(system.writes(helpdesk, number)) == len(planned), "every planned write reached the helpdesk once"


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_what_people_do_in_the_helpdesk_counts(system: System, helpdesk: str, number: str) -> None:
    system.send(helpdesk, "ticket_created_urgent", number)
    card = system.card(number)
    system.act(helpdesk, number, act="assign", by=104, value=104)
    until(lambda: system.handoff(number)["state"] == "accepted", what="assignment counted as acceptance")
    assert system.handoff(number)["accepted_by"] == "dana"
    system.act(helpdesk, number, act="reply", by=104, text="I have found the cause and fixed it just now.")
    until(lambda: system.handoff(number)["state"] == "answered", what="a human reply answered it")
    system.act(helpdesk, number, act="solve", by=104)
    until(lambda: system.handoff(number)["state"] == "closed", what="closed with the ticket")
    until(lambda: not buttons(next(c for c in system.cards(card["metadata"]["event_payload"]["handoff"]))))


def test_slack_away_still_puts_the_ticket_in_its_group_with_its_note(system: System, number: str) -> None:
    helpdesk = HELPDESKS[-1]
    system.faults("slack", rate_500=1.0)
    try:
        system.send(helpdesk, "ticket_created_urgent", number)
        until(lambda: entries(system, helpdesk, number), 30, what="the note")
        assert system.ticket(helpdesk, number)["group"] != ""
        assert system.ticket(helpdesk, number)["assignee"] == ""
    finally:
        system.faults("slack", rate_500=0.0)
    card = until(lambda: system.cards(system.handoff(number)["id"]), 60, what="the alert follows")[0]
    agent = offered_to(system, number)
    system.press(card, "baton_accept", SLACK[agent])
    until(lambda: noted_and_assigned(system, helpdesk, number, agent), what="assigned")
    assert len(entries(system, helpdesk, number)) == 1, "the note is written once"


def test_restart_keeps_everything(system: System, number: str) -> None:
    system.send("zendesk", "ticket_created_urgent", number)
    card, agent = system.card(number), offered_to(system, number)
    before = system.handoff(number)
    assert system.stop() == 0
    system.start()
    assert system.handoff(number)["id"] == before["id"]
    system.press(card, "baton_accept", SLACK[agent])
    until(lambda: noted_and_assigned(system, "zendesk", number, agent), what="assigned after a restart")
