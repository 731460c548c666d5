"""A helpdesk's mapping: ``load`` checks the YAML whole, ``Mapping`` turns payloads into tickets and changes, and words back.

The format is explained in docs/mappings.md. A Mapping is immutable and may be used by many threads.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Any, Literal

from config.yamldoc import Parsed, Problem, Problems, check, parse
from config.yamlwords import Path
from escalation.ports import GiveUp, Unreadable
from escalation.ticket import FieldValue, Ignored, Message, Ticket, TicketChange
from mappings.back import back_problems, back_words, to_json
from mappings.form import Document
from mappings.reading import Notes
from mappings.shapes import Shape, build_shapes

__all__ = ["Mapping", "Preview", "Problem", "Problems", "load"]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a payload would become: exactly one of a change, a stated Ignored, or unreadable (``change`` None)."""

    kind: Literal["change", "ignored", "unreadable"]
    change: TicketChange | Ignored | None
    problems: list[Problem] = field(default_factory=list)
    unknown_words: abc.Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping document, compiled. ``shapes`` are the names of the wire forms it reads."""

    helpdesk: str
    name: str  # of the document, for messages
    about: str
    shapes: tuple[str, ...]
    _shapes: abc.Mapping[str, Shape] = field(repr=False)
    _back: abc.Mapping[str, abc.Mapping[str, Any]] = field(repr=False)

    def change(self, shape: str, payload: object, connection: str) -> TicketChange | Ignored:
        """What a webhook's payload means; raises Unreadable, and nothing else, when it names no ticket."""
        return self._shape(shape).change(payload, connection, self._notes())

    def ticket(self, shape: str, payload: object, connection: str) -> Ticket:
        """A ticket as the API answered it, ``known`` filled; raises Unreadable when it has no id."""
        return self._shape(shape).ticket(payload, connection, self._notes())

    def message(self, shape: str, item: object) -> Message:
        """One entry of a thread that is read separately; raises Unreadable when it has neither id nor text."""
        return self._shape(shape).single_message(item, self._notes())

    def event(self, shape: str, payload: object) -> str:
        """The vendor's name of the event, "" when there is none."""
        return self._shape(shape).event_name(payload, self._notes())

    def ticket_id(self, shape: str, payload: object) -> str:
        """The vendor's ticket id as text, "" when there is none."""
        return self._shape(shape).find_ticket_id(payload, self._notes())

    def preview(self, shape: str, payload: object, connection: str) -> Preview:
        """``change`` with everything it noticed: values of the wrong type with their path, unknown words. Never raises."""
        notes = self._notes()
        try:
            change = self._shape(shape).change(payload, connection, notes)
        except Unreadable as bad:
            problem = Problem(1, bad.path, str(bad), bad.remedy, self.name)
            return Preview("unreadable", None, [*notes.problems, problem], notes.words)
        return Preview("ignored" if isinstance(change, Ignored) else "change", change, notes.problems, notes.words)

    def back(self, field: str, value: object) -> object:
        """The vendor's word for one of ours, e.g. ``back("priority", Priority.HIGH)`` → 3; tags without a word pass through.

        Raises GiveUp that names what the YAML lacks.
        """
        ours = str(value.value if isinstance(value, Enum) else value)
        words = self._back.get(field, {})
        if ours in words:
            return words[ours]
        if field == "tags":
            return ours
        raise GiveUp(
            f"{self.name} has no word for {field} {ours!r}. Add it under back.{field}, as {ours}: <the helpdesk's word>."
        )

    def back_fields(self, fields: abc.Mapping[str, FieldValue]) -> dict[str, object]:
        """Canonical custom fields as the vendor's field id → a JSON value; raises GiveUp that names what the YAML lacks."""
        return {str(self.back("fields", name)): to_json(value) for name, value in fields.items()}

    def _shape(self, name: str) -> Shape:
        shape = self._shapes.get(name)
        if shape is None:
            raise Unreadable(f"{self.name} has no shape {name!r}", remedy=f"Add shapes.{name}; it has: {', '.join(self.shapes)}.")
        return shape

    def _notes(self) -> Notes:
        return Notes(self.name)


def load(text: str, name: str) -> Mapping:
    """A mapping from its YAML text; raises Problems with everything wrong in it, each with line, path and remedy."""
    parsed = parse(text, name)
    try:
        document = check(parsed, Document)
    except Problems as first:
        raise _all_of(name, (*first.problems, *_further(parsed, first.problems))) from None
    shapes, problems = build_shapes(parsed, document)
    problems = [*problems, *back_problems(parsed, document)]
    if problems:
        raise _all_of(name, problems)
    return Mapping(document.helpdesk, name, document.about, tuple(shapes), MappingProxyType(shapes), back_words(document))


def _all_of(name: str, problems: Iterable[Problem]) -> Problems:
    return Problems(name, tuple({(p.path, p.problem): p for p in problems}.values()))


def _further(parsed: Parsed, first: tuple[Problem, ...]) -> list[Problem]:
    """What else is wrong once the places already found are left out, so that an admin sees everything in one go."""
    places = {p.place for p in first}
    if any(not place or (place[0] == "tables" and len(place) < 4) for place in places):
        return []  # what refers to a table could not be judged fairly
    data = _without(parsed.data, places)
    try:
        document = check(replace(parsed, data=data), Document)
    except Problems:
        return []
    found = [*build_shapes(parsed, document)[1], *back_problems(parsed, document)]
    beside = places | {place[:-1] for place in places}
    return [problem for problem in found if problem.place not in beside]


def _without(data: object, places: set[Path], here: Path = ()) -> object:
    if isinstance(data, dict):
        return {key: _without(value, places, (*here, key)) for key, value in data.items() if (*here, key) not in places}
    if isinstance(data, list):
        return [_without(value, places, (*here, n)) for n, value in enumerate(data) if (*here, n) not in places]
    return data
