"""Published JSON Schemas, and what is wrong with a value by one of them: every problem at once, each with path and remedy.

One source for callers and for us: the keywords that the schema of a request uses are checked here, and a test holds this against
the ``jsonschema`` package. A property's ``description`` says what is allowed, so it is the remedy too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "schemas"
_SHOWN = 120  # characters of a wrong value that are told back
_EMAIL = re.compile(r"[^@\s<>()\[\],;:\"]+@[^@\s<>()\[\],;:\"]+\.[^@\s<>()\[\],;:\".]+")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong: where, with which value, what, and what would be right."""

    path: str
    value: object
    problem: str
    remedy: str


@cache
def names() -> tuple[str, ...]:
    """The file names of all published schemas."""
    return tuple(sorted(path.name for path in _FOLDER.glob("*.json")))


@cache
def schema(name: str) -> dict[str, Any]:
    """A published schema by its file name; LookupError for an unknown one."""
    if name not in names():
        raise LookupError(f"no schema {name}; there are: {', '.join(names())}")
    return dict(json.loads((_FOLDER / name).read_text(encoding="utf-8")))


def flaws(wanted: dict[str, Any], value: object, path: str = "") -> Iterator[Flaw]:
    """Everything wrong with a value."""
    kinds = wanted.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield _flaw(wanted, path, value, f"is {_named(value)} and should be {' or '.join(kinds)}")
        return
    if "enum" in wanted and value not in wanted["enum"]:
        yield _flaw(wanted, path, value, "is none of the words allowed")
    elif isinstance(value, str):
        yield from _of_text(wanted, value, path)
    elif isinstance(value, list):
        yield from _of_list(wanted, value, path)
    elif isinstance(value, dict):
        yield from _of_object(wanted, value, path)
    elif isinstance(value, int | float) and not wanted.get("minimum", value) <= value <= wanted.get("maximum", value):
        yield _flaw(wanted, path, value, "is out of range")


def unknown(wanted: dict[str, Any], value: object, path: str = "") -> Iterator[str]:
    """Paths of what the schema does not know, which is ignored."""
    if isinstance(value, list) and "items" in wanted:
        for nth, item in enumerate(value):
            yield from unknown(wanted["items"], item, f"{path}[{nth}]")
    elif isinstance(value, dict) and "properties" in wanted:
        for name, inner in value.items():
            here = f"{path}.{name}" if path else name
            if name in wanted["properties"]:
                yield from unknown(wanted["properties"][name], inner, here)
            else:
                yield here[:_SHOWN]


def _is(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _KINDS[kind])


def _named(value: object) -> str:
    return next((kind for kind in _KINDS if _is(value, kind)), type(value).__name__)


def _flaw(wanted: dict[str, Any], path: str, value: object, problem: str) -> Flaw:
    shown = value if isinstance(value, int | float | bool | None) else json.dumps(value, default=str)[: _SHOWN * 2]
    if isinstance(value, str):
        shown = _UNSTORABLE.sub("\ufffd", value)[:_SHOWN]
    elif isinstance(shown, str):
        shown = shown[:_SHOWN]
    return Flaw(path or "(body)", shown, problem, wanted.get("description", ""))


def _of_text(wanted: dict[str, Any], value: str, path: str) -> Iterator[Flaw]:
    if len(value) < wanted.get("minLength", 0) or (wanted.get("minLength") and not value.strip()):
        yield _flaw(wanted, path, value, "is empty")
    if len(value) > wanted.get("maxLength", len(value)):
        yield _flaw(wanted, path, value, f"has {len(value):,} characters, {wanted['maxLength']:,} are allowed")
    if _UNSTORABLE.search(value):
        yield _flaw(wanted, path, value, "holds a NUL or half a character, which nothing can store")
    if wanted.get("format") == "date-time" and not _is_time(value):
        yield _flaw(wanted, path, value, "is no time with a zone")
    if wanted.get("format") == "email" and not _EMAIL.fullmatch(value):
        yield _flaw(wanted, path, value, "is no e-mail address")


def _is_time(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None and len(value) >= len("2026-03-02T09:00Z")
    except ValueError:
        return False


def _of_list(wanted: dict[str, Any], value: list[Any], path: str) -> Iterator[Flaw]:
    if not wanted.get("minItems", 0) <= len(value) <= wanted.get("maxItems", len(value)):
        yield _flaw(wanted, path, f"{len(value)} items", "has too few or too many items")
        return
    for nth, item in enumerate(value):
        yield from flaws(wanted.get("items", {}), item, f"{path}[{nth}]")


def _of_object(wanted: dict[str, Any], value: dict[str, Any], path: str) -> Iterator[Flaw]:
    known: dict[str, Any] = wanted.get("properties", {})
    for name in wanted.get("required", ()):
        if name not in value:
            yield _flaw(known[name], f"{path}.{name}" if path else name, None, "is missing")
    for name, inner in value.items():
        if name in known:
            yield from flaws(known[name], inner, f"{path}.{name}" if path else name)
