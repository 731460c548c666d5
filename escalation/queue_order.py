"""What a waiting handoff is worth against others (domain.md §3): business value and time to a breach, never its arrival first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from escalation.hours import duration
from escalation.playbook import Queueing, Severity
from escalation.ticket import ClockState, Money, SlaClock

_RUNS_NOT = (ClockState.PAUSED, ClockState.MET)
_HIGHEST = max(severity.rank for severity in Severity)


@dataclass(frozen=True, slots=True)
class Worth:
    """All that the place of a handoff depends on."""

    handoff_id: str
    severity: Severity
    since: datetime
    tier: str = ""
    contract: Money | None = None
    sla: tuple[SlaClock, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """How much it is worth now, and why in words. Sorted by ``key``, whoever is first has the most points, then waits longest."""

    points: float
    since: datetime
    handoff_id: str
    words: str

    @property
    def key(self) -> tuple[float, datetime, str]:
        return -self.points, self.since, self.handoff_id


def place(worth: Worth, queue: Queueing, valuable: Iterable[str], now: datetime) -> Place:
    """Where a handoff stands in the queue at ``now``; ``valuable``: words that make a customer's tier a valuable one."""
    parts = (
        (queue.severity * worth.severity.rank / _HIGHEST, f"severity {worth.severity}"),
        _breach(worth.sla, queue, now),
        _tier(worth.tier, queue, valuable),
        _contract(worth.contract, queue),
    )
    points = round(sum(part for part, _ in parts), 2)
    counted = [f"{words} {part:g}" for part, words in ((round(p, 1), w) for p, w in parts) if part]
    since = f"waits since {worth.since.astimezone(UTC):%d %b %H:%M} UTC"
    return Place(points, worth.since, worth.handoff_id, f"{points:g} points ({', '.join((*counted, since))})")


def _breach(sla: Iterable[SlaClock], queue: Queueing, now: datetime) -> tuple[float, str]:
    """The clock that runs out first, of those that run."""
    running = [(clock.due_at, clock.name) for clock in sla if clock.due_at and clock.state not in _RUNS_NOT]
    if not running:
        return 0.0, ""
    due, name = min(running)
    named = name.replace("_", " ")
    if due <= now:
        return queue.breach, f"{named} breached"
    share = max(0.0, 1 - (due - now) / queue.breach_within)
    return queue.breach * share, f"{named} breaches in {duration(due - now)}"


def _tier(tier: str, queue: Queueing, valuable: Iterable[str]) -> tuple[float, str]:
    return queue.tier * any(word in tier.lower() for word in valuable), f"tier {tier}"


def _contract(contract: Money | None, queue: Queueing) -> tuple[float, str]:
    if contract is None or contract.amount <= 0:
        return 0.0, ""
    worth = f"contract {contract.amount:,.0f} {contract.currency}".rstrip()
    return queue.contract * min(1.0, float(contract.amount) / queue.contract_full), worth
