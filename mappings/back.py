"""Our words to the helpdesk's, for writes: the ``back`` part of a mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from config.yamldoc import Parsed, Problem
from config.yamlwords import choose
from escalation.ticket import FieldValue, Money, Priority, Status, TicketType
from mappings.form import TICKET, Document

_ENUMS: dict[str, type[StrEnum]] = {"status": Status, "priority": Priority, "type": TicketType}


def back_problems(parsed: Parsed, document: Document) -> Iterator[Problem]:
    """Words and fields under ``back`` that are not ours."""
    for row, enum in _ENUMS.items():
        ours = [word.value for word in enum]
        for word in getattr(document.back, row):
            if word not in ours:
                yield parsed.problem(("back", row, word), f"{word!r} is no {enum.__name__} of ours", choose(word, ours))
    known = {*document.custom_fields, *(name for name in TICKET if "." not in name)}
    for name in document.back.fields:
        if name not in known:
            yield parsed.problem(("back", "fields", name), f"{name!r} is no field of ours", choose(name, known))


def back_words(document: Document) -> Mapping[str, Mapping[str, Any]]:
    """Row of ``back`` → our word → the helpdesk's."""
    rows = ("status", "priority", "type", "tags", "fields")
    return MappingProxyType({row: MappingProxyType(getattr(document.back, row)) for row in rows})


def to_json(value: FieldValue) -> object:
    """A canonical custom value as JSON has it: amounts as numbers, times as ISO 8601 in UTC, tuples as lists."""
    if isinstance(value, Money):
        return to_json(value.amount)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return list(value) if isinstance(value, tuple) else value
