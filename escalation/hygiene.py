"""Rules that deserve a second look: never fired, always with another, impossible, overdue for review (domain.md §2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from escalation.compare import normal
from escalation.playbook import Condition, Conditions, Mode, Playbook, Rule
from escalation.vocabulary import LISTS, pattern_of

_FEW = 5  # times a rule must have fired before "always with another" means something


@dataclass(frozen=True, slots=True)
class Finding:
    """``kind`` is never | always_with | impossible | overdue | long_in_shadow."""

    rule: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Fired:
    """What is stored of a time: how often each rule fired or was noted in shadow, and how often two fired for one escalation."""

    days: int
    times: Mapping[str, int]
    together: Mapping[tuple[str, str], int]


def findings(playbook: Playbook, fired: Fired, today: date) -> tuple[Finding, ...]:
    """Everything found, rule by rule in the playbook's order."""
    return tuple(found for rule in playbook.rules for found in _of(rule, playbook, fired, today))


def _of(rule: Rule, playbook: Playbook, fired: Fired, today: date) -> Iterator[Finding]:
    why = _impossible(rule.when)
    if why:
        yield Finding(rule.id, "impossible", f"it can never hold: {why}")
    if rule.review_on and date.fromisoformat(rule.review_on) < today:
        late = (today - date.fromisoformat(rule.review_on)).days
        yield Finding(rule.id, "overdue", f"its review is {late} days overdue ({rule.owner or 'nobody'} answers for it)")
    times = fired.times.get(rule.id, 0)
    if rule.mode is not Mode.OFF and not times and not why:
        yield Finding(rule.id, "never", f"it did not fire once in {fired.days} days")
    if times >= _FEW:
        for other in playbook.rules:
            if other.id != rule.id and fired.together.get((rule.id, other.id), 0) == times:
                words = f"all {times} times {other.id} fired too: one of the two may be enough"
                yield Finding(rule.id, "always_with", words)


def _impossible(when: Conditions) -> str:
    """Why conditions can never hold, "" when they may."""
    wanted: dict[str, str] = {}
    for node in when.all:
        if isinstance(node, Conditions) and (why := _impossible(node)):
            return why
        if not isinstance(node, Condition):
            continue
        if node in when.none:
            return f"{node.field} {node.op} stands under all and under none"
        if node.op == "is" and pattern_of(node.field) not in LISTS:
            value = normal(node.value)
            if wanted.setdefault(node.field, value) != value:
                return f"{node.field} cannot be {wanted[node.field]} and {value} at once"
    return ""
