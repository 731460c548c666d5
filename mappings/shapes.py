"""One wire form of a helpdesk: which event it is, which ticket it is about, and what it tells about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.yamldoc import Parsed, Problem
from escalation.ports import Unreadable
from escalation.ticket import ChangeKind, Ignored, Message, Person, Ticket, TicketChange
from mappings.building import Builder
from mappings.form import ID, Document, ShapeForm
from mappings.reading import UNTOLD, CustomSpec, FieldsSpec, MessageSpec, MessagesSpec, Notes, PersonSpec, Value, thread


@dataclass(frozen=True, slots=True)
class Patterns:
    """Event names, compared without case; a name may end in ``*``. The exact one wins, then the longest."""

    exact: Mapping[str, ChangeKind | str]
    prefixes: tuple[tuple[str, ChangeKind | str], ...]

    def find(self, event: str) -> ChangeKind | str | None:
        """The kind of the event, the reason to ignore it, or None when no pattern fits."""
        name = event.casefold()
        found = self.exact.get(name)
        return found or next((value for prefix, value in self.prefixes if name.startswith(prefix)), None)


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    patterns: Patterns
    default_kind: ChangeKind
    complete: bool
    event: Value | None
    ticket_id: Value | None
    at: Value | None
    actor: PersonSpec
    action_id: Value | None
    merged_into: Value | None
    fields: FieldsSpec
    previous: FieldsSpec
    custom: CustomSpec | None
    previous_custom: CustomSpec | None
    message: tuple[MessageSpec, ...]
    messages: tuple[MessagesSpec, ...]

    def event_name(self, payload: Any, notes: Notes) -> str:
        """The vendor's name of the event, "" when there is none."""
        return _text(self.event, payload, notes)

    def find_ticket_id(self, payload: Any, notes: Notes) -> str:
        """The vendor's id of the ticket, "" when there is none."""
        return _text(self.ticket_id, payload, notes)

    def change(self, payload: Any, connection: str, notes: Notes) -> TicketChange | Ignored:
        """What the payload tells; raises Unreadable when it names no ticket."""
        event = self.event_name(payload, notes)
        known = self.patterns.find(event) if event else None
        if isinstance(known, str) and not isinstance(known, ChangeKind):
            return Ignored(event, known)
        ticket_id = self.find_ticket_id(payload, notes)
        if not ticket_id and event and known is None:
            return Ignored(event, "an event this mapping does not know, and it names no ticket")
        notes.kind = known or self.default_kind
        self._need(ticket_id, notes)
        return self._change(payload, connection, event, ticket_id, notes)

    def _change(self, payload: Any, connection: str, event: str, ticket_id: str, notes: Notes) -> TicketChange:
        at = self.at.read(payload, notes) if self.at else UNTOLD
        actor = self.actor.read(payload, notes)
        fields = self._fields(payload, notes)
        previous = {**self.previous.read(payload, notes), **_dotted(self.previous_custom, payload, notes)}
        message = next((found for spec in self.message if (found := spec.read(payload, notes))), None)
        custom = _dotted(self.custom, payload, notes)
        ids = {"action_id": _text(self.action_id, payload, notes), "merged_into": _text(self.merged_into, payload, notes)}
        return TicketChange(
            connection=connection,
            ticket_id=ticket_id,
            kind=notes.kind,
            event=event,
            at=None if at is UNTOLD else at,
            actor=Person() if actor is UNTOLD else actor,
            fields=fields | custom,
            previous=previous,
            message=message,
            unknown_words=notes.words,
            left_out=notes.left_out,
            complete=self.complete,
            **ids,
        )

    def ticket(self, payload: Any, connection: str, notes: Notes) -> Ticket:
        """The ticket as read, ``known`` filled; raises Unreadable when it has no id."""
        notes.kind = self.default_kind
        ticket_id = self.find_ticket_id(payload, notes)
        self._need(ticket_id, notes)
        fields = self._fields(payload, notes)
        custom = self.custom.read(payload, notes) if self.custom else None
        if custom is not None:
            fields["custom"] = custom
        merged_into = _text(self.merged_into, payload, notes)
        if merged_into:
            fields["merged_into"] = merged_into
        return Ticket(connection=connection, id=ticket_id, known=frozenset(fields), **fields)

    def single_message(self, item: Any, notes: Notes) -> Message:
        """One entry of a thread; raises Unreadable when it has neither id nor text."""
        notes.kind = self.default_kind
        found = next((message for spec in self.message if (message := spec.read(item, notes))), None)
        if found is None:
            raise Unreadable("this entry has neither id nor text", path=self.name, remedy=f"Check shapes.{self.name}.message.")
        return found

    def _fields(self, payload: Any, notes: Notes) -> dict[str, Any]:
        fields = self.fields.read(payload, notes)
        messages = thread(self.messages, payload, notes) if self.messages else UNTOLD
        return fields if messages is UNTOLD else {**fields, "messages": messages}

    def _need(self, ticket_id: str, notes: Notes) -> None:
        if ticket_id:
            return
        path = self.ticket_id.path if self.ticket_id else ""
        why = next((p.problem for p in notes.problems if p.path == path), "ticket_id: nothing is there")
        remedy = f"Check shapes.{self.name}.ticket_id in {notes.document}, or what the helpdesk was told to send."
        raise Unreadable(f"{why} ({path})", path=path, remedy=remedy)


def build_shapes(parsed: Parsed, document: Document) -> tuple[dict[str, Shape], list[Problem]]:
    """All shapes of a document, and what is wrong with them."""
    builder = Builder(parsed, document)
    shapes = {name: _shape(builder, name, form) for name, form in document.shapes.items()}
    return shapes, builder.problems


def _shape(builder: Builder, name: str, form: ShapeForm) -> Shape:
    at = ("shapes", name)
    ids = {key: builder.optional(getattr(form, key), key, ID, (*at, key)) for key in ("ticket_id", "action_id", "merged_into")}
    return Shape(
        name=name,
        patterns=_patterns(builder, name, form),
        default_kind=form.default_kind,
        complete=form.complete,
        event=builder.optional(form.event, "event", ("text",), (*at, "event")),
        at=builder.optional(form.at, "at", ("time",), (*at, "at")),
        actor=builder.person(form.actor, "actor", (*at, "actor")),
        fields=builder.fields(form.fields, (*at, "fields")),
        previous=builder.fields(form.previous, (*at, "previous")),
        custom=builder.custom(form.custom, (*at, "custom")),
        previous_custom=builder.custom(form.previous_custom, (*at, "previous_custom")),
        message=tuple(builder.message(m, builder.nth((*at, "message"), n)) for n, m in enumerate(form.message)),
        messages=tuple(builder.messages(m, builder.nth((*at, "messages"), n)) for n, m in enumerate(form.messages)),
        **ids,
    )


def _patterns(builder: Builder, name: str, form: ShapeForm) -> Patterns:
    rules: dict[str, ChangeKind | str] = {}
    for row, told in (("kinds", form.kinds), ("ignore", form.ignore)):
        for pattern, value in told.items():
            if pattern.casefold() in rules:
                remedy = "Keep it in one place: under kinds or under ignore."
                builder.note(("shapes", name, row, pattern), f"{pattern!r} is already there", remedy)
            rules[pattern.casefold()] = value
    exact = {pattern: value for pattern, value in rules.items() if not pattern.endswith("*")}
    prefixes = [(pattern[:-1], value) for pattern, value in rules.items() if pattern.endswith("*")]
    return Patterns(exact, tuple(sorted(prefixes, key=lambda row: -len(row[0]))))


def _text(value: Value | None, payload: Any, notes: Notes) -> str:
    found = value.read(payload, notes) if value else UNTOLD
    return "" if found is UNTOLD else str(found)


def _dotted(custom: CustomSpec | None, payload: Any, notes: Notes) -> dict[str, Any]:
    told = custom.read(payload, notes) if custom else None
    return {f"custom.{name}": value for name, value in (told or {}).items()}
