"""Messages that a helpdesk removed or redacted, through the real store and pipeline; ends to ends in test_unsaid_live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

import connectors
from escalation.pipeline import Pipeline
from escalation.playbook import Level, Path
from escalation.ticket import Message, Person, Priority, Role, Status, Ticket, TicketChange
from escalation.unsaid import removed
from mappings import load_folder
from tests import databases
from tests.floor import CUSTOMER, START, Floor, PlayHelpdesk, people
from tests.support import ROOT, connection

MAPPINGS = load_folder(ROOT / "mappings")
PATH = Path("default", (Level("one"),))
ADA = Person("a", "Ada", "ada@example.com", Role.AGENT)
READ = Ticket("zendesk", "7", known=frozenset({"messages"}), updated_at=START)


def said(id: str, text: str = "", minutes: int = 0, by: Person = CUSTOMER) -> Message:
    return Message(id, by, text or f"This is message {id}.", at=START + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "case, known, read, gone",
    [
        ("still there", [said("1")], replace(READ, messages=(said("1"),)), []),
        ("redacted: its new words replace the old", [said("1")], replace(READ, messages=(said("1", "▇▇"),)), []),
        ("removed", [said("1"), said("2", minutes=-5)], replace(READ, messages=(said("1"),)), ["2"]),
        ("all of them", [said("1"), said("2")], READ, ["1", "2"]),
        (
            "read under its own id",
            [said("webhook:f0")],
            replace(READ, messages=(said("9"),)),
            ["webhook:f0"],
        ),
        ("without a time", [replace(said("1"), at=None)], READ, ["1"]),
        ("of a running chat, which is no part of the thread yet", [said("chat1")], READ, []),
        ("written since the read", [said("1", minutes=1)], READ, []),
        ("told by a person of Baton's", [said("baton:h1")], READ, []),
        ("a turn of a bot's conversation", [said("handover:h1:0001")], READ, []),
        ("a part of the thread was read", [said("1")], replace(READ, missing={"messages": "only the newest"}), []),
        ("no thread was read", [said("1")], replace(READ, known=frozenset()), []),
    ],
)
def test_removed(case: str, known: list[Message], read: Ticket, gone: list[str]) -> None:
    assert [m.id for m in removed(known, read, lambda id: not id.startswith("chat"))] == gone, case


@pytest.mark.parametrize(
    "helpdesk, ids",
    [
        ("zendesk", {"4711": True, "65a9f0c2d4e1b7a3f8c6d2e0": False}),  # a comment; a message of a running chat
        ("freshdesk", {"4711": True, "description": True, "webhook:0a1b2c3d4e5f6071": True}),
        ("intercom", {"4711": True, "description-4711": True}),
    ],
)
def test_what_a_read_of_the_whole_thread_has(helpdesk: str, ids: dict[str, bool]) -> None:
    made = connectors.connect(connection(helpdesk), MAPPINGS[helpdesk])
    assert {id: made.in_thread(id) for id in ids} == ids


class Desk(PlayHelpdesk):
    """A helpdesk that is read at every webhook; ``there`` is what it answers."""

    def __init__(self) -> None:
        self.there = Ticket("zendesk", "0")

    def in_thread(self, message_id: str) -> bool:
        return True

    def needs_read(self, change: TicketChange, ticket: Ticket | None) -> bool:
        return True

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        return replace(self.there, id=ticket_id)


@dataclass
class World:
    floor: Floor
    desk: Desk = field(default_factory=Desk)

    def __post_init__(self) -> None:
        self.floor.pipeline = Pipeline(**{**vars(self.floor.pipeline), "helpdesks": lambda: {"zendesk": self.desk}})

    def read(self, *messages: Message, missing: str = "", status: Status = Status.OPEN) -> None:
        """A minute later a webhook comes, and the helpdesk has these messages."""
        self.floor.now += timedelta(minutes=1)
        known = frozenset({"messages", "status", "priority", "requester", "updated_at"})
        self.desk.there = Ticket(
            "zendesk", "7", subject="Invoice", status=status, priority=Priority.URGENT, requester=CUSTOMER, messages=messages,
            created_at=START, updated_at=self.floor.now, known=known, missing={"messages": missing} if missing else {},
        )  # fmt: skip
        self.floor.webhook("7", kind="updated")

    def texts(self) -> list[str]:
        return [row.text for row in self.floor.rows("SELECT body ->> 'text' AS text FROM messages ORDER BY message_id")]


@pytest.fixture
def world(postgres: str) -> Iterator[World]:
    with databases.migrated(postgres) as engine:
        made = World(Floor(engine, PATH, people(2)))
        yield made
        made.floor.journal.close()


def test_a_removed_message_leaves_the_store(world: World) -> None:
    world.read(said("1"), said("2"))
    world.read(said("1"))
    assert world.texts() == ["This is message 1."]
    ticket = world.floor.journal.known("zendesk", "7").ticket
    assert ticket and [m.id for m in ticket.messages] == ["1"]


def test_a_redacted_message_has_its_new_words(world: World) -> None:
    world.read(said("1"), said("2"))
    world.read(said("1", "▇▇▇▇"), said("2"))
    assert world.texts() == ["▇▇▇▇", "This is message 2."]


def test_what_a_partial_read_leaves_out_stays(world: World) -> None:
    world.read(said("1"), said("2"))
    world.read(said("2"), missing="only the newest message was read")
    assert world.texts() == ["This is message 1.", "This is message 2."]


def test_a_webhook_of_a_later_state_keeps_no_removed_message(world: World) -> None:
    """The read was overtaken: what the webhook told counts, and what the read shows to be gone is gone all the same."""
    world.read(said("1"), said("2"))
    world.floor.now += timedelta(minutes=2)
    seen = world.floor.now - timedelta(minutes=1)
    world.desk.there = replace(world.desk.there, messages=(said("1"),), updated_at=seen)
    world.floor.webhook("7", kind="message_added", by="customer", text="One more thing.")
    assert world.texts() == ["This is message 1.", "One more thing."]


def test_a_read_without_a_webhook_takes_it_out_as_well(world: World) -> None:
    world.read(said("1"), said("2"))
    world.desk.there = replace(world.desk.there, messages=(said("2"),))
    world.floor.pipeline.refresh("zendesk", "7")
    assert world.texts() == ["This is message 2."]


SECRET = "The word for my account is zebra mountain forty two."


_KEPT = """
SELECT body::text AS kept FROM messages UNION ALL SELECT body::text FROM tickets UNION ALL SELECT decision::text FROM evaluations
UNION ALL SELECT package::text || reasons::text FROM escalations
UNION ALL SELECT words || data::text FROM timeline UNION ALL SELECT why || data::text FROM actions
"""


def kept(world: World) -> str:
    """Everything that is kept of the ticket beside the webhooks themselves, as one text."""
    return "\n".join(row.kept for row in world.floor.rows(_KEPT))


def edits(world: World) -> int:
    return len(world.floor.rows("SELECT FROM actions WHERE kind = 'update_alert' AND key LIKE '%:unsaid:%'"))


@pytest.mark.parametrize("status", [Status.OPEN, Status.SOLVED])
@pytest.mark.parametrize("after", [[], [said("2", "▇▇▇▇")]], ids=["removed", "redacted"])
def test_what_quoted_it_is_taken_out_and_cards_are_shown_again(world: World, after: list[Message], status: Status) -> None:
    """Also of an escalation that is over: many redact when they are done."""
    world.read(said("1"), said("2", SECRET))
    world.read(said("1"), said("2", SECRET), status=status)
    assert "zebra mountain" in kept(world) and edits(world) == 0
    world.read(said("1"), *after, status=status)
    assert "zebra" not in kept(world)
    assert edits(world) == len(world.floor.rows("SELECT FROM offers")) == 1
    assert [row.kind for row in world.floor.rows("SELECT kind FROM timeline WHERE kind = 'unsaid'")] == ["unsaid"]
    world.read(said("1"), *after, status=status)
    assert edits(world) == 1, "once"


@pytest.mark.parametrize(
    "after",
    [
        [said("1"), said("2", SECRET), said("3", "And one more thing.")],
        [said("1"), said("2", SECRET.replace(" ", "\n"))],  # the same words in another form
        [said("1"), said("2", f"{SECRET} Thanks!")],
        [said("1"), said("9", SECRET)],  # under its real id
    ],
    ids=["more", "form", "longer", "id"],
)
def test_what_is_still_said_stays(world: World, after: list[Message]) -> None:
    world.read(said("1"), said("2", SECRET))
    world.read(*after)
    assert "zebra mountain forty two" in kept(world).replace("\\n", " ") and edits(world) == 0
