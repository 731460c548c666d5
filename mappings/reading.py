"""Reads payloads by compiled specs: values of the wire become canonical objects; what does not fit is left out and noted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from config.yamldoc import Problem
from escalation.ticket import ChangeKind, ClockState, Customer, Group, LeftOut, Message, Person, SlaClock
from mappings.paths import Get, WrongType
from mappings.values import Convert, to_plain


class _Untold(Enum):
    UNTOLD = 0


MOST_LEFT_OUT = 50
UNTOLD: Final = _Untold.UNTOLD  # the payload does not tell this field; not the same as telling that it is empty


@dataclass
class Notes:
    """What one reading noticed: values of the wrong type and words that no table knows."""

    document: str = ""
    kind: ChangeKind = ChangeKind.OTHER
    place: str = ""  # such as "comments[3]: " while list items are read
    found: list[LeftOut] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)

    def wrong(self, value: Value, why: str) -> None:
        remedy = f"Mend {value.at} in the mapping, or what the helpdesk sends."
        self.found.append(LeftOut(value.name, f"{self.place}{value.path}", why, remedy, value.line))

    @property
    def problems(self) -> list[Problem]:
        """What was left out as a preview lists it."""
        return [Problem(one.line, one.path, f"{one.field}: {one.problem}", one.remedy, self.document) for one in self.found]

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What was left out, each once; of very many the first, and how many more, for it is kept with every delivery."""
        each = tuple(dict.fromkeys(self.found))
        more = len(each) - MOST_LEFT_OUT
        if more <= 0:
            return each
        return (*each[:MOST_LEFT_OUT], LeftOut("", "", f"and {more:,} more values", "Mend those above first."))


@dataclass(frozen=True, slots=True)
class Value:
    """One compiled spec. ``words`` set: the value is looked up there, case-blind, and ``unknown`` stands for other words."""

    name: str  # canonical field, such as assignee.id
    path: str  # the JMESPath expression, for messages
    get: Get
    convert: Convert
    words: Mapping[str, object] | None = None
    unknown: object = UNTOLD  # UNTOLD keeps the vendor's own word
    default: object = UNTOLD
    empty: object = UNTOLD
    kinds: frozenset[ChangeKind] | None = None
    required: bool = False
    line: int = 1
    at: str = ""  # place of the spec in the mapping document

    def read(self, payload: Any, notes: Notes) -> Any:
        """The canonical value, or UNTOLD."""
        if self.kinds is not None and notes.kind not in self.kinds:
            return UNTOLD
        try:
            raw = self.get(payload)
            found = None if raw is None else self.convert(raw)
        except WrongType as bad:
            notes.wrong(self, str(bad))
            return UNTOLD
        if found is None:
            return self._missing(notes)
        return found if self.words is None else self._word(str(found), notes)

    def _missing(self, notes: Notes) -> object:
        if self.required:
            notes.wrong(self, "nothing is there, and the mapping says it is required")
        return self.default if self.empty is UNTOLD else self.empty

    def _word(self, word: str, notes: Notes) -> object:
        known = (self.words or {}).get(word.casefold(), UNTOLD)
        if known is not UNTOLD:
            return known
        notes.words[self.name] = word
        return word if self.unknown is UNTOLD else self.unknown


def to_word(value: object) -> str | None:
    """The vendor's word as a table has it: text, or a number or boolean as JSON writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return to_plain(value) or None


@dataclass(frozen=True, slots=True)
class PersonSpec:
    parts: tuple[tuple[str, Value], ...] = ()

    def read(self, payload: Any, notes: Notes) -> Any:
        """A Person; the empty one when the payload says there is nobody; UNTOLD when it tells neither id, name nor e-mail."""
        told = _told(self.parts, payload, notes)
        names = [value for part, value in told.items() if part != "role"]
        if not names:
            return UNTOLD
        return Person(**told) if any(names) else Person()


@dataclass(frozen=True, slots=True)
class GroupSpec:
    parts: tuple[tuple[str, Value], ...] = ()

    def read(self, payload: Any, notes: Notes) -> Any:
        told = _told(self.parts, payload, notes)
        return Group(**told) if told else UNTOLD


@dataclass(frozen=True, slots=True)
class CustomerSpec:
    organization: GroupSpec = GroupSpec()
    parts: tuple[tuple[str, Value], ...] = ()

    def read(self, payload: Any, notes: Notes) -> Any:
        told = _told(self.parts, payload, notes)
        organization = self.organization.read(payload, notes)
        if organization is not UNTOLD:
            told["organization"] = organization
        return Customer(**told) if told else UNTOLD


@dataclass(frozen=True, slots=True)
class SlaListSpec:
    each: Value
    parts: tuple[tuple[str, Value], ...] = ()

    def read(self, payload: Any, notes: Notes) -> Any:
        items = self.each.read(payload, notes)
        if items is UNTOLD:
            return UNTOLD
        clocks = [_told(self.parts, item, notes) for item in _items(self.each, items, notes)]
        return tuple(SlaClock(**clock) for clock in clocks if clock.get("name"))


@dataclass(frozen=True, slots=True)
class SlaClocksSpec:
    clocks: tuple[tuple[str, tuple[tuple[str, Value], ...]], ...] = ()

    def read(self, payload: Any, notes: Notes) -> Any:
        read = [(name, _told(parts, payload, notes)) for name, parts in self.clocks]
        told = tuple(SlaClock(name, **parts) for name, parts in read if parts.get("due_at") or _runs(parts.get("state")))
        return told if any(parts for _, parts in read) else UNTOLD


def _runs(state: object) -> bool:
    return state not in (None, ClockState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class MessageSpec:
    parts: tuple[tuple[str, Value], ...] = ()
    author: PersonSpec = PersonSpec()
    kinds: frozenset[ChangeKind] | None = None

    def read(self, payload: Any, notes: Notes) -> Message | None:
        """A Message, or None where the kind of event has none or there is neither id nor text."""
        if self.kinds is not None and notes.kind not in self.kinds:
            return None
        told = _told(self.parts, payload, notes)
        if not (told.get("id") or told.get("text")):
            return None
        author = self.author.read(payload, notes)
        told["id"] = told.get("id") or _made_id(told)
        return Message(author=Person() if author is UNTOLD else author, **told)


def _made_id(told: Mapping[str, object]) -> str:
    """An id for an entry whose helpdesk gives none; the same entry always gets the same."""
    return hashlib.sha256(f"{told.get('at')}\n{told.get('text')}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class MessagesSpec:
    each: Value
    message: MessageSpec

    def read(self, payload: Any, notes: Notes) -> Any:
        """The messages as a tuple in the order of the payload, or UNTOLD where there is no list."""
        items = self.each.read(payload, notes)
        if items is UNTOLD:
            return UNTOLD
        read = [self.message.read(item, notes) for item in _items(self.each, items, notes)]
        return tuple(message for message in read if message is not None)


@dataclass(frozen=True, slots=True)
class CustomSpec:
    """``key`` set: the place is a list of objects; else one object by name."""

    place: Value
    wanted: tuple[tuple[Value, tuple[str, ...]], ...] = ()  # (reader of the bare value, names it goes by)
    key: Get | None = None
    value: Get | None = None

    def read(self, payload: Any, notes: Notes) -> dict[str, Any] | None:
        """Canonical custom name → value of those told; None where the payload has no custom fields at all."""
        found = self.place.read(payload, notes)
        if found is UNTOLD:
            return None
        there = dict(self._entries(found, notes))
        told: dict[str, Any] = {}
        for value, names in self.wanted:
            raw = next((there[name] for name in names if name in there), None)
            read = value.read(raw, notes)
            if read is not UNTOLD:
                told[value.name.removeprefix("custom.")] = read
        return told

    def _entries(self, found: Any, notes: Notes) -> Iterator[tuple[str, Any]]:
        if self.key is None or self.value is None:
            yield from ((str(name).casefold(), value) for name, value in found.items())
            return
        for item in found:
            try:
                yield str(to_word(self.key(item))).casefold(), self.value(item)
            except WrongType as bad:
                notes.wrong(self.place, str(bad))


@dataclass(frozen=True, slots=True)
class FieldsSpec:
    """Canonical fields of a ticket; ``objects`` are those made of several values, such as assignee or sla."""

    plain: tuple[tuple[str, Value], ...] = ()
    objects: tuple[tuple[str, Any], ...] = ()

    def read(self, payload: Any, notes: Notes) -> dict[str, Any]:
        """Names of Ticket → values, only of what the payload tells."""
        told = _told(self.plain, payload, notes)
        for name, spec in self.objects:
            value = spec.read(payload, notes)
            if value is not UNTOLD:
                told[name] = value
        return told


def thread(parts: tuple[MessagesSpec, ...], payload: Any, notes: Notes) -> Any:
    """All messages of a payload, oldest first, each id once; UNTOLD where one of its lists is missing: half a thread is none."""
    read = [part.read(payload, notes) for part in parts]
    if any(messages is UNTOLD for messages in read):
        return UNTOLD
    found = {message.id: message for messages in read for message in messages}
    return tuple(sorted(found.values(), key=_sent_at)) if all(m.at for m in found.values()) else tuple(found.values())


def _sent_at(message: Message) -> datetime:
    return message.at or datetime.min.replace(tzinfo=UTC)


def _told(parts: tuple[tuple[str, Value], ...], payload: Any, notes: Notes) -> dict[str, Any]:
    told = {}
    for name, spec in parts:
        value = spec.read(payload, notes)
        if value is not UNTOLD:
            told[name] = value
    return told


def _items(each: Value, items: list[Any], notes: Notes) -> Iterator[Any]:
    outer = notes.place
    for number, item in enumerate(items):
        notes.place = f"{outer}{each.path}[{number}]: "
        yield item
    notes.place = outer
