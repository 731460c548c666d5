"""Rules on time: the next moment of a ticket is worked out, kept, and looked at in its minute, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bench import month
from bench.month import simulate
from config.playbook import load_playbook
from escalation.decide import NOTHING, facts_of
from escalation.history import Background, Logged
from escalation.moments import next_look, timed
from escalation.playbook import Playbook
from escalation.rules import evaluate
from escalation.ticket import ChangeKind, ClockState, Customer, Message, Person, Role, SlaClock, Status, Ticket
from store import engine, migrate

NOW = datetime(2026, 3, 6, 15, 30, tzinfo=UTC)  # a Friday, 16:30 in Berlin
CALENDAR = """
guard: false
calendar: office
calendars:
  office:
    time_zone: Europe/Berlin
    periods: [{days: mon-fri, start: "09:00", end: "17:00"}]
    holidays: [2026-03-09]
paths: {default: {levels: [{name: One, offering: one}]}}
rules:
  - id: r
    title: R
    when: {all: [CONDITION]}
"""
HOUR = timedelta(hours=1)
MICRO = timedelta(microseconds=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def ticket(**fields: object) -> Ticket:
    customer = Person("c", role=Role.CUSTOMER)
    told = {
        "created_at": NOW,
        "requester": customer,
        "messages": (Message("m", customer, "Hello", at=NOW),),
        "status": Status.OPEN,
    }
    return Ticket("zendesk", "1", **{**told, **fields})  # type: ignore[arg-type]


def look(playbook: Playbook, one: Ticket, now: datetime, background: Background = NOTHING) -> datetime | None:
    return next_look(playbook, one, facts_of(playbook, one, one, (), (), now, background), now, background)


RENEWS = Customer(renewal_on="2026-03-20")
CLOCK = SlaClock("first_reply", NOW + 8 * HOUR, ClockState.GREEN)
MOMENTS: list[tuple[str, Ticket, datetime | None]] = [
    ("{field: age, op: older_than, value: 2h}", ticket(), NOW + 2 * HOUR + MICRO),
    ("{field: age, op: gte, value: 2h}", ticket(), NOW + 2 * HOUR + MICRO),
    ("{field: age, op: older_than, value: 2h}", ticket(status=Status.SOLVED), None),
    ("{field: waiting, op: older_than, value: 30m}", ticket(), NOW + HOUR / 2 + MICRO),
    ("{field: waiting, op: older_than, value: 30m}", ticket(messages=()), None),
    # Friday 16:30 and one business hour: the weekend and the holiday on Monday lie between.
    ("{field: business.age, op: older_than, value: 1h}", ticket(), at(10, 8, 30) + MICRO),
    ("{field: business.age, op: older_than, value: 30m}", ticket(), at(10, 8) + MICRO),
    ("{field: sla.worst, op: is, value: amber}", ticket(sla=(CLOCK,)), NOW + 6 * HOUR),
    ("{field: sla.first_reply.state, op: is, value: breached}", ticket(sla=(CLOCK,)), NOW + 8 * HOUR),
    ("{field: sla.first_reply.due_at, op: within, value: 1h}", ticket(sla=(CLOCK,)), NOW + 7 * HOUR + MICRO),
    (
        "{field: customer.renewal_on, op: within, value: 7d}",
        ticket(customer=Customer(renewal_on="2026-03-20")),
        at(13, 0) + MICRO,
    ),
    ("{field: in_queue, op: older_than, value: 1h}", ticket(), NOW + HOUR + MICRO),
    ("{field: in_queue, op: older_than, value: 1h}", ticket(assignee=Person("9")), None),
    ("{field: priority, op: is, value: urgent}", ticket(), None),
    ("{field: age, op: older_than, value: 2h}, {field: priority, op: is, value: urgent}", ticket(), None),
]


@pytest.mark.parametrize(("condition", "case", "moment"), MOMENTS, ids=[f"{n}-{case[0][8:40]}" for n, case in enumerate(MOMENTS)])
def test_the_next_moment(condition: str, case: Ticket, moment: datetime | None) -> None:
    playbook = load_playbook(CALENDAR.replace("CONDITION", condition))
    found = look(playbook, case, NOW)
    assert found == moment
    if moment is not None:
        just, then = (
            evaluate(playbook, facts_of(playbook, case, case, (), (), when, Background()))[0].fired
            for when in (moment - 2 * MICRO, moment)
        )
        assert (just, then) == (False, True)
        assert look(playbook, case, moment) is None or "within" in condition or "sla" in condition


def test_a_queue_begins_anew_when_the_ticket_changes_its_group() -> None:
    playbook = load_playbook(CALENDAR.replace("CONDITION", "{field: in_queue, op: older_than, value: 1h}"))
    log = (Logged(NOW, "created"), Logged(NOW + HOUR / 2, "group", "7"))
    assert look(playbook, ticket(), NOW + HOUR / 2, Background(log)) == NOW + 1.5 * HOUR + MICRO


def test_only_rules_on_time_are_asked_when_time_goes_by() -> None:
    text = CALENDAR.replace("CONDITION", "{field: age, op: older_than, value: 2h}")
    event = "  - {id: e, title: E, when: {all: [{field: priority, op: is, value: urgent}]}}\n"
    assert [rule.id for rule in timed(load_playbook(text + event)).rules] == ["r"]


@pytest.mark.slow
@pytest.mark.timeout(300)  # half a minute of work, on a machine that may be busy with other tests
def test_a_small_month(empty_database: str) -> None:
    """Restarts, a clock set back, a threshold and a calendar edited under way: each in its minute, once (bench/month.py)."""
    made = engine.connect(empty_database)
    migrate.upgrade(made)
    made.dispose()
    found = simulate(empty_database, 90, 2)
    assert set(found) == {"in its minute", "rightly never", "tickets", "examples of wrong ones", "ticks", "seconds"}, found


def test_a_rule_in_shadow_is_noted_once_within_its_cooldown(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = engine.connect(empty_database)
    migrate.upgrade(made)
    monkeypatch.setattr(month, "RULES", month.RULES.replace("{id: age, title: Old,", "{id: age, title: Old, mode: shadow,"))
    world = month.World(empty_database)
    story = month.Story(1, "age", month.START, "", None)
    world.see(story, ChangeKind.CREATED, Status.OPEN)
    for hours, noted in ((1, 0), (3, 1), (5, 1), (28, 2)):
        world.now = month.START + hours * HOUR
        world.tick()
        world.see(story, ChangeKind.UPDATED, Status.OPEN)
        with made.connect() as db:
            assert db.execute(text("SELECT count(*) FROM timeline WHERE kind = 'shadow'")).scalar_one() == noted
    world.restart()
    world.made.dispose()
    made.dispose()
