"""When time is up, by the clock that a level or path states: round the clock, in a team's calendar, in a person's shifts.

``due`` says the moment and how it came about in words, ``left`` what is left until then (domain.md §4, clocks per hop).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from escalation.hours import Calendar, Due, due_for, due_in, in_hours, quiet_until, stamp, worked, worked_by
from escalation.playbook import ClockKind, Path, QuietHours, Severity
from escalation.roster import Agent, Roster
from escalation.ticket import Status

_UTC = ZoneInfo("UTC")
_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Counting:
    """What clocks are counted by beside the roster: calendars (``calendar``: that of teams without one), and the ticket now."""

    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    calendar: str = ""
    severity: Severity = Severity.NORMAL
    status: Status = Status.UNKNOWN

    def overrides(self, path: Path) -> bool:
        """Whether it is so severe that every hour counts on this path, nothing pauses and quiet hours do not hold."""
        return path.override is not None and self.severity.rank >= path.override.rank

    def pauses(self, path: Path) -> bool:
        """Whether the clock of the first reply stands still as the ticket stands."""
        return self.status in path.pauses and not self.overrides(path)


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours a clock counts: an agent's, a calendar's, or every one (None); ``why``: the reason, where another is stated."""

    of: Agent | Calendar | None = None
    zone: str = "UTC"  # in which moments are told
    why: str = ""


@dataclass(frozen=True, slots=True)
class ReplyClock:
    """The time to the first reply to the customer. While it stands still, ``due`` and ``since`` are None.

    ``since``: when the stretch that counts now began; ``spent``: what was counted before. ``mark`` ends its timers' keys.
    """

    due: datetime | None
    words: str
    since: datetime | None
    spent: timedelta = _ZERO
    paused_at: datetime | None = None
    remind_at: datetime | None = None
    mark: str = ""


def hours_of(kind: ClockKind, person: str, team: str, roster: Roster, counting: Counting, path: Path) -> Hours:
    """The hours that count for an agent and a team; every one, with the reason, where the severity says so or none are known."""
    agent = roster.agent(person) if person else None
    zone = agent.time_zone if agent else "UTC"
    if kind is ClockKind.ALWAYS:
        return Hours(zone=zone)
    if counting.overrides(path):
        return Hours(zone=zone, why=f"severity {counting.severity}")
    if kind is ClockKind.PERSON:
        return Hours(agent, zone) if agent else Hours(why=f"{person or 'nobody'} is not on the roster")
    own = roster.team(team)
    calendar = counting.calendars.get((own.calendar if own else "") or counting.calendar)
    return Hours(calendar, calendar.time_zone) if calendar else Hours(zone=zone, why=f"team {team or 'none'} has no calendar")


def due(hours: Hours, start: datetime, span: timedelta) -> Due:
    """The moment (UTC) at which ``span`` of these hours has passed since ``start``: "15 min + weekend = Mon 09:12 Europe/Paris".

    Hours that hold no working time at all count as every hour, and the words say so.
    """
    try:
        if isinstance(hours.of, Agent):
            found = due_for(hours.of, start, span)
        elif hours.of is not None:
            found = due_in(hours.of, start, span)
        else:
            return _every_hour(hours, start, span)
    except ValueError as wrong:
        return _every_hour(Hours(why=str(wrong)), start, span)
    return Due(found.at, f"{found.words} {hours.zone}")


def _every_hour(hours: Hours, start: datetime, span: timedelta) -> Due:
    at = start.astimezone(UTC) + max(span, _ZERO)
    why = f" round the clock ({hours.why})" if hours.why else ""
    zone = zone_of(hours)
    return Due(at, f"{in_hours(span)}{why} = {stamp(at, start, zone)} {zone.key}")


def zone_of(hours: Hours) -> ZoneInfo:
    """The zone in which moments are told; UTC where the roster names one that does not exist."""
    try:
        return ZoneInfo(hours.zone)
    except (KeyError, ValueError, OSError):  # see escalation.hours
        return _UTC


def left(hours: Hours, now: datetime, until: datetime) -> timedelta:
    """How much of these hours lies between two moments; nothing when the second is not later."""
    if until <= now:
        return _ZERO
    if isinstance(hours.of, Agent):
        return worked_by(hours.of, now, until)
    return worked(hours.of, now, until) if hours.of is not None else until - now


def reminder(hours: Hours, start: datetime, span: timedelta, agent: Agent | None, quiet: QuietHours) -> datetime:
    """When ``span`` has passed since ``start``; at the end of the agent's quiet hours where these are respected."""
    at = due(hours, start, span).at
    ends = quiet_until(agent, at) if agent and agent.quiet and quiet is QuietHours.RESPECT else None
    return ends or at


def sum_and_moment(words: str) -> tuple[str, str]:
    """The two sides of an explanation, ("15 min + weekend", "Mon 09:12 Europe/Paris"); ("", "") where nothing is added."""
    total, _, moment = words.rpartition(" = ")
    return (total, moment) if " + " in total or "(" in total or ":" in total else ("", "")
