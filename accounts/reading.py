"""A source's record as the fields of an account; a value of a wrong type is told as missing, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from escalation.ticket import Money
from mappings.accounts import Mapped
from mappings.paths import WrongType, kind_of
from mappings.values import list_of, money_in, to_date, to_number, to_plain

Value = str | int | Money | tuple[str, ...]
_MOST_TEXT, _MOST_ITEMS = 300, 10


def read(record: object, fields: Mapping[str, Mapped]) -> tuple[dict[str, Value], dict[str, str]]:
    """What a record tells, and field → why it could not be used. A field that is empty there is in neither."""
    told: dict[str, Value] = {}
    wrong: dict[str, str] = {}
    for name, one in fields.items():
        try:
            value = _value(name, one, one.get(record))
        except WrongType as unfit:
            wrong[name] = str(unfit)
            continue
        if value not in (None, "", ()):
            told[name] = value
    return told, wrong


def _value(name: str, one: Mapped, found: object) -> Value | None:
    if found is None:
        return None
    if name == "contract_value":
        return _scaled(money_in(one.currency)(found), one.scale)
    value = _KINDS.get(name, _text)(found)
    return (one.words or {}).get(value, value) if isinstance(value, str) else value


def _scaled(money: object, scale: float) -> Money | None:
    if not isinstance(money, Money):
        return None
    return money if scale == 1.0 else replace(money, amount=money.amount * Decimal(str(scale)))


def _text(found: object) -> str:
    return " ".join(to_plain(found).split())[:_MOST_TEXT]


def _texts(found: object) -> str:
    return "; ".join(_list(found))[:_MOST_TEXT] if isinstance(found, list) else _text(found)


def _list(found: object) -> tuple[str, ...]:
    texts: tuple[str, ...] = list_of(";")(found)  # type: ignore[assignment]
    return tuple(" ".join(text.split())[:_MOST_TEXT] for text in texts[:_MOST_ITEMS])


def _count(found: object) -> int | None:
    number = len(found) if isinstance(found, list) else to_number(found)
    if number is None:
        return None
    if number < 0 or number != int(number):
        raise WrongType(f"expected a count, found {kind_of(found)}")
    return int(number)


def _day(found: object) -> str | None:
    return to_date(found)


_KINDS: Mapping[str, Callable[[object], Value | None]] = {
    "renewal_on": _day,
    "disputes": _count,
    "recent_charges": _list,
    "usage": _texts,
    "preferences": _texts,
}
