"""What is asked of signals when they are measured, and how right the answers are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from escalation.signals import Signal
from escalation.ticket import Ticket
from signals.reader import TextReader

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
NEGATIVE = ("frustrated", "angry")


@dataclass
class Score:
    hit: int = 0
    false: int = 0
    missed: int = 0

    def add(self, told: bool, wanted: bool) -> None:
        self.hit += told and wanted
        self.false += told and not wanted
        self.missed += wanted and not told

    @property
    def precision(self) -> float:
        return self.hit / (self.hit + self.false) if self.hit + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def read(reader: TextReader, ticket: Ticket) -> dict[str, Signal]:
    found = reader.read(ticket.messages, NOW, subject=ticket.subject, language=ticket.language)
    return {signal.name: signal for signal in found}


def is_there(signals: Mapping[str, Signal], name: str) -> bool:
    """True for a signal that is there and was not taken back."""
    return name in signals and signals[name].value is not False


def part(signals: Mapping[str, Signal], name: str, key: str, otherwise: object = None) -> Any:
    """One part of a signal's value."""
    value = signals[name].value if name in signals else {}
    return value.get(key, otherwise) if isinstance(value, Mapping) else otherwise


def is_negative(signals: Mapping[str, Signal]) -> bool:
    return part(signals, "sentiment", "label") in NEGATIVE


def wants_refund(signals: Mapping[str, Signal]) -> bool:
    """True when the customer wants money back, and does not say that they do not."""
    return "refund_request" in signals and not part(signals, "refund_request", "negated")
