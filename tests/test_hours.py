"""Working hours: shifts in their own zones, absences, clock changes, and deadlines with their explanation."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from escalation.hours import (
    Calendar,
    due,
    due_in,
    duration,
    is_absent,
    is_on,
    is_quiet,
    next_on,
    quiet_until,
    stretches,
    worked,
)
from escalation.roster import ALL_WEEK, Absence, Agent, Quiet, Shift
from tests import minutes

WORKDAYS = (0, 1, 2, 3, 4)
OFFICE = (Shift(WORKDAYS, time(9), time(17)),)
SPLIT = (Shift(WORKDAYS, time(9), time(12)), Shift(WORKDAYS, time(13), time(17)))
NIGHTS = (Shift(WORKDAYS, time(22), time(6)),)
BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def agent(shifts: tuple[Shift, ...] = OFFICE, zone: str = BERLIN, *absences: Absence, deputy: str = "") -> Agent:
    return Agent("ada", "Ada", time_zone=zone, shifts=shifts, absences=absences, deputy=deputy)


HOLIDAY = Absence(date(2025, 12, 1), date(2025, 12, 3), "holiday")


# 2025-11-24 is a Monday; Berlin is UTC+1 in winter, UTC+2 in summer.
@pytest.mark.parametrize(
    ("who", "now", "on", "words"),
    [
        (agent(), "2025-11-24T08:00", True, "on shift"),  # 09:00 there: the first minute counts
        (agent(), "2025-11-24T15:59", True, "on shift"),
        (agent(), "2025-11-24T16:00", False, "off shift until Tue 09:00 Europe/Berlin"),  # 17:00 there: over
        (agent(), "2025-11-24T07:59", False, "off shift until Mon 09:00 Europe/Berlin"),
        (agent(), "2025-11-21T16:30", False, "off shift until Mon 09:00 Europe/Berlin"),  # Friday evening
        (agent(zone="America/New_York"), "2025-11-24T08:00", False, "off shift until Mon 09:00 America/New_York"),
        (agent(zone="America/New_York"), "2025-11-24T14:00", True, "on shift"),
        (agent(SPLIT), "2025-11-24T11:30", False, "off shift until Mon 13:00 Europe/Berlin"),  # the lunch break
        (agent(SPLIT), "2025-11-24T12:00", True, "on shift"),
        (agent(NIGHTS), "2025-11-24T23:30", True, "on shift"),  # 00:30 on Tuesday, shift of Monday
        (agent(NIGHTS), "2025-11-29T04:59", True, "on shift"),  # Saturday morning, shift of Friday
        (agent(NIGHTS), "2025-11-24T04:00", False, "off shift until Mon 22:00 Europe/Berlin"),  # no shift on Sunday
        (agent(()), "2025-11-23T03:00", True, "always on"),
        (agent((Shift(ALL_WEEK, time(8), time(8)),)), "2025-11-23T07:00", True, "on shift"),  # start = end: 24 hours
        (agent((Shift((), time(9), time(17)),)), "2025-11-24T10:00", False, "off shift, and no shift in the coming year"),
        (agent((Shift((2,), time(9), time(17)),)), "2025-11-26T18:00", False, "off shift until Wed 3 Dec 09:00 Europe/Berlin"),
        (agent(OFFICE, BERLIN, HOLIDAY), "2025-12-02T10:00", False, "absent until 3 Dec (holiday)"),
        (agent(OFFICE, BERLIN, HOLIDAY, deputy="bo"), "2025-12-03T22:59", False, "absent until 3 Dec (holiday), deputy bo"),
        (agent(OFFICE, BERLIN, HOLIDAY), "2025-12-03T23:01", False, "off shift until Thu 09:00 Europe/Berlin"),
        (agent(OFFICE, BERLIN, HOLIDAY), "2025-11-30T10:00", False, "off shift until Thu 09:00 Europe/Berlin"),
        (agent((), BERLIN, HOLIDAY), "2025-11-30T22:59", True, "always on"),
        (agent((), BERLIN, HOLIDAY), "2025-11-30T23:00", False, "absent until 3 Dec (holiday)"),
        (agent((), BERLIN, Absence(date(2025, 12, 30), date(2026, 1, 2))), "2025-12-31T10:00", False, "absent until 2 Jan 2026"),
        (agent(OFFICE, "Mars/Base"), "2025-11-24T10:00", False, "time zone 'Mars/Base' is unknown: correct it in the roster"),
        (agent(OFFICE, ""), "2025-11-24T10:00", False, "time zone '' is unknown: correct it in the roster"),
        (agent(OFFICE, "America"), "2025-11-24T10:00", False, "time zone 'America' is unknown: correct it in the roster"),
    ],
)
def test_is_on_and_why_not(who: Agent, now: str, on: bool, words: str) -> None:
    assert is_on(who, at(now)) == (on, words)


def test_absences_that_follow_each_other_read_as_one() -> None:
    who = agent((), BERLIN, HOLIDAY, Absence(date(2025, 12, 4), date(2025, 12, 5), "training"))
    assert is_on(who, at("2025-12-01T10:00"))[1] == "absent until 5 Dec (holiday)"
    assert next_on(who, at("2025-12-01T10:00")) == at("2025-12-05T23:00")


@pytest.mark.parametrize(
    ("absent_on", "now", "on"),
    [
        (date(2025, 11, 25), "2025-11-25T04:00", False),  # an absent day, though Monday's night shift would run on
        (date(2025, 11, 25), "2025-11-24T22:30", True),  # 23:30 on Monday: not absent yet
        (date(2025, 11, 25), "2025-11-26T04:00", False),  # the night shift of the absent day never began
        (date(2025, 11, 25), "2025-11-26T21:00", True),
    ],
)
def test_a_night_shift_beside_an_absent_day(absent_on: date, now: str, on: bool) -> None:
    assert is_on(agent(NIGHTS, BERLIN, Absence(absent_on, absent_on)), at(now))[0] is on


@pytest.mark.parametrize(
    ("shifts", "zone", "now", "expected"),
    [
        (OFFICE, BERLIN, "2025-11-24T10:00", "2025-11-24T10:00"),  # on now
        (OFFICE, BERLIN, "2025-11-24T07:00", "2025-11-24T08:00"),
        (OFFICE, BERLIN, "2025-03-28T17:00", "2025-03-31T07:00"),  # over the clock change: 09:00 is 07:00 UTC from then on
        (OFFICE, "Asia/Kolkata", "2025-11-24T00:00", "2025-11-24T03:30"),  # half-hour zones
        ((Shift(ALL_WEEK, time(2, 30), time(5)),), BERLIN, "2025-03-30T00:00", "2025-03-30T01:30"),  # 02:30 does not exist
        ((Shift(ALL_WEEK, time(2, 30), time(5)),), BERLIN, "2025-10-26T00:00", "2025-10-26T00:30"),  # twice: the first counts
    ],
)
def test_next_on(shifts: tuple[Shift, ...], zone: str, now: str, expected: str) -> None:
    assert next_on(agent(shifts, zone), at(now)) == at(expected)


def test_nobody_comes_back_from_an_endless_absence_or_an_unknown_zone() -> None:
    assert next_on(agent(OFFICE, BERLIN, Absence(date(2025, 1, 1), date(2099, 1, 1))), at("2025-11-24T10:00")) is None
    assert next_on(agent(OFFICE, "Mars/Base"), at("2025-11-24T10:00")) is None


@pytest.mark.parametrize(
    ("start", "minutes", "shifts", "zone", "expected", "words"),
    [
        ("2025-11-21T15:57", 15, OFFICE, BERLIN, "2025-11-24T08:12", "15 min + weekend = Mon 09:12"),
        ("2025-11-24T10:00", 15, OFFICE, BERLIN, "2025-11-24T10:15", "15 min = Mon 11:15"),
        ("2025-11-24T15:45", 15, OFFICE, BERLIN, "2025-11-24T16:00", "15 min = Mon 17:00"),  # the last minute is enough
        ("2025-11-24T15:45", 60, OFFICE, BERLIN, "2025-11-25T08:45", "1 h + night = Tue 09:45"),
        ("2025-11-24T10:45", 60, SPLIT, BERLIN, "2025-11-24T12:45", "1 h + lunch 12:00\u201313:00 = Mon 13:45"),
        ("2025-11-22T10:00", 15, OFFICE, BERLIN, "2025-11-24T08:15", "15 min + weekend = Mon 09:15"),  # begun on Saturday
        ("2025-11-23T10:00", 15, OFFICE, BERLIN, "2025-11-24T08:15", "15 min + weekend = Mon 09:15"),
        ("2025-11-24T08:00", 40 * 60, OFFICE, BERLIN, "2025-11-28T16:00", "40 h + 4 nights = Fri 17:00"),
        ("2025-11-24T08:00", 41 * 60, OFFICE, BERLIN, "2025-12-01T09:00", "41 h + 4 nights + weekend = Mon 1 Dec 10:00"),
        ("2025-11-25T09:00", 60, (Shift((0,), time(9), time(17)),), BERLIN, "2025-12-01T09:00", "1 h + 6 days off = Mon 10:00"),
        ("2025-11-24T03:00", 90, (), BERLIN, "2025-11-24T04:30", "1 h 30 min = Mon 05:30"),  # no shifts: round the clock
        ("2025-11-23T23:30", 90, (Shift(ALL_WEEK, time(0), time(0)),), "UTC", "2025-11-24T01:00", "1 h 30 min = Mon 01:00"),
        ("2025-11-21T16:00", 0, OFFICE, BERLIN, "2025-11-24T08:00", "0 min + weekend = Mon 09:00"),
    ],
)
def test_due(start: str, minutes: int, shifts: tuple[Shift, ...], zone: str, expected: str, words: str) -> None:
    found = due(at(start), minutes, shifts, zone)
    assert (found.at, found.words) == (at(expected), words)


@pytest.mark.parametrize(
    ("night", "minutes", "expected"),
    [
        ("2025-03-28T21:00", 7 * 60, "2025-03-29T04:00"),  # an ordinary night: 8 hours
        ("2025-03-29T21:00", 7 * 60, "2025-03-30T04:00"),  # the short night: 22:00 to 06:00 are 7 hours
        ("2025-03-29T21:00", 7 * 60 + 1, "2025-03-30T20:01"),  # the 8th hour falls into the next night
        ("2025-10-25T20:00", 9 * 60, "2025-10-26T05:00"),  # the long night: 9 hours
        ("2025-10-25T20:00", 9 * 60 + 1, "2025-10-26T21:01"),
    ],
)
def test_due_on_nights_with_a_clock_change(night: str, minutes: int, expected: str) -> None:
    every_night = (Shift(ALL_WEEK, time(22), time(6)),)
    assert due(at(night), minutes, every_night, BERLIN).at == at(expected)


def test_overlapping_shifts_count_once() -> None:
    overlapping = (Shift(ALL_WEEK, time(9), time(13)), Shift(ALL_WEEK, time(12), time(17)))
    assert due(at("2025-11-24T09:00"), 8 * 60, overlapping, "UTC").at == at("2025-11-24T17:00")


@pytest.mark.parametrize(
    ("shifts", "zone", "words"),
    [((Shift((), time(9), time(17)),), BERLIN, "too little working time"), (OFFICE, "Mars/Base", "'Mars/Base' is unknown")],
)
def test_a_deadline_that_cannot_be_told_is_an_error(shifts: tuple[Shift, ...], zone: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        due(at("2025-11-24T09:00"), 15, shifts, zone)


NIGHT, SIESTA = Quiet(time(22), time(7)), Quiet(time(13), time(15, 30))


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (NIGHT, "2025-11-24T20:59", ""),  # 21:59 in Berlin
        (NIGHT, "2025-11-24T21:00", "2025-11-25T06:00"),
        (NIGHT, "2025-11-25T05:59", "2025-11-25T06:00"),
        (NIGHT, "2025-11-25T06:00", ""),
        (NIGHT, "2025-03-30T00:30", "2025-03-30T05:00"),  # the short night ends at 07:00 too
        (NIGHT, "2025-10-26T00:30", "2025-10-26T06:00"),  # and so does the long one
        (SIESTA, "2025-11-24T12:30", "2025-11-24T14:30"),
        (SIESTA, "2025-11-24T11:59", ""),
        (Quiet(time(20), time(0)), "2025-11-24T22:59", "2025-11-24T23:00"),
        # Where an hour is left out, one night's quiet hours run into the next one's, or those within the hour are nothing.
        (Quiet(time(3, 20), time(2, 52)), "2026-03-28T16:43", "2026-03-30T00:52"),
        (Quiet(time(2, 50), time(3)), "2026-03-28T12:00", ""),
        (None, "2025-11-24T23:00", ""),
    ],
)
def test_quiet_hours(quiet: Quiet | None, now: str, until: str) -> None:
    who = Agent("ada", "Ada", time_zone=BERLIN, quiet=quiet)
    assert quiet_until(who, at(now)) == (at(until) if until else None)
    assert is_quiet(who, at(now)) is bool(until)


def test_absent_is_a_matter_of_the_own_calendar_day() -> None:
    who = agent((), "Asia/Tokyo", HOLIDAY)
    told = [is_absent(who, at(now)) for now in ("2025-11-30T14:59", "2025-11-30T15:00", "2025-12-03T14:59", "2025-12-03T15:00")]
    assert told == [False, True, True, False]


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (timedelta(seconds=30), "under a minute"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=2, minutes=10), "2 h 10 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=3, hours=4, minutes=5), "3 d 4 h"),
        (timedelta(days=40, hours=4), "40 d"),
        (-timedelta(minutes=20), "20 min"),
    ],
)
def test_durations_in_words(delta: timedelta, words: str) -> None:
    assert duration(delta) == words


# ------------------------------------------------------------------ what holds for any shifts, zone and time

ZONES = st.sampled_from(
    ["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Africa/Cairo"]
)
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
DAYS = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))
SHIFTS = st.lists(st.builds(Shift, DAYS, CLOCKS, CLOCKS), min_size=1, max_size=3).map(tuple)
CHANGES = ["2025-03-09", "2025-03-30", "2025-04-06", "2025-10-05", "2025-10-26", "2025-11-02", "2011-12-30", "2025-04-25"]
NEAR_CHANGES = st.builds(lambda day, hours: at(day) + timedelta(hours=hours), st.sampled_from(CHANGES), st.floats(-40, 40))
MOMENTS = NEAR_CHANGES | st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
MINUTES = st.integers(0, 5000)  # together less than ten years of a quarter of an hour a week, which is where `due` gives up


@given(MOMENTS, MINUTES, MINUTES, SHIFTS, ZONES)
def test_more_minutes_are_never_due_earlier(start: datetime, less: int, more: int, shifts: tuple[Shift, ...], zone: str) -> None:
    first, second = (due(start, minutes, shifts, zone).at for minutes in sorted((less, more)))
    assert start <= first <= second


@given(MOMENTS, MOMENTS, MINUTES, SHIFTS, ZONES)
def test_a_later_start_is_never_due_earlier(a: datetime, b: datetime, minutes: int, shifts: tuple[Shift, ...], zone: str) -> None:
    first, second = (due(start, minutes, shifts, zone).at for start in sorted((a, b)))
    assert first <= second


@given(MOMENTS, MINUTES.map(lambda n: n // 2), MINUTES.map(lambda n: n // 2), SHIFTS, ZONES)
def test_two_stretches_are_due_when_their_sum_is(start: datetime, a: int, b: int, shifts: tuple[Shift, ...], zone: str) -> None:
    halfway = due(start, a, shifts, zone).at
    assert due(halfway, b, shifts, zone).at == due(start, a + b, shifts, zone).at or b == 0


def test_a_night_shift_runs_on_over_a_day_that_was_left_out() -> None:
    """Samoa went from 29 to 31 December 2011; found by the test above."""
    nights = (Shift((3,), time(0, 15), time(0, 15)),)
    assert due(at("2011-12-30T10:00"), 15, nights, "Pacific/Apia").at == at("2011-12-30T10:15")


@given(MOMENTS, SHIFTS, ZONES)
def test_somebody_is_on_at_their_next_shift_and_off_until_then(now: datetime, shifts: tuple[Shift, ...], zone: str) -> None:
    who = Agent("ada", "Ada", time_zone=zone, shifts=shifts)
    start = next_on(who, now)
    assert start is not None
    assert is_on(who, start)[0]
    assert is_on(who, now)[0] is (start == now)
    halfway = now + (start - now) / 2
    assert start == now or not is_on(who, halfway)[0]


# ------------------------------------------------------------------ against a reference that looks at every minute

MANY = settings(max_examples=1000, deadline=None)


@pytest.mark.slow
@MANY
@given(minutes.CHANGE, minutes.ZONE, minutes.SHIFTS, minutes.NEAR, st.data())
def test_is_on_as_counted_by_minutes(change: str, zone: str, shifts: tuple[Shift, ...], minute: int, data: st.DataObject) -> None:
    who = Agent("ada", "Ada", time_zone=zone, shifts=shifts, absences=data.draw(minutes.absences(change)))
    open_in, seen = minutes.minutes_of(who, change), minutes.weeks(change, zone)
    hour = range(minute, minute + 60)
    assert [is_on(who, seen.at(n))[0] for n in hour] == [bool(open_in[n]) for n in hour]


@pytest.mark.slow
@MANY
@given(minutes.CHANGE, minutes.ZONE, minutes.SHIFTS, minutes.NEAR, minutes.NEAR, st.data())
def test_stretches_as_counted_by_minutes(
    change: str, zone: str, shifts: tuple[Shift, ...], a: int, b: int, data: st.DataObject
) -> None:
    who = Agent("ada", "Ada", time_zone=zone, shifts=shifts, absences=data.draw(minutes.absences(change)))
    open_in, seen, (start, end) = minutes.minutes_of(who, change), minutes.weeks(change, zone), sorted((a, b))
    found = bytearray(minutes.WINDOW)
    reached = seen.at(start)
    for opens, closes in stretches(who, seen.at(start), seen.at(end)):
        assert reached <= opens < closes <= seen.at(end)
        reached = closes
        minutes.mark(found, (opens - seen.first) // minutes.MINUTE, (closes - seen.first) // minutes.MINUTE)
    assert found[start:end] == open_in[start:end] and not any(found[:start]) and not any(found[end:])


HOLIDAYS = st.sets(st.integers(-5, 5), max_size=3)


def calendar(change: str, zone: str, shifts: tuple[Shift, ...], off: set[int]) -> Calendar:
    days = (datetime.fromisoformat(change).date() + n * minutes.DAY for n in sorted(off))
    return Calendar("c", zone, shifts, tuple(days))


@pytest.mark.slow
@MANY
@given(minutes.CHANGE, minutes.ZONE, minutes.SHIFTS, HOLIDAYS, minutes.NEAR, st.integers(0, 4000))
def test_due_in_as_counted_by_minutes(
    change: str, zone: str, shifts: tuple[Shift, ...], off: set[int], start: int, span: int
) -> None:
    hours, seen = calendar(change, zone, shifts, off), minutes.weeks(change, zone)
    open_in = minutes.worked_minutes(change, zone, shifts, holidays=hours.holidays)
    ahead = [n for n in range(start, minutes.WINDOW) if open_in[n]]
    try:
        found = due_in(hours, seen.at(start), timedelta(minutes=span)).at
    except ValueError:  # shifts of a minute a week, or only such as are left out with the hour they lie in
        assert len(ahead) < max(span, 1)
        return
    if span == 0:
        assert found == seen.at(ahead[0]) if ahead else found >= seen.at(minutes.WINDOW)
    elif span <= len(ahead):
        assert found == seen.at(ahead[span - 1] + 1)
    else:
        assert found > seen.at(minutes.WINDOW)


@pytest.mark.slow
@MANY
@given(minutes.CHANGE, minutes.ZONE, minutes.SHIFTS, HOLIDAYS, minutes.NEAR, minutes.NEAR)
def test_worked_as_counted_by_minutes(change: str, zone: str, shifts: tuple[Shift, ...], off: set[int], a: int, b: int) -> None:
    hours, seen, (start, end) = calendar(change, zone, shifts, off), minutes.weeks(change, zone), sorted((a, b))
    open_in = minutes.worked_minutes(change, zone, shifts, holidays=hours.holidays)
    assert worked(hours, seen.at(start), seen.at(end)) == timedelta(minutes=sum(open_in[start:end]))


@pytest.mark.slow
@MANY
@given(minutes.CHANGE, minutes.ZONE, minutes.CLOCK, minutes.CLOCK, minutes.NEAR)
def test_quiet_as_counted_by_minutes(change: str, zone: str, start: time, end: time, minute: int) -> None:
    assume(start != end)
    who = Agent("ada", "Ada", time_zone=zone, quiet=Quiet(start, end))
    quiet_in = minutes.worked_minutes(change, zone, (Shift(ALL_WEEK, start, end),))
    seen, until = minutes.weeks(change, zone), quiet_until(who, minutes.weeks(change, zone).at(minute))
    assert until == (seen.at(quiet_in.find(0, minute)) if quiet_in[minute] else None)
