"""National holidays as dates with their names. The library that knows them is loaded only when a document asks for them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated

from pydantic import BeforeValidator

from config.yamldoc import wrong
from config.yamlwords import choose

BEFORE, AHEAD = 1, 2  # years around the running one. The last too: clocks of tickets from before New Year are worked out anew

_HOW = "Write a country such as SE, with a part of it DE-BY, or a date such as 2026-12-24."
_NAMED = 5  # countries offered for an unknown one


def _entry(value: object) -> Mapping[date, str]:
    """The days that one entry means, with their names; a date is a holiday of one's own."""
    if value is None or isinstance(value, bool | list | dict):
        raise wrong("this is no country and no date", _HOW)
    text = str(value)
    if re.match(r"[0-9]", text):
        try:
            return {date.fromisoformat(text): "holiday"}
        except ValueError:
            raise wrong(f"{text!r} is not a date", _HOW) from None
    country, _, part = text.partition("-")
    return _national(country, part, datetime.now(UTC).year)


@lru_cache(maxsize=512)
def _national(country: str, part: str, year: int) -> Mapping[date, str]:
    import holidays  # a twentieth of a second, and most documents do without

    parts = holidays.list_supported_countries(include_aliases=False)
    if country not in parts:
        raise wrong(f"no country is called {country!r}", _nearest_countries(country))
    if part and part not in parts[country]:
        remedy = choose(part, parts[country]) if parts[country] else f"Write {country} alone: its holidays differ nowhere."
        raise wrong(f"{country} has no part called {part!r}", remedy)
    years = range(year - BEFORE, year + AHEAD + 1)
    return dict(holidays.country_holidays(country, subdiv=part or None, years=years, language="en_US"))


def _nearest_countries(word: str) -> str:
    """A remedy with the countries that ``word`` may stand for: another code, a beginning, initials, or a slip of the pen."""
    from holidays.registry import COUNTRIES

    given = re.sub(r"\W+", "_", word).lower()
    codes = {name: code for name, (_, code, *_) in COUNTRIES.items()}
    known = {name: {code.lower(), *map(str.lower, more), _initials(name)} for name, (_, code, *more) in COUNTRIES.items()}
    exact = [name for name in known if given in known[name]]
    begun = [name for name in codes if given and name.startswith(given)]
    found = exact or begun or difflib.get_close_matches(given, codes, _NAMED, 0.6)
    near = ", ".join(f"{codes[name]} ({name.replace('_', ' ').title()})" for name in found[:_NAMED])
    return f"Did you mean {near}? {_HOW}" if near else _HOW


def _initials(name: str) -> str:
    return "".join(part[0] for part in name.split("_"))


def named_days(entries: Iterable[Mapping[date, str]]) -> dict[date, str]:
    """Every day of several entries once, in order."""
    found = {day: name for entry in entries for day, name in entry.items()}
    return dict(sorted(found.items()))


Holidays = Annotated[
    list[Annotated[dict[date, str], BeforeValidator(_entry)]],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
]
