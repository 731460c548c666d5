"""The words for what was read in a ticket's text (domain.md §2). Readers live in ``signals/``, behind ``ports.Reader``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where it stands: character offsets into the original text of message ``message_id``; ``seen_by`` names the pattern."""

    message_id: str
    start: int
    end: int
    seen_by: str


@dataclass(frozen=True, slots=True)
class Signal:
    """``name`` is one of domain.md §2; ``value`` its value (bool, number, text, or a mapping of these); confidence 0 to 1."""

    name: str
    value: bool | int | float | str | Mapping[str, object]
    confidence: float
    evidence: tuple[Evidence, ...] = ()
    source: str = "patterns"
    language: str = ""
    suppressed: tuple[Evidence, ...] = field(default=())  # hits that a veto (negation, quote) took back
    version: str = ""  # of the reader
