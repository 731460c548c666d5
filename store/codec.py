"""Core dataclasses to JSON and back (pydantic does the work), and ids that sort by time."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

from escalation.history import Logged

T = TypeVar("T")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def plain(value: object) -> dict[str, Any]:
    """A core dataclass as JSON-ready data."""
    kind: Any = type(value)
    return cast(dict[str, Any], _adapter(kind).dump_python(value, mode="json"))


def build(kind: type[T], data: object) -> T:
    """The core dataclass that ``plain`` made ``data`` from; pydantic's ValidationError if it is not one."""
    return cast(T, _adapter(cast(Any, kind)).validate_python(data))


def build_json(kind: type[T], text: str) -> T:
    """The same from JSON as it is stored, in a third of the time."""
    return cast(T, _adapter(cast(Any, kind)).validate_json(text))


def plain_log(log: tuple[Logged, ...]) -> list[dict[str, Any]]:
    """A ticket's log as JSON-ready data."""
    return [{"at": entry.at.isoformat(), "kind": entry.kind, "value": entry.value} for entry in log]


def build_log(told: Iterable[Mapping[str, str]]) -> tuple[Logged, ...]:
    """The log that ``plain_log`` made ``told`` from; by hand, for it is done at every look."""
    return tuple(Logged(datetime.fromisoformat(one["at"]), one["kind"], one["value"]) for one in told)


def new_id(prefix: str, now: datetime) -> str:
    """A short unique id that sorts by time: prefix, milliseconds in hex, 32 random bits."""
    return f"{prefix}_{int(now.timestamp() * 1000):011x}{secrets.token_hex(4)}"
