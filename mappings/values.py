"""The types of a mapping: one value of the wire to one canonical value.

A converter returns None where the value says "nothing here" (docs/mappings.md, Types) and raises WrongType for anything else
it cannot use. Text is cleaned of what PostgreSQL refuses (NUL, lone surrogates) and of pictures written out in it, and cut at
200,000 characters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

from escalation.ticket import Money
from mappings.html import MOST_CHARS, to_text
from mappings.paths import WrongType, kind_of

Convert = Callable[[object], object]

_DIRT = re.compile("[\x00\ud800-\udfff]")
# A picture in the text itself (Outlook and pasted screenshots): megabytes that would leave no room for the words after it.
_PICTURE = re.compile(r"(;base64,\s{0,4})(?:[A-Za-z0-9+/]{40,}={0,2}\s{0,4})+")
_NUMBER = re.compile(r"[-+]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})([eE][-+]?\d{1,2})?", re.ASCII)
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:(?:[Tt]|\s+)(\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,12}))?)?\s*(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_AMOUNT = re.compile(r"[-+]?\s*\d[\d.,'\u2019\u00a0\u202f\s]*", re.ASCII)
_CODE = re.compile(r"\b[A-Z]{3}\b")
_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "₺": "TRY", "₴": "UAH", "₽": "RUB", "₪": "ILS", "₫": "VND"}
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
_FIRST_MS = 100_000_000_000  # Unix numbers from here on are milliseconds (seconds would be the year 5138)
_LAST_MS = 100_000_000_000_000
_TOO_MUCH = 10**18
_SHORT = 2_000  # characters up to which a text may keep what it has
_MOST_MONEY = Decimal(10) ** 15


def clean(text: str) -> str:
    """Text without NUL, lone surrogates and the insides of pictures, at most 200,000 characters."""
    if len(text) > _SHORT and ";base64," in text:
        text = _PICTURE.sub(r"\1", text)
    return _DIRT.sub("", text[:MOST_CHARS])


def to_str(value: object) -> str:
    """Text, or a number written as text."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _expected("text", value)
    try:
        return str(value)
    except ValueError:  # an integer of thousands of digits
        raise WrongType("expected text, found a number too long to be one") from None


def to_plain(value: object) -> str:
    return to_str(value).strip()


def to_html(value: object) -> str:
    return to_text(to_str(value))


def to_id(value: object) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, float):
        raise _expected("an id", value)
    text = to_str(value).strip()
    if len(text) > 255:
        raise WrongType("expected an id, found a text too long to be one")
    return text if text not in ("", "0") else None


def to_bool(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = to_str(value).strip().lower()
    if not word:
        return None
    if word not in _TRUE + _FALSE:
        raise _expected("true or false", value)
    return word in _TRUE


def to_number(value: object) -> int | float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if math.isfinite(value) if isinstance(value, float) else abs(value) < _TOO_MUCH:
            return value
        raise WrongType("expected a number, found infinity or one without use")
    if not isinstance(value, str):
        raise _expected("a number", value)
    text = value.strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise _expected("a number", value)
    return float(text) if set(text) & set(".eE") else int(text)


def to_time(value: object) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _unix(value)
    if not isinstance(value, str):
        raise _expected("a time", value)
    text = value.strip()
    if text in ("", "0"):
        return None
    if re.fullmatch(r"\d{9,14}(\.\d{1,9})?", text, re.ASCII):
        return _unix(float(text))
    found = _TIME.fullmatch(text)
    if not found:
        raise WrongType("expected a time, found a text that is none")
    return _moment(*found.groups())


def to_date(value: object) -> str | None:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip(), re.ASCII):
        try:
            return date.fromisoformat(value.strip()).isoformat()
        except ValueError:
            raise WrongType("expected a date, found one that does not exist") from None
    moment = to_time(value)
    return moment.date().isoformat() if moment else None


def list_of(separator: str) -> Convert:
    """A converter to a tuple of texts, from a list or from one text with separators."""

    def to_list(value: object) -> tuple[str, ...]:
        if isinstance(value, str):
            parts: list[object] = list(clean(value).split(separator) if separator.strip() else clean(value).split())
        elif isinstance(value, list):
            parts = [part for part in value if part is not None]
        else:
            raise _expected("a list", value)
        texts = dict.fromkeys(to_plain(part) for part in parts)
        return tuple(text for text in texts if text)

    return to_list


def money_in(currency: str) -> Convert:
    """A converter to Money; ``currency`` (ISO 4217) holds where the value names none."""

    def to_money(value: object) -> Money | None:
        if isinstance(value, str):
            return _priced(clean(value), currency)
        number = to_number(value)
        return None if number is None else Money(_bounded(Decimal(str(number))), currency)

    return to_money


def _expected(wanted: str, value: object) -> WrongType:
    return WrongType(f"expected {wanted}, found {kind_of(value)}")


def _unix(number: float) -> datetime | None:
    if number == 0:
        return None
    if not 0 < number < _LAST_MS:
        raise WrongType("expected a time, found a number that is none")
    seconds = number if number < _FIRST_MS else number / 1000
    return datetime.fromtimestamp(seconds, UTC)


def _moment(day: str, clock: str | None, fraction: str | None, zone: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}")
        micro = int((fraction or "0")[:6].ljust(6, "0"))
        return (moment - _offset(zone)).replace(microsecond=micro, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise WrongType("expected a time, found one that does not exist") from None


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone[0] not in "+-":
        return timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    timezone(ahead)  # raises ValueError for what is no zone
    return ahead if zone[0] == "+" else -ahead


def _bounded(amount: Decimal) -> Decimal:
    if abs(amount) >= _MOST_MONEY:
        raise WrongType("expected an amount, found a number too large to be one")
    return amount


def _priced(text: str, currency: str) -> Money | None:
    if not text.strip():
        return None
    found = _AMOUNT.search(text[:200])
    if not found:
        raise WrongType("expected an amount, found a text without a number")
    code = _CODE.search(text)
    named = code[0] if code else next((_SIGNS[c] for c in text if c in _SIGNS), "")
    beside = (text[: found.start()] + text[found.end() :]).strip()
    return Money(_bounded(Decimal(_digits(found[0], bool(beside)))), named or currency)


def _digits(written: str, priced: bool) -> str:
    """Digits with a decimal point from "1,200.50", "1.200,50", "1 200", "1'200.5"; with a currency "1.200" is 1200."""
    bare = re.sub(r"[\s'\u2019\u00a0\u202f]", "", written).rstrip(".,")
    last = max(bare.rfind("."), bare.rfind(","))
    if last < 0:
        return bare
    sign, tail = bare[last], len(bare) - last - 1
    both = "." in bare and "," in bare
    grouped = bare.count(sign) > 1 or (not both and tail == 3 and (sign == "," or priced) and bare[:last].strip("+-") != "0")
    digits = re.sub(r"[.,]", "", bare)
    return digits if grouped else f"{digits[:-tail]}.{digits[-tail:]}"
