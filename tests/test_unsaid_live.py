"""A message is redacted or deleted in the helpdesk, with real processes: afterwards its words are nowhere in Baton."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.system import System, until
from tests.test_end_to_end import SLACK, entries, noted_and_assigned, offered_to

pytestmark = pytest.mark.slow

WORDS = "zebra mountain forty two"
_tickets = itertools.count(30_000_000 + os.getpid() % 10_000 * 1000)
Thing = dict[str, Any]


@pytest.fixture(scope="module")
def system(place: Path) -> Iterator[System]:
    running = System(place / "system").start()
    yield running
    assert running.stop() == 0, running.log()[-3000:]


def has_words(value: object) -> bool:
    return WORDS in json.dumps(value)


def shown(system: System, handoff: str) -> list[Thing]:
    """Its cards as people see them; the play Slack remembers what they were before."""
    return [{name: value for name, value in card.items() if name != "history"} for card in system.cards(handoff)]


def _zendesk(system: System, ticket: str, thing: Thing) -> None:
    for comment in thing["comments"]:
        if has_words(comment):
            comment |= {name: "▇▇▇▇ ▇▇▇▇" for name in ("body", "html_body", "plain_body") if name in comment}
    system.seed("zendesk", thing)
    told = system.fresh("zendesk", "customer_reply_emoji_html", ticket, seed=False)
    ids = {name: thing[name] and str(thing[name]) for name in ("assignee_id", "group_id", "requester_id", "organization_id")}
    words = {name: thing[name] and thing[name].upper() for name in ("status", "priority")}
    detail = {**told["body"]["detail"], **ids, **words, "subject": thing["subject"], "tags": thing["tags"]}
    event = {**told["body"], "type": "zen:event-type:ticket.comment_redacted", "event": {}, "detail": detail}
    assert system.post("zendesk", {**told, "body": event}).status_code == 202


def _freshdesk(system: System, ticket: str, thing: Thing) -> None:
    """Freshdesk tells of no deletion; what comes next has the thread read."""
    thing["conversations"] = [entry for entry in thing["conversations"] if not has_words(entry)]
    system.seed("freshdesk", {name: value for name, value in thing.items() if name != "comments"})
    system.act("freshdesk", ticket, act="reply", by="customer", text="Hello? Is anybody there?")


def _intercom(system: System, ticket: str, thing: Thing) -> None:
    parts = thing["conversation_parts"]["conversation_parts"]
    for part in parts:
        if has_words(part):
            part |= {"body": None, "redacted": True}
    thing["updated_at"] = int(time.time())
    system.seed("intercom", {name: value for name, value in thing.items() if name not in ("comments", "key")})
    told = system.fresh("intercom", "solved", ticket, seed=False)
    shown = {**thing, "conversation_parts": {**thing["conversation_parts"], "conversation_parts": parts[-1:]}}
    body = {**told["body"], "topic": "conversation_part.redacted", "data": {**told["body"]["data"], "item": shown}}
    assert system.post("intercom", {**told, "body": body}).status_code == 202


TAKEN_BACK: dict[str, Callable[[System, str, Thing], None]] = {
    "zendesk": _zendesk, "freshdesk": _freshdesk, "intercom": _intercom,
}  # fmt: skip


@pytest.mark.parametrize("helpdesk", sorted(TAKEN_BACK))
def test_words_that_were_taken_back_are_nowhere(system: System, helpdesk: str) -> None:
    ticket = str(next(_tickets))
    system.send(helpdesk, "ticket_created_calm", ticket)
    text = f"Why was the account of {WORDS} charged twice? I want to speak to a manager."
    system.act(helpdesk, ticket, act="reply", by="customer", text=text)
    card = system.card(ticket)
    assert has_words(card), "or this test tells nothing"
    address = f"{system.url}/sandbox/{helpdesk}/_tickets/{ticket}"
    TAKEN_BACK[helpdesk](system, ticket, requests.get(address, timeout=10).json())

    until(lambda: not has_words(system.api(f"tickets/{helpdesk}/{ticket}")), what="out of the thread")
    handoff = system.handoff(ticket)
    until(lambda: not any(map(has_words, shown(system, handoff["id"]))), what="off the card")
    escalation = system.api(f"escalations/{handoff['escalation_id']}")
    assert not has_words(escalation), "package, reasons or timeline"
    assert "unsaid" in [entry["kind"] for entry in escalation["timeline"]]
    assert not has_words(system.api(f"handoffs/{handoff['id']}"))

    agent = offered_to(system, ticket)
    system.press(system.card(ticket), "baton_accept", SLACK[agent])
    until(lambda: noted_and_assigned(system, helpdesk, ticket, agent), what="assigned and noted")
    assert not has_words(entries(system, helpdesk, ticket))
    assert not has_words(system.writes(helpdesk, ticket)) and not has_words(shown(system, handoff["id"]))
