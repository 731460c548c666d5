"""“I'm away until…”: what an agent says of themselves, understood in their own time zone (domain.md §3).

Away is beside shifts and absences, which the roster knows: an hour at the dentist, the rest of a day. It ends by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from escalation.hours import WEEKDAYS, stamp
from escalation.roster import Agent, Roster

LONGEST = timedelta(days=60)
CHAT = "chat"  # the source of "do not disturb"
MOST_WORDS = 200  # characters of a reason
HOW = (
    "Say how long: 2h lunch · 90m · 1h 30m · 3d. Or until when: until 14:30 · until tomorrow 9:00 · until Monday · "
    "until 2026-03-02. A reason may follow; “back” ends it."
)
_SPAN = re.compile(
    r"(?:(\d{1,3})\s*(?:days?|d)(?![a-z]))?\s*"
    r"(?:(\d{1,4})\s*(?:hours?|hrs?|h)(?![a-z]))?\s*"
    r"(?:(\d{1,5})\s*(?:minutes?|mins?|m)(?![a-z]))?(?!\w)",
    re.IGNORECASE | re.ASCII,
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_DAYS = {name.lower(): n for n, name in enumerate(WEEKDAYS)}
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS |= {name: n for n, name in enumerate(_WEEK)}


class NotUnderstood(ValueError):
    """What was said makes no sense as a time to be away; the text tells the person what does."""


@dataclass(frozen=True, slots=True)
class Away:
    """An agent is away until a moment (aware); ``by`` is who said so."""

    agent: str
    until: datetime
    reason: str = ""
    by: str = ""
    source: str = ""  # "" by their own word, else who shows them so: a connection's id, or CHAT
    since: datetime | None = None  # when it was said, where it is stored


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for; ``until`` is None when they are back."""

    until: datetime | None
    reason: str = ""


def understood(text: str, agent: Agent, now: datetime) -> Asked:
    """What "2h lunch", "until Monday" or "back" means for this agent; NotUnderstood for anything else.

    A day alone means its beginning, so shifts decide when offers come; a clock time alone is the next one.
    """
    words = "".join(c if c.isprintable() else " " for c in text).split()
    if [word.lower() for word in words] == ["back"]:
        return Asked(None)
    if words and words[0].lower() == "until":
        until, rest = _moment(words[1:], now.astimezone(zone_of(agent)))
    else:
        until, rest = _span(" ".join(words), now.astimezone(zone_of(agent)))
    return Asked(checked(until, now), reason_of(rest))


def checked(until: datetime, now: datetime) -> datetime:
    """``until`` in UTC; NotUnderstood when it has passed or is too far away."""
    if until <= now:
        raise NotUnderstood("That moment has passed.")
    if until > now + LONGEST:
        raise NotUnderstood(f"That is more than {LONGEST.days} days away. An admin enters it in the roster, as an absence.")
    return until.astimezone(UTC)


def reason_of(text: str) -> str:
    """A reason on one line; NotUnderstood when it is too long."""
    reason = " ".join("".join(c if c.isprintable() else " " for c in text).split()).lstrip(" :,-")
    if len(reason) > MOST_WORDS:
        raise NotUnderstood(f"The reason is longer than {MOST_WORDS} characters.")
    return reason


def moment(text: str, agent: Agent) -> datetime:
    """An ISO 8601 time, in the agent's own zone where it names none; NotUnderstood for anything else."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise NotUnderstood("until is an ISO 8601 time, such as 2026-03-02T14:30 or 2026-03-02T13:30:00Z.") from None
    return told if told.tzinfo else told.replace(tzinfo=zone_of(agent))


def zone_of(agent: Agent) -> ZoneInfo:
    """The agent's time zone."""
    return ZoneInfo(agent.time_zone)


def at_words(at: datetime, agent: Agent, now: datetime) -> str:
    """A moment in the agent's own zone: "14:30 Europe/Stockholm", on another day "Mon 09:00 Europe/Stockholm"."""
    return f"{clock_words(at, agent, now)} {agent.time_zone}"


def clock_words(at: datetime, agent: Agent, now: datetime) -> str:
    """The same without the zone."""
    zone = zone_of(agent)
    today = at.astimezone(zone).date() == now.astimezone(zone).date()
    return f"{at.astimezone(zone):%H:%M}" if today else stamp(at, now, zone)


def in_words(away: Away, agent: Agent, now: datetime) -> str:
    """Why somebody is not asked: "away until 14:30 Europe/Stockholm: lunch", "not available in Zendesk"."""
    if away.source:
        return away.reason
    return f"away until {at_words(away.until, agent, now)}" + (f": {away.reason}" if away.reason else "")


def all_in_words(
    gone: Iterable[Away], roster: Roster, now: datetime, *, connection: str = "", disturb: bool = False
) -> Mapping[str, str]:
    """Agent id → why they are not asked now, as routing takes it; whoever is back by then is left out.

    Of what helpdesks show only the ticket's ``connection`` counts: who works in two may be away in one. ``disturb``: do not
    disturb in the chat does not count, since it is critical. Their own word comes before what others show.
    """
    words: dict[str, str] = {}
    for away in sorted(gone, key=lambda one: one.source, reverse=True):
        agent = roster.agent(away.agent)
        elsewhere = connection and away.source not in ("", CHAT, connection)
        if agent is None or away.until <= now or elsewhere or (disturb and away.source == CHAT):
            continue
        words[agent.id] = in_words(away, agent, now)
    return words


def _span(text: str, here: datetime) -> tuple[datetime, str]:
    found = _SPAN.match(text)
    if found is None or not any(found.groups()):
        raise NotUnderstood(HOW)
    days, hours, minutes = (int(n or 0) for n in found.groups())
    # Days keep the time of the clock; hours and minutes are as long as they are, also in the night a clock is changed.
    later = (here + timedelta(days=days)).astimezone(UTC) + timedelta(hours=hours, minutes=minutes)
    return later, text[found.end() :]


def _moment(words: list[str], here: datetime) -> tuple[datetime, str]:
    bare = [word.rstrip(":,;.") for word in words]
    day = _day(bare[0], here.date()) if bare else None
    at = 0 if day is None else 1
    clock = _clock(bare[at]) if len(bare) > at else None
    if day is None and clock is None:
        raise NotUnderstood(HOW)
    rest = " ".join(words[at + (clock is not None) :])
    if day is None:
        today = _local(here.date(), clock, here)
        return (today if today > here else _local(here.date() + timedelta(days=1), clock, here)), rest
    if day > here.date() + LONGEST + timedelta(days=1):
        return here + 2 * LONGEST, rest  # any moment that is too far away: years to come may be beyond what a zone knows
    return _local(day, clock, here), rest


def _local(day: date, clock: time | None, here: datetime) -> datetime:
    return datetime.combine(day, clock or time(0), here.tzinfo)


def _day(word: str, today: date) -> date | None:
    word = word.lower()
    if word in ("today", "tomorrow"):
        return today + timedelta(days=word == "tomorrow")
    if word in _DAYS:
        return today + timedelta(days=(_DAYS[word] - today.weekday() - 1) % 7 + 1)  # the next one, never today
    try:
        return date.fromisoformat(word) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", word) else None
    except ValueError:
        return None


def _clock(word: str) -> time | None:
    found = _CLOCK.fullmatch(word)
    hour, minute = (int(found[1]), int(found[2])) if found else (24, 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
