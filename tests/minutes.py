"""A slow reference of working hours: it looks at the clock on the wall in every single minute of some weeks.

A time of day is the first minute in which the wall clock shows it; one that is left out when clocks go forward comes as many
minutes after the last one shown as it is later, as on a clock that nobody put forward.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from escalation.roster import Absence, Agent, Shift

STOCKHOLM, NEW_YORK, LORD_HOWE = "Europe/Stockholm", "America/New_York", "Australia/Lord_Howe"
ZONES = (STOCKHOLM, NEW_YORK, LORD_HOWE)
CHANGES = ("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01")  # in these zones, and none near
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WINDOW = 24 * 1440  # minutes kept of each change, from ten days before it on
Stretch = tuple[datetime, datetime]


@dataclass(frozen=True)
class Weeks:
    """Some weeks around a clock change, minute by minute, as one zone sees them."""

    first: datetime
    shown: dict[datetime, int]  # what the wall clock shows → the first minute in which it does
    dates: tuple[date, ...]  # every local date of the weeks, and a few more on both sides

    def minute(self, day: date, clock: time) -> int:
        """The minute in which it is ``clock`` on that day; below 0 or above WINDOW outside of the weeks."""
        wanted, later = datetime.combine(day, clock), 0
        while wanted not in self.shown:
            wanted, later = wanted - MINUTE, later + 1
        return self.shown[wanted] + later

    def at(self, minute: int) -> datetime:
        return self.first + minute * MINUTE

    def local(self, minute: int, zone: str) -> date:
        return self.at(minute).astimezone(ZoneInfo(zone)).date()


@cache
def weeks(change: str, zone: str) -> Weeks:
    """The weeks around ``change`` in ``zone``."""
    first, place = datetime.fromisoformat(change).replace(tzinfo=UTC) - 10 * DAY, ZoneInfo(zone)
    shown: dict[datetime, int] = {}
    for minute in range(-5 * 1440, WINDOW + 5 * 1440):
        shown.setdefault((first + minute * MINUTE).astimezone(place).replace(tzinfo=None), minute)
    dates = tuple(dict.fromkeys(wall.date() for wall in shown))
    return Weeks(first, shown, dates[1:-1])


def worked_minutes(
    change: str, zone: str, shifts: Iterable[Shift], absences: Iterable[Absence] = (), holidays: Iterable[date] = ()
) -> bytearray:
    """A 1 for every minute of the weeks in which somebody with these shifts works."""
    seen, found, off = weeks(change, zone), bytearray(WINDOW), set(holidays)
    off |= {day for day in seen.dates for absence in absences if absence.first <= day <= absence.last}
    for day in (day for day in seen.dates[:-1] if day not in off):
        for shift in shifts:
            if day.weekday() in shift.days:
                over_midnight = shift.end <= shift.start
                last = day + DAY if over_midnight else day
                end = time(0) if over_midnight and last in off else shift.end
                mark(found, seen.minute(day, shift.start), seen.minute(last, end))
    return found


def minutes_of(agent: Agent, change: str) -> bytearray:
    """A 1 for every minute of the weeks in which the agent works."""
    always = (Shift((0, 1, 2, 3, 4, 5, 6), time(0), time(0)),)
    return worked_minutes(change, agent.time_zone, agent.shifts or always, agent.absences)


def mark(found: bytearray, start: int, end: int) -> None:
    start, end = max(start, 0), min(end, len(found))
    if start < end:
        found[start:end] = b"\1" * (end - start)


def any_of(several: Iterable[bytearray]) -> bytearray:
    """A 1 where one of them has a 1."""
    found = 0
    for one in several:
        found |= int.from_bytes(one, "big")
    return bytearray(found.to_bytes(WINDOW, "big"))


def runs(found: bytearray, value: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The longest stretches of minutes from ``start`` to ``end`` that have this value."""
    while (begun := found.find(value, start, end)) >= 0:
        over = found.find(1 - value, begun, end)
        start = over if over >= 0 else end
        yield begun, start


CHANGE = st.sampled_from(CHANGES)
ZONE = st.sampled_from(ZONES)
CLOCK = st.builds(time, st.integers(0, 23), st.integers(0, 59)) | st.builds(time, st.integers(0, 4), st.sampled_from((0, 15, 30)))
DAYS = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))
SHIFTS = st.lists(st.builds(Shift, DAYS, CLOCK, CLOCK), min_size=1, max_size=4).map(tuple)
NEAR = st.integers(8 * 1440, 14 * 1440)  # minutes close to the change, which is in the eleventh day


@st.composite
def absences(draw: st.DrawFn, change: str) -> tuple[Absence, ...]:
    """Up to three absences of one to four days around a clock change."""
    first = datetime.fromisoformat(change).date()
    spans = draw(st.lists(st.tuples(st.integers(-6, 6), st.integers(0, 3)), max_size=3))
    return tuple(Absence(first + start * DAY, first + (start + more) * DAY, "away") for start, more in spans)
