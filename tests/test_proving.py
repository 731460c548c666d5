"""A helpdesk's own webhook of what we wrote proves it, and whatever such webhooks do not show is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from connectors.notes import to_html
from connectors.zendesk.outbound import NOTE_LIMIT, NOTE_TAGS
from escalation.actions import Receipt, Write
from escalation.events import Accept
from escalation.ports import Inbound
from escalation.proving import PATIENCE
from escalation.ticket import ChangeKind, Message, Person, Priority, Role, Ticket, TicketChange
from sandbox.freshdesk_world import text_of
from tests.floor import Floor, PlayHelpdesk, served

PROVED = "Read back: note there, internal, complete, assigned to A00"


class Desk(PlayHelpdesk):
    """A helpdesk that is read for every event, keeps what is written and tells of it; ``known`` are what reads were given."""

    def __init__(self) -> None:
        self.echoes = True
        self.written: list[Write] = []
        self.known: list[Ticket | None] = []

    def needs_read(self, change: TicketChange, ticket: Ticket | None) -> bool:
        return True

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        self.known.append(known)
        asked = Message("1", Person("c", "Kim", role=Role.CUSTOMER), "Help")
        note = [replace(self.note(), public=False)] if self.written else []
        urgent = Ticket("zendesk", ticket_id, priority=Priority.URGENT, requester=asked.author, known=frozenset({"messages"}))
        return replace(urgent, messages=(asked, *note))

    def write(self, step: Write, *, look_first: bool) -> Receipt:
        self.written.append(step)
        return Receipt(note_id="n")

    def note(self) -> Message:
        note = self.written[-1].note
        assert note
        return Message("2", Person("us", role=Role.AGENT), text_of(to_html(note, tags=NOTE_TAGS, limit=NOTE_LIMIT)), public=False)

    def in_thread(self, message_id: str) -> bool:
        return message_id.isdecimal()

    def is_own(self, change: TicketChange) -> bool:
        return change.actor.id == "us"

    def change(self, inbound: Inbound) -> TicketChange:
        change = super().change(inbound)
        told = json.loads(inbound.body)
        if "echo" not in told:
            return change
        said = self.note()
        text = said.text[: int(told["length"])] if "length" in told else said.text
        kept = replace(said, text=text, public="public" in told) if told["echo"] == "note" else None
        kind = ChangeKind.MESSAGE_ADDED if kept else ChangeKind.ASSIGNED
        return replace(change, kind=kind, actor=Person("us"), message=kept)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def floor(db: Engine, desk: Desk) -> Iterator[Floor]:
    with served(db, desk) as made:
        yield made


def accepted(floor: Floor) -> None:
    """Ticket 7 is offered and accepted by a00; nothing of it is written yet."""
    floor.webhook("7", by="customer", priority="urgent", text="Help")
    floor.now += timedelta(seconds=1)
    assert floor.press(floor.handoff_of("7"), Accept("a00")).ok


def echo(floor: Floor, what: str, **told: str) -> None:
    floor.now += timedelta(milliseconds=300)
    floor.webhook("7", echo=what, **{"assignee": "a00", **told})


def proofs(floor: Floor) -> list[str]:
    rows = floor.rows("SELECT words FROM timeline WHERE kind IN ('proved', 'not_proved') ORDER BY id")
    return [str(row.words) for row in rows]


def test_the_webhook_proves_and_nothing_is_read(floor: Floor, desk: Desk) -> None:
    accepted(floor)
    floor.perform("write")
    floor.perform("prove")
    reads = len(desk.known)
    assert proofs(floor) == []
    echo(floor, "assigned")
    assert proofs(floor) == [], "the note has not been told of"
    echo(floor, "note")
    assert proofs(floor) == [f"{PROVED}, as the helpdesk's own webhook tells"]
    floor.perform("prove")
    echo(floor, "note", again="yes")
    assert len(proofs(floor)) == 1 and len(desk.known) == reads


def test_a_webhook_that_is_quicker_than_our_own_commit_counts(floor: Floor, desk: Desk) -> None:
    accepted(floor)
    floor.perform("write")
    echo(floor, "note")
    floor.perform("prove")
    assert proofs(floor) == [f"{PROVED}, as the helpdesk's own webhook tells"] and len(desk.known) == 1


@pytest.mark.parametrize(
    "told",
    [{"public": "yes"}, {"length": "40"}, {"assignee": ""}],
    ids=["public", "cut", "nobody"],
)
def test_what_the_webhook_shows_otherwise_is_read(floor: Floor, told: dict[str, str]) -> None:
    """The read has the last word: here it shows the note as it was asked for, and nobody assigned."""
    accepted(floor)
    floor.perform("write")
    floor.perform("prove")
    echo(floor, "note", **told)
    assert proofs(floor) == []
    floor.perform("prove")
    [found] = proofs(floor)
    assert found.startswith("Read back: note there, internal, complete. Not as asked: it was to be assigned to a00")


def test_a_note_that_was_made_public_is_no_reply_to_the_customer(floor: Floor) -> None:
    accepted(floor)
    floor.perform("write")
    echo(floor, "note", public="yes")
    assert [row.state for row in floor.rows("SELECT state FROM handoffs")] == ["accepted"]


@pytest.mark.parametrize(("echoes", "waits"), [(True, True), (False, False)])
def test_the_read_waits_only_where_webhooks_of_our_own_have_come(floor: Floor, desk: Desk, echoes: bool, waits: bool) -> None:
    desk.echoes = echoes
    accepted(floor)
    floor.perform("write")
    floor.perform("prove")
    assert (proofs(floor) == []) is waits
    jobs = floor.rows("SELECT scheduled_at - now() AS later, lock FROM procrastinate_jobs WHERE scheduled_at IS NOT NULL")
    assert len(jobs) == waits
    for job in jobs:
        assert timedelta(0) < job.later <= PATIENCE and job.lock == "zendesk:7:proof", "nothing else waits for it"


@pytest.mark.parametrize(("kind", "whole"), [("message_added", False), ("status_changed", False), ("updated", True)])
def test_a_read_is_given_what_is_known_unless_a_message_changed(floor: Floor, desk: Desk, kind: str, whole: bool) -> None:
    floor.webhook("7", by="customer", text="Help")
    floor.now += timedelta(seconds=1)
    floor.webhook("7", kind=kind)
    first, second = desk.known
    assert first is None and (second is None) is whole
    assert whole or (second and [message.id for message in second.messages] == ["1"])
