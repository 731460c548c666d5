"""Tickets as people write them down, in canonical words: for dry runs and for tests of rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pydantic

from escalation.ticket import Message, Person, Role, Ticket

MOST_MESSAGES = 3000
_FIELDS = frozenset(f.name for f in fields(Ticket)) - {"messages", "known", "missing", "connection", "id", "handed"}
_ROLES = {"user": Role.CUSTOMER, "end_user": Role.CUSTOMER, "assistant": Role.BOT, "ai": Role.BOT}
_TICKET: pydantic.TypeAdapter[Ticket] = pydantic.TypeAdapter(Ticket)


class Wrong(ValueError):
    """A pasted ticket that cannot be used: (path, problem, remedy) of everything found."""

    def __init__(self, problems: list[tuple[str, str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {problem}" for path, problem, _ in problems))
        self.problems = problems


def pasted(told: Mapping[str, Any]) -> tuple[Ticket, list[str]]:
    """(ticket, names that no ticket has) from canonical JSON whose messages are {role, text, at?, public?}; raises Wrong."""
    problems: list[tuple[str, str, str]] = []
    messages = tuple(_messages(told.get("messages", []), problems))
    own = {name: value for name, value in told.items() if name in _FIELDS and value is not None}
    requester = own.pop("requester", None) or {"id": "customer"}
    given = {"connection": str(told.get("connection") or ""), "id": str(told.get("id") or "dry-run"), **own}
    try:
        ticket = _TICKET.validate_python({**given, "requester": {**requester, "role": "customer"}})
    except (pydantic.ValidationError, TypeError) as bad:
        problems += _problems(bad)
        raise Wrong(problems) from None
    if problems:
        raise Wrong(problems)
    known = frozenset(own) | {"messages", "requester"}
    ignored = sorted(set(told) - _FIELDS - {"messages", "connection", "id"})
    return replace(ticket, messages=messages, known=known), ignored


def _messages(told: Any, problems: list[tuple[str, str, str]]) -> list[Message]:
    found: list[Message] = []
    if not isinstance(told, list) or len(told) > MOST_MESSAGES:
        problems.append(("messages", f"not a list of at most {MOST_MESSAGES}", 'Write [{"role": "customer", "text": "…"}].'))
        return found
    for n, one in enumerate(told):
        path = f"messages[{n}]"
        if not isinstance(one, dict) or not isinstance(one.get("text"), str):
            problems.append((path, "no text", 'Write {"role": "customer", "text": "…"}.'))
            continue
        role = _role(one.get("role", "customer"))
        if role is None:
            problems.append((f"{path}.role", f"there is no role {one.get('role')!r}", "Write customer, agent, bot or system."))
            continue
        author = Person("customer" if role is Role.CUSTOMER else f"{role.value}-1", role=role)
        public = one.get("public", True) is not False
        found.append(Message(str(one.get("id") or f"m{n + 1}"), author, one["text"], public, _at(one.get("at"), path, problems)))
    return found


def _role(word: object) -> Role | None:
    name = str(word).lower()
    return _ROLES.get(name) or (Role(name) if name in (*Role,) else None)


def _at(told: object, path: str, problems: list[tuple[str, str, str]]) -> datetime | None:
    if told in (None, ""):
        return None
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError:
        problems.append((f"{path}.at", f"{told!r} is not a time", "Write it like 2026-03-31T09:00:00Z."))
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _problems(bad: Exception) -> list[tuple[str, str, str]]:
    if not isinstance(bad, pydantic.ValidationError):
        return [("ticket", str(bad), "See docs/api.md for the form of a ticket.")]
    return [(".".join(map(str, e["loc"])), e["msg"], "See docs/api.md for the form of a ticket.") for e in bad.errors()]
