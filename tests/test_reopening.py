"""Tickets that are over stop everything; reopened ones go on where they stopped. Through the real store and pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import Engine

from escalation.actions import DeclineReason, TimerKind
from escalation.effects import carry_out
from escalation.events import Accept, Decline, Event, NextLevel, Refresh, Return
from escalation.hop import Handoff, State
from escalation.playbook import AssignWhen, Condition, Conditions, Level, Offering, Path, Playbook, Rule
from tests import databases
from tests.floor import Floor, people

_numbers = count(1)
PATH = Path("default", (Level("one"), Level("team", Offering.CHANNEL, tell_lead=True)))
COLD = Path("default", (Level("one", assign=AssignWhen.ON_OFFER),))


@pytest.fixture(scope="module")
def engine(postgres: str) -> Iterator[Engine]:
    with databases.migrated(postgres) as made:
        yield made


@pytest.fixture
def floor(engine: Engine) -> Iterator[Floor]:
    made = Floor(engine, PATH, people(3, capacity=100))
    yield made
    made.journal.close()


@pytest.fixture
def ticket(floor: Floor) -> str:
    """An urgent ticket, offered."""
    number = str(next(_numbers))
    floor.webhook(number, kind="created", status="open", priority="urgent", by="customer")
    return number


def newest(floor: Floor, ticket: str) -> Handoff:
    shown = floor.journal.shown(floor.handoff_of(ticket))
    assert shown is not None
    return shown.handoff


def later(floor: Floor, minutes: int = 5) -> None:
    floor.now += timedelta(minutes=minutes)


OVER: list[tuple[str, dict[str, str]]] = [
    ("solved", {"status": "solved"}),
    ("closed", {"status": "closed"}),
    ("deleted or spam, by its event", {"kind": "deleted"}),
    ("deleted or spam, by its status", {"status": "deleted"}),
    ("merged away", {"kind": "merged", "merged_into": "99"}),
    ("solved with a reply", {"status": "solved", "by": "a02"}),
    ("solved by somebody who took it", {"status": "solved", "assignee": "a02"}),
]


@pytest.mark.parametrize("accepted", [False, True], ids=["offered", "accepted"])
@pytest.mark.parametrize("told", [row[1] for row in OVER], ids=[row[0] for row in OVER])
def test_a_ticket_that_is_over_stops_everything(floor: Floor, ticket: str, told: dict[str, str], accepted: bool) -> None:
    before = newest(floor, ticket)
    if accepted:
        assert floor.press(before.id, Accept(before.open_offers[0].agent)).ok
    later(floor)
    floor.webhook(ticket, **told)
    over = newest(floor, ticket)
    assert over.state is (State.CLOSED if accepted or "assignee" in told else State.CANCELLED)
    assert not over.open_offers
    assert [r.state for r in floor.rows("SELECT state FROM escalations WHERE ticket_id = :t", t=ticket)] == ["closed"]
    lines = len(floor.rows("SELECT 1 FROM timeline WHERE ticket_id = :t", t=ticket))
    later(floor, 600)
    for timer in floor.journal.due_timers(floor.now, 1000):
        floor.pipeline.fire(timer, floor.now)
    presses: list[Event] = [Accept("a00"), Decline("a00", DeclineReason.BUSY), Return("a00", "x"), Refresh("boss")]
    presses.append(NextLevel("lead", over.steps, lead=True))
    assert not any(floor.press(over.id, press).ok for press in presses)
    assert newest(floor, ticket) == over
    assert len(floor.rows("SELECT 1 FROM timeline WHERE ticket_id = :t", t=ticket)) == lines, "nothing more was done"


@pytest.mark.parametrize(
    ("told", "moot"), [({"kind": "deleted"}, True), ({"status": "solved"}, False)], ids=["deleted", "solved"]
)
def test_a_planned_write_back_is_dropped_when_its_ticket_is_gone(
    floor: Floor, ticket: str, told: dict[str, str], moot: bool
) -> None:
    before = newest(floor, ticket)
    floor.press(before.id, Accept(before.open_offers[0].agent))
    later(floor)
    floor.webhook(ticket, **told)
    (row,) = floor.rows("SELECT id FROM actions WHERE ticket_id = :t AND kind = 'write'", t=ticket)
    task = floor.journal.begin(row.id)
    assert task is not None
    carry_out(floor.pipeline, task)
    (row,) = floor.rows("SELECT state, error FROM actions WHERE id = :n", n=row.id)
    assert (row.state, row.error) == (("moot", "the ticket is deleted") if moot else ("done", ""))


def test_a_cold_assignment_is_dropped_when_the_ticket_was_over_first(engine: Engine) -> None:
    floor = Floor(engine, COLD, people(1, capacity=100))
    number = str(next(_numbers))
    floor.webhook(number, kind="created", status="open", priority="urgent", by="customer")
    later(floor)
    floor.webhook(number, status="solved")
    (row,) = floor.rows("SELECT id FROM actions WHERE ticket_id = :t AND kind = 'write'", t=number)
    task = floor.journal.begin(row.id)
    assert task is not None
    carry_out(floor.pipeline, task)
    assert floor.rows("SELECT state FROM actions WHERE id = :n", n=row.id)[0].state == "moot"
    floor.journal.close()


def solved_by(floor: Floor, ticket: str, agent: str) -> Handoff:
    """The ticket's handoff after ``agent`` accepted it and the ticket was solved."""
    before = newest(floor, ticket)
    assert floor.press(before.id, Accept(agent)).ok
    later(floor)
    floor.webhook(ticket, status="solved", by=agent)
    later(floor)
    return newest(floor, ticket)


def test_a_reopened_ticket_goes_on_with_its_history_first_with_who_had_it(floor: Floor, ticket: str) -> None:
    first = newest(floor, ticket).open_offers[0].agent
    floor.press(newest(floor, ticket).id, Decline(first, DeclineReason.CONFLICT))
    holder = "a01" if first == "a02" else "a02"
    former = solved_by(floor, ticket, holder)
    floor.webhook(ticket, status="open", by="customer", text="It broke again")
    handoff = newest(floor, ticket)
    assert (handoff.hop, handoff.former, handoff.escalation_id) == (former.hop + 1, former.id, former.escalation_id)
    assert [o.agent for o in handoff.open_offers] == [holder]
    assert handoff.chain[-1] == f"{holder.title()} had handoff {former.id}; the ticket was solved, then reopened"
    assert any("declined (conflict)" in line for line in handoff.chain)
    assert first in handoff.tried, "who ruled themself out is not asked again"
    shown = floor.journal.shown(handoff.id)
    assert shown is not None and handoff.chain[-1] in shown.escalation.package.chain
    assert [r.state for r in floor.rows("SELECT state FROM escalations WHERE ticket_id = :t", t=ticket)] == ["open"]
    floor.press(handoff.id, Decline(holder, DeclineReason.BUSY))
    assert newest(floor, ticket).open_offers[0].agent not in (holder, first)


def test_reopened_twice_it_remembers_both_times(floor: Floor, ticket: str) -> None:
    for agent in ("a01", "a02"):
        solved_by(floor, ticket, agent)
        floor.webhook(ticket, status="open", by="customer", text=f"Again, {agent}")
    handoff = newest(floor, ticket)
    assert handoff.hop == 3
    assert [line.split(" had ")[0] for line in handoff.chain if " had handoff " in line] == ["A01", "A02"]


@pytest.mark.parametrize(
    ("told", "resumed"),
    [
        ({"status": "open", "by": "customer", "text": "Still broken"}, True),
        ({"status": "new"}, True),
        ({"status": "pending", "by": "a01"}, True),
        ({"status": "open", "by": "customer", "text": "Many thanks!"}, False),
        ({"status": "closed"}, False),
        ({"by": "customer", "text": "A reply to a solved ticket"}, False),
    ],
    ids=["a new message", "by an agent", "pending again", "thanks only", "closed for good", "not reopened"],
)
def test_what_counts_as_reopened(floor: Floor, ticket: str, told: dict[str, str], resumed: bool) -> None:
    former = solved_by(floor, ticket, "a01")
    floor.webhook(ticket, **told)
    assert (newest(floor, ticket).id != former.id) is resumed
    if "thanks" in told.get("text", ""):
        (line,) = floor.rows("SELECT words FROM timeline WHERE ticket_id = :t AND kind = 'reopened'", t=ticket)
        assert line.words.startswith("The customer reopened the ticket with thanks")


def test_what_keeps_a_rule_back_is_kept_with_the_look(floor: Floor) -> None:
    """A ticket that is over, and a cooldown with its end; shown on the ticket's page."""
    hot = Rule("hot", "Urgent", Conditions(all=(Condition("priority", "is", "urgent"),)), cooldown=timedelta(hours=24))
    playbook = Playbook((hot,), {"default": PATH}, "care", version=1)
    floor.pipeline, number = replace(floor.pipeline, playbook=lambda: playbook), str(next(_numbers))
    floor.webhook(number, kind="created", status="open", priority="urgent", by="customer")
    escalated = floor.now
    for told in ({"status": "solved"}, {"status": "open", "by": "customer", "text": "Many thanks!"}):
        later(floor)
        floor.webhook(number, **told)
    looks = floor.rows("SELECT decision FROM evaluations WHERE ticket_id = :t ORDER BY id", t=number)
    until = f"{escalated + timedelta(hours=24):%Y-%m-%dT%H:%M:%SZ}"
    seen = [(look.decision["escalate"], look.decision["over"], look.decision["cooling"]) for look in looks]
    assert seen == [(True, "", {}), (False, "solved", {}), (False, "", {"hot": until})]


def test_a_ticket_merged_away_is_not_reopened(floor: Floor, ticket: str) -> None:
    former = newest(floor, ticket)
    later(floor)
    floor.webhook(ticket, kind="merged", merged_into="99")
    later(floor)
    floor.webhook(ticket, status="open")
    assert newest(floor, ticket).id == former.id


def test_one_that_nobody_had_accepted_is_offered_anew(floor: Floor, ticket: str) -> None:
    later(floor)
    floor.webhook(ticket, status="solved")
    later(floor)
    floor.webhook(ticket, status="open", by="customer", text="No, not solved")
    handoff = newest(floor, ticket)
    assert handoff.chain[-1].startswith("Nobody had handoff ")
    assert (handoff.hop, len(handoff.open_offers)) == (2, 1)


def test_a_ticket_that_never_was_escalated_is_simply_open_again(floor: Floor) -> None:
    number = str(next(_numbers))
    for told in ({"kind": "created", "status": "open"}, {"status": "solved"}, {"status": "open", "by": "customer"}):
        floor.webhook(number, **told)
        later(floor)
    assert not floor.rows("SELECT 1 FROM handoffs WHERE ticket_id = :t", t=number)


def test_un_accepted_after_silence_and_never_twice(floor: Floor, ticket: str) -> None:
    """Nobody wrote to the customer in time: it is taken back and offered to another; the timer fires once."""
    floor.press(newest(floor, ticket).id, Accept("a00"))
    later(floor, 61)
    due = [t for t in floor.journal.due_timers(floor.now, 1000) if t.kind is TimerKind.REPLY_OVERDUE]
    for timer in [*due, *due]:
        floor.pipeline.fire(timer, floor.now)
    handoff = newest(floor, ticket)
    assert (handoff.state, handoff.hop, handoff.owner) == (State.OFFERED, 2, handoff.sender)
    assert handoff.tried["a00"] == "accepted, no reply in 1 h"
    assert len(handoff.open_offers) == 1 and handoff.open_offers[0].agent != "a00"
