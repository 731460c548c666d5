"""What must not leave is hidden, per destination: at the last border, over whole cards and notes (domain.md §5).

Payment cards, passwords and keys are hidden everywhere (``secrets.mask``); patterns of the playbook where it says. A destination
may be shown chosen fields of the package only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from enum import Enum, StrEnum
from typing import Any, Protocol, TypeVar

from escalation.package import ContextPackage
from escalation.secrets import mask

HIDDEN = "[hidden]"
# Addresses and ids by which things are found again; a number in them is no payment card.
_KEPT = frozenset({"key", "handoff", "handoff_id", "offer", "offer_id", "ticket_url", "page_url", "link", "mention", "source"})
_ALWAYS = frozenset(
    {"connection", "ticket_id", "built_at", "subject", "severity", "priority", "missing", "lacking", "completeness"}
)
FIELDS: Mapping[str, object] = {
    f.name: f.default if f.default is not MISSING else () for f in fields(ContextPackage) if f.name not in _ALWAYS
}
T = TypeVar("T")


class To(StrEnum):
    """Where text goes."""

    CHAT = "chat"
    NOTE = "note"
    TRACKER = "tracker"
    LLM = "llm"
    LOG = "log"
    BOT = "bot"  # what bots are told of what they handed over


class Replaces(Protocol):
    """A pattern that replaces in linear time."""

    def replace(self, text: str, by: str, /) -> str:
        """``text`` with every match replaced."""


@dataclass(frozen=True, slots=True)
class Mask:
    """A pattern of the playbook, and where it is hidden."""

    name: str
    pattern: Replaces
    to: frozenset[To] = frozenset(To)


@dataclass(frozen=True, slots=True)
class Masking:
    """What the playbook hides; ``shown`` names the fields of the package a destination is limited to."""

    masks: tuple[Mask, ...] = ()
    shown: Mapping[To, frozenset[str]] | None = None

    def text(self, text: str, to: To) -> str:
        """A text as it may be shown there."""
        text = mask(text)
        for one in self.masks:
            if to in one.to:
                text = one.pattern.replace(text, f"[{one.name} hidden]")
        return text

    def package(self, package: ContextPackage, to: To) -> ContextPackage:
        """The package with the fields alone that may be shown there; its texts are masked where they are rendered."""
        allowed = (self.shown or {}).get(to)
        if allowed is None:
            return package
        return replace(package, **{name: empty for name, empty in FIELDS.items() if name not in allowed})  # type: ignore[arg-type]

    def whole(self, thing: T, to: To) -> T:
        """A card, note or other plain data with every text in it masked, but ids and addresses."""
        masked: T = self._any(thing, to)
        return masked

    def _any(self, value: Any, to: To) -> Any:
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            return self.text(value, to)
        if is_dataclass(value) and not isinstance(value, type):
            texts = ((f.name, getattr(value, f.name)) for f in fields(value) if f.name not in _KEPT)
            changed = {name: new for name, old in texts if (new := self._any(old, to)) is not old and new != old}
            return replace(value, **changed) if changed else value
        if isinstance(value, Mapping):
            return {name: self._any(one, to) for name, one in value.items()}
        if isinstance(value, Iterable) and not isinstance(value, bytes):
            return type(value)(self._any(one, to) for one in value)  # type: ignore[call-arg]
        return value
