"""Freshdesk's ``{{triggered_event}}``: a brace notation that is not JSON, ``{status:{from:4,to:6}}`` or ``{note_type:private}``.

It is documented nowhere; the forms read here are those that automation rules on ticket creation and ticket updates send:
one or more ``name:value`` and ``name:{from:…,to:…}``, in one pair of braces or each in its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

_LONGEST = 4_000  # characters looked at; a real one has fewer than a hundred for each property
_PIECES = re.compile(r"[{},]|[^{},]+")
_QUOTES = " \t\r\n\"'"
_NOTHING = frozenset({"null", "nil", "none"})

# Which of several simultaneous events names the change: the one a rule most likely waits for. Others come after, in order.
_FIRST = (
    "ticket_action:delete", "ticket_action:marked_spam", "ticket_action:created",
    "reply_sent", "note_type", "customer_feedback", "status", "priority", "responder_id", "group_id",
)  # fmt: skip
_LAST = "ticket_action:update"  # always true of an update, so it tells least


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: ``note_type`` with the value ``private``, or ``status`` from ``4`` to ``6``; None where nothing is told."""

    name: str
    value: str | None = None
    before: str | None = None

    @property
    def event(self) -> str:
        """What the mapping's ``kinds`` are written for: ``note_type:private``, but just ``status`` for a changed property."""
        return self.name if self.before is not None or self.value is None else f"{self.name}:{self.value}"


def parse(text: str) -> tuple[Happened, ...]:
    """Every event in ``text``, in its order; what does not look like one is skipped. Linear in the length of the text."""
    found: list[Happened] = []
    depth = 0
    for piece in _PIECES.findall(text[:_LONGEST]):
        if piece in ("{", "}"):
            depth += 1 if piece == "{" else -1
            continue
        name, colon, value = (part.strip(_QUOTES) for part in piece.partition(":"))
        if depth >= 2 and found and name in ("from", "to"):
            found[-1] = _with(found[-1], name, value)
        elif colon and name and depth < 2:
            found.append(Happened(name, value or None))
    return tuple(found)


def from_object(told: Mapping[str, Any]) -> tuple[Happened, ...]:
    """The same from real JSON, for bodies in which an administrator wrote the event as an object."""
    return tuple(_one(name, value) for name, value in told.items())


def _one(name: str, value: Any) -> Happened:
    if not isinstance(value, Mapping):
        return Happened(name, _text(value))
    changed = Happened(name)
    for side in ("from", "to"):
        changed = _with(changed, side, _text(value.get(side)) or "")
    return changed


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _with(happened: Happened, side: str, value: str) -> Happened:
    told = "" if value.lower() in _NOTHING else value
    return replace(happened, before=told) if side == "from" else replace(happened, value=told, before=happened.before or "")


def leading(events: Iterable[Happened]) -> str:
    """The event name of a webhook that tells several; "" for none."""
    return min((one.event for one in events), key=_rank, default="")


def _rank(event: str) -> int:
    if event.startswith(_LAST):
        return len(_FIRST) + 1
    return next((nth for nth, name in enumerate(_FIRST) if event == name or event.startswith(f"{name}:")), len(_FIRST))
