"""A write-back that comes late or is overtaken: whoever has the ticket keeps it, and what was written is proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.notes import to_html
from connectors.zendesk.outbound import NOTE_LIMIT, NOTE_TAGS
from escalation.actions import Note, Receipt, Write
from escalation.events import Accept, Return
from escalation.playbook import AssignWhen, Level, Path
from escalation.ports import GiveUp, Inbound, TryLater
from escalation.roster import Team
from escalation.ticket import ChangeKind, Group, Message, Person, Priority, Role, Ticket, TicketChange
from sandbox.freshdesk_world import text_of
from tests.floor import CHANNEL, CUSTOMER, Floor, PlayHelpdesk, served

COLD = Path("default", (Level("one", assign=AssignWhen.ON_OFFER),))
SPLITS = {"one call": ("agent group note",), "two calls": ("agent group", "note"), "three calls": ("group", "agent", "note")}
Opened = Callable[["Desk", Path], Floor]


class Desk(PlayHelpdesk):
    """A helpdesk that keeps what is written and can be read; as in Intercom, assigning a team takes the ticket from its agent."""

    def __init__(self, split: str = "one call") -> None:
        self.split = SPLITS[split]
        self.assignee = ""
        self.group = ""
        self.notes: list[Note] = []
        self.lost = self.public = False
        self.refused = ""  # a kind of step that the helpdesk refuses

    def steps(self, write: Write, seen: Ticket | None = None) -> tuple[Write, ...]:
        parts = []
        for number, kinds in enumerate(self.split):
            step = Write(f"{write.key}:{number}", write.ticket_id)
            step = replace(
                step, agent_id=write.agent_id if "agent" in kinds else "", note=write.note if "note" in kinds else None
            )
            step = replace(step, group_id=write.group_id if "group" in kinds else "")
            parts += [step] if step.agent_id or step.group_id or step.note else []
        return tuple(parts)

    def write(self, step: Write, *, look_first: bool) -> Receipt:
        if self.refused and getattr(step, self.refused):
            raise GiveUp("no such agent")
        if step.group_id and step.group_id != self.group:
            self.group, self.assignee = step.group_id, ""
        self.assignee = step.agent_id or self.assignee
        self.notes += [step.note] if step.note and not self.lost else []
        return Receipt(note_id="n" if step.note else "")

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        us = Person("us", role=Role.BOT)
        texts = [text_of(to_html(note, tags=NOTE_TAGS, limit=NOTE_LIMIT)) for note in self.notes]
        notes = tuple(Message(f"n{n}", us, text, public=self.public) for n, text in enumerate(texts))
        messages = (Message("1", CUSTOMER, "Help"), *notes)
        urgent = Ticket("zendesk", ticket_id, priority=Priority.URGENT, requester=CUSTOMER, messages=messages)
        has = Person(self.assignee, self.assignee.title(), role=Role.AGENT) if self.assignee else Person()
        return replace(urgent, assignee=has, group=Group(self.group), known=frozenset({"messages"}))

    def change(self, inbound: Inbound) -> TicketChange:
        change = super().change(inbound)
        kind = ChangeKind.ASSIGNED if "assignee" in change.fields else change.kind
        role = Role.SYSTEM if b'"rule"' in inbound.body else Role.AGENT
        return replace(change, kind=kind, actor=Person("x", role=role))


@pytest.fixture(params=SPLITS)
def desk(request: pytest.FixtureRequest) -> Desk:
    return Desk(request.param)


@pytest.fixture
def open_floor(db: Engine) -> Iterator[Opened]:
    """A floor whose ticket 7 is offered."""
    with ExitStack() as after:

        def made(desk: Desk, path: Path) -> Floor:
            floor = after.enter_context(served(db, desk, path, 3))
            teams = (Team("care", "Care", channel="#care", lead="lead", groups={"zendesk": "g"}),)
            floor.roster = replace(floor.roster, teams=teams)
            floor.webhook(
                "7", by="customer", priority="urgent", text="Help", **({"assignee": desk.assignee} if desk.assignee else {})
            )
            floor.now += timedelta(seconds=9, milliseconds=100)
            return floor

        yield made


@pytest.fixture
def floor(open_floor: Opened, desk: Desk) -> Floor:
    return open_floor(desk, CHANNEL)


def accept(floor: Floor, agent: str) -> None:
    assert floor.press(floor.handoff_of("7"), Accept(agent)).ok


def by_hand(floor: Floor, desk: Desk, agent: str, **told: str) -> None:
    """A colleague gives the ticket to somebody in the helpdesk, whose webhook comes at once."""
    desk.assignee = agent
    floor.webhook("7", assignee=agent, **told)


def handoff(floor: Floor) -> Any:
    shown = floor.journal.shown(floor.handoff_of("7"))
    assert shown is not None
    return shown.handoff


def lines(floor: Floor, *kinds: str) -> list[str]:
    rows = floor.rows("SELECT words FROM timeline WHERE kind = ANY(:kinds) ORDER BY id", kinds=list(kinds))
    return [str(row.words) for row in rows]


def alarms(floor: Floor) -> list[str]:
    return [
        row.data["data"]["text"] for row in floor.rows("SELECT data FROM actions WHERE kind = 'tell' AND key LIKE 'tell:prove%'")
    ]


def test_what_is_written_late_leaves_the_ticket_to_whoever_was_given_it(floor: Floor, desk: Desk) -> None:
    accept(floor, "a00")
    floor.now += timedelta(seconds=5)
    by_hand(floor, desk, "a01")
    floor.perform("write", "prove")
    assert (desk.assignee, handoff(floor).accepted_by) == ("a01", "a01")
    assert [note.title for note in desk.notes] == ["Handoff to A01"]
    assert lines(floor, "proved") == ["Read back: note there, internal, complete"]
    assert not alarms(floor)


def test_what_is_written_late_for_the_team_takes_it_from_nobody(floor: Floor, desk: Desk) -> None:
    """The chat is away, so the group was to have the ticket; somebody is given it before that could be written."""
    [alert] = floor.rows("SELECT id FROM actions WHERE kind = 'alert'")
    task = floor.journal.begin(alert.id)
    assert task is not None
    floor.pipeline.failed(task, TryLater("Slack is away"), final=True)
    floor.now += timedelta(seconds=5)
    by_hand(floor, desk, "a01")
    floor.perform("write", "prove")
    assert (desk.assignee, desk.group, handoff(floor).accepted_by) == ("a01", "", "a01")
    assert len(desk.notes) == 1


def test_each_acceptance_writes_only_what_still_holds(floor: Floor, desk: Desk) -> None:
    accept(floor, "a00")
    floor.now += timedelta(seconds=5)
    assert floor.press(floor.handoff_of("7"), Return("a00", "the order number")).ok
    accept(floor, "a01")
    floor.perform("write")
    assert (desk.assignee, len(desk.notes)) == ("a01", 1)


@pytest.mark.parametrize(("fault", "found"), [("public", "can be seen by the customer"), ("lost", "the note is not there")])
def test_a_note_is_proved_though_somebody_else_has_accepted_meanwhile(floor: Floor, desk: Desk, fault: str, found: str) -> None:
    setattr(desk, fault, True)
    accept(floor, "a00")
    floor.now += timedelta(seconds=5)
    assert floor.press(floor.handoff_of("7"), Return("a00", "the order number")).ok
    accept(floor, "a01")
    floor.perform("write", "prove")
    floor.perform("write", "prove")  # once more, where it is mended
    told = lines(floor, "not_proved")
    assert told and all(found in words for words in told)
    assert [found in text for text in alarms(floor)] == [True]


@pytest.mark.parametrize("split", ["two calls", "three calls"])
def test_a_note_is_proved_though_the_assignment_was_refused(open_floor: Opened, split: str) -> None:
    desk = Desk(split)
    floor = open_floor(desk, CHANNEL)
    desk.refused, desk.public = "agent_id", True
    accept(floor, "a00")
    floor.perform("write", "prove", set_aside=True)
    [told] = lines(floor, "not_proved")
    assert "can be seen by the customer" in told and "assigned" not in told


SECONDS = [
    ("half a second later, by the same second's stamp", 0.5, "a01", "a01"),
    ("the helpdesk's clock is late, but it was read since", 2.0, "a01", "a01"),
    ("old news of whoever had it before", 0.1, "a02", "a00"),
]


@pytest.mark.parametrize(("after", "agent", "has"), [row[1:] for row in SECONDS], ids=[row[0] for row in SECONDS])
def test_an_assignment_by_hand_just_after_the_acceptance_counts(open_floor: Opened, after: float, agent: str, has: str) -> None:
    """Helpdesks stamp in whole seconds; what is stamped before the acceptance may be later than it."""
    late = timedelta(0)

    class Stamps(Desk):
        def change(self, inbound: Inbound) -> TicketChange:
            change = super().change(inbound)
            assert change.at is not None
            self.at = (change.at - late).replace(microsecond=0)
            return replace(change, at=self.at, fields={**change.fields, "updated_at": self.at})

        def needs_read(self, change: TicketChange, ticket: Ticket | None) -> bool:
            return after > 1

        def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
            return replace(super().fetch(ticket_id), updated_at=self.at)

    desk = Stamps()
    desk.assignee = "a02"
    floor = open_floor(desk, CHANNEL)
    late = timedelta(seconds=after)
    accept(floor, "a00")
    floor.perform("write")
    floor.now += timedelta(seconds=0.5)
    by_hand(floor, desk, agent)
    assert handoff(floor).accepted_by == has
    floor.now += timedelta(minutes=1)
    floor.webhook("7", by="customer", text="Anybody?")
    assert handoff(floor).accepted_by == has


def test_the_proof_gives_nobody_the_ticket_back_that_a_colleague_has_taken(floor: Floor, desk: Desk) -> None:
    """The webhook of what the colleague did is still on its way when what was written is read."""
    accept(floor, "a00")
    floor.perform("write")
    desk.assignee = "a01"
    floor.now += timedelta(seconds=5)
    floor.perform("prove")
    [proved] = lines(floor, "proved")
    assert proved == "Read back: note there, internal, complete, in the helpdesk A01 has the ticket by now"
    floor.perform("write", "prove")
    assert desk.assignee == "a01" and not alarms(floor)
    floor.pipeline.refresh("zendesk", "7")
    assert handoff(floor).accepted_by == "a01"


@pytest.mark.parametrize("shown", ["", "a02"], ids=["nobody", "whoever had it before"])
def test_an_assignment_that_the_helpdesk_did_not_keep_is_still_mended(open_floor: Opened, shown: str) -> None:
    desk = Desk()
    desk.assignee = shown
    floor = open_floor(desk, CHANNEL)
    accept(floor, "a00")
    floor.perform("write")
    desk.assignee = shown
    floor.perform("prove")
    assert ["it was to be assigned to a00" in words for words in lines(floor, "not_proved")] == [True]
    floor.perform("write", "prove")
    assert desk.assignee == "a00" and len(lines(floor, "proved")) == 1


def test_a_rule_of_the_helpdesk_accepts_for_nobody(floor: Floor, desk: Desk) -> None:
    by_hand(floor, desk, "a02", text="rule")
    assert handoff(floor).accepted_by == "" and handoff(floor).open_offers
    assert lines(floor, "assigned") == [
        "A rule of the helpdesk assigned A02; that is nobody's word, so those who are asked still are"
    ]
    accept(floor, "a00")
    floor.perform("write")
    assert desk.assignee == "a00"


def test_a_ticket_given_with_its_offer_is_assigned_and_proved(open_floor: Opened) -> None:
    desk = Desk()
    floor = open_floor(desk, COLD)
    [asked] = handoff(floor).asked_now
    floor.perform("write", "prove")
    assert desk.assignee == asked.agent
    assert lines(floor, "proved") == [f"Read back: note there, internal, complete, assigned to {asked.agent.title()}"]
