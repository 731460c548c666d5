"""A shift's packet as it is shown in chat to one person. Plain text throughout; the chat connector escapes and renders."""

from __future__ import annotations

from dataclasses import dataclass

from escalation.actions import Line


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """One item; ``state`` says who has it and what it waits for. Nothing stale stays pressable."""

    handoff: str
    title: str
    state: str
    facts: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()  # promises and notes
    can_take: bool = False
    can_decline: bool = False
    ticket_url: str = ""


@dataclass(frozen=True, slots=True)
class ShiftCard:
    """The packet; ``more``: so many items stand on the page only. ``mention``: whom to ping in a channel."""

    packet: str
    title: str
    state: str
    rows: tuple[ShiftRow, ...]
    note: str = ""
    more: int = 0
    page_url: str = ""
    mention: str = ""
