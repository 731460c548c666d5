"""A week of handoffs under a clock of our own, over the end of summer time, with crashes and an hour without a worker.

Reminders, expiries, the reply clock, shifts and the turn of the watch: each in its minute, once. What should have happened is
worked out here from what people did, minute by minute and without the code it checks.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select

from config.playbook import load_playbook
from config.roster import load_roster
from escalation import conclude
from escalation.actions import DeclineReason
from escalation.events import Accept, Decline
from escalation.pipeline import Pipeline
from escalation.signals import Signal
from escalation.ticket import ChangeKind, Message, Person, Priority, Role, Status, Ticket, TicketChange
from store import engine, migrate
from store.journal import StoredJournal
from store.tables import ActionRow, HandoffRow, OfferRow, TimelineRow, TimerRow
from tests import databases
from worker.tasks import Tasks

pytestmark = pytest.mark.slow
START = datetime(2026, 10, 21, tzinfo=UTC)  # a Wednesday; summer time ends in Stockholm on the 25th
MINUTE = timedelta(minutes=1)
DARK = (START + timedelta(days=2, hours=10), START + timedelta(days=2, hours=11))  # no worker runs
OFFER, REMIND, REPLY, REMIND_REPLY = (timedelta(minutes=n) for n in (15, 5, 60, 15))
PLAYBOOK = load_playbook(
    """
guard: false
default_team: billing
queue: {stuck_after: 60d}  # tests/test_queue.py has what is stuck
shift_handover: {enabled: false}
hop_limit: 50  # where it is reached the lead is asked for another time than a level tells; tests/test_bounce.py has that
paths:
  default:
    first_reply_in: 60m
    remind_reply_before: 15m
    reply_clock: person
    levels:
      - {name: One, offering: one, offer_for: 15m, remind_before: 5m, most_offers: 2, clock: person}
      - {name: Everybody, offering: channel, offer_for: 10m, tell_lead: true}
rules:
  - {id: urgent, title: Urgent, when: {all: [{field: priority, op: is, value: urgent}]}}
""",
    version=1,
)
ROSTER = load_roster(
    """
teams:
  billing: {name: Billing, channel: "#billing", lead: lena, watch: nights}
rotations:
  nights: {members: [ada, bo], turns: daily, start: "2026-10-19 09:00", time_zone: Europe/Stockholm}
agents:
  ada:
    name: Ada
    ids: {zendesk: "1"}
    teams: [billing]
    capacity: 4
    time_zone: Europe/Stockholm
    shifts:
      - {days: mon-fri, start: "09:00", end: "10:30"}
      - {days: mon-fri, start: "10:45", end: "12:00"}
      - {days: mon-fri, start: "12:30", end: "14:45"}
      - {days: mon-fri, start: "15:00", end: "17:00"}
  bo:
    name: Bo
    ids: {zendesk: "2"}
    teams: [billing]
    capacity: 4
    time_zone: America/New_York
    shifts: [{days: mon-fri, start: "09:00", end: "12:00"}, {days: mon-fri, start: "13:00", end: "17:00"}]
  cleo:
    name: Cleo
    ids: {zendesk: "3"}
    teams: [billing]
    capacity: 4
    time_zone: Europe/Stockholm
    shifts: [{days: sun-sat, start: "22:00", end: "06:00"}]
    quiet: {start: "01:00", end: "01:30"}
  lena: {name: Lena, ids: {zendesk: "9"}}
"""
)
SHIFTS = {
    "ada": ("Europe/Stockholm", range(5), ((540, 630), (645, 720), (750, 885), (900, 1020))),
    "bo": ("America/New_York", range(5), ((540, 720), (780, 1020))),
    "cleo": ("Europe/Stockholm", range(7), ((0, 360), (1320, 1440))),
    "lena": ("UTC", range(7), ((0, 1440),)),
}


class Silent:
    def read(self, messages: tuple[Message, ...], now: datetime, *, subject: str = "", language: str = "") -> tuple[Signal, ...]:
        return ()


class Desk:
    """A helpdesk that has nothing to write."""

    kind, connection = "zendesk", "zendesk"

    def steps(self, write: object, seen: object = None) -> tuple[object, ...]:
        return ()


@dataclass
class Week:
    """The installation, and what people did in it: (handoff, agent) → moments."""

    url: str
    now: datetime = START
    answers: dict[str, tuple[str, datetime, str]] = field(default_factory=dict)  # offer → what was answered, when, by whom
    replied: set[tuple[str, datetime]] = field(default_factory=set)  # handoffs with the acceptance that was answered
    looked: dict[str, Any] = field(default_factory=dict)  # what was read since anything last happened: it is the same until then
    made: Engine = field(init=False)
    pipeline: Pipeline = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As after a crash: nothing is left but the database."""
        self.looked.clear()
        self.made = engine.connect(self.url)
        self.pipeline = Pipeline(
            journal=StoredJournal(self.made),
            helpdesks=lambda: {"zendesk": cast(Any, Desk())},
            chat=cast(Any, None),
            reader=cast(Any, Silent()),
            playbook=lambda: PLAYBOOK,
            roster=lambda: ROSTER,
            clock=lambda: self.now,
            pause=lambda _: None,
        )

    def tick(self) -> None:
        self.looked.clear()
        Tasks(self.pipeline, cast(Any, None)).tick(cast(Any, None))

    def is_something_due(self) -> bool:
        """Whether the tick of this minute would find a timer: most do not, and a whole tick of each would take minutes."""
        if "first" not in self.looked:
            with self.made.connect() as db:
                self.looked["first"] = db.execute(select(func.min(TimerRow.due_at)).where(TimerRow.fired_at.is_(None))).scalar()
        first = self.looked["first"]
        return first is not None and first <= self.now

    def see(self, number: int, *messages: Message, status: Status = Status.OPEN) -> None:
        self.looked.clear()
        customer = Person("c", "Kim", role=Role.CUSTOMER)
        first = Message("m", customer, "Hello", at=self.now)
        known = frozenset({"messages", "status", "priority"})
        told = {"status": status, "priority": Priority.URGENT, "messages": (first, *messages), "known": known}
        ticket = Ticket("zendesk", str(number), created_at=self.now, **told)  # type: ignore[arg-type]
        with self.pipeline.journal.case("zendesk", ticket.id, self.now) as case:
            conclude.look_at(case, self.pipeline, ticket, (TicketChange("zendesk", ticket.id, ChangeKind.UPDATED, "x"),))

    def rows(self, *columns: Any, **where: str) -> list[Any]:
        table = columns[0].class_
        query = select(*columns).where(*(getattr(table, name) == value for name, value in where.items()))
        with self.made.begin() as db:
            return list(db.execute(query))

    def known(self, *columns: Any, **where: str) -> list[Any]:
        """Rows, read again only when something has happened since."""
        if columns[0].class_.__name__ not in self.looked:
            self.looked[columns[0].class_.__name__] = self.rows(*columns, **where)
        return cast(list[Any], self.looked[columns[0].class_.__name__])


def lived(week: Week, dice: random.Random) -> None:
    """Seven days, minute by minute: tickets come, people answer or not, processes die."""
    minutes = 7 * 24 * 60
    arrivals = {dice.randrange(minutes): number for number in range(70)}
    before_breaks = [day * 1440 + minute for day in range(7) for minute in (500, 590, 759)]  # of Ada, in summer time
    arrivals |= {minute: number for number, minute in enumerate(before_breaks, 70)}
    for minute in range(minutes):
        week.now = START + minute * MINUTE
        if minute % 1000 == 777:
            week.made.dispose()
            week.restart()
        dark = DARK[0] <= week.now < DARK[1]
        if not dark and (minute % 30 == 0 or week.is_something_due()):
            week.tick()
        if minute in arrivals:
            week.see(arrivals[minute])
        if minute % 3 == 1:
            people_act(week, dice)


def people_act(week: Week, dice: random.Random) -> None:
    for offer, handoff, agent in week.known(OfferRow.id, OfferRow.handoff_id, OfferRow.agent, state="open"):
        roll = dice.random()
        if agent and roll < 0.10:
            answer(week, handoff, offer, Accept(agent))
        elif agent and roll < 0.15:
            answer(week, handoff, offer, Decline(agent, DeclineReason.BUSY))
        elif not agent and roll < 0.05:
            answer(week, handoff, offer, Accept("lena"))
    for handoff, ticket, agent in week.known(HandoffRow.id, HandoffRow.ticket_id, HandoffRow.accepted_by, state="accepted"):
        if dice.random() < 0.04:
            accepted = max(at for kind, at, _ in week.answers.values() if kind == f"accept {handoff}")
            week.replied.add((handoff, accepted))
            vendor_id = next(a.ids["zendesk"] for a in ROSTER.agents if a.id == agent)
            week.see(int(ticket), Message("r", Person(vendor_id, agent, role=Role.AGENT), "Here is the answer", at=week.now))


def answer(week: Week, handoff: str, offer: str, event: Accept | Decline) -> None:
    week.looked.clear()
    if week.pipeline.answer(handoff, event, week.now).ok:
        week.answers[offer] = (f"{'accept' if isinstance(event, Accept) else 'decline'} {handoff}", week.now, event.by)


@pytest.fixture(scope="module")
def week(postgres: str) -> Iterator[Week]:
    with databases.empty(postgres) as url:
        lives = Week(url)
        migrate.upgrade(lives.made)
        lived(lives, random.Random(5))
        yield lives
        lives.made.dispose()


def entries(week: Week, *kinds: str) -> list[Any]:
    columns = (TimelineRow.at, TimelineRow.kind, TimelineRow.handoff_id, TimelineRow.words, TimelineRow.data)
    with week.made.begin() as db:
        return list(db.execute(select(*columns).where(TimelineRow.kind.in_(kinds)).order_by(TimelineRow.id)))


def agree(week: Week, found: Counter[tuple[str, str, datetime]], wanted: Counter[tuple[str, str, datetime]]) -> None:
    """Both hold the same; else all that timeline and people's own notes tell of the handoffs in which they differ."""
    differ = (found - wanted) + (wanted - found)
    handoffs = {handoff for handoff, _, _ in differ}
    rows = week.rows(TimelineRow.id, TimelineRow.at, TimelineRow.handoff_id, TimelineRow.kind, TimelineRow.words)
    told = [row for row in sorted(rows) if row.handoff_id in handoffs]
    answers = [(offer, *what) for offer, what in week.answers.items() if what[0].split(" ")[1] in handoffs]
    assert not differ, "\n".join(map(str, [differ, *told, *answers]))


def seen_at(due: datetime) -> datetime:
    """When a timer that is due is seen: at once, or when a worker is back."""
    return DARK[1] if DARK[0] <= due < DARK[1] else due


def test_the_week_was_a_full_one(week: Week) -> None:
    counts = Counter(
        entry.kind for entry in entries(week, "offered", "reminded", "expired", "declined", "accepted", "taken_back")
    )
    assert counts["offered"] >= 60 and min(counts.values()) >= 5 and len(counts) == 6, counts


def test_every_offer_is_reminded_and_expires_in_its_minute_once(week: Week) -> None:
    """An offer to a person; one that was answered before is left alone."""
    offers = week.rows(OfferRow.id, OfferRow.agent, OfferRow.at, OfferRow.handoff_id, OfferRow.state)
    wanted, found = [], []
    for offer in offers:
        if not offer.agent:
            continue
        at = offer.at.astimezone(UTC)
        ended = week.answers.get(offer.id, ("", datetime.max.replace(tzinfo=UTC), ""))[1]
        # Whoever accepts by another card, as the lead by the channel's while the queue asks somebody, ends this one too.
        taken = (when for what, when, _ in week.answers.values() if what == f"accept {offer.handoff_id}" and when >= at)
        ended = min((ended, *taken))
        until = reached(offer.agent, at, OFFER)
        remind = not_quiet(offer.agent, reached(offer.agent, at, OFFER - REMIND))
        for kind, due in (("reminded", seen_at(remind)), ("expired", seen_at(until))):
            late = kind == "reminded" and (due > until or remind >= until)  # in the dark or in quiet hours until the end
            if due <= ended and due < START + timedelta(days=7) and not late:
                wanted.append((offer.handoff_id, kind, due))
    for entry in entries(week, "reminded", "expired"):
        if "reply" not in entry.words and not entry.words.startswith("Nobody"):
            found.append((entry.handoff_id, entry.kind, entry.at.astimezone(UTC)))
    agree(week, Counter(found), Counter(wanted))


def test_the_reply_clock_reminds_and_takes_back_in_its_minute_once(week: Week) -> None:
    wanted: Counter[tuple[str, str, datetime]] = Counter()
    replies = {(e.handoff_id, e.at.astimezone(UTC)) for e in entries(week, "answered")}
    for kind, at, agent in week.answers.values():
        what, handoff = kind.split(" ")
        if what != "accept":
            continue
        replied = min((r for h, r in replies if h == handoff and r >= at), default=datetime.max.replace(tzinfo=UTC))
        if (handoff, at) not in week.replied:
            replied = datetime.max.replace(tzinfo=UTC)
        until = reached(agent, at, REPLY)
        remind = not_quiet(agent, reached(agent, at, REPLY - REMIND_REPLY))
        for word, due in (("reminded", seen_at(remind)), ("taken_back", seen_at(until))):
            if due <= replied and due < START + timedelta(days=7) and (word == "taken_back" or remind < until):
                wanted[handoff, word, due] += 1
    told = [e for e in entries(week, "reminded", "taken_back") if e.kind == "taken_back" or "to reply" in e.words]
    found = Counter((e.handoff_id, e.kind, e.at.astimezone(UTC)) for e in told)
    agree(week, found, wanted)


def test_nobody_is_asked_off_shift_or_in_quiet_hours(week: Week) -> None:
    asked = [(o.agent, o.at.astimezone(UTC)) for o in week.rows(OfferRow.agent, OfferRow.at) if o.agent]
    assert asked and [pair for pair in asked if not works(*pair) or not_quiet(*pair) != pair[1]] == []


def test_deadlines_ran_over_breaks_and_nights(week: Week) -> None:
    """Else the week would say little about clocks that stand still."""
    offers = [(o.agent, o.at.astimezone(UTC)) for o in week.rows(OfferRow.agent, OfferRow.at) if o.agent]
    accepted = [(agent, at) for kind, at, agent in week.answers.values() if kind.startswith("accept")]
    still = [
        sum(reached(agent, at, span) > at + span for agent, at in pairs) for pairs, span in ((offers, OFFER), (accepted, REPLY))
    ]
    assert min(still) >= 5, still


def reached(agent: str, at: datetime, span: timedelta) -> datetime:
    """The moment after so many minutes in which the agent works, by looking at every one of them."""
    left = span // MINUTE
    while left:
        left, at = left - works(agent, at), at + MINUTE
    return at


def not_quiet(agent: str, at: datetime) -> datetime:
    """The moment itself, or the end of the quiet hours it is in."""
    here = at.astimezone(ZoneInfo("Europe/Stockholm"))
    return at + (30 - here.minute) * MINUTE if agent == "cleo" and here.hour == 1 and here.minute < 30 else at


def works(agent: str, at: datetime) -> bool:
    zone, days, periods = SHIFTS[agent]
    here = at.astimezone(ZoneInfo(zone))
    clock = here.hour * 60 + here.minute
    return here.weekday() in days and any(first <= clock < last for first, last in periods)


def test_the_person_on_watch_is_the_one_whose_turn_it_is(week: Week) -> None:
    """Turns change at nine by the clock on the wall in Stockholm, on the long day as well. Who is off is stood in for."""
    told: dict[str, set[str]] = {}
    for key, data in week.rows(ActionRow.key, ActionRow.data):
        if key.startswith("tell:") and "Nobody has accepted" in data["data"]["text"]:
            told.setdefault(key.rsplit(":", 1)[0], set()).add(data["data"]["agent"])
    moments = [
        e.at.astimezone(UTC)
        for e in entries(week, "offered", "waiting")
        if "everybody in" in e.words or (e.kind == "waiting" and "queue again" not in e.words)
    ]
    assert len(told) >= 10 and all("lena" in agents for agents in told.values())
    watchers = Counter(agent for agents in told.values() for agent in agents - {"lena"})
    assert set(watchers) == {"ada", "bo"} and watchers == Counter(map(watcher, moments))


def watcher(at: datetime) -> str:
    """By turns from Monday, 19 October; whoever works of the two, else whose turn it is."""
    here = at.astimezone(ZoneInfo("Europe/Stockholm"))
    turn = (here.date() - datetime(2026, 10, 19, tzinfo=UTC).date()).days - (here.hour < 9)
    order = ("ada", "bo") if turn % 2 == 0 else ("bo", "ada")
    return next((agent for agent in order if works(agent, at)), order[0])
