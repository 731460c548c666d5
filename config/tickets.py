"""Tickets as people write them down, in canonical words: for dry runs and for tests of rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

import pydantic
from pydantic_core import ErrorDetails

from config.yamldoc import written
from config.yamlwords import Path, choose
from escalation.ticket import Message, Person, Role, Ticket

MOST_MESSAGES = 3000
_MOST_IGNORED = 100
_MOST_SHOWN = 60  # characters of a value or a name in a problem
_FIELDS = frozenset(f.name for f in fields(Ticket)) - {"messages", "known", "missing", "connection", "id", "handed"}
_OF_MESSAGES = frozenset({"role", "text", "at", "public", "id"})
_ROLES = {"user": Role.CUSTOMER, "end_user": Role.CUSTOMER, "assistant": Role.BOT, "ai": Role.BOT}
_OFFERED = tuple(role.value for role in Role if role is not Role.UNKNOWN)
_TICKET: pydantic.TypeAdapter[Ticket] = pydantic.TypeAdapter(Ticket)
_HALF = re.compile("[\ud800-\udfff]")
_FORM = "docs/api.md shows the form of a ticket."
_MESSAGE = 'Write {"role": "customer", "text": "…"}.'
_NO_KEYS = "this has no keys of its own"
_WORDS = {  # by how pydantic's name of an error begins
    "string": ("this is not text", "Write text; put numbers and words such as true in quotes."),
    "tuple": ("this is not a list", "Write a list: […]."),
    "dict": (_NO_KEYS, 'Write {"name": value}.'),
    "mapping": (_NO_KEYS, 'Write {"name": value}.'),
    "dataclass": (_NO_KEYS, _FORM),
    "int": ("this is not a whole number", "Write a whole number without quotes."),
    "decimal": ("this is not a number", "Write a number, without a currency."),
    "bool": ("this is neither true nor false", "Write true or false."),
    "missing": ("this is missing", "Add it."),
}
_CUSTOM = "Write text, a number, true or false, a list of texts, or an amount with its currency."


Stray = tuple[Path, frozenset[str]]  # where a name stands that nothing reads, and those that may stand there


class Wrong(ValueError):
    """A pasted ticket that cannot be used: (path, problem, remedy) of everything found, and the names that nothing reads."""

    def __init__(self, problems: list[tuple[str, str, str]], strays: Sequence[Stray] = ()) -> None:
        super().__init__("; ".join(f"{path}: {problem}" for path, problem, _ in problems))
        self.problems, self.strays = problems, strays


@dataclass
class _Seen:
    """What a ticket is checked for: problems by path, the first of each, and names that no ticket has."""

    problems: dict[str, tuple[str, str]] = field(default_factory=dict)
    strays: list[Stray] = field(default_factory=list)

    def wrong(self, path: Path, problem: str, remedy: str, *value: object) -> None:
        """``value`` is shown behind the problem, where there is one."""
        shown = "".join(f": {shortened(one)}" for one in value)
        self.problems.setdefault(written(_short(path)), (problem + shown, remedy))

    def unknown(self, path: Path, told: Mapping[str, Any], known: frozenset[str]) -> None:
        self.strays += [((*path, name), known) for name in told if name not in known]


def _short(path: Path) -> Path:
    return tuple(part if isinstance(part, int) else part[:_MOST_SHOWN] for part in path)


def whole(told: Any) -> Any:
    """JSON data in which every half of a character, in text or in a name, is the sign for an unknown one."""
    text = json.dumps(told, ensure_ascii=False)
    return json.loads(_HALF.sub("\ufffd", text)) if _HALF.search(text) else told


def shortened(value: object) -> str:
    """A value as it stands in JSON, as much of it as a problem shows."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def ignored(strays: Sequence[Stray]) -> list[str]:
    """The names that nothing reads, so many as a person reads."""
    names, more = sorted(written(_short(path)) for path, _ in strays)[:_MOST_IGNORED], len(strays) - _MOST_IGNORED
    return [*names, f"and {more:,} more"] if more > 0 else names


def pasted(told: Mapping[str, Any]) -> tuple[Ticket, list[Stray]]:
    """(ticket, names that nothing reads) from canonical JSON whose messages are {role, text, at?, public?}; raises Wrong."""
    told, seen = whole(told), _Seen()
    messages = _messages(told.get("messages", []), seen)
    seen.unknown((), told, _FIELDS | {"messages", "connection", "id"})
    hints = _hints(Ticket)
    own = {
        name: _read(hints[name], value, (name,), seen) for name, value in told.items() if name in _FIELDS and value is not None
    }
    requester = {"id": "customer"} if own.get("requester", {}) == {} else own["requester"]
    given = {"connection": str(told.get("connection") or ""), "id": str(told.get("id") or "dry-run"), **own}
    given["requester"] = {**requester, "role": "customer"} if isinstance(requester, dict) else requester
    _check(given, seen)
    try:
        ticket = _TICKET.validate_python(given)
    except pydantic.ValidationError as bad:
        for error in bad.errors(include_url=False):
            _tell(error, given, seen)
    if seen.problems:
        raise Wrong([(path, problem, remedy) for path, (problem, remedy) in seen.problems.items()], seen.strays)
    known = frozenset(own) | {"messages", "requester"}
    return replace(ticket, messages=_in_order(messages), known=known), seen.strays


# ------------------------------------------------------------------ messages


def _messages(told: Any, seen: _Seen) -> list[Message]:
    if not isinstance(told, list):
        seen.wrong(("messages",), "this is not a list", f"Write a list of messages. {_MESSAGE}", told)
        return []
    if len(told) > MOST_MESSAGES:
        seen.wrong(("messages",), f"there are {len(told):,}, the most is {MOST_MESSAGES:,}", "Leave out the oldest.")
        return []
    return [message for n, one in enumerate(told) for message in _message(n, one, seen)]


def _message(n: int, told: Any, seen: _Seen) -> Iterator[Message]:
    path: Path = ("messages", n)
    if not isinstance(told, dict) or not isinstance(told.get("text"), str):
        seen.wrong(path, "no text", _MESSAGE, told)
        return
    seen.unknown(path, told, _OF_MESSAGES)
    role = _role(told.get("role", "customer"))
    if role is None:
        word = str(told["role"])[:_MOST_SHOWN]
        seen.wrong((*path, "role"), f"there is no role {word!r}", choose(word, _OFFERED))
        return
    public = True if told.get("public") is None else told["public"]
    if not isinstance(public, bool):
        seen.wrong((*path, "public"), *_WORDS["bool"], public)
    author = Person("customer" if role is Role.CUSTOMER else f"{role.value}-1", role=role)
    at = _at(told.get("at"), (*path, "at"), seen)
    yield Message(str(told.get("id") or f"m{n + 1}"), author, told["text"], public is not False, at)


def _role(word: object) -> Role | None:
    name = str(word).lower()
    return _ROLES.get(name) or (Role(name) if name in (*Role,) else None)


def _in_order(messages: list[Message]) -> tuple[Message, ...]:
    """Oldest first, as helpdesks keep them; a message without a time stays at its place."""
    timed = iter(sorted((at, n) for n, m in enumerate(messages) if (at := m.at) is not None))
    return tuple(m if m.at is None else messages[next(timed)[1]] for m in messages)


# ------------------------------------------------------------------ fields


@lru_cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(hint: Any, told: Any, path: Path, seen: _Seen) -> Any:
    """A value for a field of type ``hint``: its times read, names that its parts do not have left out and told."""
    kinds = (hint, *get_args(hint))
    if datetime in kinds:
        return _at(told, path, seen)
    part = next((kind for kind in kinds if is_dataclass(kind)), None)
    if isinstance(told, list) and get_origin(hint) is tuple and part:
        return [_read(part, one, (*path, n), seen) for n, one in enumerate(told)]
    if not isinstance(part, type):
        return told
    hints = _hints(part)
    if not isinstance(told, dict):
        if told is not None and str not in kinds and get_origin(hint) is not tuple:
            seen.wrong(path, _NO_KEYS, f"Write an object with some of: {', '.join(hints)}.", told)
        return told
    seen.unknown(path, told, frozenset(hints))
    return {name: _read(hints[name], value, (*path, name), seen) for name, value in told.items() if name in hints}


def _at(told: object, path: Path, seen: _Seen) -> datetime | None:
    if told in (None, ""):
        return None
    try:
        at = datetime.fromisoformat(told if isinstance(told, str) else "")
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: the year 1, east of Greenwich
        seen.wrong(path, "this is not a time", "Write it like 2026-03-31T09:00:00Z.", told)
        return None


def _check(given: Mapping[str, Any], seen: _Seen) -> None:
    """What the types of a ticket do not say. A time zone may be any text: some helpdesks have words of their own."""
    customer = given.get("customer")
    if not isinstance(customer, dict):
        return
    renewal, disputes = customer.get("renewal_on"), customer.get("disputes")
    if isinstance(renewal, str) and renewal and not _is_day(renewal):
        seen.wrong(("customer", "renewal_on"), "this is not a day", "Write it like 2026-03-31.", renewal)
    if isinstance(disputes, int) and (isinstance(disputes, bool) or disputes < 0):
        seen.wrong(("customer", "disputes"), "this is not a number of disputes", "Write 0 or more.", disputes)


def _is_day(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _tell(error: ErrorDetails, given: Mapping[str, Any], seen: _Seen) -> None:
    """What pydantic found, in an admin's words."""
    kind, loc = error["type"], error["loc"]
    path = _path(loc, given)
    if path[0] == "custom" and len(loc) > 2:
        seen.wrong(("custom", loc[1]), "no custom field has such a value", _CUSTOM, given["custom"][loc[1]])
    elif kind == "enum":
        words = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
        word = str(error["input"])[:_MOST_SHOWN]
        seen.wrong(path, f"unknown word {word!r}", choose(word, words))
    elif kind == "missing":
        seen.wrong((*path, str(loc[-1])), *_WORDS[kind])
    else:
        problem, remedy = _WORDS.get(kind.split("_")[0], ("this is not what stands here", _FORM))
        seen.wrong(path, problem, remedy, error["input"])


def _path(loc: Path, data: Any) -> Path:
    """``loc`` without the names of a union's branches, which pydantic adds."""
    path: Path = ()
    for part in loc:
        names = range(len(data)) if isinstance(data, list) else data if isinstance(data, dict) else ()
        if part in names:
            data, path = data[part], (*path, part)
    return path
