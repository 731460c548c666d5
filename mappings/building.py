"""A mapping document's form to compiled specs.

Collects what pydantic cannot see: tables, words, types and defaults that do not fit each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, cast

from config.yamldoc import Parsed, Problem, written
from config.yamlwords import Path, choose
from mappings import form
from mappings.form import CLOCK, MESSAGE, PERSON, TICKET, CustomForm, CustomPlace, Document, Holds, SpecForm, TypeName
from mappings.paths import Get, WrongType, kind_of
from mappings.reading import (
    UNTOLD,
    CustomerSpec,
    CustomSpec,
    FieldsSpec,
    GroupSpec,
    MessageSpec,
    MessagesSpec,
    PersonSpec,
    SlaClocksSpec,
    SlaListSpec,
    Value,
    to_word,
)
from mappings.values import Convert, list_of, money_in, to_bool, to_date, to_html, to_id, to_number, to_plain, to_time

Parts = tuple[tuple[str, Value], ...]

_CONVERTERS: dict[str, Convert] = {
    "id": to_id,
    "text": to_plain,
    "html": to_html,
    "bool": to_bool,
    "number": to_number,
    "time": to_time,
    "date": to_date,
    "word": to_word,
}
_EMPTY: dict[str, object] = {"id": "", "text": "", "html": "", "date": "", "list": (), "word": ""}
_TABLES = ("{}", "{}s", "{}es", "{}_table")


def _only(wanted: type, words: str) -> Convert:
    def check(value: object) -> object:
        if not isinstance(value, wanted):
            raise WrongType(f"expected {words}, found {kind_of(value)}")
        return value

    return check


A_LIST, AN_OBJECT = _only(list, "a list"), _only(dict, "an object")


@dataclass
class Builder:
    """Builds the specs of one document and gathers its problems."""

    parsed: Parsed
    document: Document
    problems: list[Problem] = field(default_factory=list)

    def note(self, at: Path, problem: str, remedy: str) -> None:
        self.problems.append(self.parsed.problem(at, problem, remedy))

    def nth(self, at: Path, number: int) -> Path:
        """The place of a part that may be written alone or as a list."""
        listed = (*at, number)
        return listed if listed in self.parsed.lines else at

    def value(self, spec: SpecForm, name: str, holds: Holds, at: Path) -> Value:
        """One spec as a Value; ``holds`` is what the canonical field takes."""
        kind = self._type(spec, name, holds, at)
        words, unknown = self._words(spec, name, holds, at) if kind == "word" else (None, UNTOLD)
        convert = _converter(kind, spec.currency, spec.separator)
        return Value(
            name=name,
            path=spec.from_.text if spec.from_ else f"literal {spec.literal}",
            get=spec.from_.get if spec.from_ else _constant(spec.literal),
            convert=convert,
            words=words,
            unknown=unknown,
            default=self._default(spec, convert, words, at),
            empty=_empty(kind, holds) if spec.empty else UNTOLD,
            kinds=frozenset(spec.when) if spec.when is not None else None,
            required=spec.required,
            line=self.parsed.line(at),
            at=written(at),
        )

    def optional(self, spec: SpecForm | None, name: str, holds: Holds, at: Path) -> Value | None:
        return None if spec is None else self.value(spec, name, holds, at)

    def parts(self, part: form.Part, table: Mapping[str, Holds], prefix: str, at: Path) -> Parts:
        found = ((name, getattr(part, name), holds) for name, holds in table.items())
        return tuple((n, self.value(s, f"{prefix}{n}", h, (*at, n))) for n, s, h in found if s is not None)

    def person(self, part: form.PersonForm, prefix: str, at: Path) -> PersonSpec:
        return PersonSpec(self.parts(part, PERSON, f"{prefix}.", at))

    def message(self, part: form.MessageForm, at: Path) -> MessageSpec:
        kinds = frozenset(part.when) if part.when is not None else None
        author = self.person(part.author, "message.author", (*at, "author"))
        return MessageSpec(self.parts(part, MESSAGE, "message.", at), author, kinds)

    def messages(self, part: form.MessagesForm, at: Path) -> MessagesSpec:
        return MessagesSpec(self._place(part.each, "messages", A_LIST, (*at, "each")), self.message(part, at))

    def fields(self, part: form.FieldsBase, at: Path) -> FieldsSpec:
        """The canonical fields, those of one object gathered."""
        values = {name: self.value(spec, name, TICKET[name], (*at, name)) for name, spec in part.specs().items()}
        plain = tuple((name, value) for name, value in values.items() if "." not in name)
        objects: list[tuple[str, Any]] = []
        for top, make in _OBJECTS.items():
            inner = tuple((name.removeprefix(f"{top}."), v) for name, v in values.items() if name.startswith(f"{top}."))
            if inner:
                objects.append((top, make(inner)))
        if part.sla is not None:
            objects.append(("sla", self._sla(part.sla, (*at, "sla"))))
        return FieldsSpec(plain, tuple(objects))

    def custom(self, place: CustomPlace | None, at: Path) -> CustomSpec | None:
        if place is None:
            return None
        wanted = tuple(self._custom_field(name, spec) for name, spec in self.document.custom_fields.items())
        if place.list_ is not None and place.key is not None and place.value is not None:
            there = self._place(place.list_, "custom", A_LIST, (*at, "list"))
            return CustomSpec(there, wanted, place.key.get, place.value.get)
        return CustomSpec(self._place(cast(form.Path, place.map_), "custom", AN_OBJECT, (*at, "map")), wanted)

    def _custom_field(self, name: str, spec: CustomForm) -> tuple[Value, tuple[str, ...]]:
        at: Path = ("custom_fields", name)
        bare = form.Path(text=spec.name or spec.id or name, get=lambda raw: raw)
        inner = SpecForm.model_construct(from_=bare, **spec.model_dump(exclude={"id", "name"}))
        names = tuple(n.casefold() for n in (spec.id, spec.name) if n) or (name.casefold(),)
        every: Holds = form.ANY
        return self.value(inner, f"custom.{name}", every, at), names

    def _place(self, query: form.Path, name: str, convert: Convert, at: Path) -> Value:
        return Value(name, query.text, query.get, convert, line=self.parsed.line(at), at=written(at))

    def _sla(self, sla: form.SlaListForm | dict[str, form.ClockForm], at: Path) -> SlaListSpec | SlaClocksSpec:
        if isinstance(sla, form.SlaListForm):
            return SlaListSpec(self._place(sla.each, "sla", A_LIST, (*at, "each")), self.parts(sla, CLOCK, "sla.", at))
        parts = {"due_at": CLOCK["due_at"], "state": CLOCK["state"]}
        return SlaClocksSpec(tuple((n, self.parts(clock, parts, f"sla.{n}.", (*at, n))) for n, clock in sla.items()))

    def _type(self, spec: SpecForm, name: str, holds: Holds, at: Path) -> TypeName:
        accepted: tuple[TypeName, ...] = ("word",) if isinstance(holds, type) else holds
        if spec.type is not None and spec.type not in accepted:
            self.note((*at, "type"), f"{name} cannot be of type {spec.type}", f"Use one of: {', '.join(accepted)}.")
            return accepted[0]
        kind = spec.type or accepted[0]
        if spec.table is not None and kind != "word":
            self.note((*at, "table"), f"a table needs type word, this is {kind}", "Write type: word, or remove the table.")
        if spec.currency and kind != "money":
            self.note((*at, "currency"), f"a currency needs type money, this is {kind}", "Write type: money, or remove it.")
        return kind

    def _words(self, spec: SpecForm, name: str, holds: Holds, at: Path) -> tuple[Mapping[str, object], object]:
        enum = holds if isinstance(holds, type) else None
        table = self._table(spec, name, enum, at)
        own: dict[str, object] = {word.value.casefold(): word for word in enum} if enum else {}
        if table is None:
            if enum is None and spec.table is None:
                self.note(at, f"{name} of type word has no table", f"Add table: one of {', '.join(self.document.tables)}.")
            return MappingProxyType(own), enum("unknown") if enum else UNTOLD
        place: Path = ("tables", table)
        known = {theirs.casefold(): self._our(ours, enum, (*place, "words", theirs)) for theirs, ours in self._rows(table)}
        default = self.document.tables[table].default
        if default is not None:
            return MappingProxyType(known), self._our(default, enum, (*place, "default"))
        return MappingProxyType(known), enum("unknown") if enum else UNTOLD

    def _rows(self, table: str) -> list[tuple[str, str]]:
        return list(self.document.tables[table].words.items())

    def _table(self, spec: SpecForm, name: str, enum: type[StrEnum] | None, at: Path) -> str | None:
        tables = self.document.tables
        if spec.table is None:
            last = name.rsplit(".", 1)[-1]
            return next(
                (t for t in (pattern.format(last) for pattern in _TABLES) if enum and t in tables and not spec.literal), None
            )
        if spec.table in tables:
            return spec.table
        remedy = choose(spec.table, tables) if tables else "Add it under tables."
        self.note((*at, "table"), f"there is no table {spec.table!r}", remedy)
        return None

    def _our(self, word: str, enum: type[StrEnum] | None, at: Path) -> object:
        if enum is None:
            return word
        if word in enum.__members__.values():
            return enum(word)
        self.note(at, f"{word!r} is no {enum.__name__} of ours", choose(word, [str(w.value) for w in enum]))
        return enum("unknown")

    def _default(self, spec: SpecForm, convert: Convert, words: Mapping[str, object] | None, at: Path) -> object:
        if spec.default is None:
            return UNTOLD
        try:
            value = convert(spec.default)
        except WrongType as bad:
            self.note((*at, "default"), str(bad), "Write a default of the field's own type.")
            return UNTOLD
        if value is None:  # such as "" for an id
            return UNTOLD
        return value if words is None else self._default_word(str(value), words, at)

    def _default_word(self, word: str, words: Mapping[str, object], at: Path) -> object:
        ours: dict[str, object] = {str(known): known for known in words.values()}
        enums = [known for known in words.values() if isinstance(known, StrEnum)]
        if not enums:
            return ours.get(word, word)
        return self._our(word, type(enums[0]), (*at, "default"))


def _customer(inner: Parts) -> CustomerSpec:
    top = "organization."
    organization = tuple((name.removeprefix(top), value) for name, value in inner if name.startswith(top))
    return CustomerSpec(GroupSpec(organization), tuple(part for part in inner if not part[0].startswith(top)))


_OBJECTS: dict[str, Callable[[Parts], Any]] = {
    "group": GroupSpec,
    "assignee": PersonSpec,
    "requester": PersonSpec,
    "customer": _customer,
}


def _converter(kind: TypeName, currency: str, separator: str) -> Convert:
    if kind == "money":
        return money_in(currency)
    return list_of(separator) if kind == "list" else _CONVERTERS[kind]


def _constant(value: object) -> Get:
    return lambda _: value


def _empty(kind: TypeName, holds: Holds) -> object:
    return holds("unknown") if isinstance(holds, type) else _EMPTY.get(kind)
