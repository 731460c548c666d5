"""The live queue: its order, who is offered what waits when they are free, that nobody overtakes, what is stuck."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from sqlalchemy import Engine, event, text

from escalation.actions import DeclineReason
from escalation.away import Away
from escalation.events import Accept, Decline
from escalation.playbook import Level, Offering, Path, Queueing, Severity
from escalation.queue_order import Worth, place
from escalation.roster import ALL_WEEK, Absence, Agent, Roster, Shift
from escalation.stuck import gone, is_stuck
from escalation.ticket import ClockState, Money, SlaClock
from store import away, desk_queries, line, queue_rows
from store import engine as engines
from store.queries import Page
from tests.floor import START, Floor, people
from worker.tasks import Tasks

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAYS = timedelta(days=2)
VALUABLE = ("enterprise", "vip")


def worth(name: str, severity: Severity = Severity.NORMAL, since: timedelta = HOUR, **more: Any) -> Worth:
    return Worth(name, severity, NOW - since, **more)


def clock(left: timedelta, state: ClockState = ClockState.GREEN, name: str = "first_reply") -> SlaClock:
    return SlaClock(name, NOW + left, state)


# --- the order ----------------------------------------------------------------------------------------------------------------

CONTRACT = Money(Decimal(50_000), "EUR")
ORDERS: list[tuple[str, Worth, Worth]] = [  # who goes before whom
    ("more severe, though newer", worth("a", Severity.CRITICAL, MINUTE), worth("b", Severity.NORMAL, 9 * HOUR)),
    ("a valuable tier", worth("a", tier="Enterprise plus", since=MINUTE), worth("b", tier="free")),
    ("a greater contract", worth("a", contract=CONTRACT, since=MINUTE), worth("b", contract=Money(Decimal(40_000)))),
    ("nearer its breach", worth("a", sla=(clock(10 * MINUTE),), since=MINUTE), worth("b", sla=(clock(HOUR),))),
    ("breached before one that nears it", worth("a", sla=(clock(-MINUTE),), since=MINUTE), worth("b", sla=(clock(MINUTE),))),
    ("a running clock before none", worth("a", sla=(clock(HOUR),), since=MINUTE), worth("b")),
    (
        "the nearest of its clocks",
        worth("a", sla=(clock(3 * HOUR), clock(MINUTE))),
        worth("b", sla=(clock(HOUR),), since=9 * HOUR),
    ),
    ("a clock that stands counts nothing", worth("a"), worth("b", sla=(clock(MINUTE, ClockState.PAUSED),), since=MINUTE)),
    ("a clock far away counts nothing", worth("a"), worth("b", sla=(clock(9 * HOUR),), since=MINUTE)),
    ("of equals the oldest", worth("b", since=2 * HOUR), worth("a", since=HOUR)),
    ("of the same minute by name", worth("a"), worth("b")),
]


@pytest.mark.parametrize(("first", "second"), [row[1:] for row in ORDERS], ids=[row[0] for row in ORDERS])
def test_the_order(first: Worth, second: Worth) -> None:
    assert place(first, Queueing(), VALUABLE, NOW).key < place(second, Queueing(), VALUABLE, NOW).key


def test_a_place_is_told_in_words() -> None:
    told = place(worth("a", Severity.HIGH, tier="vip", contract=CONTRACT, sla=(clock(HOUR),)), Queueing(), VALUABLE, NOW)
    assert told.words == (
        "72.92 points (severity high 26.7, first reply breaches in 1 h 18.8, tier vip 20, contract 50,000 EUR 7.5, "
        "waits since 02 Mar 08:00 UTC)"
    )


def test_the_order_changes_as_a_breach_comes_near() -> None:
    near, severe = worth("a", sla=(clock(3 * HOUR),)), worth("b", Severity.HIGH, since=MINUTE)
    keys = [[place(one, Queueing(), VALUABLE, NOW + later).key for one in (near, severe)] for later in (0 * HOUR, 3 * HOUR)]
    assert [first < second for first, second in keys] == [False, True]


# --- offered again ------------------------------------------------------------------------------------------------------------

ONE = Path("default", (Level("one", most_offers=1),))


@pytest.fixture
def wide(migrated_database: str) -> Iterator[Engine]:
    made = engines.connect(migrated_database, pool_size=20)
    yield made
    made.dispose()


def urgent(floor: Floor, *tickets: str, **more: str) -> None:
    for ticket in tickets:
        floor.webhook(ticket, kind="created", status="open", priority="urgent", by="customer", **more)


def asked(floor: Floor) -> dict[str, str]:
    """Ticket → who is being asked."""
    offers = "SELECT h.ticket_id, o.agent FROM offers o JOIN handoffs h ON h.id = o.handoff_id"
    return {r.ticket_id: r.agent for r in floor.rows(f"{offers} WHERE o.state = 'open' AND agent <> ''")}


def words(floor: Floor, ticket: str, *kinds: str) -> list[str]:
    query = "SELECT words FROM timeline WHERE ticket_id = :ticket AND kind = ANY(:kinds) ORDER BY id"
    return [row.words for row in floor.rows(query, ticket=ticket, kinds=list(kinds))]


def state(floor: Floor, ticket: str) -> str:
    return str(floor.rows("SELECT state FROM handoffs WHERE id = :id", id=floor.handoff_of(ticket))[0].state)


def take(floor: Floor, ticket: str, agent: str = "a00") -> None:
    assert floor.press(floor.handoff_of(ticket), Accept(agent)).ok


def queued(db: Engine) -> Floor:
    """One person with room for one, who is on ticket 1, and three that wait: 2 came first, 4 is worth most."""
    floor = Floor(db, ONE, people(1, capacity=1))
    urgent(floor, "1")
    take(floor, "1")
    for ticket, tier in (("2", "free"), ("3", "vip"), ("4", "enterprise")):
        floor.now += MINUTE
        urgent(floor, ticket, tier=tier, contract="90000" if ticket == "4" else "1000")
    assert asked(floor) == {}
    return floor


def test_the_queue_is_read_only_when_somebody_has_room(db: Engine) -> None:
    said: list[str] = []
    read = str(queue_rows.QUEUED.compile(db))
    floor = queued(db)
    event.listen(db, "before_cursor_execute", lambda *given: said.append(given[2]))
    urgent(floor, "5")
    floor.tend()
    assert read not in said, "however much waits"
    floor.webhook("1", status="solved", by="a00")
    said.clear()
    floor.tend()
    assert read in said
    floor.journal.close()


def test_whoever_is_free_gets_the_most_valuable_one_that_waits(db: Engine) -> None:
    floor = queued(db)
    floor.tend()
    assert asked(floor) == {}, "nobody is free"
    floor.webhook("1", status="solved", by="a00")
    floor.tend()
    assert asked(floor) == {"4": "a00"}
    (told,) = words(floor, "4", "queued")
    assert told == (
        "Somebody is free: A00. Number 1 of 3 in the queue: 46.83 points (severity normal 13.3, tier enterprise 20, "
        "contract 90,000 EUR 13.5, waits since 02 Mar 09:03 UTC)"
    )
    (card,) = floor.rows("SELECT why FROM actions WHERE kind = 'alert' AND ticket_id = '4'")
    assert card.why.startswith("free again; ")
    floor.tend()
    assert asked(floor) == {"4": "a00"}, "a desk is never filled over its capacity"
    floor.journal.close()


def test_the_tick_of_the_worker_looks_at_the_queue(db: Engine) -> None:
    floor = queued(db)
    floor.webhook("1", status="solved", by="a00")
    Tasks(floor.pipeline, cast(Any, None)).tick(cast(Any, None))
    assert asked(floor) == {"4": "a00"}
    floor.journal.close()


def test_without_an_answer_it_waits_again_quietly_and_the_next_one_is_offered(db: Engine) -> None:
    floor = queued(db)
    floor.webhook("1", status="solved", by="a00")
    floor.tend()
    lead = "SELECT count(*) AS told FROM actions WHERE kind = 'tell' AND ticket_id = '4' AND data #>> '{data,agent}' = 'lead'"
    before = floor.rows(lead)[0].told
    floor.now += 15 * MINUTE
    floor.fire()
    assert (state(floor, "4"), floor.rows(lead)[0].told) == ("waiting", before), "the lead knew"
    floor.tend()
    assert asked(floor) == {"3": "a00"}, "whoever did not answer is not asked the same again at once"
    floor.journal.close()


def test_whoever_is_silent_is_asked_again_after_a_pause_and_three_times_at_most(db: Engine) -> None:
    floor = Floor(db, ONE, people(1), queue=Queueing(ask_again_after=2 * HOUR))
    urgent(floor, "1")
    offered: list[float] = []
    for _ in range(24 * 12):
        floor.now += 5 * MINUTE
        floor.fire()
        before = asked(floor)
        floor.tend()
        offered += [] if before else [(floor.now - START) / HOUR] * len(asked(floor))
    assert offered == [2.25, 4.5, 6.75], "two hours after the end of the offer before"
    assert state(floor, "1") == "waiting"
    floor.journal.close()


REASONS = {
    DeclineReason.WRONG_SKILL: False,
    DeclineReason.CONFLICT: False,
    DeclineReason.BUSY: True,
    DeclineReason.OFF_SHIFT: True,
}


@pytest.mark.parametrize(("reason", "again"), REASONS.items())
def test_who_declined(db: Engine, reason: DeclineReason, again: bool) -> None:
    floor = Floor(db, ONE, people(1))
    urgent(floor, "1")
    assert floor.press(floor.handoff_of("1"), Decline("a00", reason)).ok
    floor.tend()
    assert asked(floor) == {}
    floor.now += HOUR
    floor.tend()
    assert bool(asked(floor)) is again
    floor.journal.close()


def test_somebody_who_was_not_asked_before_is_asked_at_once(db: Engine) -> None:
    floor = Floor(db, ONE, people(2))
    urgent(floor, "1")
    (first,) = asked(floor).values()
    floor.press(floor.handoff_of("1"), Decline(first, DeclineReason.BUSY))
    assert state(floor, "1") == "waiting", "the level asks one person"
    floor.tend()
    assert set(asked(floor).values()) == {"a00", "a01"} - {first}
    floor.journal.close()


def test_a_shift_that_begins_and_somebody_who_is_back_and_a_new_colleague(db: Engine) -> None:
    morning = (Shift(ALL_WEEK, time(10), time(18)),)
    floor = Floor(db, ONE, people(1, shifts=morning, capacity=1))
    for ticket in ("1", "2", "3"):
        urgent(floor, ticket)
        floor.now += MINUTE
    floor.tend()
    assert asked(floor) == {}
    floor.now = START + HOUR
    floor.tend()
    assert asked(floor) == {"1": "a00"}
    ada = Agent("ada", "Ada", ids={"zendesk": "ada"}, teams=("care",), capacity=1)
    away.begin(db, ada, Away("ada", floor.now + HOUR, "lunch", "ada"), floor.now)
    floor.roster = replace(floor.roster, agents=(*floor.roster.agents, ada))
    floor.tend()
    assert asked(floor) == {"1": "a00"}, "away"
    away.end(db, ada, "ada", floor.now)
    floor.tend()
    assert asked(floor) == {"1": "a00", "2": "ada"}
    floor.journal.close()


def test_what_the_ticket_is_worth_now_counts(db: Engine) -> None:
    floor = queued(db)
    floor.now += MINUTE
    floor.webhook("2", tier="enterprise", contract="200000")
    floor.webhook("1", status="solved", by="a00")
    floor.tend()
    assert asked(floor) == {"2": "a00"}
    floor.journal.close()


def test_who_does_not_speak_the_language_is_not_offered_it(db: Engine) -> None:
    floor = Floor(db, ONE, people(1, languages=("en",)))
    urgent(floor, "1", language="de")
    floor.tend()
    assert (state(floor, "1"), asked(floor)) == ("waiting", {})
    floor.journal.close()


@pytest.mark.parametrize("offering", [Offering.LEAD, Offering.PERSON, Offering.WATCH])
def test_levels_that_name_somebody_ask_them_when_they_are_free(db: Engine, offering: Offering) -> None:
    level = Level("named", offering, to="a00" if offering is Offering.PERSON else "")
    floor = Floor(db, Path("default", (Level("team", Offering.CHANNEL), level)), people(1, capacity=1))
    team = replace(floor.roster.teams[0], lead="a00", watch="a00")
    floor.roster = Roster(floor.roster.agents, (team,))
    for ticket in ("1", "2"):
        urgent(floor, ticket)
    floor.now += 15 * MINUTE
    floor.fire()
    ((first, agent),) = asked(floor).items()
    floor.webhook(first, status="solved", by="a00")
    floor.tend()
    assert (agent, asked(floor)) == ("a00", {"1" if first == "2" else "2": "a00"})
    floor.journal.close()


# --- nobody overtakes -----------------------------------------------------------------------------------------------------------


def test_a_new_one_does_not_overtake_a_more_valuable_one_that_waits(db: Engine) -> None:
    floor = queued(db)
    floor.webhook("1", status="solved", by="a00")
    floor.now += MINUTE
    urgent(floor, "5", tier="vip")
    assert asked(floor) == {"4": "a00"}, "the head of the queue was offered first, in the same moment"
    assert state(floor, "5") == "waiting"
    floor.journal.close()


def test_a_more_valuable_new_one_goes_first(db: Engine) -> None:
    floor = queued(db)
    floor.webhook("1", status="solved", by="a00")
    urgent(floor, "5", tier="enterprise", contract="200000")
    assert asked(floor) == {"5": "a00"}
    floor.journal.close()


def test_a_new_one_sees_the_room_that_is_left(db: Engine) -> None:
    floor = Floor(db, ONE, people(1, capacity=2))
    urgent(floor, "1", "2")
    take(floor, "1")
    take(floor, "2")
    urgent(floor, "3", tier="vip")
    for ticket in ("1", "2"):
        floor.webhook(ticket, status="solved", by="a00")
    urgent(floor, "4")
    assert asked(floor) == {"3": "a00", "4": "a00"}
    floor.journal.close()


def test_while_the_one_that_goes_before_is_locked_the_person_is_kept_for_it(wide: Engine) -> None:
    floor = queued(wide)
    floor.webhook("1", status="solved", by="a00")
    with wide.begin() as other:
        other.execute(text("SELECT 1 FROM tickets WHERE ticket_id = '4' FOR UPDATE"))
        urgent(floor, "5", tier="vip")
    assert asked(floor) == {"3": "a00"} or asked(floor) == {}
    assert "kept free for ticket 4" in " ".join(words(floor, "5", "no_one"))
    floor.tend()
    assert asked(floor) == {"4": "a00"}
    floor.journal.close()


def test_many_at_once_for_a_queue_take_it_in_order(wide: Engine) -> None:
    """Forty new ones and the tick at the same moment in which four people come to work: the four best of all have them."""
    shift = (Shift(ALL_WEEK, time(10), time(18)),)
    floor = Floor(wide, ONE, people(4, capacity=1, shifts=shift))
    for number in range(10):
        urgent(floor, str(number), contract=str(1000 * number))
    floor.now, start = START + HOUR, threading.Barrier(12)

    def arrive(number: int) -> None:
        start.wait()
        if number < 10:
            urgent(floor, str(100 + number), contract="500")
        else:
            floor.tend()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(arrive, range(12)))
    floor.tend()
    assert set(asked(floor)) == {"6", "7", "8", "9"}
    floor.journal.close()


# --- what is stuck --------------------------------------------------------------------------------------------------------------

DAY = (Shift(ALL_WEEK, time(8), time(17)),)


def held(db: Engine, **more: Any) -> Floor:
    """Two people at work; one accepted ticket 1 at 16:50 and the customer waits."""
    floor = Floor(db, replace(ONE, first_reply_in=9 * HOUR), people(2, **more))
    floor.now = START.replace(hour=16, minute=50)
    urgent(floor, "1")
    take(floor, "1", owner(floor))
    return floor


def owner(floor: Floor) -> str:
    return next(iter(asked(floor).values()), "") or str(floor.rows("SELECT accepted_by FROM handoffs")[0].accepted_by)


def other_works_late(floor: Floor) -> None:
    late = [replace(a, shifts=()) if a.id not in (owner(floor), "lead") else a for a in floor.roster.agents]
    floor.roster = replace(floor.roster, agents=tuple(late))


def test_what_somebody_left_unanswered_at_the_end_of_their_shift_is_offered_to_others(db: Engine) -> None:
    floor = held(db, shifts=DAY)
    first = owner(floor)
    other_works_late(floor)
    floor.now = START.replace(hour=17, minute=29)
    floor.tend()
    assert state(floor, "1") == "accepted", "not before half an hour"
    floor.now = START.replace(hour=17, minute=30)
    floor.tend()
    assert set(asked(floor).values()) == {"a00", "a01"} - {first}
    said = f"{first.title()} went off shift at Mon 17:00 UTC and had not replied to the customer; it is offered again"
    assert words(floor, "1", "taken_back") == [said]
    told = floor.rows("SELECT data #>> '{data,agent}' AS agent, data #>> '{data,text}' AS words FROM actions WHERE kind = 'tell'")
    assert {(r.agent, r.words) for r in told} == {(one, f"{said}.") for one in (first, "lead")}
    floor.tend()
    assert len(floor.rows("SELECT 1 FROM actions WHERE kind = 'tell'")) == 2, "once"
    floor.journal.close()


def test_what_is_answered_stays(db: Engine) -> None:
    floor = held(db, shifts=DAY)
    floor.webhook("1", by=owner(floor), text="I am on it")
    floor.now = START.replace(hour=20)
    floor.tend()
    assert state(floor, "1") == "answered"
    floor.journal.close()


def test_whoever_is_back_soon_keeps_it(db: Engine) -> None:
    """A lunch break of an hour is shorter than twice the half hour."""
    floor = held(db, shifts=(Shift(ALL_WEEK, time(8), time(17)), Shift(ALL_WEEK, time(18), time(20))))
    for minute in range(0, 60, 5):
        floor.now = START.replace(hour=17, minute=minute)
        floor.tend()
    assert state(floor, "1") == "accepted"
    floor.journal.close()


def test_whoever_accepted_while_off_shift_keeps_it(db: Engine) -> None:
    floor = Floor(db, Path("default", (Level("team", Offering.CHANNEL),), 9 * HOUR), people(1, shifts=DAY))
    floor.now = START.replace(hour=19)
    urgent(floor, "1")
    take(floor, "1")
    floor.now += 2 * HOUR
    floor.tend()
    assert state(floor, "1") == "accepted"
    floor.journal.close()


def test_of_somebody_who_is_away_or_absent_or_left(db: Engine) -> None:
    said: list[str] = []
    for number, how in enumerate(("away", "absent", "left"), 1):
        ticket = str(number)
        floor = Floor(db, replace(ONE, first_reply_in=9 * HOUR), people(1, capacity=9))
        urgent(floor, ticket)
        take(floor, ticket)
        floor.now += MINUTE
        agent = floor.roster.agents[0]
        if how == "away":
            away.begin(db, agent, Away("a00", floor.now + 5 * HOUR, "dentist", "a00"), floor.now)
        elif how == "absent":
            absent = Absence(floor.now.date() + timedelta(days=1), floor.now.date() + timedelta(days=3), "sick")
            floor.roster = replace(floor.roster, agents=(replace(agent, absences=(absent,)), *floor.roster.agents[1:]))
            floor.now = START.replace(day=3, hour=0)
            away.end(db, agent, "a00", floor.now)
        else:
            floor.roster = replace(floor.roster, agents=floor.roster.agents[1:])
        floor.tend()
        floor.now += 29 * MINUTE
        floor.tend()
        assert state(floor, ticket) == "accepted" or how == "left"
        floor.now += MINUTE
        floor.tend()
        assert state(floor, ticket) == "waiting"
        said += words(floor, ticket, "taken_back")
        floor.webhook(ticket, status="solved", by="customer")
        away.end(db, agent, "a00", floor.now)
        floor.journal.close()
    ends = " and had not replied to the customer; it is offered again"
    assert said == [
        f"A00 is away until 14:01 UTC: dentist{ends}",
        f"A00 is absent until 5 Mar (sick){ends}",
        f"a00 is not on the roster any more{ends}",
    ]


def test_what_was_stuck_comes_back_to_whoever_is_back_when_nobody_else_took_it(db: Engine) -> None:
    floor = Floor(db, replace(ONE, first_reply_in=20 * HOUR), people(1, shifts=DAY))
    floor.now = START.replace(hour=16, minute=50)
    urgent(floor, "1")
    take(floor, "1")
    floor.now = START.replace(hour=18)
    floor.tend()
    assert state(floor, "1") == "waiting"
    floor.now = START.replace(day=3, hour=8)
    floor.tend()
    assert asked(floor) == {"1": "a00"}
    floor.journal.close()


SHIFT = Agent("ada", "Ada", shifts=DAY)
ALWAYS = Agent("ada", "Ada")
EVENING, BEFORE = START.replace(hour=18), START - HOUR
GONE: list[tuple[str, Agent | None, tuple[Away, ...], datetime, str | None]] = [
    ("at work", SHIFT, (), START, None),
    ("off shift", SHIFT, (), EVENING, "Ada went off shift at Mon 17:00 UTC"),
    ("never off", ALWAYS, (), EVENING, None),
    ("by their own word", ALWAYS, (Away("ada", EVENING, "", "ada", since=BEFORE),), START, "Ada is away until 18:00 UTC"),
    ("as the helpdesk shows", ALWAYS, (Away("ada", EVENING, "not available in Zendesk", source="zendesk", since=BEFORE),), START,
     "Ada is not available in Zendesk"),
    ("as another helpdesk shows", ALWAYS, (Away("ada", EVENING, "away", source="freshdesk", since=BEFORE),), START, None),
    ("not to be disturbed", ALWAYS, (Away("ada", EVENING, "do not disturb", source="chat", since=BEFORE),), START, None),
    ("somebody else is away", ALWAYS, (Away("bo", EVENING, since=BEFORE),), START, None),
    ("back by now", ALWAYS, (Away("ada", START, since=BEFORE),), START, None),
    ("left", None, (), START, "ada is not on the roster any more"),
]  # fmt: skip


@pytest.mark.parametrize(("agent", "said", "now", "words"), [row[1:] for row in GONE], ids=[row[0] for row in GONE])
def test_who_is_gone(agent: Agent | None, said: tuple[Away, ...], now: datetime, words: str | None) -> None:
    found = gone(agent, "ada", said, "zendesk", now)
    assert (found and found.words) == words
    if found is not None:
        assert is_stuck(found, BEFORE - HOUR, timedelta(minutes=30), now)
        assert not is_stuck(found, now, timedelta(minutes=30), now), "accepted just now"


# --- lists ----------------------------------------------------------------------------------------------------------------------


def test_lists_of_what_waits_go_in_the_order_of_the_queue(db: Engine) -> None:
    floor = queued(db)
    playbook = floor.pipeline.playbook()
    home = desk_queries.waiting(db, ["care"], playbook, floor.now)
    assert [(item["place"]["number"], item["ticket_id"], item["tier"]) for item in home] == [
        (1, "4", "enterprise"),
        (2, "3", "vip"),
        (3, "2", "free"),
    ]
    assert desk_queries.waiting(db, ["security"], playbook, floor.now) == []
    first = line.handoffs(db, playbook, Page(2), floor.now)
    rest = line.handoffs(db, playbook, Page(2, first.next or ""), floor.now)
    assert [item["ticket_id"] for item in (*first.items, *rest.items)] == ["4", "3", "2"]
    assert (first.next, rest.next) == ("2", None)
    assert first.items[0]["place"]["words"].startswith("46.83 points (severity normal 13.3, tier enterprise 20")
    floor.journal.close()
