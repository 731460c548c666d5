"""Clocks per hop: whose time a deadline counts in, the explanation, pauses, severities that override, timers that moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.actions import Timer, TimerKind
from escalation.clocks import Counting, due, hours_of
from escalation.decision import Candidate, Route
from escalation.events import Accept, AssignedInHelpdesk, Event, Fired, Recount, Refresh, Start
from escalation.handoff import advance
from escalation.hop import Desk, Handoff, OfferState, State, Step
from escalation.hours import Calendar
from escalation.playbook import ClockKind, Level, Offering, Path, QuietHours, Severity
from escalation.roster import ALL_WEEK, Absence, Agent, Quiet, Roster, Shift, Team
from escalation.state_words import words_for
from escalation.ticket import Status
from store.codec import build, plain
from tests import minutes

WORKDAYS = (0, 1, 2, 3, 4)
OFFICE = (Shift(WORKDAYS, time(9), time(17)),)
LUNCH = (Shift(WORKDAYS, time(9), time(12)), Shift(WORKDAYS, time(12, 30), time(17)))
NIGHTS = (Shift(ALL_WEEK, time(22), time(6)),)
STOCKHOLM, NEW_YORK, KOLKATA, LORD_HOWE = "Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def person(shifts: tuple[Shift, ...] = OFFICE, zone: str = STOCKHOLM, name: str = "ada", **more: object) -> Agent:
    own: dict[str, object] = {"ids": {"zendesk": f"1{name}"}, "teams": ("billing",), "time_zone": zone, "shifts": shifts}
    return Agent(name, name.title(), **{**own, **more})  # type: ignore[arg-type]


def roster(*agents: Agent, calendar: str = "", version: int = 1) -> Roster:
    return Roster(agents, (Team("billing", "Billing", channel="#billing", lead="lena", calendar=calendar),), version)


# ------------------------------------------------------------------ one moment


# 2026-03-06 is a Friday; Stockholm is UTC+1 until 29 March 2026, New York UTC-5 until 8 March.
DUE = [
    ("ends within the shift", OFFICE, STOCKHOLM, (), "2026-03-06T10:00", 15, "2026-03-06T10:15", "15 min = Fri 11:15"),
    ("Friday 16:50", OFFICE, STOCKHOLM, (), "2026-03-06T15:50", 15, "2026-03-09T08:05", "15 min + weekend = Mon 09:05"),
    ("Friday 16:45, to the minute", OFFICE, STOCKHOLM, (), "2026-03-06T15:45", 15, "2026-03-06T16:00", "15 min = Fri 17:00"),
    ("lunch", LUNCH, STOCKHOLM, (), "2026-03-06T10:50", 15, "2026-03-06T11:35", "15 min + lunch 12:00\u201312:30 = Fri 12:35"),
    ("begun in the lunch", LUNCH, STOCKHOLM, (), "2026-03-06T11:10", 15, "2026-03-06T11:45",
     "15 min + lunch 12:10\u201312:30 = Fri 12:45"),
    ("lunch and weekend", LUNCH, STOCKHOLM, (), "2026-03-06T10:50", 300, "2026-03-09T08:20",
     "5 h + lunch 12:00\u201312:30 + weekend = Mon 09:20"),
    ("two lunches", LUNCH, STOCKHOLM, (), "2026-03-05T10:00", 600, "2026-03-06T13:00", "10 h + 2 breaks + night = Fri 14:00"),
    ("a day off", OFFICE, STOCKHOLM, (Absence(date(2026, 3, 9), date(2026, 3, 10), "ill"),), "2026-03-06T15:50", 15,
     "2026-03-11T08:05", "15 min + 2 days off = Wed 09:05"),
    ("off shift", OFFICE, STOCKHOLM, (), "2026-03-06T20:00", 60, "2026-03-09T09:00", "1 h + weekend = Mon 10:00"),
    # The night of 28 to 29 March is an hour shorter in Stockholm, that of 24 to 25 October an hour longer.
    ("a short night", NIGHTS, STOCKHOLM, (), "2026-03-28T21:00", 7 * 60, "2026-03-29T04:00", "7 h = Sun 06:00"),
    ("and the next", NIGHTS, STOCKHOLM, (), "2026-03-28T22:00", 7 * 60, "2026-03-29T21:00",
     "7 h + break 06:00\u201322:00 = Sun 23:00"),
    ("a long night", NIGHTS, STOCKHOLM, (), "2026-10-24T20:00", 9 * 60, "2026-10-25T05:00", "9 h = Sun 06:00"),
    ("a short night in New York", NIGHTS, NEW_YORK, (), "2026-03-08T03:00", 7 * 60, "2026-03-08T10:00", "7 h = Sun 06:00"),
    ("a long night in New York", NIGHTS, NEW_YORK, (), "2026-11-01T02:00", 9 * 60, "2026-11-01T11:00", "9 h = Sun 06:00"),
    ("a zone of half hours", OFFICE, KOLKATA, (), "2026-03-06T11:20", 15, "2026-03-09T03:35", "15 min + weekend = Mon 09:05"),
    # Lord Howe goes back by half an hour on 5 April 2026 and forward on 4 October.
    ("half an hour longer", NIGHTS, LORD_HOWE, (), "2026-04-04T11:00", 510, "2026-04-04T19:30", "8 h 30 min = Sun 06:00"),
    ("half an hour shorter", NIGHTS, LORD_HOWE, (), "2026-10-03T11:30", 450, "2026-10-03T19:00", "7 h 30 min = Sun 06:00"),
    ("always on", (), STOCKHOLM, (), "2026-03-07T01:00", 15, "2026-03-07T01:15", "15 min = Sat 02:15"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("shifts", "zone", "absences", "start", "span", "expected", "words"), [r[1:] for r in DUE], ids=[r[0] for r in DUE]
)
def test_a_person_s_time(
    shifts: tuple[Shift, ...], zone: str, absences: tuple[Absence, ...], start: str, span: int, expected: str, words: str
) -> None:
    ada = person(shifts, zone, absences=absences)
    hours = hours_of(ClockKind.PERSON, "ada", "billing", roster(ada), Counting(), Path("p", ()))
    found = due(hours, at(start), span * MINUTE)
    assert (found.at, found.words) == (at(expected), f"{words} {zone}")


CALENDARS = {"office": Calendar("office", STOCKHOLM, LUNCH, (date(2026, 3, 9),)), "us": Calendar("us", NEW_YORK, OFFICE)}
FRIDAY = at("2026-03-06T15:50")
KINDS = [
    ("always", ClockKind.ALWAYS, {}, "15 min = Fri 17:05 Europe/Stockholm"),
    ("the team's", ClockKind.TEAM, {"calendar": "us"}, "15 min = Fri 11:05 America/New_York"),
    ("the playbook's for a team without", ClockKind.TEAM, {"usual": "office"}, "15 min + holiday = Tue 09:05 Europe/Stockholm"),
    ("none at all", ClockKind.TEAM, {}, "15 min round the clock (team billing has no calendar) = Fri 17:05 Europe/Stockholm"),
    ("a stranger's", ClockKind.PERSON, {"who": "Zed"}, "15 min round the clock (Zed is not on the roster) = Fri 16:05 UTC"),
    ("too severe", ClockKind.PERSON, {"severity": "critical"},
     "15 min round the clock (severity critical) = Fri 17:05 Europe/Stockholm"),
    ("not severe enough", ClockKind.PERSON, {"severity": "normal"}, "15 min + weekend = Mon 09:05 Europe/Stockholm"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "more", "words"), [row[1:] for row in KINDS], ids=[row[0] for row in KINDS])
def test_whose_time_counts(kind: ClockKind, more: Mapping[str, str], words: str) -> None:
    counting = Counting(CALENDARS, more.get("usual", ""), Severity(more.get("severity", "high")), Status.OPEN)
    path = Path("p", (), override=Severity.CRITICAL)
    staff = roster(person(), calendar=more.get("calendar", ""))
    assert due(hours_of(kind, more.get("who", "ada"), "billing", staff, counting, path), FRIDAY, 15 * MINUTE).words == words


@pytest.mark.parametrize(
    "agent", [person((Shift((), time(9), time(17)),)), person(zone="Mars/Base")], ids=["no hours", "no zone"]
)
def test_hours_without_any_time_count_as_every_hour(agent: Agent) -> None:
    hours = hours_of(ClockKind.PERSON, "ada", "", roster(agent), Counting(), Path("p", ()))
    found = due(hours, FRIDAY, 15 * MINUTE)
    assert found.at == FRIDAY + 15 * MINUTE and found.words.startswith("15 min round the clock (")


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(st.data(), minutes.CHANGE, minutes.ZONE, minutes.SHIFTS, minutes.NEAR, st.integers(1, 900))
def test_the_moment_is_that_of_counting_minutes(
    data: st.DataObject, change: str, zone: str, shifts: tuple[Shift, ...], start: int, span: int
) -> None:
    """Against a reference that looks at the clock on the wall in every minute, over clock changes in three zones."""
    ada = person(shifts, zone, absences=data.draw(minutes.absences(change)))
    worked, seen, left, minute = minutes.minutes_of(ada, change), minutes.weeks(change, zone), span, start
    while left and minute < len(worked):
        left, minute = left - worked[minute], minute + 1
    hours = hours_of(ClockKind.PERSON, "ada", "", roster(ada), Counting(), Path("p", ()))
    found = due(hours, seen.at(start), span * MINUTE)
    if left:
        assert found.at >= seen.at(len(worked)) or "round the clock" in found.words
    else:
        assert found.at == seen.at(minute)


# ------------------------------------------------------------------ a handoff's life

NOBODY = Route("billing", "billing", (), "nobody")


def desk(staff: Roster, *, severity: str = "high", status: Status = Status.OPEN, path: Path | None = None) -> Desk:
    def choose(level: Level, exclude: Mapping[str, str]) -> Route:
        SEEN.append(level)
        seen = (Candidate(a.id, a.name, 1.0, excluded=exclude.get(a.id, "")) for a in staff.agents)
        return replace(NOBODY, candidates=tuple(c for c in seen if not c.excluded))

    return Desk(staff, choose, path, 2, Counting(CALENDARS, "", Severity(severity), status))


SEEN: list[Level] = []


class Life:
    """A handoff that is played on, whose timers come due as rows do: oldest first, each once, known by their keys."""

    def __init__(self, path: Path, start: datetime, made: Desk) -> None:
        self.handoff = Handoff("h1", "e1", "zendesk", "7", 1, State.OFFERED, path, "billing", "billing", "Sam")
        self.timers: dict[str, Timer] = {}
        self.fired: set[str] = set()
        self.said: list[tuple[datetime, str, str]] = []
        self.step(Start(), start, made)

    def step(self, event: Event, now: datetime, made: Desk) -> Step:
        step = advance(self.handoff, event, now, made)
        assert not step.refused
        assert not {t.key for t in step.timers} & (self.timers.keys() | self.fired), "a key counts once"
        self.timers |= {t.key: t for t in step.timers}
        self.handoff = step.handoff
        self.said += [(now, e.kind, e.words) for e in step.entries]
        return step

    def wait(self, until: datetime, made: Desk) -> None:
        while due := [t for t in self.timers.values() if t.due_at <= until]:
            timer = min(due, key=lambda t: (t.due_at, t.key))
            self.fired.add(timer.key)
            del self.timers[timer.key]
            self.step(Fired(timer.kind, timer.offer_id, timer.key), timer.due_at, made)

    def heard(self, *kinds: str) -> list[tuple[datetime, str]]:
        return [(when, kind) for when, kind, _ in self.said if kind in kinds]


def path(level: Level | None = None, **more: object) -> Path:
    own: dict[str, object] = {"reply_clock": ClockKind.PERSON, "override": Severity.CRITICAL}
    return Path("default", (level or Level("one", clock=ClockKind.PERSON, most_offers=1),), **{**own, **more})  # type: ignore[arg-type]


ADA = roster(person())


def test_an_offer_is_reminded_and_ends_in_its_person_s_time() -> None:
    life, made = Life(path(), FRIDAY, desk(ADA)), desk(ADA)
    (offer,) = life.handoff.offers
    assert words_for(life.handoff, offer, ADA) == (
        "Ready for me to assign it to you? Waiting until Mon 09:05 Europe/Stockholm (15 min + weekend)."
    )
    life.wait(at("2026-03-10T00:00"), made)
    assert life.heard("reminded", "expired") == [(at("2026-03-06T16:00"), "reminded"), (at("2026-03-09T08:05"), "expired")]
    assert [words for _, kind, words in life.said if kind in ("reminded", "expired")] == [
        "Ada was reminded, 5 min left",
        "Ada did not answer in 15 min + weekend",
    ]


def test_the_reply_clock_counts_from_the_next_shift_for_somebody_who_is_off() -> None:
    life, made = Life(path(Level("team", Offering.CHANNEL)), FRIDAY, desk(ADA)), desk(ADA)
    life.step(Accept("ada"), at("2026-03-06T20:00"), made)
    assert life.handoff.reply_due == at("2026-03-09T09:00")
    (offer,) = life.handoff.offers
    assert words_for(life.handoff, offer, ADA) == (
        "Ada accepted at 20:00 UTC. First reply due by Mon 10:00 Europe/Stockholm (1 h + weekend)."
    )
    life.wait(at("2026-03-10T00:00"), made)
    assert life.heard("reminded", "taken_back") == [(at("2026-03-09T08:45"), "reminded"), (at("2026-03-09T09:00"), "taken_back")]


def test_a_pause_keeps_what_is_left_to_the_second() -> None:
    life, made, pending = Life(path(), at("2026-03-06T13:00"), desk(ADA)), desk(ADA), desk(ADA, status=Status.PENDING)
    life.step(Accept("ada"), at("2026-03-06T15:00"), made)  # 16:00 there, due at 17:00
    life.step(Recount(at("2026-03-06T15:20:30")), at("2026-03-06T15:21"), pending)
    assert life.handoff.reply_due is None
    (offer,) = life.handoff.offers
    assert words_for(life.handoff, offer, ADA) == (
        "Ada accepted at 15:00 UTC. First reply: paused since Fri 16:20 Europe/Stockholm waiting for the customer, 39 min left."
    )
    life.wait(at("2026-03-08T00:00"), pending)
    assert life.heard("reminded", "taken_back") == [], "what was set for the old moments is of no effect"
    life.step(Recount(at("2026-03-08T10:00")), at("2026-03-08T10:00"), made)  # the customer writes on Sunday
    assert life.handoff.reply_due == at("2026-03-09T08:39:30")
    assert life.handoff.reply and life.handoff.reply.words == (
        "1 h, 20 min of it before the pause: 39 min + weekend = Mon 09:39 Europe/Stockholm"
    )
    life.wait(at("2026-03-10T00:00"), made)
    assert life.heard("reminded", "taken_back") == [
        (at("2026-03-09T08:24:30"), "reminded"),
        (at("2026-03-09T08:39:30"), "taken_back"),
    ]


def test_pauses_add_up_and_a_late_one_does_not_undo_a_deadline() -> None:
    life, made, pending = Life(path(reply_clock=ClockKind.ALWAYS), FRIDAY, desk(ADA)), desk(ADA), desk(ADA, status=Status.PENDING)
    life.step(Accept("ada"), FRIDAY, made)
    for n, which in enumerate((pending, made, pending, made)):  # ten minutes run, ten stand still, twice
        when = FRIDAY + (n + 1) * 10 * MINUTE
        life.step(Recount(when), when, which)
    assert life.handoff.reply_due == FRIDAY + 80 * MINUTE
    life.step(Recount(FRIDAY + 80 * MINUTE), FRIDAY + 80 * MINUTE, pending)
    life.wait(FRIDAY + 81 * MINUTE, pending)
    assert life.heard("taken_back") == [(FRIDAY + 80 * MINUTE, "taken_back")]


def test_what_is_accepted_while_the_customer_is_asked_waits_for_the_answer() -> None:
    life, pending = Life(path(), FRIDAY, desk(ADA)), desk(ADA, status=Status.PENDING)
    step = life.step(Accept("ada"), FRIDAY, pending)
    assert (life.handoff.reply_due, step.timers) == (None, ())
    life.step(Recount(at("2026-03-09T10:00")), at("2026-03-09T10:00"), desk(ADA))
    assert life.handoff.reply_due == at("2026-03-09T11:00")


@pytest.mark.parametrize(
    ("pauses", "status", "stands"),
    [
        ((Status.PENDING,), Status.ON_HOLD, False),
        ((Status.PENDING, Status.ON_HOLD), Status.ON_HOLD, True),
        ((), Status.PENDING, False),
    ],
)
def test_what_pauses_is_said_by_the_path(pauses: tuple[Status, ...], status: Status, stands: bool) -> None:
    life = Life(path(pauses=pauses), FRIDAY, desk(ADA))
    life.step(Accept("ada"), FRIDAY, desk(ADA, status=status))
    assert (life.handoff.reply_due is None) == stands


def test_a_critical_one_counts_every_hour_does_not_pause_and_passes_quiet_hours() -> None:
    SEEN.clear()
    made = desk(ADA, severity="critical", status=Status.PENDING)
    life = Life(path(), FRIDAY, made)
    assert life.handoff.offers[0].until == FRIDAY + 15 * MINUTE
    assert [level.quiet for level in SEEN] == [QuietHours.OVERRIDE]
    life.step(Accept("ada"), FRIDAY + MINUTE, made)
    assert life.handoff.reply_due == FRIDAY + 61 * MINUTE


def test_it_becomes_critical_while_somebody_is_asked() -> None:
    """Monday's deadline becomes that of a quarter of an hour, which has passed by then; Monday's timer does nothing."""
    life, critical = Life(path(), FRIDAY, desk(ADA)), desk(ADA, severity="critical")
    later = FRIDAY + 2 * HOUR
    step = life.step(Recount(later), later, critical)
    assert [(a.kind.value, a.data) for a in step.actions] == [("update_alert", {"offer": "h1.1"})]
    life.wait(later, critical)
    assert life.handoff.offers[0].state is OfferState.EXPIRED
    life.wait(at("2026-03-12T00:00"), critical)
    assert len(life.heard("expired")) == 1


MOVES = [
    ("works on", (Shift(WORKDAYS, time(9), time(20)),), [("expired", "2026-03-06T16:05")]),
    ("is off on Monday", OFFICE, [("reminded", "2026-03-06T16:00"), ("expired", "2026-03-10T08:05")]),
]


@pytest.mark.parametrize(("shifts", "wanted"), [row[1:] for row in MOVES], ids=[row[0] for row in MOVES])
def test_another_roster_moves_an_offer(shifts: tuple[Shift, ...], wanted: list[tuple[str, str]]) -> None:
    absences = () if shifts is not OFFICE else (Absence(date(2026, 3, 9), date(2026, 3, 9)),)
    other = roster(person(shifts, absences=absences), version=2)
    life = Life(path(), FRIDAY, desk(ADA))
    assert (life.handoff.roster_version, life.handoff.counts_hours) == (1, True)
    life.step(Recount(FRIDAY), FRIDAY + 11 * MINUTE if shifts is not OFFICE else FRIDAY + MINUTE, desk(other))
    assert life.handoff.roster_version == 2
    life.wait(at("2026-03-12T00:00"), desk(other))
    assert life.heard("reminded", "expired") == [(at(when), kind) for kind, when in wanted]


def test_counting_again_without_a_change_changes_nothing() -> None:
    life = Life(path(), FRIDAY, desk(ADA))
    for event in (Recount(FRIDAY), Accept("ada"), Recount(FRIDAY + MINUTE)):
        before = life.handoff
        step = life.step(event, FRIDAY + MINUTE, desk(ADA))
        assert isinstance(event, Accept) or step == Step(before)


def test_reminders_wait_for_the_end_of_quiet_hours() -> None:
    """Accepted at 21:00 with 12 hours to reply: the reminder of 06:00 comes at 07:00; with the level's word it comes at 06:00."""
    quiet = roster(person((), quiet=Quiet(time(22), time(7))))
    for word, hour in ((QuietHours.RESPECT, 6), (QuietHours.OVERRIDE, 5)):
        way = path(Level("one", quiet=word), first_reply_in=12 * HOUR, remind_reply_before=3 * HOUR)
        life = Life(way, at("2026-03-05T20:00"), desk(quiet))
        life.step(Accept("ada"), at("2026-03-05T20:00"), desk(quiet))
        life.wait(at("2026-03-06T07:30"), desk(quiet))
        assert life.heard("reminded") == [(at(f"2026-03-06T0{hour}:00"), "reminded")]


def test_a_timer_of_before_is_of_no_effect_when_the_deadline_comes_back_to_its_moment() -> None:
    life, made, other = Life(path(), FRIDAY, desk(ADA)), desk(ADA), desk(roster(person((Shift(WORKDAYS, time(9), time(20)),))))
    for which in (other, made, other, made):
        life.step(Recount(FRIDAY), FRIDAY, which)
    assert len([t for t in life.timers.values() if t.kind is TimerKind.OFFER_EXPIRES]) == 5
    life.wait(at("2026-03-12T00:00"), made)
    assert life.heard("reminded", "expired") == [(at("2026-03-06T16:00"), "reminded"), (at("2026-03-09T08:05"), "expired")]


def test_an_end_that_a_person_gave_is_not_counted_again() -> None:
    life = Life(path(), FRIDAY, desk(ADA))
    life.handoff = replace(life.handoff, offers=(replace(life.handoff.offers[0], until=FRIDAY + 9 * HOUR, span=None),))
    assert life.step(Recount(FRIDAY), FRIDAY, desk(ADA, severity="critical")).entries == ()


def test_a_refreshed_path_gives_the_reply_its_own_clock() -> None:
    life = Life(path(), FRIDAY, desk(ADA))
    life.step(Accept("ada"), FRIDAY, desk(ADA))
    life.step(Refresh("boss"), FRIDAY + MINUTE, desk(ADA, path=path(reply_clock=ClockKind.ALWAYS)))
    assert life.handoff.reply_due == FRIDAY + HOUR
    life.wait(FRIDAY + HOUR, desk(ADA))
    assert life.heard("taken_back") == [(FRIDAY + HOUR, "taken_back")]


def test_somebody_off_the_roster_who_takes_it_in_the_helpdesk_has_every_hour() -> None:
    life = Life(path(), FRIDAY, desk(ADA))
    life.step(AssignedInHelpdesk("", "Zed", FRIDAY), FRIDAY + MINUTE, desk(ADA))
    assert life.handoff.reply_due == FRIDAY + HOUR


def test_a_handoff_accepted_by_an_earlier_version_keeps_its_deadline_and_can_be_paused() -> None:
    life = Life(path(reply_clock=ClockKind.ALWAYS), FRIDAY, desk(ADA))
    life.step(Accept("ada"), FRIDAY, desk(ADA))
    kept = plain(life.handoff)
    for name in ("reply", "roster_version"):
        del kept[name]
    for name in ("reply_clock", "pauses", "override"):
        del kept["path"][name]
    for name in ("clock", "span", "words", "mark"):
        del kept["offers"][0][name]
    life.handoff = build(Handoff, kept)
    assert life.handoff.reply_due == FRIDAY + HOUR
    life.step(Recount(FRIDAY + 20 * MINUTE), FRIDAY + 20 * MINUTE, desk(ADA, status=Status.PENDING))
    life.step(Recount(FRIDAY + 50 * MINUTE), FRIDAY + 50 * MINUTE, desk(ADA))
    life.wait(FRIDAY + 3 * HOUR, desk(ADA))
    assert life.heard("taken_back") == [(FRIDAY + 90 * MINUTE, "taken_back")]


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.data(), minutes.CHANGE, minutes.ZONE, minutes.SHIFTS, minutes.NEAR, st.lists(st.integers(1, 300), max_size=6))
def test_a_reply_with_pauses_is_due_in_the_minute_of_counting(
    data: st.DataObject, change: str, zone: str, shifts: tuple[Shift, ...], start: int, waits: list[int]
) -> None:
    """Pauses anywhere, over clock changes: minutes count that are worked and not paused; the timer fires in that minute, once."""
    ada = person(shifts, zone)
    worked, seen = minutes.minutes_of(ada, change), minutes.weeks(change, zone)
    span = data.draw(st.integers(1, 400))
    way, staff = path(Level("team", Offering.CHANNEL), first_reply_in=span * MINUTE), roster(ada)
    life = Life(way, seen.at(start), desk(staff))
    life.step(Accept("ada"), seen.at(start), desk(staff))
    left, minute, paused, reached = span, start, False, -1
    for length in waits:
        for _ in range(length):
            left, minute = left - (worked[minute] if not paused else 0), minute + 1
            reached = minute if not left and reached < 0 else reached
        status = Status.PENDING if paused else Status.OPEN
        life.wait(seen.at(minute), desk(staff, status=status))
        if life.handoff.state is not State.ACCEPTED:
            break
        paused = not paused
        life.step(Recount(seen.at(minute)), seen.at(minute), desk(staff, status=Status.PENDING if paused else Status.OPEN))
    if reached < 0 and not paused:
        while left and minute < len(worked):
            left, minute = left - worked[minute], minute + 1
        reached = minute if not left else -1
    life.wait(seen.at(len(worked)), desk(staff, status=Status.PENDING if paused else Status.OPEN))
    assert [when for when, _ in life.heard("taken_back")][:1] == ([seen.at(reached)] if reached >= 0 else [])


def test_an_offer_round_the_clock_costs_next_to_nothing() -> None:
    """A hundred thousand a second is 0.01 ms; the bound has room for a busy machine."""
    staff, way = roster(*(person(name=f"a{n}") for n in range(40))), path()
    best = min(_cost(staff, way) for _ in range(5))
    assert best < 0.0001


def _cost(staff: Roster, way: Path) -> float:
    began = thread_time()
    for _ in range(200):
        due(hours_of(ClockKind.ALWAYS, "a20", "billing", staff, Counting(), way), FRIDAY, 15 * MINUTE)
    return (thread_time() - began) / 200
