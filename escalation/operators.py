"""The operators of conditions: what each tests and how it reads in a sentence (docs/rules.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from escalation.compare import Incomparable, equal, is_list, items, normal, order, show
from escalation.facts import utc


class Operand(StrEnum):
    """What a condition's ``value`` has to be; the loader checks and converts it."""

    NONE = "none"
    ANY = "any"  # one value
    LIST = "list"  # several values
    TEXT = "text"
    PATTERN = "pattern"  # a regular expression
    ORDERED = "ordered"  # number, money, duration, moment, or a word of an order
    PAIR = "pair"  # two of these
    DURATION = "duration"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Look:
    """One condition's field as the rule sees it; ``value`` and ``was`` are None when not known or empty."""

    value: object
    wanted: object
    was: object
    was_told: bool  # what it was is really known, be it that it was empty
    first: bool
    now: datetime


Test = Callable[[Look], bool]


@dataclass(frozen=True, slots=True)
class Operator:
    """``yes`` and ``no`` are the words between field and value; ``unknown_ok`` when an unknown value may still hold."""

    yes: str
    no: str
    operand: Operand
    test: Test
    unknown_ok: bool = False


@runtime_checkable
class Matcher(Protocol):
    """A compiled linear-time regular expression; ``config`` supplies it, so that the core needs no library."""

    def search(self, text: str, /) -> object | None:
        """Something when the pattern occurs in ``text``, else None."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Incomparable(f"{show(value)} is not text")
    return normal(value)


def _contains(value: object, wanted: object) -> bool:
    """Part of a text; of a list one whole member."""
    return equal(value, wanted) if is_list(value) else normal(wanted) in _text(value)


def _contains_any(look: Look) -> bool:
    return any(_contains(look.value, one) for one in items(look.wanted))


def _starts(look: Look) -> bool:
    return any(_text(item).startswith(normal(look.wanted)) for item in items(look.value))


def _matches(look: Look) -> bool:
    if not isinstance(look.wanted, Matcher):
        raise Incomparable("the pattern was not compiled")
    found = False
    for item in items(look.value):
        if not isinstance(item, str):
            raise Incomparable(f"{show(item)} is not text")
        found = found or look.wanted.search(item) is not None
    return found


def _in(look: Look) -> bool:
    return any(equal(look.value, one) for one in items(look.wanted))


def _between(look: Look) -> bool:
    ends = items(look.wanted)
    if len(ends) != 2:
        raise Incomparable("between needs two values")
    return order(look.value, ends[0]) >= 0 and order(look.value, ends[1]) <= 0


def _span(look: Look) -> timedelta:
    """Time passed at the field: since a moment (negative for one to come), or a length of time itself."""
    if isinstance(look.value, datetime):
        return utc(look.now) - utc(look.value)
    if isinstance(look.value, timedelta):
        return look.value
    raise Incomparable(f"{show(look.value)} is not a time")


def _limit(look: Look) -> timedelta:
    if not isinstance(look.wanted, timedelta):
        raise Incomparable(f"{show(look.wanted)} is not a length of time")
    return look.wanted


def _list(value: object) -> tuple[object, ...]:
    if not is_list(value):
        raise Incomparable(f"{show(value)} is not a list")
    return items(value)


def _count(look: Look) -> bool:
    return order(len(_list(look.value)), look.wanted) >= 0


def _has(look: Look, how: Callable[[list[bool]], bool]) -> bool:
    members, wanted = _list(look.value), items(look.wanted)
    return bool(wanted) and how([equal(members, one) for one in wanted])  # nothing wanted: nothing that could be had


def _is_empty(value: object) -> bool:
    return value is None or value == "" or (is_list(value) and not items(value))


def _same(value: object, was: object) -> bool:
    """Equal as a whole: lists with the same members in any order."""
    if is_list(value) and is_list(was):
        return {normal(item) for item in items(value)} == {normal(item) for item in items(was)}
    if _is_empty(value) or _is_empty(was):
        return _is_empty(value) and _is_empty(was)
    return not is_list(value) and not is_list(was) and equal(value, was)


def _changed(look: Look) -> bool:
    return look.was_told and not _same(look.value, look.was)


def _becomes(look: Look) -> bool:
    newly = look.first or not look.was_told or not _same(look.value, look.was)
    return newly and equal(look.value, look.wanted) and not _held_before(look)


def _held_before(look: Look) -> bool:
    """A list may change and have held the wanted member all along: that is no becoming."""
    return look.was_told and not _is_empty(look.was) and equal(look.was, look.wanted)


def _changed_to(look: Look) -> bool:
    return _changed(look) and equal(look.value, look.wanted) and not _held_before(look)


def _changed_from(look: Look) -> bool:
    still = not _is_empty(look.value) and equal(look.value, look.wanted)
    return _changed(look) and not _is_empty(look.was) and equal(look.was, look.wanted) and not still


def _moved(look: Look, way: int) -> bool:
    return look.was is not None and order(look.value, look.was) == way


OPERATORS: Mapping[str, Operator] = {
    "is": Operator("is", "is not", Operand.ANY, lambda x: equal(x.value, x.wanted)),
    "is_not": Operator("is not", "is", Operand.ANY, lambda x: not equal(x.value, x.wanted)),
    "in": Operator("is one of", "is none of", Operand.LIST, _in),
    "not_in": Operator("is none of", "is one of", Operand.LIST, lambda x: not _in(x)),
    "contains": Operator("contains", "does not contain", Operand.ANY, lambda x: _contains(x.value, x.wanted)),
    "not_contains": Operator("does not contain", "contains", Operand.ANY, lambda x: not _contains(x.value, x.wanted)),
    "contains_any": Operator("contains one of", "contains none of", Operand.LIST, _contains_any),
    "starts_with": Operator("starts with", "does not start with", Operand.TEXT, _starts),
    "matches": Operator("matches", "does not match", Operand.PATTERN, _matches),
    "gt": Operator("is more than", "is not more than", Operand.ORDERED, lambda x: order(x.value, x.wanted) > 0),
    "gte": Operator("is at least", "is below", Operand.ORDERED, lambda x: order(x.value, x.wanted) >= 0),
    "lt": Operator("is below", "is at least", Operand.ORDERED, lambda x: order(x.value, x.wanted) < 0),
    "lte": Operator("is at most", "is more than", Operand.ORDERED, lambda x: order(x.value, x.wanted) <= 0),
    "between": Operator("is between", "is not between", Operand.PAIR, _between),
    "older_than": Operator("is over", "is not over", Operand.DURATION, lambda x: _span(x) > _limit(x)),
    "within": Operator("is within", "is not within", Operand.DURATION, lambda x: abs(_span(x)) <= _limit(x)),
    "present": Operator("is there", "is empty", Operand.NONE, lambda x: not _is_empty(x.value)),
    "absent": Operator("is unknown or empty", "is there", Operand.NONE, lambda x: _is_empty(x.value), unknown_ok=True),
    "changed": Operator("changed", "did not change", Operand.NONE, _changed, unknown_ok=True),
    "changed_to": Operator("changed to", "did not change to", Operand.ANY, _changed_to),
    "changed_from": Operator("changed from", "did not change from", Operand.ANY, _changed_from, unknown_ok=True),
    "becomes": Operator("is", "is not newly", Operand.ANY, _becomes),
    "increased": Operator("went up", "did not go up", Operand.NONE, lambda x: _moved(x, 1)),
    "decreased": Operator("went down", "did not go down", Operand.NONE, lambda x: _moved(x, -1)),
    "has": Operator("has", "does not have", Operand.ANY, lambda x: _has(x, all)),
    "has_any": Operator("has one of", "has none of", Operand.LIST, lambda x: _has(x, any)),
    "has_all": Operator("has all of", "does not have all of", Operand.LIST, lambda x: _has(x, all)),
    "count_gte": Operator("has at least", "has fewer than", Operand.COUNT, _count),
}
