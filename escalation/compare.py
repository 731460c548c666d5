"""How values of different kinds are compared, and how they are written in a sentence. Nothing here raises but Incomparable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from escalation.facts import utc
from escalation.ticket import Money

# Words that have an order, least first. A comparison such as "priority gte high" goes by the list that holds both words.
ORDERS: tuple[tuple[str, ...], ...] = (
    ("low", "normal", "high", "urgent"),
    ("green", "amber", "breached"),
    ("satisfied", "neutral", "frustrated", "angry"),
)

_SHOWN = 60
_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


class Incomparable(Exception):
    """Two values of kinds that have no order or no equality between them; the text says it in words."""


def normal(value: object) -> str:
    """Any value as text for comparing: case-blind, white space and quotation marks made alike."""
    text = value if isinstance(value, str) else show(value)
    return " ".join(str(text).replace("\u2019", "'").casefold().split())


def items(value: object) -> tuple[object, ...]:
    """The members of a list, or the value alone."""
    if isinstance(value, tuple | list):
        return tuple(value)
    return tuple(sorted(value, key=str)) if isinstance(value, set | frozenset) else (value,)


def is_list(value: object) -> bool:
    return isinstance(value, tuple | list | set | frozenset)


def equal(value: object, wanted: object) -> bool:
    """Equality as people mean it: text case-blind, 2 and 2.0 alike, the id 201 and "201" alike; a list if it has ``wanted``."""
    if is_list(value):
        return any(equal(item, wanted) for item in items(value))
    if isinstance(value, Mapping):
        raise Incomparable("has several parts, name one of them")
    ours, theirs = amount(value), amount(wanted)
    if ours and theirs:
        return ours[0] == theirs[0] and _same_currency(ours[1], theirs[1])
    if isinstance(value, datetime) and isinstance(wanted, datetime):
        return utc(value) == utc(wanted)
    if isinstance(value, timedelta) and isinstance(wanted, timedelta):
        return value == wanted
    return normal(value) == normal(wanted)


def order(value: object, wanted: object) -> int:
    """-1, 0 or 1 as ``value`` is less than, equal to or more than ``wanted``; raises Incomparable with the reason."""
    ours, theirs = amount(value), amount(wanted)
    if ours and theirs:
        if not _same_currency(ours[1], theirs[1]):
            raise Incomparable(f"{show(value)} and {show(wanted)} are different currencies")
        return (ours[0] > theirs[0]) - (ours[0] < theirs[0])
    if isinstance(value, timedelta) and isinstance(wanted, timedelta):
        return (value > wanted) - (value < wanted)
    if isinstance(value, datetime) and isinstance(wanted, datetime):
        return (utc(value) > utc(wanted)) - (utc(value) < utc(wanted))
    return _order_of_words(value, wanted)


def amount(value: object) -> tuple[Decimal, str] | None:
    """A number or sum of money as (amount, currency); None for what is neither, truth values and infinities included."""
    if isinstance(value, Money):
        return (value.amount, value.currency.upper()) if value.amount.is_finite() else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return (number, "") if number.is_finite() else None


def show(value: object) -> str:
    """A value as it stands in a sentence: "2h 30m", "500 USD", "yes"; long text is cut."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Money):
        return f"{_number(value.amount)} {value.currency}".strip()
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} {value.tzname() or ''}".strip()
    if is_list(value):
        return cut(", ".join(show(item) for item in items(value)[:10])) or "empty"
    if isinstance(value, Mapping):
        return cut(", ".join(f"{key}: {show(part)}" for key, part in list(value.items())[:10])) or "empty"
    return cut(" ".join(str(value).split()))


def plain(value: object) -> object:
    """A value as JSON can hold it, for keeping: enums and moments as text, money as "500 USD", long text cut."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float | int):
        return value if abs(value) < 2**53 else show(value)
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if is_list(value):
        return [plain(item) for item in items(value)]
    if isinstance(value, date):
        return value.isoformat()
    return cut(value.value if isinstance(value, StrEnum) else value, 500) if isinstance(value, str) else show(value)


def cut(text: str, most: int = _SHOWN) -> str:
    """``text`` with at most ``most`` characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _same_currency(ours: str, theirs: str) -> bool:
    return not ours or not theirs or ours == theirs


def _order_of_words(value: object, wanted: object) -> int:
    words = (normal(value), normal(wanted))
    for known in ORDERS:
        if words[0] in known and words[1] in known:
            mine, other = known.index(words[0]), known.index(words[1])
            return (mine > other) - (mine < other)
    raise Incomparable(f"{show(value)} cannot be compared with {show(wanted)}")


def _number(number: float | Decimal) -> str:
    exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    if not exact.is_finite():
        return str(exact)
    if exact.adjusted() > 15 or exact.adjusted() < -6:
        return f"{exact:.4g}"
    short = exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact
    return f"{short:f}"


def _duration(span: timedelta) -> str:
    left = int(abs(span).total_seconds())
    parts = []
    for seconds, unit in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if span < timedelta(0) else "") + (" ".join(parts[:2]) or "0s")
