"""The parts of ``escalation.yaml`` that differ by customer: calendars, the grid of thresholds, segments; and the guard.

What a threshold is used for decides what it may be, so the grid is checked against the conditions that name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import chain, islice, product
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from config import named
from config.conditions import GroupModel, Strict, operand, threshold_named
from config.crosscheck import walk
from config.kinds import AGAINST_BEFORE
from config.national import Holidays, named_days
from config.roster import ShiftModel, apart, circles
from config.values import Name, Positive, Zone, read_duration, read_moment, read_money
from config.yamldoc import Parsed, Problem
from config.yamlwords import Path, choose
from escalation.hours import Calendar
from escalation.playbook import Condition, Conditions, Mode, Node, Scored, Segment, SlaPolicy
from escalation.rules import explain_condition
from escalation.sla import Policy, Target
from escalation.ticket import Priority, Status

_MOST_WAYS = 200
_KEYWORD_FIELDS = frozenset({"text", "subject", "last_message.text"})
_READ_LATER = frozenset({"signals", "change", "before", "history", "contacts", "escalate_note", "product_areas"})
_READ_LATER |= {"in_queue", "business"}
HOW_ALONE = 'Add a condition of another kind, or say that it is meant with alone: true (docs/rules.md, "Not by one word alone").'

Grid = dict[Name, int | float | str]
PriorityWord = Literal["low", "normal", "high", "urgent", "any"]


class CalendarModel(Strict):
    time_zone: Zone = "UTC"
    periods: Annotated[list[ShiftModel], Field(min_length=1)]
    holidays: Holidays = Field(default_factory=list)

    @field_validator("periods")
    @classmethod
    def _apart(cls, periods: list[ShiftModel]) -> list[ShiftModel]:
        return apart(periods, "period")

    def built(self, calendar_id: str) -> Calendar:
        return Calendar(calendar_id, self.time_zone, tuple(p.built() for p in self.periods), tuple(named_days(self.holidays)))


class TargetModel(Strict):
    first_reply: Positive | None = None
    next_reply: Positive | None = None
    resolution: Positive | None = None


class PolicyModel(Strict):
    id: Name
    when: GroupModel | None = None
    calendar: str = ""
    targets: Annotated[dict[PriorityWord, TargetModel], Field(min_length=1)]
    pauses: tuple[Annotated[Status, Field(strict=False)], ...] = Field((Status.PENDING, Status.ON_HOLD), strict=False)
    amber: Annotated[float, Field(gt=0, lt=1)] = 0.25

    def built(self, calendars: Mapping[str, Calendar], usual: str) -> SlaPolicy:
        """The same as the core's type; ``usual`` is the playbook's calendar."""
        targets = {Priority(word.replace("any", "unknown")): Target(**dict(target)) for word, target in self.targets.items()}
        hours = calendars.get(self.calendar or usual) or Calendar("", "UTC", ())
        policy = Policy(self.id, hours, targets, frozenset(self.pauses), self.amber)
        return SlaPolicy(self.when.built() if self.when else Conditions(), policy)


class SegmentModel(Strict):
    id: Name
    when: GroupModel
    extends: str = ""
    thresholds: Grid = Field(default_factory=dict)
    rules: dict[Name, Annotated[Mode, Field(strict=False)]] = Field(default_factory=dict)
    calendar: str = ""


def threshold(value: int | float | str) -> object:
    """A number, length of time or sum of money of the grid in the core's types."""
    if not isinstance(value, str):
        return value
    found: timedelta | object | None = read_duration(value)
    return found if found is not None else read_money(value) or read_moment(value) or value


def built(models: Iterable[SegmentModel]) -> tuple[Segment, ...]:
    """The same as the core's type, each with what it inherits. The models have no cycle (``problems`` refuses one)."""
    by_id = {model.id: model for model in models}
    done: dict[str, Segment] = {}
    for model in by_id.values():
        line = [model]
        while line[-1].extends and line[-1].extends not in done:
            line.append(by_id[line[-1].extends])
        for one in reversed(line):
            done[one.id] = _segment(one, done.get(one.extends))
    return tuple(done[segment_id] for segment_id in by_id)


def _segment(model: SegmentModel, base: Segment | None) -> Segment:
    thresholds = {name: threshold(value) for name, value in model.thresholds.items()}
    if base is None:
        return Segment(model.id, model.when.built(), thresholds, dict(model.rules), model.calendar)
    modes = {**base.modes, **model.rules}
    return Segment(model.id, model.when.built(), {**base.thresholds, **thresholds}, modes, model.calendar or base.calendar)


def problems(parsed: Parsed) -> Iterator[Problem]:
    """What is wrong with segments and thresholds as plain data: unknown names, cycles, thresholds that do not fit."""
    data = parsed.data if isinstance(parsed.data, dict) else {}
    segments = {str(s["id"]): s for _, s in walk(data, "segments", "*") if isinstance(s, dict) and "id" in s}
    rules = {str(name) for _, name in walk(data, "rules", "*", "id")}
    yield from _extends(parsed, data, segments)
    for path, given in walk(data, "segments", "*", "rules"):
        for rule in given if isinstance(given, dict) else ():
            if rule not in rules:
                yield parsed.problem((*path, rule), f"there is no rule {rule!r}", choose(rule, rules))
    calendars = {str(name) for name in data.get("calendars") or {}} if isinstance(data.get("calendars"), dict) else set()
    places = (*walk(data, "segments", "*", "calendar"), *walk(data, "calendar"), *walk(data, "sla_policies", "*", "calendar"))
    for path, name in places:
        if isinstance(name, str) and name and name not in calendars:
            yield parsed.problem(
                path, f"there is no calendar {name!r}", choose(name, calendars) if calendars else "Define it under calendars."
            )
    for path, when in walk(data, "segments", "*", "when"):
        yield from _by_themselves(parsed, path, when)
    for path, when in walk(data, "sla_policies", "*", "when"):
        yield from _before_reading(parsed, path, when)
    yield from _thresholds(parsed, data)


def _by_themselves(parsed: Parsed, path: Path, when: object) -> Iterator[Problem]:
    """Conditions that find a customer's segment cannot ask for it, nor for its numbers."""
    for place, condition in named.conditions(when, path):
        if str(condition["field"]).removeprefix("before.") == "segment":
            told = "a segment is found by these conditions, so there is none yet while they are looked at"
            yield parsed.problem(
                (*place, "field"), told, "Write the other segment's conditions here; the first segment that fits counts."
            )
        if name := threshold_named(condition.get("value")):
            told = f"${name} has a number per segment, and there is none yet while segments are looked for"
            yield parsed.problem((*place, "value"), told, "Write the number itself.")


def _extends(parsed: Parsed, data: dict[str, Any], segments: Mapping[str, Any]) -> Iterator[Problem]:
    following, places = dict[str, str](), dict[str, Path]()
    for path, segment in walk(data, "segments", "*"):
        if not isinstance(segment, dict) or not isinstance(base := segment.get("extends"), str) or not base:
            continue
        if base not in segments:
            yield parsed.problem((*path, "extends"), f"there is no segment {base!r}", choose(base, segments))
        name = str(segment.get("id"))
        following[name], places[name] = base, (*path, "extends")
    for circle in circles(following):
        told = f"the segments extend each other in a circle: {' → '.join(circle)}"
        yield parsed.problem(places[circle[0]], told, "Remove one extends.")


def _before_reading(parsed: Parsed, path: Path, when: object) -> Iterator[Problem]:
    """A policy is chosen from the ticket alone: its clocks are among the facts that rules look at (``decide.clocked``)."""
    for place, condition in named.conditions(when, path):
        field, op = str(condition["field"]), str(condition.get("op"))
        told = "an SLA policy is chosen from the ticket alone, before"
        if field.split(".")[0] in _READ_LATER:
            remedy = "Ask for a field of the ticket, its customer or its messages, or for the segment."
            yield parsed.problem((*place, "field"), f"{told} {field} is known", remedy)
        elif op in AGAINST_BEFORE:
            yield parsed.problem((*place, "op"), f"{told} it is known what changed", "Ask for what it is now (is, gte, present).")


def _thresholds(parsed: Parsed, data: dict[str, Any]) -> Iterator[Problem]:
    defaults = data.get("thresholds") if isinstance(data.get("thresholds"), dict) else {}
    places: list[tuple[Path, Mapping[str, Any]]] = [(("thresholds",), defaults or {})]
    places += [(path, grid) for path, grid in walk(data, "segments", "*", "thresholds") if isinstance(grid, dict)]
    used: dict[str, dict[tuple[str, str], None]] = {}  # each use once, in order
    for path, condition in named.conditions(data):
        name = threshold_named(condition.get("value"))
        if not name:
            continue
        used.setdefault(name, {})[str(condition.get("field")), str(condition.get("op"))] = None
        if name not in (defaults or {}):
            remedy = choose(name, defaults) if defaults else f"Define {name} under thresholds."
            yield parsed.problem((*path, "value"), f"there is no threshold {name!r}", remedy)
    for path, grid in places:
        for name, value in grid.items():
            if name not in (defaults or {}):
                yield parsed.problem(
                    (*path, name), f"the threshold {name!r} has no value of its own", "Define it under thresholds too."
                )
            for field, op in used.get(name, ()):
                try:
                    operand(field, op, value)
                except (PydanticCustomError, KeyError) as bad:
                    why = bad.message() if isinstance(bad, PydanticCustomError) else f"unknown operator {op}"
                    yield parsed.problem(
                        (*path, name), f"{value!r} does not fit {field} {op}: {why}", "Write a value of that kind."
                    )


def alone(when: Conditions) -> str:
    """The one kind of evidence that is enough for this rule to fire: a sentence about it, "" when it takes more.

    Tone alone and a word alone are each too little (domain.md §2): a rule needs something else beside them, or says so.
    """
    for ways in _ways(when):
        kinds = {_kind(condition) for condition in ways}
        if len(kinds) == 1 and kinds <= {"tone", "keyword"}:
            told = " and ".join(explain_condition(condition) for condition in ways)
            return f"{next(iter(kinds))} alone is enough for it: {told}"
    return ""


def _kind(condition: Condition) -> str:
    if condition.field.startswith("signals.sentiment"):
        return "tone"
    return "keyword" if condition.field in _KEYWORD_FIELDS else "other"


def _ways(node: Node) -> list[tuple[Condition, ...]]:
    """Sets of conditions that together make it hold; of a list that is too long to look through, the first ones."""
    if isinstance(node, Condition):
        return [(node,)]
    if isinstance(node, Scored):
        return _ways_of_score(node)
    columns = [_ways(inner) for inner in node.all]
    if node.any:
        columns.append(list(islice(chain.from_iterable(map(_ways, node.any)), _MOST_WAYS)))
    return [tuple(chain.from_iterable(way)) for way in islice(product(*columns), _MOST_WAYS)]


def _ways_of_score(node: Scored) -> list[tuple[Condition, ...]]:
    """Ways in which parts of one kind alone reach the score."""
    found = []
    first = [(part.weight, way) for part in node.parts for way in _ways(part.when)[:1]]
    for kind in ("tone", "keyword"):
        same = [(weight, way) for weight, way in first if {_kind(condition) for condition in way} == {kind}]
        if sum(weight for weight, _ in same) >= node.at_least:
            found.append(tuple(condition for _, way in same for condition in way))
    return found
