"""Working hours: who is on shift now, who is next, and when business-hours deadlines fall (domain.md §2, §3, §4).

Everything is worked out in the zone a shift is written in and returned in UTC, so days with a clock change come out right:
a shift of 22:00 to 06:00 is an hour shorter or longer on such a night, and a deadline is never lost in the missing hour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from escalation.roster import ALL_WEEK, Absence, Agent, Shift

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_MANY = {"night": "nights", "weekend": "weekends", "day off": "days off", "break": "breaks", "holiday": "holidays"}
_ALWAYS = (Shift(ALL_WEEK, time(0), time(0)),)
_DAY = timedelta(days=1)
_NOON = range(11, 14)  # a short break that begins in these hours is lunch
_LONGEST_LUNCH = timedelta(hours=2)
_YEAR_AHEAD = 400  # days looked ahead for somebody's next shift; a longer absence counts as "not coming back"
_TEN_YEARS = 3653  # days looked ahead for a deadline; reached only by shifts that hold no working time

Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline in UTC, and how it came about in words: "15 min + weekend = Mon 09:12" (local time of the shifts)."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Business hours: several periods a day in one time zone; whole local days of ``holidays`` are off."""

    id: str
    time_zone: str
    shifts: tuple[Shift, ...]
    holidays: tuple[date, ...] = ()


def is_on(agent: Agent, now: datetime) -> tuple[bool, str]:
    """Whether the agent works at ``now`` (aware), and why not: "off shift until Mon 09:00 Europe/Berlin"."""
    zone = _zone(agent.time_zone)
    if zone is None:
        return False, f"time zone {agent.time_zone!r} is unknown: correct it in the roster"
    absence = _absence(agent.absences, now.astimezone(zone).date())
    if absence:
        return False, _absent_words(absence, agent, now)
    start = next_on(agent, now)
    if start is None:
        return False, "off shift, and no shift in the coming year"
    if start > now:
        return False, f"off shift until {stamp(start, now, zone)} {zone.key}"
    return True, "on shift" if agent.shifts else "always on"


def next_on(agent: Agent, now: datetime) -> datetime | None:
    """The first moment from ``now`` on (UTC) at which the agent works: ``now`` itself while on; None if not in a year."""
    zone = _zone(agent.time_zone)
    if zone is None:
        return None
    periods = _periods(agent.shifts, zone, now, _YEAR_AHEAD, agent.absences)
    return next((start for start, _ in periods), None)


def stretches(agent: Agent, since: datetime, until: datetime) -> Iterator[Period]:
    """When the agent works between two moments (aware): stretches in UTC, in order; none in an unknown zone."""
    zone = _zone(agent.time_zone)
    if zone is None:
        return
    for opens, closes in _periods(agent.shifts, zone, since, (until - since).days + 3, agent.absences):
        if opens >= until:
            return
        yield opens, min(closes, until)


def is_absent(agent: Agent, now: datetime) -> bool:
    """Whether one of the agent's absences covers the day it is for them."""
    zone = _zone(agent.time_zone)
    return zone is not None and _absence(agent.absences, now.astimezone(zone).date()) is not None


def is_quiet(agent: Agent, now: datetime) -> bool:
    """Whether ``now`` (aware) lies in the agent's quiet hours; they begin and end at local times."""
    return quiet_until(agent, now) is not None


def quiet_until(agent: Agent, now: datetime) -> datetime | None:
    """The end (UTC) of the quiet hours in which ``now`` (aware) lies, None outside of them."""
    zone = _zone(agent.time_zone)
    if agent.quiet is None or zone is None:
        return None
    nightly = (Shift(ALL_WEEK, agent.quiet.start, agent.quiet.end),)
    until = now.astimezone(UTC)
    for opens, closes in _periods(nightly, zone, now, 3):
        if opens > until:
            break
        until = closes  # two may touch where an hour is left out
    return until if until > now else None


def due(start: datetime, minutes: float, shifts: Iterable[Shift], zone: str) -> Due:
    """The moment at which ``minutes`` of working time have passed since ``start`` (aware); no shifts: round the clock.

    Never before ``start``, and later for more minutes. Raises ValueError for an unknown zone or shifts without any time.
    """
    return due_in(Calendar("", zone, tuple(shifts)), start, timedelta(minutes=max(minutes, 0)))


def due_in(calendar: Calendar, start: datetime, span: timedelta) -> Due:
    """The moment at which ``span`` of business time has passed since ``start`` (aware), with how it came about in words.

    Raises ValueError for an unknown zone or a calendar without any time.
    """
    return _due(start, span, _place(calendar), calendar.shifts or _ALWAYS, _off(calendar))


def due_for(agent: Agent, start: datetime, span: timedelta) -> Due:
    """The same in an agent's own shifts, without their absences; ValueError for an unknown zone or shifts without any time."""
    place = _place(Calendar(agent.id, agent.time_zone, ()))
    return _due(start, span, place, agent.shifts or _ALWAYS, agent.absences, "day off")


def _due(
    start: datetime, span: timedelta, place: ZoneInfo, shifts: tuple[Shift, ...], off: tuple[Absence, ...], free: str = "holiday"
) -> Due:
    left, reached = max(span, timedelta(0)), start.astimezone(UTC)
    found: Counter[str] = Counter()
    breaks: list[Period] = []
    for opens, closes in _periods(shifts, place, start, _TEN_YEARS, off):
        if opens > reached:
            name, count = _gap(reached, opens, place, shifts, off, free)
            found[name] += count
            breaks += [(reached, opens)] if name == "break" else []
        if closes - opens >= left:
            told = [_break(*breaks[0], place) if word == "break" else word for word in counted(found)]
            return Due(opens + left, f"{' + '.join([in_hours(span), *told])} = {stamp(opens + left, start, place)}")
        left, reached = left - (closes - opens), closes
    raise ValueError("these shifts hold too little working time for a deadline")


def _break(start: datetime, end: datetime, place: ZoneInfo) -> str:
    """One break as people call it: "lunch 12:00\u201312:30"."""
    first, last = start.astimezone(place), end.astimezone(place)
    name = "lunch" if first.hour in _NOON and end - start <= _LONGEST_LUNCH else "break"
    return f"{name} {first:%H:%M}\u2013{last:%H:%M}"


def worked(calendar: Calendar, since: datetime, until: datetime) -> timedelta:
    """The business time between two moments (aware), nothing when the second is not later; ValueError for an unknown zone."""
    place = _place(calendar)
    days = (until - since).days + 3  # a day more at each end, for zones and night shifts
    total = timedelta(0)
    for opens, closes in _periods(calendar.shifts or _ALWAYS, place, since, days, _off(calendar)) if until > since else ():
        if opens >= until:
            break
        total += min(closes, until) - opens
    return total


def worked_by(agent: Agent, since: datetime, until: datetime) -> timedelta:
    """The time the agent works between two moments (aware); none in an unknown zone or when the second is not later."""
    return sum((closes - opens for opens, closes in stretches(agent, since, until)), timedelta(0))


def gaps(calendar: Calendar, since: datetime, until: datetime) -> Counter[str]:
    """What lies between the working periods of a stretch of time, as a colleague counts it: {"night": 2, "weekend": 1}."""
    place, reached, found = _place(calendar), since.astimezone(UTC), Counter[str]()
    shifts, days = calendar.shifts or _ALWAYS, (until - since).days + 3
    for opens, closes in _periods(shifts, place, since, days, _off(calendar)) if until > since else ():
        if opens >= until:
            break
        if opens > reached:
            name, count = _gap(reached, opens, place, shifts, _off(calendar))
            found[name] += count
        reached = closes
    return found


def counted(gaps: Counter[str]) -> list[str]:
    """Such gaps in words: "night", "2 weekends"."""
    return [name if n == 1 else f"{n} {_MANY[name]}" for name, n in gaps.items()]


def in_hours(span: timedelta) -> str:
    """Business time in words; in hours however long it is, for nobody works days of 24: "30 h 15 min"."""
    hours, rest = divmod(int(max(span, timedelta(0)) // timedelta(minutes=1)), 60)
    return " ".join(word for word in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if word)


def _place(calendar: Calendar) -> ZoneInfo:
    place = _zone(calendar.time_zone)
    if place is None:
        raise ValueError(f"time zone {calendar.time_zone!r} is unknown")
    return place


def _off(calendar: Calendar) -> tuple[Absence, ...]:
    return tuple(Absence(day, day, "holiday") for day in calendar.holidays)


def duration(delta: timedelta) -> str:
    """A length of time in words, the two largest units at most: "2 h 10 min", "3 d 4 h", "under a minute"."""
    minutes = int(abs(delta).total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours and days < 14 else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min" if rest else "under a minute"


def stamp(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """A moment as a colleague would say it in ``zone``: "Mon 09:00", with the date when it is not within six days."""
    there, here = at.astimezone(zone), now.astimezone(zone)
    near = abs(there.date() - here.date()) <= 6 * _DAY
    dated = "" if near else f" {day_words(there.date(), here.date())}"
    return f"{WEEKDAYS[there.weekday()]}{dated} {there:%H:%M}"


def day_words(day: date, today: date) -> str:
    """A date without doubt: "3 Dec", with the year when it is not this one."""
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day.day} {MONTHS[day.month - 1]}{year}"


def _zone(name: str) -> ZoneInfo | None:
    # OSError: zoneinfo opens "America" or "" as if they were files (https://github.com/python/cpython/issues/85702).
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _periods(
    shifts: Iterable[Shift], zone: ZoneInfo, since: datetime, days: int, absences: tuple[Absence, ...] = ()
) -> Iterator[Period]:
    """Working periods from ``since`` on, in UTC, in order, without overlap; a running one starts at ``since``."""
    reached = since.astimezone(UTC)
    # Yesterday's night shift may still run; that of the day before where a day was left out (Samoa, 30 December 2011).
    first = since.astimezone(zone).date() - 2 * _DAY
    weekly = tuple(shifts) or _ALWAYS
    near = tuple(a for a in absences if a.last >= first and a.first <= first + (days + 2) * _DAY)  # years of holidays are many
    for day in (first + n * _DAY for n in range(days + 2)):
        # In UTC order: on the night an hour is left out, 02:45 (which is 03:45 then) comes after 03:00.
        for opens, closes in sorted(_on_day(shift, day, zone, near) for shift in weekly if day.weekday() in shift.days):
            opens = max(opens, reached)
            if opens < closes:
                yield opens, closes
                reached = closes


def _on_day(shift: Shift, day: date, zone: ZoneInfo, absences: tuple[Absence, ...]) -> Period:
    """The shift that begins on ``day``, in UTC. One that begins on an absent day is empty, one running into it ends there."""
    over_midnight = shift.end <= shift.start
    last = day + _DAY if over_midnight else day
    opens, closes = _utc(day, shift.start, zone), _utc(last, shift.end, zone)
    if not absences:
        return opens, closes
    if _absence(absences, day):
        return opens, opens
    return opens, min(closes, _utc(last, time(0), zone)) if over_midnight and _absence(absences, last) else closes


def _utc(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _absence(absences: tuple[Absence, ...], day: date) -> Absence | None:
    """The absence that covers ``day``, lengthened by those that follow without a day between."""
    found = next((a for a in absences if a.first <= day <= a.last), None)
    if found is None:
        return None
    longer = _absence(absences, found.last + _DAY)
    return Absence(found.first, longer.last, found.reason or longer.reason) if longer else found


def _absent_words(absence: Absence, agent: Agent, now: datetime) -> str:
    reason = f" ({absence.reason})" if absence.reason else ""
    deputy = f", deputy {agent.deputy}" if agent.deputy else ""
    return f"absent until {day_words(absence.last, now.date())}{reason}{deputy}"


def _gap(
    start: datetime, end: datetime, zone: ZoneInfo, shifts: tuple[Shift, ...], absent: tuple[Absence, ...], free: str = "holiday"
) -> tuple[str, int]:
    """What a colleague calls the time between two working periods, and how many of it: ("weekend", 1), ("day off", 2)."""
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    worked = {day for shift in shifts for day in shift.days}
    days = [first + n * _DAY for n in range((last - first).days + 1)]
    missed = sum(any(a.first <= d <= a.last for a in absent) for d in days)
    if missed:
        return free, missed
    off = [d for d in days if d.weekday() not in worked]
    if off and len(off) <= 3 and any(d.weekday() >= 5 for d in off):
        return "weekend", 1
    if off:
        return "day off", len(off)
    return ("night", 1) if last > first else ("break", 1)
