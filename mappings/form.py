"""The form of a mapping document: what keys it may have (docs/mappings.md explains each one)."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    create_model,
    model_validator,
)

from config.yamldoc import wrong
from escalation.ticket import ChangeKind, Channel, ClockState, Priority, Role, Status, TicketType
from mappings.paths import Get, compiled

TypeName = Literal["id", "text", "html", "bool", "number", "money", "time", "date", "list", "word"]
Scalar = str | int | float | bool | None

# What a canonical field holds: an enum is filled by ``type: word``, else the first type is used where a spec names none.
TEXT: tuple[TypeName, ...] = ("text", "html", "id", "word", "date")
ID: tuple[TypeName, ...] = ("id", "text")
Holds = type[StrEnum] | tuple[TypeName, ...]
ANY: tuple[TypeName, ...] = ("text", "id", "html", "bool", "number", "money", "time", "date", "list", "word")
PERSON: dict[str, Holds] = {"id": ID, "name": TEXT, "email": TEXT, "role": Role}
MESSAGE: dict[str, Holds] = {"id": ID, "text": TEXT, "public": ("bool",), "at": ("time",), "attachments": ("list",)}
CLOCK: dict[str, Holds] = {"name": TEXT, "due_at": ("time",), "state": ClockState}
TICKET: dict[str, Holds] = {
    "url": TEXT,
    "subject": TEXT,
    "status": Status,
    "priority": Priority,
    "type": TicketType,
    "tags": ("list",),
    "channel": Channel,
    "issue_type": TEXT,
    "product_area": TEXT,
    "page": TEXT,
    "language": TEXT,
    "satisfaction": TEXT,
    "created_at": ("time",),
    "updated_at": ("time",),
    "solved_at": ("time",),
    "group.id": ID,
    "group.name": TEXT,
    **{f"{who}.{part}": holds for who in ("assignee", "requester") for part, holds in PERSON.items()},
    "customer.organization.id": ID,
    "customer.organization.name": TEXT,
    "customer.tier": TEXT,
    "customer.contract_value": ("money",),
    "customer.health": TEXT,
    "customer.renewal_on": ("date", "text"),
    "customer.language": TEXT,
    "customer.time_zone": TEXT,
}


class Part(BaseModel):
    """What all parts of the document share: unknown keys are errors, numbers may stand where text is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, arbitrary_types_allowed=True)


def _short(key: str) -> Callable[[object], object]:
    """A plain text where keys are wanted is the value of ``key``."""

    def expand(value: object) -> object:
        return {key: value} if isinstance(value, str) else value

    return expand


def _listed(value: object) -> object:
    return value if isinstance(value, list) or value is None else [value]


def _currency(value: str) -> str:
    if not (len(value) == 3 and value.isascii() and value.isupper()):
        raise wrong(f"{value[:20]!r} is no currency", "Write the three capital letters of ISO 4217, such as EUR.")
    return value


class Path(Part):
    """A JMESPath expression with its compiled form."""

    text: str
    get: Get


def _to_path(value: object) -> object:
    if not isinstance(value, str):
        return value if isinstance(value, Path) else {"text": value}
    return Path(text=value, get=compiled(value))


Query = Annotated[Path, BeforeValidator(_to_path)]
Kinds = Annotated[list[ChangeKind], BeforeValidator(_listed)]
Currency = Annotated[str, AfterValidator(_currency)]


class SpecForm(Part):
    """Where one value stands and how it is read."""

    from_: Query | None = Field(None, alias="from")
    literal: Scalar = None
    type: TypeName | None = None
    table: str | None = None
    default: Scalar | list[str] = None
    when: Kinds | None = None
    required: bool = False
    empty: bool = False
    currency: Currency = ""
    separator: str = ","

    @model_validator(mode="after")
    def _has_source(self) -> SpecForm:
        if (self.from_ is None) == (self.literal is None):
            raise wrong(
                "a field needs either 'from' or 'literal'", "Write from: with a JMESPath expression, or literal: with a value."
            )
        return self


Spec = Annotated[SpecForm, BeforeValidator(_short("from"))]


class PersonForm(Part):
    id: Spec | None = None
    name: Spec | None = None
    email: Spec | None = None
    role: Spec | None = None


class MessageForm(Part):
    when: Kinds | None = None
    id: Spec | None = None
    text: Spec | None = None
    public: Spec | None = None
    at: Spec | None = None
    author: PersonForm = PersonForm()
    attachments: Spec | None = None


class MessagesForm(MessageForm):
    each: Query


class SlaListForm(Part):
    each: Query
    name: Spec
    due_at: Spec | None = None
    state: Spec | None = None


class ClockForm(Part):
    due_at: Spec | None = None
    state: Spec | None = None


def _clock(value: object) -> object:
    plain = isinstance(value, str) or (isinstance(value, dict) and ("from" in value or "literal" in value))
    return {"due_at": value} if plain else value


def _sla_form(value: object) -> str:
    return "list" if isinstance(value, SlaListForm) or (isinstance(value, dict) and "each" in value) else "clocks"


Clock = Annotated[ClockForm, BeforeValidator(_clock)]
Sla = Annotated[Annotated[SlaListForm, Tag("list")] | Annotated[dict[str, Clock], Tag("clocks")], Discriminator(_sla_form)]


class FieldsBase(Part):
    sla: Sla | None = None

    def specs(self) -> dict[str, SpecForm]:
        """Canonical field → its spec, in the order of TICKET."""
        named = {name: getattr(self, name.replace(".", "_")) for name in TICKET}
        return {name: spec for name, spec in named.items() if spec is not None}


_columns: dict[str, Any] = {name.replace(".", "_"): (Spec | None, Field(None, alias=name)) for name in TICKET}
FieldsForm: type[FieldsBase] = create_model("FieldsForm", __base__=FieldsBase, **_columns)


class CustomPlace(Part):
    """Where a shape keeps its custom fields: a list of objects, or one object by name."""

    list_: Query | None = Field(None, alias="list")
    key: Query | None = None
    value: Query | None = None
    map_: Query | None = Field(None, alias="map")

    @model_validator(mode="after")
    def _one_form(self) -> CustomPlace:
        whole = self.list_ is not None and self.key is not None and self.value is not None
        if whole == (self.map_ is not None) or (self.map_ is not None and (self.list_ or self.key or self.value)):
            raise wrong("custom fields need either list, key and value, or map", "See 'custom' in docs/mappings.md.")
        return self


class ShapeForm(Part):
    about: str = ""
    source: str = ""
    event: Spec | None = None
    kinds: dict[str, ChangeKind] = {}
    default_kind: ChangeKind = ChangeKind.OTHER
    ignore: dict[str, str] = {}
    ticket_id: Spec | None = None
    at: Spec | None = None
    actor: PersonForm = PersonForm()
    action_id: Spec | None = None
    merged_into: Spec | None = None
    complete: bool = False
    fields: FieldsForm = FieldsForm()  # type: ignore[valid-type]
    previous: FieldsForm = FieldsForm()  # type: ignore[valid-type]
    custom: CustomPlace | None = None
    previous_custom: CustomPlace | None = None
    message: Annotated[list[MessageForm], BeforeValidator(_listed)] = []
    messages: Annotated[list[MessagesForm], BeforeValidator(_listed)] = []

    @model_validator(mode="after")
    def _names_a_ticket(self) -> ShapeForm:
        if self.ticket_id is None and (self.event or not self.message):
            raise wrong("this shape does not tell which ticket it is about", "Add ticket_id: {from: ..., type: id}.")
        return self


class TableForm(Part):
    words: dict[str, str]
    default: str | None = None


class CustomForm(Part):
    id: str | None = None
    name: str | None = None
    type: TypeName = "text"
    table: str | None = None
    currency: Currency = ""
    separator: str = ","


class BackForm(Part):
    status: dict[str, Any] = {}
    priority: dict[str, Any] = {}
    type: dict[str, Any] = {}
    tags: dict[str, str] = {}
    fields: dict[str, str] = {}


class Document(Part):
    helpdesk: Annotated[str, Field(min_length=1)]
    about: str = ""
    shapes: dict[str, ShapeForm]
    tables: dict[str, TableForm] = {}
    custom_fields: dict[str, CustomForm] = {}
    back: BackForm = BackForm()
