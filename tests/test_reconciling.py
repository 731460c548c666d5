"""Webhooks that were lost: helpdesks are asked what has changed, and what nobody told of is read and looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from escalation import reconciling
from escalation.events import Accept
from escalation.ports import Changed, GiveUp, TryLater
from escalation.ticket import Message, Person, Priority, Ticket
from tests.floor import CUSTOMER, START, Floor, PlayHelpdesk, served

EVERY = timedelta(minutes=5)


@dataclass
class Desk(PlayHelpdesk):
    """A helpdesk with tickets of its own; ``calls`` are the moments it was asked from."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    calls: list[datetime] = field(default_factory=list)
    away: Exception | None = None

    def put(self, ticket: str, at: datetime, **more: object) -> None:
        asked = Message("1", CUSTOMER, "Help", at=at)
        made = Ticket("zendesk", ticket, priority=Priority.URGENT, requester=CUSTOMER, messages=(asked,), updated_at=at)
        self.tickets[ticket] = replace(self.tickets.get(ticket, made), updated_at=at, **more)  # type: ignore[arg-type]

    def changed(self, since: datetime) -> Iterator[Changed]:
        self.calls.append(since)
        if self.away:
            raise self.away
        listed = sorted((t.updated_at, t.id) for t in self.tickets.values() if t.updated_at and t.updated_at >= since)
        yield from (Changed(ticket, at) for at, ticket in listed)

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        return self.tickets[ticket_id]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def floor(db: Engine, desk: Desk) -> Iterator[Floor]:
    with served(db, desk) as made:
        look(made)  # the first time nothing is asked: what was before Baton came is not its business
        assert desk.calls == []
        yield made


def look(floor: Floor) -> reconciling.Found:
    return reconciling.look(floor.pipeline, floor.now, EVERY)


def later(floor: Floor, minutes: float = 5) -> None:
    floor.now += timedelta(minutes=minutes)


def reads(floor: Floor) -> list[str]:
    """The tickets whose read is queued; they are read, as the worker would."""
    rows = floor.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'refresh' ORDER BY id")
    with floor.engine.begin() as db:
        db.exec_driver_sql("DELETE FROM procrastinate_jobs WHERE task_name = 'refresh'")
    for row in rows:
        floor.pipeline.refresh(**row.args)
    return [row.args["ticket_id"] for row in rows]


def missed(floor: Floor) -> list[str]:
    return [row.ticket_id for row in floor.rows("SELECT ticket_id FROM timeline WHERE kind = 'missed' ORDER BY id")]


def test_a_ticket_no_webhook_told_of_is_read_and_escalated(floor: Floor, desk: Desk) -> None:
    later(floor)
    desk.put("7", floor.now)
    assert look(floor).missed == {}, "its webhook may still be on its way"
    later(floor)
    assert look(floor).missed == {"zendesk": 1}
    assert reads(floor) == ["7"] and floor.handoff_of("7")
    [told] = floor.rows("SELECT words, escalation_id FROM timeline WHERE kind = 'missed'")
    assert told.words == "No webhook told of what changed at 02 Mar, 09:05 UTC; Zendesk was asked, the ticket read"
    assert told.escalation_id, "it stands on the timeline of what came of it"
    later(floor)
    assert look(floor).missed == {} and reads(floor) == [], "once is enough"


def test_what_was_heard_of_costs_no_read(floor: Floor, desk: Desk) -> None:
    later(floor)
    floor.webhook("7", by="customer", priority="urgent", text="Help")
    desk.put("7", floor.now)
    later(floor, 10)
    assert look(floor).missed == {} and reads(floor) == []


def test_a_later_change_of_a_known_ticket_is_noticed(floor: Floor, desk: Desk) -> None:
    """Somebody was given it in the helpdesk, and that webhook was lost."""
    later(floor)
    floor.webhook("7", by="customer", priority="urgent", text="Help")
    desk.put("7", floor.now)
    later(floor)
    desk.put("7", floor.now, assignee=Person("a01", "A01"))
    later(floor, 10)
    assert look(floor).missed == {"zendesk": 1} and reads(floor) == ["7"]
    shown = floor.journal.shown(floor.handoff_of("7"))
    assert shown is not None and shown.handoff.accepted_by == "a01"


def test_a_delivery_that_waits_to_be_handled_is_not_overtaken(floor: Floor, desk: Desk) -> None:
    later(floor)
    floor.arrive("7", by="customer", priority="urgent", text="Help")
    desk.put("7", floor.now)
    later(floor, 10)
    assert look(floor).missed == {} and reads(floor) == []


def test_our_own_write_is_read_but_called_missed_by_nobody(floor: Floor, desk: Desk) -> None:
    later(floor)
    floor.webhook("7", by="customer", priority="urgent", text="Help")
    assert floor.press(floor.handoff_of("7"), Accept("a00")).ok
    with floor.engine.begin() as db:
        db.exec_driver_sql("UPDATE actions SET state = 'done', done_at = %s WHERE kind = 'write'", (floor.now,))
    desk.put("7", floor.now + timedelta(seconds=1), assignee=Person("a00", "A00"))
    later(floor, 10)
    assert look(floor).missed == {} and reads(floor) == ["7"] and missed(floor) == []
    later(floor, 10)
    look(floor)
    assert reads(floor) == []


@pytest.mark.parametrize("wrong", [TryLater("Zendesk is away"), GiveUp("admins only", refused=True)])
def test_a_helpdesk_that_cannot_be_asked_is_asked_again_from_where_it_was(floor: Floor, desk: Desk, wrong: Exception) -> None:
    later(floor, 10)
    desk.put("7", floor.now)
    desk.away = wrong
    later(floor, 60)
    assert look(floor).problems == {"zendesk": str(wrong)}
    desk.away = None
    later(floor, 60)
    assert look(floor).missed == {"zendesk": 1}
    assert desk.calls == [START - reconciling.OVERLAP] * 2


def test_after_an_outage_so_many_are_read_in_a_pass_and_none_is_left_out(floor: Floor, desk: Desk) -> None:
    most = reconciling.MOST_READ
    for number in range(most * 2 + 50):
        desk.put(str(number), floor.now + timedelta(seconds=number))
    later(floor, 300)
    passes = []
    while found := reads(floor) if look(floor).missed else []:
        passes.append(len(found))
        later(floor)
    assert passes == [most, most, 50]
    assert len(set(missed(floor))) == len(missed(floor)) == most * 2 + 50


def test_what_is_still_to_be_read_is_not_queued_again(floor: Floor, desk: Desk) -> None:
    later(floor)
    desk.put("7", floor.now)
    later(floor)
    assert look(floor).missed == {"zendesk": 1}
    later(floor, 1)
    assert look(floor).missed == {}
    assert reads(floor) == ["7"]
