"""Our own SLA policies: clocks for tickets whose helpdesk tells none, and the rules and moments that follow from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from config.playbook import load_playbook
from config.yamldoc import Problems
from escalation.decide import clocked, decide, facts_of
from escalation.history import Background, Logged
from escalation.moments import next_look
from escalation.ticket import ClockState, Customer, Message, Person, Priority, Role, SlaClock, Status, Ticket

FRIDAY = datetime(2026, 3, 6, 15, 30, tzinfo=UTC)  # 16:30 in Berlin
HOUR = timedelta(hours=1)
TEXT = """
calendar: office
calendars:
  office: {time_zone: Europe/Berlin, periods: [{days: mon-fri, start: "09:00", end: "17:00"}]}
sla_policies:
  - id: big
    when: {all: [{field: customer.tier, op: is, value: enterprise}]}
    targets: {any: {first_reply: 30m}}
  - id: standard
    targets:
      urgent: {first_reply: 1h}
      any: {first_reply: 4h, resolution: 2d}
    pauses: [pending]
paths: {default: {levels: [{name: One, offering: one}]}}
rules:
  - {id: late, title: Late, when: {all: [{field: sla.worst, op: in, value: [amber, breached]}]}}
"""
PLAYBOOK = load_playbook(TEXT)
CUSTOMER = Person("c", role=Role.CUSTOMER)
OPENED = Ticket(
    "intercom",
    "1",
    status=Status.OPEN,
    priority=Priority.URGENT,
    requester=CUSTOMER,
    messages=(Message("m", CUSTOMER, "Hello", at=FRIDAY),),
    created_at=FRIDAY,
    updated_at=FRIDAY,
)
LOG = (Logged(FRIDAY, "created"), Logged(FRIDAY, "status", "open"), Logged(FRIDAY, "priority", "urgent"))
SEEN = Background(LOG)


def clocks(ticket: Ticket, now: datetime, background: Background = SEEN) -> dict[str, SlaClock]:
    return {clock.name: clock for clock in clocked(PLAYBOOK, ticket, background, now).sla}


def test_friday_half_past_four_and_an_hour_is_monday_half_past_nine() -> None:
    clock = clocks(OPENED, FRIDAY)["first_reply"]
    assert clock.due_at == datetime(2026, 3, 9, 8, 30, tzinfo=UTC) and clock.state is ClockState.GREEN
    assert "weekend" in clock.words and "Mon 09:30" in clock.words


def test_the_first_policy_that_fits_counts() -> None:
    big = replace(OPENED, customer=Customer(tier="enterprise"))
    assert clocks(big, FRIDAY)["first_reply"].due_at == FRIDAY + HOUR / 2


def test_what_the_helpdesk_tells_is_never_overruled() -> None:
    told = SlaClock("first_reply", FRIDAY + 9 * HOUR, ClockState.GREEN)
    assert clocks(replace(OPENED, sla=(told,)), FRIDAY)["first_reply"] == told


def test_clocks_of_an_earlier_look_are_worked_out_anew() -> None:
    first = clocked(PLAYBOOK, OPENED, SEEN, FRIDAY)
    lowered = Background((*LOG, Logged(FRIDAY + HOUR / 4, "priority", "normal")))
    again = clocked(PLAYBOOK, replace(first, priority=Priority.NORMAL), lowered, FRIDAY + HOUR / 4)
    assert {clock.name for clock in again.sla} == {"first_reply", "resolution"}
    assert len(again.sla) == 2 and "became normal" in again.sla[0].words


def test_a_rule_fires_when_the_clock_turns_and_is_looked_at_then() -> None:
    amber = datetime(2026, 3, 9, 8, 15, tzinfo=UTC)
    told = clocked(PLAYBOOK, OPENED, SEEN, FRIDAY)
    assert next_look(PLAYBOOK, told, facts_of(PLAYBOOK, told, OPENED, (), (), FRIDAY, SEEN), FRIDAY, SEEN) == amber
    assert not decide(PLAYBOOK, OPENED, OPENED, (), (), amber - HOUR / 4, SEEN).escalate
    assert decide(PLAYBOOK, OPENED, OPENED, (), (), amber, SEEN).escalate
    answered = replace(
        OPENED, messages=(*OPENED.messages, Message("n", Person("a", role=Role.AGENT), "Hi", at=FRIDAY + HOUR / 6))
    )
    assert not decide(PLAYBOOK, answered, OPENED, (), (), amber, SEEN).escalate


WRONG = [
    ("calendar: office", "calendar: offce", "there is no calendar"),
    ("first_reply: 1h", "first_reply: soon", "not a length of time"),
    ("urgent:", "urgnt:", "urgnt"),
    ("id: standard", "id: big", "already used"),
]


@pytest.mark.parametrize(("right", "wrong", "problem"), WRONG)
def test_a_wrong_policy_is_refused_with_its_place(right: str, wrong: str, problem: str) -> None:
    with pytest.raises(Problems, match=problem):
        load_playbook(TEXT.replace(right, wrong))
