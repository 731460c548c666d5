"""Rules that deserve a second look: never fired, never decide, contradict, impossible, long in shadow, overdue (domain.md §2)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from escalation.compare import normal
from escalation.moments import timed
from escalation.playbook import Condition, Conditions, Mode, Playbook, Rule
from escalation.trees import USUAL_PATH
from escalation.vocabulary import LISTS, pattern_of

SETTLED = (7, 30, 90)  # days after which it is asked whether a rule stands as it did; before the first nothing is expected of it
_LONG = 30  # days in shadow after which somebody should decide
_FEW = 5  # times a rule must have fired before "always with another" means something


@dataclass(frozen=True, slots=True)
class Finding:
    """``kind`` is never | always_with | shadowed | contradicts | impossible | overdue | long_in_shadow."""

    rule: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Fired:
    """What is stored of a time: how often each rule fired or was noted in shadow, and how often two fired for one escalation.

    ``stood``: days for which a rule's conditions and mode are known to have been what they are, at least; 0 for those not named.
    """

    days: int
    times: Mapping[str, int]
    together: Mapping[tuple[str, str], int]
    stood: Mapping[str, int] = field(default_factory=dict)


def findings(playbook: Playbook, fired: Fired, today: date) -> tuple[Finding, ...]:
    """Everything found, rule by rule in the playbook's order."""
    covered = _covered(playbook)
    return tuple(found for rule in playbook.rules for found in _of(rule, playbook, fired, covered.get(rule.id), today))


def stood(playbook: Playbook, before: Mapping[int, Playbook | None]) -> dict[str, int]:
    """Rule → days for which it stood as it does. ``before``: days ago → the rules in force then, None where there were none."""
    then = {days: {rule.id: rule for rule in old.rules} if old else {} for days, old in before.items()}
    told = dict.fromkeys((rule.id for rule in playbook.rules), 0)
    for rule in playbook.rules:
        for days, rules in sorted(then.items()):
            old = rules.get(rule.id)
            if old is None or (old.when, old.mode) != (rule.when, rule.mode):
                break
            told[rule.id] = days
    return told


def _of(rule: Rule, playbook: Playbook, fired: Fired, first: Rule | None, today: date) -> Iterator[Finding]:
    why = _impossible(rule.when)
    if why:
        yield Finding(rule.id, "impossible", f"it can never hold: {why}")
    if rule.review_on and date.fromisoformat(rule.review_on) < today:
        late = (today - date.fromisoformat(rule.review_on)).days
        yield Finding(rule.id, "overdue", f"its review is {late} days overdue ({rule.owner or 'nobody'} answers for it)")
    times, days = fired.times.get(rule.id, 0), min(fired.stood.get(rule.id, 0), fired.days)
    if rule.mode is not Mode.OFF and not times and not why and days:
        yield Finding(rule.id, "never", f"it did not fire once in {days} days")
    if rule.mode is Mode.SHADOW and times and days >= _LONG:
        words = f"in shadow for {days} days and more, noted {times} times in {fired.days}: make it live or take it out"
        yield Finding(rule.id, "long_in_shadow", words)
    if first is not None:
        yield _second(rule, first)
    elif times >= _FEW:
        yield from _always_with(rule, playbook.rules, fired, times)


def _always_with(rule: Rule, rules: Sequence[Rule], fired: Fired, times: int) -> Iterator[Finding]:
    for other in rules:
        if other.id != rule.id and fired.together.get((rule.id, other.id), 0) == times:
            words = f"all {times} times {other.id} fired too: one of the two may be enough"
            yield Finding(rule.id, "always_with", words)


# --- what never decides ---


def _covered(playbook: Playbook) -> dict[str, Rule]:
    """Rule → another that holds whenever it does and goes before it, so that where tickets go never follows the first.

    Told of live rules by their conditions alone: all of the other's stand among the rule's. Left out are rules that segments
    switch, those that time alone makes fire beside one that it does not, and those that cool down sooner.
    """
    switched = {name for segment in playbook.segments for name in segment.modes}
    live = [(place, r) for place, r in enumerate(playbook.rules) if r.mode is Mode.LIVE and r.when.all and r.id not in switched]
    parts = {rule.id: frozenset(map(repr, rule.when.all)) for _, rule in live}
    common = Counter(chain.from_iterable(parts.values()))
    by_rarest: dict[str, list[tuple[int, Rule]]] = defaultdict(list)
    for place, rule in live:
        by_rarest[min(parts[rule.id], key=lambda part: (common[part], part))].append((place, rule))
    by_time = {rule.id for rule in timed(playbook).rules}
    places = {rule.id: place for place, rule in live}
    found: dict[str, Rule] = {}
    for place, rule in live:
        weight = (-rule.severity.rank, place)
        wider = sorted((-r.severity.rank, at) for part in parts[rule.id] for at, r in by_rarest.get(part, ()))
        for before in (playbook.rules[at] for rank, at in wider if (rank, at) < weight):
            alike = parts[before.id] <= parts[rule.id] and _lets_through(before.when, rule.when)
            together = rule.cooldown >= before.cooldown and (rule.id not in by_time or before.id in by_time)
            if alike and together and not _adds(rule, before, earlier=places[rule.id] < places[before.id]):
                found[rule.id] = before
                break
    return found


def _lets_through(wide: Conditions, narrow: Conditions) -> bool:
    """True when what stands beside ``all`` of ``wide`` holds whenever that of ``narrow`` does."""
    return (not wide.any or wide.any == narrow.any) and set(map(repr, wide.none)) <= set(map(repr, narrow.none))


def _adds(rule: Rule, first: Rule, *, earlier: bool) -> bool:
    """True when the rule's word may count: where the first has none, or beside a weightier third one that has none.

    Then the word of whichever stands earlier in the playbook counts (``decide.aim``).
    """
    pairs = [(getattr(rule, name), getattr(first, name)) for name in ("team", "issue_type")]
    return any(mine and (not its or (earlier and mine != its)) for mine, its in pairs)


def _second(rule: Rule, first: Rule) -> Finding:
    """What to say of a rule that another always goes before."""
    pairs = [(name, getattr(rule, name), getattr(first, name)) for name in ("team", "path", "issue_type")]
    lost = [f"{name.replace('_', ' ')} {mine}, not {its}" for name, mine, its in pairs if mine not in ("", USUAL_PATH, its)]
    before = f"whenever it holds, {first.id} does too and goes before it"
    if lost:
        return Finding(rule.id, "contradicts", f"{before}, so what it says never counts: {'; '.join(lost)}")
    return Finding(rule.id, "shadowed", f"{before}: it only adds a reason")


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
