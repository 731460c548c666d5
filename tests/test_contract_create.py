"""What every helpdesk promises about tickets that are made for a conversation held elsewhere, against its own sandbox."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

import pytest

from connectors import kinds
from escalation.actions import NewTicket
from escalation.handover import reference
from escalation.ports import GiveUp, TryLater
from tests.contract_steps import WRONG, fails
from tests.contract_world import NOBODY_LISTENS, World, worlds

_keys = itertools.count(1)
HOSTILE = "Customer: <b>bold</b> & {{ticket.id}} <script>alert(1)</script>\n\nAssistant: Try again 😀"


@pytest.fixture(scope="session")
def stage(postgres: str) -> Iterator[dict[str, World]]:
    with worlds(postgres) as found:
        yield found


@pytest.fixture(params=kinds())
def world(stage: dict[str, World], request: pytest.FixtureRequest) -> World:
    return stage[request.param].clear()


def new(email: str = "lee@example.org", name: str = "Lee", **more: str) -> NewTicket:
    key = f"h_{next(_keys):08}"
    return NewTicket(key, "The export fails", f"{HOSTILE}\n\n{reference(key)}", email, name, **more)


def made(world: World) -> list[str]:
    """The creating calls that took effect."""
    ends = ("/tickets", "/tickets.json", "/conversations")
    return [c["path"] for c in world.writes() if c["method"] == "POST" and c["path"].endswith(ends) and c["status"] < 300]


def test_a_ticket_is_made_with_its_requester_and_words(world: World) -> None:
    helpdesk, asked = world.connector(), new()
    ticket = helpdesk.create(asked, look_first=False)
    read = helpdesk.fetch(ticket)
    assert (read.id, read.requester.email) == (ticket, "lee@example.org") and not read.status.is_over
    assert len(read.messages) == 1
    text = read.messages[0].text
    assert "<b>bold</b> & {{ticket.id}} <script>alert(1)</script>" in text and "Try again 😀" in text
    assert reference(asked.key) in text
    assert "<script>" not in world.seen(ticket)["entries"][0]["html"]


def test_a_known_customer_is_not_made_anew(world: World) -> None:
    helpdesk = world.connector()
    first, second = (helpdesk.create(new(), look_first=False) for _ in range(2))
    assert first != second and helpdesk.fetch(first).requester.id == helpdesk.fetch(second).requester.id
    known = helpdesk.fetch(helpdesk.create(new("mia@northwind.example", "Mia"), look_first=False))
    assert (known.requester.id, known.customer.organization.id) == ("301", "401")


def test_looked_for_before_it_is_made_again(world: World) -> None:
    helpdesk, asked = world.connector(), new()
    first = helpdesk.create(asked, look_first=True)
    assert helpdesk.create(asked, look_first=True) == first and len(made(world)) == 1
    other = NewTicket(asked.key + "0", asked.subject, asked.text.replace(asked.key, asked.key + "0"), asked.email)
    assert helpdesk.create(other, look_first=True) != first, "a key that begins alike is another one"


def test_an_answer_that_was_lost_makes_no_second_ticket(world: World) -> None:
    asked, quick = new(), world.connector(timeout_s=2.0)
    quick.create(new(), look_first=False)  # the customer is known from here on
    with world.failing(rate_drop_after_write=1.0):
        lost = fails(partial(quick.create, asked, look_first=False), TryLater)
    assert lost.unclear
    found = quick.create(asked, look_first=True)
    assert asked.key in quick.fetch(found).messages[0].text
    assert len(made(world)) == 2


def test_failures_are_told_in_our_words(world: World) -> None:
    fails(partial(world.connector(url=NOBODY_LISTENS, timeout_s=1.0).create, new(), look_first=False), TryLater)
    with world.failing(rate_429=1.0):
        assert not fails(partial(world.connector().create, new(), look_first=False), TryLater).unclear
    assert made(world) == []


def test_a_wrong_token_is_given_up(world: World) -> None:
    from pydantic import SecretStr

    helpdesk = world.connector(token=SecretStr(WRONG))
    fails(partial(helpdesk.create, new(), look_first=False), GiveUp)
