"""A month of tickets under a clock of our own: every rule on time fires in its minute, once, through restarts and edits.

``python -m bench.month [tickets] [days]`` (20,000 over 30 days) prints what it saw. The expected minute of every ticket is
worked out here, minute by minute and without the code it checks. tests/test_looks.py runs a small one.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

from config.playbook import load_playbook
from escalation import conclude
from escalation.pipeline import Pipeline
from escalation.playbook import Playbook
from escalation.roster import Roster, Team
from escalation.signals import Signal
from escalation.ticket import ChangeKind, Customer, Message, Person, Priority, Role, Status, Ticket, TicketChange
from store import embedded, engine, migrate
from store.journal import StoredJournal
from worker.tasks import Tasks

START = datetime(2026, 10, 12, tzinfo=UTC)  # the month holds the end of summer time in Berlin
ZONE = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
HOLIDAY_AT = 12  # day on which the holiday is entered, three days ahead
RULES = """
guard: false
default_team: care
calendar: office
calendars:
  office:
    time_zone: Europe/Berlin
    periods: [{days: mon-fri, start: "09:00", end: "12:00"}, {days: mon-fri, start: "12:30", end: "17:30"}]
    holidays: [HOLIDAYS]
thresholds: {age: AGE}
segments:
  - {id: big, when: {all: [{field: customer.tier, op: is, value: enterprise}]}, thresholds: {age: 30m}}
paths: {default: {levels: [{name: One, offering: one, offer_for: 300d, remind_before: 1m}]}}
rules:
  - {id: age, title: Old, when: {all: [{field: age, op: older_than, value: $age}, {field: subject, op: is, value: age}]}}
  - id: business
    title: Old in business hours
    when: {all: [{field: business.age, op: older_than, value: 8h}, {field: subject, op: is, value: business}]}
  - id: waiting
    title: Waiting
    when: {all: [{field: waiting, op: older_than, value: 45m}, {field: priority, op: gte, value: high}]}
"""


class Silent:
    """A reader that reads nothing."""

    def read(self, messages: tuple[Message, ...], now: datetime, *, subject: str = "", language: str = "") -> tuple[Signal, ...]:
        return ()


@dataclass
class Story:
    """One ticket: when it is created, of what kind, and when it is solved (None for never)."""

    number: int
    kind: str
    created: datetime
    tier: str
    solved: datetime | None
    due: datetime | None = None  # the expected moment, None for never


@dataclass
class World:
    """The simulated installation: a database, a clock, a playbook that is edited."""

    url: str
    now: datetime = START
    age: timedelta = timedelta(hours=2)
    holidays: tuple[date, ...] = ()
    version: int = 1
    _playbook: tuple[int, Playbook] = (0, Playbook())
    made: Engine = field(init=False)
    pipeline: Pipeline = field(init=False)

    def __post_init__(self) -> None:
        self.restart(first=True)

    def restart(self, *, first: bool = False) -> None:
        """As after a crash: nothing is left but the database."""
        if not first:
            self.pipeline.journal.close()  # type: ignore[attr-defined]
            self.made.dispose()
        self.made = engine.connect(self.url)
        roster = Roster(teams=(Team("care", "Care"),))
        self.pipeline = Pipeline(
            journal=StoredJournal(self.made),
            helpdesks=dict,
            chat=cast(Any, None),
            reader=Silent(),
            playbook=self.playbook,
            roster=lambda: roster,
            clock=lambda: self.now,
            pause=lambda _: None,
        )

    def playbook(self) -> Playbook:
        if self._playbook[0] != self.version:
            days = ", ".join(day.isoformat() for day in self.holidays)
            rules = RULES.replace("HOLIDAYS", days).replace("AGE", f"{int(self.age.total_seconds() // 60)}m")
            self._playbook = (self.version, load_playbook(rules, version=self.version))
        return self._playbook[1]

    def tick(self) -> None:
        """As the clock does every second: until nothing is due, sixty times a minute at most."""
        for _ in range(60):
            Tasks(self.pipeline, cast(Any, None)).tick(cast(Any, None))
            if not self.pipeline.journal.due_looks(self.now, self.version, 1):
                break

    def see(self, story: Story, kind: ChangeKind, status: Status) -> None:
        """The helpdesk tells of a ticket, now."""
        customer = Person("c", "Kim", role=Role.CUSTOMER)
        ticket = Ticket(
            "zendesk",
            str(story.number),
            subject=story.kind,
            status=status,
            priority=Priority.HIGH if story.kind == "waiting" else Priority.NORMAL,
            requester=customer,
            customer=Customer(tier=story.tier),
            messages=(Message("m", customer, "Hello", at=story.created),),
            created_at=story.created,
            updated_at=self.now,
            known=frozenset({"messages", "status", "priority"}),
        )
        with self.pipeline.journal.case("zendesk", ticket.id, self.now) as case:
            change = TicketChange("zendesk", ticket.id, kind, "simulated")
            conclude.look_at(case, self.pipeline, ticket, (change,))


def stories(count: int, days: int, seed: int) -> list[Story]:
    """Tickets over the month, in the order of their creation."""
    dice = random.Random(seed)
    made = []
    for number in range(count):
        created = START + timedelta(seconds=dice.randrange(int(days * 86400 * 0.9)))
        kind, tier = dice.choice(("age", "business", "waiting")), dice.choice(("", "enterprise"))
        solved = created + timedelta(minutes=dice.randrange(5, 2000)) if dice.random() < 0.3 else None
        made.append(Story(number, kind, created, tier, solved))
    return sorted(made, key=lambda story: story.created)


# --- the reference: minute by minute, and nothing of the code under test ------------------------------------------------------


def is_open(at: datetime, holidays: tuple[date, ...]) -> bool:
    here = at.astimezone(ZONE)
    clock = here.hour * 60 + here.minute
    return here.weekday() < 5 and here.date() not in holidays and (540 <= clock < 720 or 750 <= clock < 1050)


def business_due(created: datetime, span: timedelta, holidays: tuple[date, ...]) -> datetime:
    """When ``span`` of open time has passed: whole minutes are counted, the broken ones at both ends exactly."""
    at, left = created, span
    while True:
        edge = (at + MINUTE).replace(second=0, microsecond=0)
        if is_open(at, holidays):
            if edge - at > left:  # a rule says "over": at closing time nothing is over yet
                return at + left
            left -= edge - at
        at = edge


@dataclass(frozen=True)
class Edits:
    """What an admin changes, and when."""

    age_at: datetime
    age_before: timedelta
    age_after: timedelta
    holiday_at: datetime
    holidays: tuple[date, ...]


def expected(story: Story, edits: Edits) -> datetime | None:
    """The moment at which the ticket's rule becomes true with the documents in force then; None when it is solved before."""
    due = _due(story, edits)
    return None if story.solved is not None and story.solved <= due else due


def _due(story: Story, edits: Edits) -> datetime:
    if story.kind == "waiting":
        return story.created + timedelta(minutes=45)
    if story.kind == "age":
        if story.tier == "enterprise":
            return story.created + timedelta(minutes=30)
        early = story.created + edits.age_before
        return early if early < edits.age_at else max(story.created + edits.age_after, edits.age_at)
    before = business_due(story.created, timedelta(hours=8), ())
    if before < edits.holiday_at:
        return before
    return business_due(story.created, timedelta(hours=8), edits.holidays)


# --- the run -------------------------------------------------------------------------------------------------------------


def simulate(url: str, count: int, days: int, seed: int = 1) -> Mapping[str, object]:
    """Run a month; what was found: counts of tickets fired in their minute, early, late, twice, never, wrongly."""
    world, told = World(url), stories(count, days, seed)
    edits = Edits(
        START + timedelta(days=days / 2, hours=11, minutes=20),
        timedelta(hours=2),
        timedelta(hours=3),
        START + timedelta(days=days * HOLIDAY_AT / 30, hours=8),
        ((START + timedelta(days=days * (HOLIDAY_AT + 3) / 30)).date(),),
    )
    down = (START + timedelta(days=days / 3, hours=10), START + timedelta(days=days / 3, hours=10, minutes=20))
    for story in told:
        due = expected(story, edits)
        # What is due in the last minute before the outage would fire at the tick that falls into it.
        story.due = max(due, down[1]) if due is not None and down[0] - MINUTE < due < down[1] else due
        if story.due is not None and story.due > START + timedelta(days=days) - MINUTE:
            story.due = None  # after the end
    begun, looks = time.perf_counter(), 0
    for _ in _minutes(world, told, edits, down, days):
        world.tick()
        looks += 1
    found = _judge(world, told)
    world.restart()
    return {**found, "ticks": looks, "seconds": round(time.perf_counter() - begun)}


def _minutes(world: World, told: list[Story], edits: Edits, down: tuple[datetime, datetime], days: int) -> Iterator[datetime]:
    """Every minute of the month, with what happens in it; twice the clock is set back, once everything is down."""
    acts = [(s.created, 0, s, ChangeKind.CREATED, Status.OPEN) for s in told]
    acts += [(s.solved, 1, s, ChangeKind.STATUS_CHANGED, Status.SOLVED) for s in told if s.solved]
    acts.sort(key=lambda act: (act[0], act[1], act[2].number))
    place, minute, end = 0, START, START + timedelta(days=days)
    while minute < end:
        minute += MINUTE
        if down[0] <= minute < down[1]:
            continue  # nobody is there; what happens is told when it is up again
        if minute == down[1] or (minute.minute == 0 and minute.hour == 3):
            world.restart()
        while place < len(acts) and acts[place][0] <= minute:
            at, _, story, kind, status = acts[place]
            world.now = at if at >= down[1] or at < down[0] else down[1]
            world.see(story, kind, status)
            place += 1
        if minute - MINUTE < edits.age_at <= minute:
            world.age, world.version = edits.age_after, world.version + 1
        if minute - MINUTE < edits.holiday_at <= minute:
            world.holidays, world.version = edits.holidays, world.version + 1
        world.now = minute
        yield minute
        if minute.hour == 5 and minute.minute == 30:  # the clock is set back for a moment
            world.now = minute - timedelta(hours=1)
            yield world.now


def _judge(world: World, told: list[Story]) -> dict[str, object]:
    with world.made.connect() as db:
        rows = db.execute(text("SELECT ticket_id, min(opened_at) AS at, count(*) AS times FROM escalations GROUP BY ticket_id"))
        fired = {int(row.ticket_id): (row.at, row.times) for row in rows}
    found: Counter[str] = Counter()
    wrong: list[str] = []
    for story in told:
        at, times = fired.get(story.number, (None, 0))
        word = _word(story, at, times)
        found[word] += 1
        if word not in ("in its minute", "rightly never") and len(wrong) < 5:
            wrong.append(f"{word}: {story} fired {at}")
    return {**found, "tickets": len(told), "examples of wrong ones": wrong}


def _word(story: Story, at: datetime | None, times: int) -> str:
    if at is None:
        # Solved within the minute in which it was due: the run ticks by the minute, so either is right.
        just = story.solved is not None and story.due is not None and story.solved - story.due < MINUTE
        return "rightly never" if story.due is None or just else "missing"
    if story.due is None:
        return "wrongly"
    if times > 1:
        return "twice"
    late = at - story.due
    return "in its minute" if timedelta(0) <= late <= MINUTE else "early" if late < timedelta(0) else "late"


def main() -> str:
    """Run it on an embedded PostgreSQL of its own; the report as Markdown."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    count, days = (*numbers, 20_000, 30)[:2] if len(numbers) != 1 else (numbers[0], 30)
    place = Path(tempfile.mkdtemp(prefix="baton-month-"))
    place.chmod(0o755)
    url = embedded.start(place)
    try:
        made = engine.connect(url)
        migrate.upgrade(made)
        made.dispose()
        found = simulate(url, count, days)
    finally:
        embedded.stop(place)
    rows = "\n".join(f"| {name} | {value} |" for name, value in found.items())
    return f"## Rules on time: {count:,} tickets over {days} days\n\n| what | count |\n|---|---|\n{rows}"


if __name__ == "__main__":
    print(main())
