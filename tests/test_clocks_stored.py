"""Clocks per hop through the store: pauses told by the helpdesk, a roster that changes, restarts; what Home and the API show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Engine, select

from config.playbook import load_playbook
from config.roster import load_roster
from escalation import conclude
from escalation.events import Accept
from escalation.pipeline import Pipeline
from escalation.roster import Absence, Roster
from escalation.ticket import ChangeKind, Message, Person, Priority, Role, Status, Ticket, TicketChange
from store import desk_queries, queries
from store.journal import StoredJournal
from store.tables import HandoffRow, TimelineRow
from tests.test_a_week import Desk, Silent
from web.homes import home
from worker.tasks import Tasks

PLAYBOOK = load_playbook(
    """
guard: false
default_team: billing
paths:
  default:
    first_reply_in: 60m
    reply_clock: person
    override: critical
    levels:
      - {name: One, offering: one, offer_for: 15m, clock: person, most_offers: 1}
rules:
  - {id: urgent, title: Urgent, when: {all: [{field: priority, op: is, value: urgent}]}}
  - {id: outage, title: Outage, severity: critical, when: {all: [{field: tags, op: has, value: outage}]}}
""",
    version=1,
)
ROSTER = load_roster(
    """
teams: {billing: {name: Billing, lead: ada}}
agents:
  ada:
    name: Ada
    ids: {zendesk: "1"}
    teams: [billing]
    time_zone: Europe/Stockholm
    shifts: [{days: mon-fri, start: "09:00", end: "17:00"}]
""",
    version=1,
)
FRIDAY = datetime(2026, 3, 6, 15, 50, tzinfo=UTC)  # 16:50 in Stockholm
MINUTE = timedelta(minutes=1)


@dataclass
class Desks:
    """An installation over one database."""

    made: Engine
    now: datetime = FRIDAY
    roster: Roster = ROSTER
    pipeline: Pipeline = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As after a crash: nothing is left but the database."""
        self.pipeline = Pipeline(
            journal=StoredJournal(self.made),
            helpdesks=lambda: {"zendesk": cast(Any, Desk())},
            chat=cast(Any, None),
            reader=cast(Any, Silent()),
            playbook=lambda: PLAYBOOK,
            roster=lambda: self.roster,
            clock=lambda: self.now,
            pause=lambda _: None,
        )

    def see(self, status: Status = Status.OPEN, *tags: str) -> None:
        first = Message("m", Person("c", "Kim", role=Role.CUSTOMER), "Hello", at=FRIDAY)
        known = frozenset({"messages", "status", "priority", "tags"})
        ticket = Ticket("zendesk", "7", created_at=FRIDAY, updated_at=self.now, status=status, priority=Priority.URGENT)
        ticket = replace(ticket, messages=(first,), known=known, tags=tags)
        with self.pipeline.journal.case("zendesk", "7", self.now) as case:
            conclude.look_at(case, self.pipeline, ticket, (TicketChange("zendesk", "7", ChangeKind.UPDATED, "x"),))

    def wait(self, until: datetime) -> None:
        """Minute by minute around working hours, by halves of hours at night; as after a crash each time."""
        while self.now < until:
            works = self.now.hour in (8, 9, 15, 16) and self.now.weekday() < 5
            self.now += MINUTE if works or self.now.minute % 30 else 30 * MINUTE
            if self.now.minute % 30 == 0:
                self.restart()
            Tasks(self.pipeline, cast(Any, None)).tick(cast(Any, None))

    def accept(self) -> None:
        assert self.pipeline.answer(self.id, Accept("ada"), self.now).ok

    @property
    def id(self) -> str:
        with self.made.begin() as db:
            return db.execute(select(HandoffRow.id)).scalar_one()

    def shown(self) -> dict[str, Any]:
        found = queries.handoff(self.made, self.id)
        assert found is not None
        return dict(found)

    def said(self, *kinds: str) -> list[tuple[str, str]]:
        told = select(TimelineRow.kind, TimelineRow.at).where(TimelineRow.kind.in_(kinds)).order_by(TimelineRow.id)
        with self.made.begin() as db:
            return [(row.kind, f"{row.at.astimezone(UTC):%a %H:%M}") for row in db.execute(told)]


@pytest.fixture
def desks(db: Engine) -> Iterator[Desks]:
    yield Desks(db)


def test_a_pause_told_by_the_helpdesk_stops_the_clock_and_the_answer_starts_it(desks: Desks) -> None:
    desks.see()
    desks.accept()
    assert desks.shown()["reply"]["words"] == "1 h + weekend = Mon 09:50 Europe/Stockholm"
    desks.wait(FRIDAY + 4 * MINUTE)
    desks.see(Status.PENDING)
    (held,) = desk_queries.held(desks.made, "ada")
    assert held["handoff"].reply_due is None
    desks.wait(datetime(2026, 3, 9, 9, 0, tzinfo=UTC))
    desks.see(Status.OPEN)
    desks.wait(datetime(2026, 3, 9, 12, 0, tzinfo=UTC))
    assert desks.said("paused", "resumed", "reminded", "taken_back") == [
        ("paused", "Fri 15:54"),
        ("resumed", "Mon 09:00"),
        ("reminded", "Mon 09:41"),
        ("taken_back", "Mon 09:56"),
    ]


def test_home_says_why_a_deadline_is_where_it_is(desks: Desks) -> None:
    desks.see()
    ada = ROSTER.agents[0]
    (row,) = home(desks.made, ada, desks.pipeline.playbook(), desks.now, "").offers
    assert row.clock == "Waits for your answer until Mon 09:05 Europe/Stockholm (15 min + weekend)"
    desks.accept()
    (row,) = home(desks.made, ada, desks.pipeline.playbook(), desks.now, "").handoffs
    assert row.clock == "First reply due by Mon 09:50 Europe/Stockholm, in 2 d 17 h (1 h + weekend)"
    desks.see(Status.PENDING)
    (row,) = home(desks.made, ada, desks.pipeline.playbook(), desks.now, "").handoffs
    assert row.clock == "First reply: paused since Fri 16:50 Europe/Stockholm waiting for the customer, 1 h left"


@pytest.mark.parametrize("accepted", [False, True], ids=["an offer", "a reply"])
def test_a_day_off_that_comes_into_the_roster_moves_what_runs_once(desks: Desks, accepted: bool) -> None:
    desks.see()
    if accepted:
        desks.accept()
    desks.wait(FRIDAY + 2 * MINUTE)
    off = (Absence(date(2026, 3, 9), date(2026, 3, 9)),)
    desks.roster = replace(ROSTER, version=2, agents=(replace(ROSTER.agents[0], absences=off),))
    # Not longer: an hour after an offer went unanswered, the queue makes another one.
    desks.wait(datetime(2026, 3, 10, 12 if accepted else 8, 10, tzinfo=UTC))
    of_reply = [("reminded", "Tue 08:35"), ("taken_back", "Tue 08:50")]
    of_offer = [("reminded", "Fri 16:00"), ("expired", "Tue 08:05")]
    ends = of_reply if accepted else of_offer
    assert desks.said("moved", "reminded", "expired", "taken_back") == [("moved", "Fri 15:53"), *ends]
    assert desks.pipeline.journal.due_recounts(9, 10) == (), "nothing runs any more that a roster could move"


def test_a_roster_that_moves_nothing_is_looked_at_once(desks: Desks) -> None:
    desks.see()
    desks.roster = replace(ROSTER, version=2)
    assert len(desks.pipeline.journal.due_recounts(2, 10)) == 1
    desks.wait(FRIDAY + MINUTE)
    assert desks.pipeline.journal.due_recounts(2, 10) == ()
    assert desks.said("moved") == []


def test_what_becomes_critical_counts_every_hour_from_then_on(desks: Desks) -> None:
    desks.see()
    desks.accept()
    desks.wait(FRIDAY + 20 * MINUTE)
    desks.see(Status.OPEN, "outage")
    assert desks.shown()["reply"]["words"] == "1 h round the clock (severity critical) = Fri 17:50 Europe/Stockholm"
    desks.wait(datetime(2026, 3, 9, 12, 0, tzinfo=UTC))
    assert desks.said("moved", "reminded", "taken_back") == [
        ("moved", "Fri 16:10"),
        ("reminded", "Fri 16:35"),
        ("taken_back", "Fri 16:50"),
    ]
