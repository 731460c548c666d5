"""What may be asked of a field by what it holds: which operators fit, and which operands (docs/rules.md, "What fits what").

A condition that can never hold, or always holds, would stand among the rules as if it did something; so it is refused. That this
agrees with how conditions are evaluated (``escalation.compare``) is tested in tests/test_conditions.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from pydantic_core import PydanticCustomError

from config.values import read_duration, read_moment, read_money
from config.yamldoc import wrong
from config.yamlwords import choose
from escalation.compare import ORDERS
from escalation.ticket import Money
from escalation.vocabulary import KINDS, VOCABULARY, Kind, is_remembered, kind_of, pattern_of

_TEXTS = frozenset({Kind.TEXT, Kind.OWN_WORD, Kind.WORD, Kind.RANK})
_LISTS = frozenset({Kind.LIST, Kind.WORDS})
_SPANS = frozenset({Kind.DURATION, Kind.TIME})
_ORDERED = frozenset({Kind.OWN_WORD, Kind.RANK, Kind.NUMBER, Kind.SHARE, Kind.MONEY}) | _SPANS
COMPARING = ("gt", "gte", "lt", "lte", "between")

# Operator → (the kinds it goes with, what it needs in words); the others go with all that is no list of things with parts.
_NEEDS: Mapping[str, tuple[frozenset[Kind], str]] = {
    **dict.fromkeys(COMPARING, (_ORDERED, "something with an order")),
    **dict.fromkeys(("increased", "decreased"), (_ORDERED, "something with an order")),
    **dict.fromkeys(
        ("contains", "not_contains", "contains_any", "starts_with", "matches"), (_TEXTS | _LISTS, "text, or a list of texts")
    ),
    **dict.fromkeys(("older_than", "within"), (_SPANS, "a time")),
    **dict.fromkeys(("has", "has_any", "has_all"), (_LISTS, "a list")),
    "count_gte": (_LISTS | {Kind.PARTS}, "a list"),
    **dict.fromkeys(("present", "absent", "changed"), (frozenset(Kind), "anything")),
}
AGAINST_BEFORE = frozenset({"changed", "changed_to", "changed_from", "increased", "decreased"})
_ANY_WORD = (frozenset(Kind) - {Kind.PARTS}, "one value, and not things with parts")

_TELLS: Mapping[Kind, str] = {
    Kind.TEXT: "Use contains, is, matches or starts_with.",
    Kind.OWN_WORD: "Use is, in or contains; only words such as low, normal, high or green, amber, breached have an order.",
    Kind.WORD: "Use is or in with its words.",
    Kind.RANK: "Use is, or gte and the like with its words.",
    Kind.LIST: "Use has, has_any or count_gte.",
    Kind.WORDS: "Use has or has_any.",
    Kind.PARTS: "Use count_gte or present.",
    Kind.NUMBER: "Write a number such as 3, without quotes.",
    Kind.SHARE: "Write a number from 0 to 1, such as 0.8.",
    Kind.DURATION: 'Write a length of time such as "2h 30m".',
    Kind.TIME: "Write a date such as 2026-03-31, or use older_than or within with a length of time.",
    Kind.MONEY: "Write a sum such as 500 EUR, or a number.",
    Kind.YES_NO: "Use is with true or false, without quotes.",
    Kind.UNKNOWN: ("Write a number, money (500 EUR), a length of time (2h 30m), a date (2026-03-31) or an ordered word (high)."),
}
_FEW = 20  # fields an operator goes with, up to which they are all named
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{0,5}[1-9])?", re.ASCII)
_ROUNDED = 10**15  # from here on numbers are shown rounded, and so compared with text
_SAID = ("yes", "no")  # what true and false read as when they are compared with text


def operator_fits(name: str, op: str) -> None:
    """Raises a PydanticCustomError for an operator that the field ``name`` can never fulfil, whatever the operand is."""
    if op in AGAINST_BEFORE and not is_remembered(name):
        told = f"{op} asks what {name} was at the last look, which nobody remembers: it is worked out anew each time"
        raise wrong(told, "Ask for what it is now (is, gte, present), or for a change of the ticket's own fields.")
    kind, (kinds, needs) = kind_of(name), _NEEDS.get(op, _ANY_WORD)
    if kind is Kind.UNKNOWN or kind in kinds:
        return
    fields = sorted(field for field, its in KINDS.items() if its in kinds)
    goes = f" {op} goes with {', '.join(fields)}." if len(fields) <= _FEW else ""
    raise wrong(f"{op} needs {needs}, and {name} is {kind.value}", _remedy(kind, op) + goes)


def _remedy(kind: Kind, op: str) -> str:
    """What to do instead; of a number how to write it is of no help where the operator is the mistake."""
    if kind in (Kind.NUMBER, Kind.SHARE, Kind.MONEY):
        return "Use is, gte, lt or between."
    if kind in _SPANS:
        return "Use older_than, within, gte or lt."
    return _TELLS[kind]


def comparable(name: str, value: object) -> object:
    """The operand of gte and the like in the core's types; raises a PydanticCustomError where it has no order with the field."""
    kind, number = kind_of(name), _number(value)
    if kind is Kind.SHARE and number is not None and not 0 <= number <= 1:
        raise never(name, value)
    found = _with_order(kind, value)
    if found is not None:
        return found
    if isinstance(value, str) and kind in (Kind.RANK, Kind.OWN_WORD, Kind.UNKNOWN) and _is_ranked(value):
        return one_of(name, value)
    holds = f" is {kind.value} and" if kind is not Kind.UNKNOWN else ""
    remedy = choose(str(value), words_of(name)) if kind is Kind.RANK else _TELLS[kind]
    raise wrong(f"{name}{holds} cannot be compared with {said(value)}", remedy)


def _with_order(kind: Kind, value: object) -> object | None:
    """Anything but a word that has an order with a field of this kind."""
    any_kind = kind is Kind.UNKNOWN
    if not isinstance(value, str):
        return _number(value) if any_kind or kind in (Kind.NUMBER, Kind.SHARE, Kind.MONEY) else None
    found: timedelta | Money | object | None = read_duration(value) if any_kind or kind is Kind.DURATION else None
    if found is None and (any_kind or kind is Kind.MONEY):
        found = read_money(value)
    return read_moment(value) if found is None and (any_kind or kind is Kind.TIME) else found


def equal_to(name: str, value: object) -> object:
    """The operand of is, has and the like in the core's types; raises a PydanticCustomError where the field never has it."""
    kind = kind_of(name)
    if value is None:
        raise wrong("this is no value", "Write the value; absent and present ask whether there is one.")
    if isinstance(value, str) and not value.strip():
        told = "this text is empty: it is in every text, and no field is equal to it"
        raise wrong(told, "Write the text; absent and present ask whether there is one.")
    if kind in (Kind.WORD, Kind.RANK, Kind.WORDS):
        return one_of(name, value)
    if kind in (Kind.TEXT, Kind.OWN_WORD, Kind.LIST):
        return _written(name, value)
    return _measured(kind, name, value)


def _written(name: str, value: object) -> object:
    """What text is compared with; long numbers, such as ids without quotes, as they are written: ``show`` rounds them."""
    if isinstance(value, bool):
        raise wrong(f"{name} holds text, and {said(value)} is none", "Put the word in quotes if it is meant.")
    return str(value) if isinstance(value, int) and abs(value) >= _ROUNDED else value


def _measured(kind: Kind, name: str, value: object) -> object:
    """What a number, sum, time or truth value is compared with; what a custom field holds nobody knows."""
    text = value.strip() if isinstance(value, str) else ""
    number = float(text) if _PLAIN_NUMBER.fullmatch(text) else _number(value)
    fits = {
        Kind.UNKNOWN: True,
        Kind.NUMBER: number is not None,
        Kind.MONEY: number is not None,
        Kind.SHARE: number is not None and 0 <= number <= 1,
        Kind.YES_NO: isinstance(value, bool) or text.lower() in _SAID,
    }
    if fits.get(kind):
        return value
    found = _with_order(kind, text.upper() if kind is Kind.MONEY else text)
    if found is None:
        raise never(name, value)
    return found


def one_of(name: str, value: object) -> object:
    """``value`` if it is a word of the field's closed list, or the field has none."""
    words = words_of(name)
    if words and str(value).lower() not in words:
        raise wrong(f"{name} is never {said(value)}", choose(str(value), words))
    return value


def never(name: str, value: object) -> PydanticCustomError:
    """The error for a value that a field never has, with what it may have."""
    kind = kind_of(name)
    return wrong(f"{name} is {kind.value}, and never {said(value)}", _TELLS[kind])


def words_of(name: str) -> frozenset[str]:
    """The closed vocabulary of a field, empty for a field that has none."""
    return VOCABULARY.get(name.removeprefix("before.")) or VOCABULARY.get(pattern_of(name)) or frozenset()


def said(value: object) -> str:
    """A value as it is written in YAML."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _number(value: object) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _is_ranked(word: str) -> bool:
    return any(word.lower() in words for words in ORDERS)
