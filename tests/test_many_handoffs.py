"""Many at once, through the real store and pipeline: one winner per card, everything owned, nobody's capacity exceeded."""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from escalation import tending
from escalation.actions import DeclineReason
from escalation.events import Accept, Decline, Event
from escalation.pipeline import Answer
from escalation.playbook import Level, Offering, Path, Queueing
from store import engine as engines
from tests.floor import START, Crash, Floor, people

MINUTE = timedelta(minutes=1)


@pytest.fixture
def wide(migrated_database: str) -> Iterator[Engine]:
    """A database that 50 threads can really use at the same time."""
    made = engines.connect(migrated_database, pool_size=50)
    yield made
    made.dispose()


# --- 50 at once on one card ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offering", [Offering.CHANNEL, Offering.ALL], ids=["one card in a channel", "a card each"])
def test_of_fifty_who_accept_at_once_exactly_one_wins(wide: Engine, offering: Offering) -> None:
    floor = Floor(wide, Path("default", (Level("all", offering),)), people(50))
    floor.webhook("7", kind="created", status="open", priority="urgent", by="customer")
    handoff, start = floor.handoff_of("7"), threading.Barrier(50)

    def press(agent: str) -> tuple[str, Answer]:
        start.wait()
        return agent, floor.press(handoff, Accept(agent))

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(press, [a.id for a in floor.agents]))
    floor.journal.close()
    ((winner, won),) = [(agent, answer) for agent, answer in answers if answer.ok]
    assert won.holder == winner
    others = [answer for agent, answer in answers if agent != winner]
    assert len(others) == 49
    assert {a.text for a in others} == {f"{winner.title()} accepted this at 09:00 UTC."}
    assert {a.holder for a in others} == {winner}
    assert [r.agent for r in floor.rows("SELECT data #>> '{write,agent_id}' AS agent FROM actions WHERE kind = 'write'")] == [
        winner
    ]
    cards = floor.rows("SELECT 1 FROM actions WHERE kind = 'update_alert'")
    assert len(cards) == (50 if offering is Offering.ALL else 1), "no card is left that can be pressed"
    assert [r.kind for r in floor.rows("SELECT kind FROM timeline WHERE kind = 'accepted'")] == ["accepted"]


# --- capacity, told from the timeline alone -------------------------------------------------------------------------------------


@dataclass
class Desks:
    """What everybody has, as the timeline tells it line by line."""

    capacity: Mapping[str, int]
    offers: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))  # handoff → offer → agent
    owners: dict[str, str] = field(default_factory=dict)  # handoff → agent
    loads: Counter[str] = field(default_factory=Counter)
    checked: int = 0
    by_choice: int = 0  # people who took more than their capacity themselves
    violations: list[str] = field(default_factory=list)

    def read(self, lines: Iterable[Any]) -> Desks:
        """Take in every line (handoff_id, kind, actor, data), oldest first."""
        for line in lines:
            if step := _LINES.get(line.kind):
                step(self, line.handoff_id, line.actor, line.data)
        return self

    def offered(self, handoff: str, _: str, data: Mapping[str, Any]) -> None:
        if agent := data.get("agent"):
            self.offers[handoff][data["offer"]] = agent
            self.loads[agent] += 1
            self.checked += 1
            if self.loads[agent] > self.capacity[agent]:
                told = f"{agent} has {self.loads[agent]} of {self.capacity[agent]} with the offer of {handoff}"
                self.violations.append(told)

    def accepted(self, handoff: str, agent: str, _: Mapping[str, Any]) -> None:
        asked = agent in self.offers[handoff].values()  # then the offer has been counted before
        self.over(handoff, "", {})
        self.owners[handoff] = agent
        self.loads[agent] += 1
        self.checked += 1
        self.by_choice += not asked and self.loads[agent] > self.capacity[agent]

    def settled(self, handoff: str, _: str, data: Mapping[str, Any]) -> None:
        if agent := self.offers[handoff].pop(str(data.get("offer", "")), ""):
            self.loads[agent] -= 1

    def over(self, handoff: str, _: str, __: Mapping[str, Any]) -> None:
        for agent in (*self.offers.pop(handoff, {}).values(), *filter(None, [self.owners.pop(handoff, "")])):
            self.loads[agent] -= 1

    def __str__(self) -> str:
        return (
            f"{self.checked} offers and acceptances checked, {len(self.violations)} violations of capacity,"
            f" {self.by_choice} taken beyond it by choice"
        )


_LINES: Mapping[str, Callable[[Desks, str, str, Mapping[str, Any]], None]] = {
    "offered": Desks.offered,
    "accepted": Desks.accepted,
    **dict.fromkeys(("declined", "expired"), Desks.settled),
    **dict.fromkeys(("closed", "cancelled", "returned", "taken_back", "next_level"), Desks.over),
}


@dataclass(frozen=True)
class Line:
    handoff_id: str
    kind: str
    actor: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    at: datetime = START


def offer(handoff: str, agent: str, number: int = 1) -> Line:
    return Line(handoff, "offered", "baton", {"offer": f"{handoff}.{number}", "agent": agent})


def settled(handoff: str, kind: str, number: int = 1) -> Line:
    return Line(handoff, kind, "", {"offer": f"{handoff}.{number}"})


TOLD: list[tuple[str, list[Line], int, int]] = [  # capacity 1 for everybody: lines → violations, taken by choice
    ("nothing", [], 0, 0),
    ("a second offer", [offer("h", "ada"), offer("i", "ada")], 1, 0),
    ("another person", [offer("h", "ada"), offer("i", "bo")], 0, 0),
    ("after a decline", [offer("h", "ada"), settled("h", "declined"), offer("i", "ada")], 0, 0),
    ("after silence", [offer("h", "ada"), settled("h", "expired"), offer("i", "ada")], 0, 0),
    ("after another's decline", [offer("h", "ada"), settled("h", "declined", 2), offer("i", "ada")], 1, 0),
    ("an offer while they have one", [offer("h", "ada"), Line("h", "accepted", "ada"), offer("i", "ada")], 1, 0),
    ("after a colleague took it", [offer("h", "ada"), Line("h", "accepted", "bo"), offer("i", "ada")], 0, 0),
    ("to the colleague who took it", [offer("h", "ada"), Line("h", "accepted", "bo"), offer("i", "bo")], 1, 0),
    ("after the end", [Line("h", "accepted", "ada"), Line("h", "closed"), offer("i", "ada")], 0, 0),
    ("after it went back", [Line("h", "accepted", "ada"), Line("h", "returned"), offer("i", "ada")], 0, 0),
    ("two taken by choice", [Line("h", "accepted", "ada"), Line("i", "accepted", "ada")], 0, 1),
    ("offers to a channel", [Line("h", "offered", "baton", {"offer": "h.1"})] * 2, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "violations", "by_choice"), [row[1:] for row in TOLD], ids=[row[0] for row in TOLD])
def test_the_checker_finds_what_is_planted(lines: list[Line], violations: int, by_choice: int) -> None:
    desks = Desks({"ada": 1, "bo": 1}).read(lines)
    assert (len(desks.violations), desks.by_choice) == (violations, by_choice)
    assert desks.checked == sum(line.kind == "accepted" or "agent" in line.data for line in lines)


LINES = "SELECT handoff_id, kind, actor, data, at FROM timeline ORDER BY id"


def desks_of(floor: Floor) -> Desks:
    return Desks({a.id: a.capacity for a in floor.agents}).read(floor.rows(LINES))


# --- the order of the queue, told from the timeline alone -----------------------------------------------------------------------


@dataclass
class Queue:
    """What waits, line by line, and who may be asked for it: was somebody offered one while a more valuable one waited?

    ``worth``: handoff → what it is worth. Everybody has every skill here, and who is offered something has room for it.
    """

    worth: Mapping[str, float]
    pause: timedelta = Queueing().ask_again_after
    most: int = Queueing().ask_again_most
    waiting: set[str] = field(default_factory=set)
    never: set[tuple[str, str]] = field(default_factory=set)  # handoff, agent
    rests: dict[tuple[str, str], datetime] = field(default_factory=dict)  # until when
    from_queue: Counter[tuple[str, str]] = field(default_factory=Counter)
    offers: dict[str, tuple[str, str]] = field(default_factory=dict)  # offer → agent, until
    owners: dict[str, str] = field(default_factory=dict)
    checked: int = 0
    beside: int = 0  # offers made while something waited
    violations: list[str] = field(default_factory=list)

    def read(self, lines: Iterable[Any]) -> Queue:
        for line in lines:
            handoff, data = line.handoff_id, line.data
            if line.kind == "waiting":
                self.waiting.add(handoff)
            elif line.kind == "queued":
                self.waiting.discard(handoff)
                self.from_queue[handoff, data["agent"]] += 1
            elif line.kind == "offered" and data.get("agent"):
                self.waiting.discard(handoff)
                self.offered(handoff, data, line.at)
            elif line.kind in ("declined", "expired"):
                self.settled(handoff, line)
            elif line.kind in ("accepted", "closed", "cancelled"):
                self.waiting.discard(handoff)
                self.owners[handoff] = line.actor
            elif line.kind in ("taken_back", "returned"):
                self.never.add((handoff, self.owners.get(handoff, "")))
        return self

    def offered(self, handoff: str, data: Mapping[str, Any], at: datetime) -> None:
        agent = data["agent"]
        self.offers[data["offer"]] = agent, data["until"]
        self.rests[handoff, agent] = at + self.pause
        self.checked += 1
        self.beside += bool(self.waiting)
        for other in self.waiting:
            if self.worth[other] > self.worth[handoff] and self.could_have(other, agent, at):
                self.violations.append(f"{agent} was offered {handoff} at {at} while {other} waited")

    def could_have(self, handoff: str, agent: str, at: datetime) -> bool:
        one = (handoff, agent)
        return one not in self.never and self.rests.get(one, at) <= at and self.from_queue[one] < self.most

    def settled(self, handoff: str, line: Any) -> None:
        agent, until = self.offers.get(str(line.data.get("offer", "")), (line.actor, ""))
        if line.kind == "declined" and line.data["reason"] not in ("busy", "off_shift"):
            self.never.add((handoff, agent))
        if line.kind == "expired" and until:
            self.rests[handoff, agent] = datetime.fromisoformat(until) + self.pause

    def __str__(self) -> str:
        return f"{self.checked} offers to people, {self.beside} of them while others waited, {len(self.violations)} overtook"


def waits(handoff: str) -> Line:
    return Line(handoff, "waiting")


def no(handoff: str, reason: str) -> Line:
    return Line(handoff, "declined", "ada", {"offer": f"{handoff}.1", "reason": reason})


def asks(handoff: str, after: timedelta = timedelta(0), number: int = 1) -> Line:
    until = (START + after + 15 * MINUTE).isoformat()
    return Line(handoff, "offered", "baton", {"offer": f"{handoff}.{number}", "agent": "ada", "until": until}, START + after)


HOUR = 60 * MINUTE
OVERTAKEN: list[tuple[str, list[Line], int]] = [  # of "best" (worth 3), "fair" (2) and "poor" (1): lines → violations
    ("planted: a less valuable one is offered", [waits("best"), asks("poor")], 1),
    ("planted: past two of them", [waits("best"), waits("fair"), asks("poor")], 2),
    ("the best one is offered", [waits("fair"), asks("best")], 0),
    ("planted: the second is offered first", [waits("best"), waits("fair"), asks("fair")], 1),
    ("nothing waits any more", [waits("best"), Line("best", "accepted", "bo"), asks("poor")], 0),
    ("it is over", [waits("best"), Line("best", "cancelled"), asks("poor")], 0),
    ("it is being offered", [waits("best"), Line("best", "queued", "baton", {"agent": "bo"}), asks("poor")], 0),
    ("they said it is not for them", [asks("best"), no("best", "wrong_skill"), waits("best"), asks("poor")], 0),
    ("they were busy just now", [asks("best"), no("best", "busy"), waits("best"), asks("poor")], 0),
    ("planted: they were busy an hour ago", [asks("best"), no("best", "busy"), waits("best"), asks("poor", HOUR)], 1),
    ("they did not answer just now", [asks("best"), settled("best", "expired"), waits("best"), asks("poor", HOUR)], 0),
    ("planted: their silence is long ago", [asks("best"), settled("best", "expired"), waits("best"), asks("poor", 2 * HOUR)], 1),
    ("they were offered it often enough", [
        *[Line("best", "queued", "baton", {"agent": "ada"}), asks("best")] * 3, waits("best"), asks("poor", 9 * HOUR)], 0),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "violations"), [row[1:] for row in OVERTAKEN], ids=[row[0] for row in OVERTAKEN])
def test_the_checker_of_the_queue_finds_what_is_planted(lines: list[Line], violations: int) -> None:
    assert len(Queue({"best": 3, "fair": 2, "poor": 1}).read(lines).violations) == violations


def worth(ticket: int) -> tuple[str, int]:
    """The tier and contract of a ticket, no two the same; a tier counts more than any contract."""
    return "vip" if ticket % 7 == 0 else "free", 200 * (ticket * 193 % 500 + 1)


def queue_of(floor: Floor) -> Queue:
    numbers = {row.id: int(row.ticket_id) for row in floor.rows("SELECT id, ticket_id FROM handoffs")}
    told = {handoff: worth(number) for handoff, number in numbers.items()}
    return Queue({h: contract + 1_000_000 * (tier == "vip") for h, (tier, contract) in told.items()}).read(floor.rows(LINES))


def test_a_burst_of_tickets_never_fills_a_desk_twice(wide: Engine) -> None:
    """Forty tickets in the same moment for one person with room for three: three offers, and the others go on."""
    floor = Floor(wide, Path("default", (Level("one"), Level("team", Offering.CHANNEL))), people(1, capacity=3))
    start = threading.Barrier(40)

    def arrive(number: int) -> None:
        start.wait()
        floor.webhook(str(number), kind="created", status="open", priority="urgent", by="customer")

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(arrive, range(40)))
    floor.journal.close()
    desks = desks_of(floor)
    assert (desks.checked, desks.violations) == (3, [])
    assert len(floor.rows("SELECT 1 FROM offers WHERE agent = '' AND state = 'open'")) == 37


def test_who_takes_more_than_their_capacity_is_offered_no_more(wide: Engine) -> None:
    floor = Floor(wide, Path("default", (Level("team", Offering.CHANNEL), Level("one"))), people(1, capacity=1))
    for ticket in ("1", "2", "3"):
        floor.webhook(ticket, kind="created", status="open", priority="urgent", by="customer")
        if ticket != "3":
            assert floor.press(floor.handoff_of(ticket), Accept("a00")).ok
    floor.now += 16 * MINUTE
    for timer in floor.journal.due_timers(floor.now, 10):
        floor.pipeline.fire(timer, floor.now)
    floor.journal.close()
    desks = desks_of(floor)
    assert (desks.checked, desks.by_choice, desks.violations) == (2, 1, [])
    (line,) = floor.rows("SELECT words FROM timeline WHERE kind = 'no_one'")
    assert "full: 2 of 1 open" in line.words


# --- a busy day -----------------------------------------------------------------------------------------------------------------


@dataclass
class Day:
    """500 tickets for 40 people who accept, decline or are silent by chance; one case in thirty dies before it commits."""

    floor: Floor
    tickets: int
    at_once: int = 50  # that arrive every five minutes
    dice: random.Random = field(default_factory=lambda: random.Random(4))
    did: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        with ThreadPoolExecutor(8) as pool:
            for number in range(100):
                self.floor.journal.share = 1 / 30
                for acts in (self.arrivals, self.timers, self.asked, self.channels, self.owners, self.tends):
                    list(pool.map(lambda act: act(), acts()))
                self.floor.now += 5 * MINUTE
                offered = self.floor.rows("SELECT 1 FROM handoffs WHERE state = 'offered' LIMIT 1")
                if number * self.at_once > self.tickets and not offered:
                    return

    def arrivals(self) -> list[Callable[[], None]]:
        first = self.did["arrived"]
        numbers = range(first, min(first + self.at_once, self.tickets))
        self.did["arrived"] = numbers.stop
        come: list[Callable[[], None]] = [lambda n=n: self.arrive(n) for n in numbers]  # type: ignore[misc]
        return [*come[:5], *self.tends(), *come[5:]]

    def tends(self) -> list[Callable[[], None]]:
        """Two workers tick in the same moment."""
        return [self.tend, self.tend]

    def tend(self) -> None:
        for work in tending.due(self.floor.pipeline, self.floor.now):
            try:
                work()
            except Crash:
                self.did["ticks tried again"] += 1  # a second later

    def arrive(self, number: int) -> None:
        ticket, (tier, contract) = str(number), worth(number)
        told = {"status": "open", "priority": "urgent", "by": "customer", "tier": tier, "contract": str(contract)}
        try:
            self.floor.webhook(ticket, kind="created", **told)
        except Crash:
            self.again(lambda: self.floor.handle(ticket))

    def again(self, act: Callable[[], object]) -> None:
        """As the queue does with a job whose worker has died, and a person with a press that failed."""
        while True:
            try:
                act()
            except Crash:
                continue
            return

    def timers(self) -> list[Callable[[], None]]:
        def fire(timer: Any) -> None:
            try:
                self.floor.pipeline.fire(timer, self.floor.now)
            except Crash:
                self.did["timers tried again"] += 1  # it is still due

        return [lambda t=t: fire(t) for t in self.floor.journal.due_timers(self.floor.now, 1000)]  # type: ignore[misc]

    def asked(self) -> list[Callable[[], None]]:
        made: list[Callable[[], None]] = []
        for row in self.floor.rows("SELECT handoff_id, agent FROM offers WHERE state = 'open' AND agent <> '' ORDER BY id"):
            what = self.dice.choices(("accepted", "declined", "silent"), (5, 3, 4))[0]
            self.did[what] += 1
            event: Event = Accept(row.agent)
            if what == "declined":
                event = Decline(row.agent, self.dice.choice(list(DeclineReason)))
            if what != "silent":
                made.append(lambda h=row.handoff_id, e=event: self.again(lambda: self.floor.press(h, e)))  # type: ignore[misc]
        return made

    def channels(self) -> list[Callable[[], None]]:
        rows = self.floor.rows("SELECT handoff_id FROM offers WHERE state = 'open' AND agent = '' ORDER BY id")
        taken = [row.handoff_id for row in rows if self.dice.random() < 0.2]
        loads = self.floor.journal.loads(a.id for a in self.floor.agents)
        roomy = [a.id for a in self.floor.agents if loads[a.id].open_handoffs + loads[a.id].open_offers < a.capacity]
        by = [Accept(agent) for agent in self.dice.sample(roomy, min(len(roomy), len(taken)))]
        self.did["taken from the channel"] += len(by)
        return [lambda h=h, e=e: self.again(lambda: self.floor.press(h, e)) for h, e in zip(taken, by, strict=False)]  # type: ignore[misc]

    def owners(self) -> list[Callable[[], None]]:
        rows = self.floor.rows("SELECT ticket_id, accepted_by FROM handoffs WHERE state = 'accepted' ORDER BY id")
        writing = [row for row in rows if self.dice.random() < 0.6]
        self.did["solved"] += len(writing)
        return [lambda r=r: self.solve(r.ticket_id, r.accepted_by) for r in writing]  # type: ignore[misc]

    def solve(self, ticket: str, agent: str) -> None:
        try:
            self.floor.webhook(ticket, status="solved", by=agent)
        except Crash:
            self.again(lambda: self.floor.handle(ticket))


@pytest.mark.timeout(480)  # twenty seconds of work, on a machine that may be busy with other tests
@pytest.mark.parametrize(("staff", "tickets", "at_once"), [(40, 500, 50), (8, 150, 15)], ids=["busy", "too few people"])
def test_a_busy_day_leaves_nothing_without_an_owner_and_no_desk_too_full(
    wide: Engine, capsys: pytest.CaptureFixture[str], staff: int, tickets: int, at_once: int
) -> None:
    one = Level("one", most_offers=2, remind_before=15 * MINUTE)
    two = Level("two at once", Offering.SEVERAL, at_once=2, most_offers=2, remind_before=15 * MINUTE)
    floor = Floor(wide, Path("default", (one, two, Level("team", Offering.CHANNEL, tell_lead=True))), people(staff, capacity=3))
    day = Day(floor, tickets, at_once)
    day.run()
    floor.journal.close()
    desks, queue = desks_of(floor), queue_of(floor)
    ends = Counter(row.state for row in floor.rows("SELECT state FROM handoffs"))
    with capsys.disabled():
        sys.stdout.write(f"\n{desks}; {queue}; {dict(day.did)}, {floor.journal.crashes} crashes; ends: {dict(ends)}\n")
    assert (desks.violations, desks.by_choice) == ([], 0)
    assert not queue.violations
    assert desks.checked > 2 * tickets and queue.beside > tickets / 10 and floor.journal.crashes > 20, "the day was busy"
    assert ends.keys() <= {"accepted", "answered", "closed", "waiting"} and ends.total() == tickets
    assert not floor.rows("SELECT 1 FROM handoffs WHERE state <> 'waiting' AND accepted_by = ''")
    told = "SELECT 1 FROM actions a WHERE a.handoff_id = h.id AND a.kind = 'tell' AND a.data #>> '{data,agent}' = 'lead'"
    assert not floor.rows(f"SELECT 1 FROM handoffs h WHERE state = 'waiting' AND NOT EXISTS ({told})")  # noqa: S608 - our own
    twice = "SELECT handoff_id FROM timeline WHERE kind = 'accepted' GROUP BY handoff_id HAVING count(*) > 1"
    back = "SELECT handoff_id FROM timeline WHERE kind IN ('taken_back', 'returned')"
    assert not floor.rows(f"{twice} EXCEPT {back}"), "a card has one winner"
    assert not floor.rows(
        "SELECT 1 FROM actions WHERE kind = 'write' GROUP BY handoff_id, data #>> '{write,agent_id}' HAVING count(*) > 1"
    )
