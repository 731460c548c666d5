"""Values as admins write them in documents: "1h 30m", "500 EUR", "mon-fri", "09:00", as pydantic types with remedies."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import BeforeValidator, Field

from config.yamldoc import wrong
from config.yamlwords import nearest
from escalation.ticket import Money

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST = timedelta(days=366)

_DURATION = re.compile(r"(?:(\d{1,4})\s*d)?\s*(?:(\d{1,5})\s*h)?\s*(?:(\d{1,6})\s*m(?:in)?)?\s*(?:(\d{1,7})\s*s)?", re.ASCII)
_MONEY = re.compile(r"(\d{1,15}(?:\.\d{1,4})?)\s*([A-Z]{3})", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_HOW_DAYS = "Write days like mon-fri, or a list [mon, wed]."
_HOW_LONG = 'Write it like "15m", "1h 30m" or "2d".'


def read_duration(text: str) -> timedelta | None:
    """ "1h 30m" as a length of time, None for text that is none."""
    found = _DURATION.fullmatch(text.strip().lower())
    if not found or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def read_money(text: str) -> Money | None:
    """ "500 EUR" as money, None for text that is none."""
    found = _MONEY.fullmatch(text.strip())
    return Money(Decimal(found[1]), found[2]) if found else None


def read_moment(text: str) -> datetime | None:
    """An ISO date or time as a moment, UTC where no zone is given; None for text that is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def duration(value: object) -> timedelta:
    """A length of time of at most a year; raises a PydanticCustomError that shows how to write one."""
    span = read_duration(value) if isinstance(value, str) else None
    if span is None:
        raise wrong(f"{value!r} is not a length of time", _HOW_LONG)
    if span > LONGEST:
        raise wrong(f"{value!r} is more than a year", "Write a shorter time.")
    return span


def positive(value: object) -> timedelta:
    """A length of time that is more than nothing."""
    span = duration(value)
    if not span:
        raise wrong("the time is zero", "Write a time of at least one second, such as 15m.")
    return span


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise wrong(f"{value!r} is not a date", "Write it like 2026-03-31.") from None


def _iso(value: object) -> str:
    return _day(value).isoformat() if value != "" else ""


def _clock(value: object) -> time:
    found = _CLOCK.fullmatch(str(value)) if isinstance(value, str) else None
    if not found:
        raise wrong(f"{value!r} is not a time of day", 'Write it with two digits each, like "09:00"; only an end may be "24:00".')
    return time(int(found[1]), int(found[2]))


def _end_clock(value: object) -> time:
    """An end may be "24:00": the midnight that ends the day."""
    return time(0) if value == "24:00" else _clock(value)


def _days(value: object) -> tuple[int, ...]:
    """ "mon-fri", "sat" or a list of these."""
    parts = value if isinstance(value, list) else str(value).split(",")
    found = {day for part in parts for day in _range(str(part).strip().lower())}
    if not found:
        raise wrong("there is no day in it", _HOW_DAYS)
    return tuple(sorted(found))


def _range(text: str) -> list[int]:
    first, dash, last = text.partition("-")
    start = _weekday(first.strip())
    end = _weekday(last.strip()) if dash else start
    return [(start + n) % 7 for n in range((end - start) % 7 + 1)]


def _weekday(name: str) -> int:
    """mon, tues, wednesday, fridays: as much of the name as is written has to be right."""
    if name[:3] not in DAYS or not f"{_FULL[DAYS.index(name[:3])]}s".startswith(name):
        raise wrong(f"{name!r} is not a day of the week", _HOW_DAYS)
    return DAYS.index(name[:3])


_zones = cache(available_timezones)  # it looks through a directory of files


def _zone(value: object) -> str:
    zones = _zones()
    if not isinstance(value, str) or value not in zones:
        near = nearest(str(value), zones)
        guess = f"Did you mean {near}? " if near else ""
        raise wrong(f"{value!r} is not a time zone", f"{guess}Use an IANA name such as Europe/Berlin.")
    return value


def _vendor_id(value: object) -> str:
    """Ids are text; a bare number is what people write."""
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise wrong(f"{value!r} is not an id", 'Write the id as the helpdesk shows it, such as "361234567".')
    return str(value).strip()


def _name(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", value):
        raise wrong(f"{value!r} is not a usable name", "Use letters, digits, - and _, at most 64.")
    return value


Duration = Annotated[timedelta, BeforeValidator(duration)]
Positive = Annotated[timedelta, BeforeValidator(positive)]
Day = Annotated[date, BeforeValidator(_day)]
IsoDay = Annotated[str, BeforeValidator(_iso)]
Clock = Annotated[time, BeforeValidator(_clock)]
EndClock = Annotated[time, BeforeValidator(_end_clock)]
Days = Annotated[tuple[int, ...], BeforeValidator(_days)]
Zone = Annotated[str, BeforeValidator(_zone)]
VendorId = Annotated[str, BeforeValidator(_vendor_id)]
Name = Annotated[str, BeforeValidator(_name)]
Points = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
