"""``accounts.yaml`` → which systems know the customers, in order of precedence, and how their words become ours.

The format stands in docs/accounts.md. Secrets are never in it: it names environment variables, ACCOUNTS_...
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from config.conditions import Strict
from config.crosscheck import repeated, walk
from config.values import Name, Positive
from config.yamldoc import Parsed, Problem, Problems, check, parse, wrong
from config.yamlwords import choose
from escalation.account import FIELDS
from mappings.form import Currency
from mappings.paths import Get, compiled

Key = Literal["email", "domain", "organization", "organization_id"]  # what a customer is found by
PLACES = ("email", "domain", "organization", "organization_id", "name")

_SECRET = re.compile(r"\$\{ACCOUNTS_[A-Z0-9_]+\}")
_ANY_VARIABLE = re.compile(r"\$\{[^}]*\}?")
_PLACE = re.compile(r"\{([^{}]*)\}")
_TELLING = re.compile(r"auth|token|key|secret|cookie", re.IGNORECASE)
_MOST = 20
_FIND_BY: Mapping[Key, str] = {"email": "email", "domain": "domain", "organization": "organization"}


def _secret(value: object) -> str:
    if not isinstance(value, str) or not _SECRET.fullmatch(value):
        raise wrong("secrets do not stand in documents", "Write the name of a variable: ${ACCOUNTS_...}.")
    return value


def _address(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", value):
        raise wrong(f"{value!r} is no address", "Write https://, the host and the path; credentials go into headers.")
    if _ANY_VARIABLE.search(value):
        raise wrong("variables cannot stand in an address", "Write it out; secrets go into headers.")
    return value


def _file(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\.(csv|yaml|yml)", value):
        raise wrong(f"{value!r} is not a file beside this document", "Write the name of a .csv or .yaml in CONFIG_DIR.")
    return value


def _path(value: object) -> object:
    return {"from": value} if isinstance(value, str) else value


Secret = Annotated[str, BeforeValidator(_secret)]
Address = Annotated[str, BeforeValidator(_address)]
Query = Annotated[str, Field(min_length=1, max_length=500)]


class FieldForm(Strict):
    """Where a field stands in what a source answers."""

    path: Annotated[Query, Field(alias="from")]
    currency: Currency = ""
    scale: Annotated[float, Field(gt=0)] = 1.0
    words: dict[str, str] = Field(default_factory=dict)

    @field_validator("path")
    @classmethod
    def _compiles(cls, text: str) -> str:
        compiled(text)
        return text


class SourceForm(Strict):
    """What all sources have."""

    name: Name
    timeout: Positive = timedelta(seconds=2)
    fields: dict[str, Annotated[FieldForm, BeforeValidator(_path)]] = Field(default_factory=dict)

    @field_validator("fields")
    @classmethod
    def _known(cls, fields: dict[str, FieldForm]) -> dict[str, FieldForm]:
        for name, one in fields.items():
            if name not in FIELDS:
                raise wrong(f"an account has no field {name!r}", choose(name, FIELDS))
            if (one.currency or one.scale != 1.0) and name != "contract_value":
                raise wrong(f"{name} is no sum of money", "currency and scale are for contract_value.")
        return fields

    @field_validator("timeout")
    @classmethod
    def _short(cls, timeout: timedelta) -> timedelta:
        if timeout > timedelta(seconds=15):
            raise wrong("nobody waits so long", "Write at most 15s.")
        return timeout


class FileForm(SourceForm):
    kind: Literal["file"]
    path: Annotated[str, BeforeValidator(_file)]
    find_by: Annotated[dict[Key, str], Field(min_length=1)] = Field(default_factory=lambda: dict(_FIND_BY))


class HttpForm(SourceForm):
    kind: Literal["http"]
    url: Address
    headers: dict[str, str] = Field(default_factory=dict)
    record: Query = "@"

    @field_validator("record")
    @classmethod
    def _compiles(cls, text: str) -> str:
        compiled(text)
        return text

    @field_validator("url")
    @classmethod
    def _places(cls, url: str) -> str:
        named = _PLACE.findall(url)
        if not named:
            raise wrong("the address does not name the customer", "Put {email}, {domain} or {organization_id} into it.")
        for name in named:
            if name not in PLACES:
                raise wrong(f"nothing is known as {{{name}}}", choose(name, PLACES))
        if _PLACE.search(url.split("/")[2]):
            raise wrong("the customer cannot stand in the host", "Put {email} into the path or after the ?.")
        return url

    @field_validator("headers")
    @classmethod
    def _no_secrets(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not re.fullmatch(r"[A-Za-z0-9-]+", name) or "\n" in value or "\r" in value:
                raise wrong(f"{name!r} is no header", "Write its name, such as Authorization, and one line.")
            if any(not _SECRET.fullmatch(found) for found in _ANY_VARIABLE.findall(value)):
                raise wrong(f"{value!r} names a variable that is not for account sources", "Write ${ACCOUNTS_...}.")
            if _TELLING.search(name) and not _SECRET.search(value):
                raise wrong(f"the header {name} holds a secret", "Write ${ACCOUNTS_...} in its place.")
        return headers


class SqlForm(SourceForm):
    kind: Literal["sql"]
    database: Secret
    query: Annotated[str, Field(min_length=10, max_length=5000)]

    @field_validator("query")
    @classmethod
    def _reads(cls, query: str) -> str:
        if not re.match(r"\s*(select|with)\b", query, re.IGNORECASE) or ";" in query.rstrip().rstrip(";"):
            raise wrong("this is not one query that reads", "Write one SELECT.")
        named = re.findall(r"(?<!:):([a-z_]+)", query)
        for name in named:
            if name not in PLACES:
                raise wrong(f"nothing is known as :{name}", choose(name, PLACES))
        if not named:
            raise wrong("the query does not name the customer", "Use :email, :domain or :organization_id.")
        return query


class StripeForm(SourceForm):
    kind: Literal["stripe"]
    key: Secret
    url: Address = "https://api.stripe.com"


class HubspotForm(SourceForm):
    kind: Literal["hubspot"]
    token: Secret
    url: Address = "https://api.hubapi.com"
    contact: list[Name] = Field(default_factory=list)
    company: list[Name] = Field(default_factory=list)


class SalesforceForm(SourceForm):
    kind: Literal["salesforce"]
    url: Address
    client_id: Secret
    client_secret: Secret
    contact: list[Name] = Field(default_factory=list)
    account: list[Name] = Field(default_factory=list)


class HelpdeskForm(Strict):
    """Where the helpdesk's own fields stand in the order; without it they count last."""

    kind: Literal["helpdesk"]
    name: Literal["helpdesk"] = "helpdesk"


AnySource = Annotated[
    FileForm | HttpForm | SqlForm | StripeForm | HubspotForm | SalesforceForm | HelpdeskForm, Field(discriminator="kind")
]


class AccountsForm(Strict):
    about: str = ""
    deadline: Positive = timedelta(seconds=5)
    keep: Positive = timedelta(minutes=5)
    sources: Annotated[list[AnySource], Field(max_length=_MOST)] = Field(default_factory=list)

    @field_validator("deadline")
    @classmethod
    def _short(cls, deadline: timedelta) -> timedelta:
        if deadline > timedelta(seconds=15):
            raise wrong("nobody waits so long", "Write at most 15s.")
        return deadline

    @model_validator(mode="after")
    def _maps(self) -> AccountsForm:
        for one in self.sources:
            if not isinstance(one, HelpdeskForm | StripeForm) and not one.fields:
                raise wrong(f"the source {one.name} tells nothing", "Give it fields, such as tier: plan.")
        return self


@dataclass(frozen=True, slots=True)
class Mapped:
    """How a field is read from what a source answers."""

    get: Get
    currency: str = ""
    scale: float = 1.0
    words: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The document as it is used: ``before`` names the sources that count before the helpdesk's own fields."""

    deadline: timedelta = timedelta(seconds=5)
    keep: timedelta = timedelta(minutes=5)
    sources: tuple[SourceForm, ...] = ()
    before: frozenset[str] = frozenset()
    version: int = 0


def load_accounts(text: str, name: str = "accounts", version: int = 0) -> Plan:
    """The plan of a YAML text; raises Problems with everything wrong at once, each with line, path and remedy."""
    parsed = parse(text, name)
    twice = tuple(_twice(parsed))
    try:
        form = check(parsed, AccountsForm)
    except Problems as found:
        raise Problems(name, (*found.problems, *twice)) from None
    if twice:
        raise Problems(name, twice)
    helpdesk = next((nth for nth, one in enumerate(form.sources) if isinstance(one, HelpdeskForm)), len(form.sources))
    asked = tuple(one for one in form.sources if not isinstance(one, HelpdeskForm))
    return Plan(form.deadline, form.keep, asked, frozenset(one.name for one in form.sources[:helpdesk]), version)


def mapped(source: SourceForm, usual: Mapping[str, FieldForm] | None = None) -> Mapping[str, Mapped]:
    """Field → how it is read; ``usual`` holds where the document names no fields of its own."""
    fields = source.fields or usual or {}
    return {name: Mapped(compiled(one.path), one.currency, one.scale, one.words) for name, one in fields.items()}


def _twice(parsed: Parsed) -> Iterator[Problem]:
    yield from repeated(parsed, walk(parsed.data, "sources", "*", "name"), "the source", case_blind=True)
    helpdesks = [(path, value) for path, value in walk(parsed.data, "sources", "*", "kind") if value == "helpdesk"]
    yield from repeated(parsed, helpdesks, "the kind")
