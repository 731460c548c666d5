"""Equal webhooks that may tell of two events: whatever comes after a read is read. Through the real store and pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from config.connections import PLAY_SECRET
from connectors.freshdesk import Connector
from connectors.freshdesk.inbound import RECEIVED, sign
from escalation.pipeline import Pipeline, Received
from escalation.playbook import Level, Path
from escalation.ports import Inbound, TryLater
from escalation.ticket import Message, Person, Role, Status, Ticket
from tests import databases
from tests.floor import Floor, people
from tests.freshdesk_play import words
from tests.support import connection

PATH = Path("default", (Level("one"),))
ADA = Person("101", "Ada", "ada@example.com", Role.AGENT)


class Desk(Connector):
    """Freshdesk's own webhooks over a thread of ours; ``meanwhile`` happens while an answer is on its way."""

    def __init__(self) -> None:
        super().__init__(connection("freshdesk"), words())
        self.thread: list[Message] = []
        self.reads = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        self.reads += 1
        seen = tuple(self.thread)
        self.meanwhile()
        told = frozenset({"messages", "status"})
        return Ticket("freshdesk", ticket_id, status=Status.OPEN, messages=seen, updated_at=seen[-1].at, known=told)


@dataclass
class World:
    floor: Floor
    desk: Desk = field(default_factory=Desk)
    stamp: str | None = None

    def __post_init__(self) -> None:
        self.floor.pipeline = Pipeline(**{**vars(self.floor.pipeline), "helpdesks": lambda: {"freshdesk": self.desk}})

    def note(self, text: str) -> Received:
        """An agent's note, and the webhook of it: the same bytes every time."""
        now = self.floor.now
        self.desk.thread.append(Message(str(len(self.desk.thread) + 1), ADA, text, public=False, at=now))
        told: dict[str, Any] = {"ticket_id": "7", "triggered_event": "{note_type:private}"}
        body = json.dumps({"freshdesk_webhook": told | ({"updated": self.stamp} if self.stamp else {})}).encode()
        return self.floor.pipeline.receive("freshdesk", Inbound({**_headers(body), RECEIVED: now.isoformat()}, body, {}), now)

    def work(self) -> None:
        """What the worker does: a pass for each job that was queued."""
        for _ in self.floor.rows("SELECT FROM procrastinate_jobs WHERE lock = 'freshdesk:7'"):
            self.floor.pipeline.handle("freshdesk", "7")

    def texts(self) -> list[str]:
        return [row.text for row in self.floor.rows("SELECT body ->> 'text' AS text FROM messages ORDER BY message_id")]

    def status(self) -> list[str]:
        return [row.status for row in self.floor.rows("SELECT status FROM deliveries ORDER BY id")]


def _headers(body: bytes) -> dict[str, str]:
    return {name.lower(): value for name, value in sign(body, PLAY_SECRET, datetime.now(UTC)).items()}


@pytest.fixture
def world(postgres: str, request: pytest.FixtureRequest) -> Iterator[World]:
    with databases.migrated(postgres) as engine:
        yield from _world(engine, getattr(request, "param", None))


def _world(engine: Engine, stamp: str | None) -> Iterator[World]:
    made = World(Floor(engine, PATH, people(1)), stamp=stamp)
    yield made
    made.floor.journal.close()
    made.desk.close()


STAMPS = pytest.mark.parametrize(
    "world", [None, "November 29 2026 at 05:06 AM", "2026-03-02T09:00Z", "2026-03-02T09:00:00Z"], indirect=True, ids=str
)


@STAMPS
def test_the_second_note_of_a_minute_is_read(world: World) -> None:
    first = world.note("Looking into it.")
    world.work()
    world.floor.now += timedelta(seconds=3)
    second = world.note("The refund needs a decision today.")
    world.work()
    assert (first.duplicate, second.duplicate) == (False, True)
    assert world.texts() == ["Looking into it.", "The refund needs a decision today."]
    assert world.desk.reads == 2 and world.status() == ["handled", "handled"]


@STAMPS
def test_a_note_that_is_written_while_the_ticket_is_read_is_read_afterwards(world: World) -> None:
    def meanwhile() -> None:
        world.desk.meanwhile = lambda: None
        world.note("The refund needs a decision today.")

    world.desk.meanwhile = meanwhile
    world.note("Looking into it.")
    world.work()
    assert world.status() == ["handled", "accepted"], "the read that was under way has not seen it"
    world.work()
    assert world.texts() == ["Looking into it.", "The refund needs a decision today."]
    assert world.desk.reads == 2 and world.status() == ["handled", "handled"]


def test_equal_webhooks_that_wait_are_one_read(world: World) -> None:
    for text in ("One.", "Two.", "Three."):
        world.note(text)
    world.work()
    assert world.texts() == ["One.", "Two.", "Three."] and world.desk.reads == 1
    assert set(world.status()) == {"handled"}


def test_a_read_that_failed_is_made_up_for_with_the_second_webhook(world: World) -> None:
    def away() -> None:
        world.desk.meanwhile = lambda: None
        raise TryLater("away")

    world.desk.meanwhile = away
    world.note("One.")
    with pytest.raises(TryLater):
        world.work()
    world.note("Two.")
    world.work()
    assert world.texts() == ["One.", "Two."] and world.desk.reads == 2


def test_one_that_is_replayed_is_read_once_more(world: World) -> None:
    first = world.note("One.")
    world.work()
    world.note("Two.")
    world.work()
    world.floor.pipeline.replay(first.delivery, world.floor.now)
    world.work()
    assert world.desk.reads == 3 and world.status() == ["handled", "handled"]
