"""Which rules can hold at all for given facts, without looking at the others: cost grows with the rules that can match.

Every rule has a guard: conditions of which one must hold for the rule to fire. A rule is looked at only when the facts hold the
field of its guard, for equality with the very value. Rules whose guard may hold for an unknown field are always looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation.compare import amount, is_list, items, normal
from escalation.operators import OPERATORS
from escalation.playbook import Condition, Conditions, Node, Rule, Threshold

_EQUAL = frozenset({"is", "in", "becomes", "changed_to", "has"})


@dataclass(frozen=True, slots=True)
class RuleIndex:
    """Places of rules in the playbook, by what must be known for them."""

    always: tuple[int, ...]
    by_field: Mapping[str, tuple[int, ...]]
    by_value: Mapping[str, Mapping[str, tuple[int, ...]]]

    def candidates(self, values: Mapping[str, object]) -> list[int]:
        """Places of the rules that can hold, in the playbook's order."""
        found = set(self.always)
        known = values.keys()
        for name in known & self.by_field.keys():
            found.update(self.by_field[name])
        for name in known & self.by_value.keys():
            places = self.by_value[name]
            for key in _keys(values[name]):
                found.update(places.get(key, ()))
        return sorted(found)


def build(rules: Iterable[Rule]) -> RuleIndex:
    """The index of rules; those that are off are in it, for a segment may switch them on."""
    always: list[int] = []
    fields: dict[str, list[int]] = {}
    by_value: dict[str, dict[str, list[int]]] = {}
    for place, rule in enumerate(rules):
        guard = _guard(rule.when)
        if guard is None:
            always.append(place)
            continue
        for condition in guard:
            keys = _wanted(condition)
            if keys is None:
                fields.setdefault(condition.field, []).append(place)
            else:
                for key in keys:
                    by_value.setdefault(condition.field, {}).setdefault(key, []).append(place)
    return RuleIndex(
        tuple(always),
        {name: tuple(places) for name, places in fields.items()},
        {name: {key: tuple(places) for key, places in some.items()} for name, some in by_value.items()},
    )


def _guard(when: Node) -> tuple[Condition, ...] | None:
    """Conditions of which at least one has to hold; None when there is no such set. The narrowest one that is found."""
    if isinstance(when, Condition):
        operator = OPERATORS.get(when.op)
        indexable = operator is not None and not operator.unknown_ok and not when.field.startswith("before.")
        return (when,) if indexable else None
    if not isinstance(when, Conditions):
        return None  # a score may be reached in many ways
    found = [guard for node in when.all if (guard := _guard(node)) is not None]
    either = [_guard(node) for node in when.any]
    if either and all(guard is not None for guard in either):
        found.append(tuple(condition for guard in either if guard for condition in guard))
    return min(found, key=_width, default=None)


def _width(guard: tuple[Condition, ...]) -> tuple[int, int]:
    """Few conditions first, equality before others."""
    return sum(_wanted(condition) is None for condition in guard), len(guard)


def _wanted(condition: Condition) -> tuple[str, ...] | None:
    """The values a field must have for the condition, None when it is not about equality with texts."""
    if condition.op not in _EQUAL or isinstance(condition.value, Threshold):
        return None
    wanted = items(condition.value)
    if any(amount(one) or isinstance(one, datetime | timedelta) for one in wanted):
        return None  # these are equal though they are written otherwise: 2.0, the same moment in another zone
    return tuple(dict.fromkeys(normal(one) for one in wanted))


def _keys(value: object) -> Iterator[str]:
    return (normal(one) for one in (items(value) if is_list(value) else (value,)) if not isinstance(one, Mapping))
