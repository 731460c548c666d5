"""SLA clocks against a slow reference that counts minutes one by one; ``SLA_EXAMPLES=5000`` looks at more tickets."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.hours import Calendar
from escalation.roster import Shift
from escalation.sla import Clock, LogEvent, Policy, Target, clocks, next_change
from escalation.ticket import ClockState, Priority, Status

BERLIN, NEW_YORK, SYDNEY = "Europe/Berlin", "America/New_York", "Australia/Sydney"
MINUTE = timedelta(minutes=1)
STARTS = ("2025-03-27", "2025-10-23", "2025-03-06", "2025-10-30", "2025-04-03", "2025-10-02", "2025-12-22")  # before changes
WINDOW = 16 * 1440  # minutes looked at from the start on
ENDED = (Status.SOLVED, Status.CLOSED)


@cache
def wall_clock(start: str, zone: str) -> dict[date, list[tuple[int, int]]]:
    """What the clock on the wall shows in each minute of the window: per date, the minute of the window and of the day."""
    first, place = datetime.fromisoformat(start).replace(tzinfo=UTC), ZoneInfo(zone)
    days: dict[date, list[tuple[int, int]]] = {}
    for n in range(WINDOW):
        local = (first + n * MINUTE).astimezone(place)
        days.setdefault(local.date(), []).append((n, local.hour * 60 + local.minute))
    return days


def open_minutes(calendar: Calendar, start: str) -> list[int]:
    """The minutes of the window in which somebody works, by looking at the wall clock."""
    found: list[int] = []
    for day, minutes in wall_clock(start, calendar.time_zone).items():
        if day in calendar.holidays:
            continue
        yesterday, open_now = day - timedelta(1), bytearray(1440)
        for shift in calendar.shifts:
            since, until = (clock.hour * 60 + clock.minute for clock in (shift.start, shift.end))
            over_midnight = until <= since
            if day.weekday() in shift.days:
                end = 1440 if over_midnight else until
                open_now[since:end] = b"\1" * (end - since)
            if over_midnight and yesterday.weekday() in shift.days and yesterday not in calendar.holidays:
                open_now[:until] = b"\1" * until
        found.extend(n for n, minute in minutes if open_now[minute])
    return found


@dataclass
class Hand:
    """A clock of the reference: every minute it counted, as the moment that minute was over."""

    name: str
    start: int
    counted: list[int] = field(default_factory=list)
    frozen: tuple[str, Priority] | None = None
    ended: int | None = None
    met: bool = False

    def reached(self, minutes: int, ahead: list[int]) -> int | None:
        all_of_them = self.counted + ahead
        return self.start if minutes == 0 else all_of_them[minutes - 1] if len(all_of_them) >= minutes else None


@dataclass
class Reference:
    """The rules of the brief read once more, in small steps: what holds now, and which hands move."""

    policies: Mapping[str, Policy]
    default: str
    urgent: str
    opened: Mapping[str, list[int]]
    status: Status = Status.NEW
    priority: Priority = Priority.UNKNOWN
    by_hand: str = ""
    hands: dict[str, Hand] = field(default_factory=dict)
    talked: bool = False
    merged: bool = False

    def policy(self) -> str:
        if self.by_hand in self.policies:
            return self.by_hand
        chosen = self.urgent if self.priority is Priority.URGENT else self.default
        return chosen if chosen in self.policies else ""

    def moves(self, hand: Hand) -> bool:
        if hand.ended is not None or not self.policy() or self.status in (*ENDED, Status.DELETED):
            return False
        return hand.name != "resolution" or self.status not in self.policies[self.policy()].pauses

    def end(self, hand: Hand, at: int, held: tuple[str, Priority], met: bool) -> None:
        if hand.ended is None:
            hand.frozen = (self.policy(), self.priority) if hand.start == at else held
            hand.ended = at
        hand.met = met

    def at(self, now: int, happened: list[tuple[str, str]]) -> None:
        held = (self.policy(), self.priority)
        for kind, value in happened:
            if kind == "status":
                self.status = Status(value)
            elif kind == "priority":
                self.priority = Priority(value)
            elif kind == "policy":
                self.by_hand = value
            elif kind == "merged":
                self.merged = True
        for kind, value in happened:
            self.talk(now, kind, value, held)
        resolution = self.hands["resolution"]
        if self.status in (*ENDED, Status.DELETED):
            if resolution.ended is None:
                self.end(resolution, now, held, True)
        else:
            resolution.ended, resolution.met, resolution.frozen = None, False, None

    def talk(self, now: int, kind: str, value: str, held: tuple[str, Priority]) -> None:
        first, following = self.hands.get("first_reply"), self.hands.get("next_reply")
        if kind == "human_reply":
            self.talked = True
            if first and first.ended is None:
                self.end(first, now, held, True)
            if following and following.ended in (None, now):
                self.end(following, now, held, True)
        elif kind == "customer_message" and self.talked and (following is None or following.ended is not None):
            self.hands["next_reply"] = Hand("next_reply", now)
        elif kind == "status" and value in ENDED and following and following.ended is None:
            self.end(following, now, held, False)

    def count(self, since: int, until: int) -> None:
        for hand in self.hands.values():
            if self.moves(hand):
                opened = self.opened[self.policy()]
                between = opened[bisect_left(opened, since) : bisect_left(opened, until)]
                hand.counted.extend(minute + 1 for minute in between)

    def told(self, hand: Hand, now: int) -> tuple[object, ...] | None:
        policy_id, priority = hand.frozen or (self.policy(), self.priority)
        if not policy_id:
            return None
        policy = self.policies[policy_id]
        wanted = policy.targets.get(priority, policy.targets.get(Priority.UNKNOWN))
        span = wanted and getattr(wanted, hand.name)
        if not span:
            return None
        minutes, moving = span // MINUTE, self.moves(hand)
        before = minutes // 4 if policy.amber_before is None else policy.amber_before // MINUTE
        opened = self.opened[policy_id]
        ahead = [minute + 1 for minute in opened[bisect_left(opened, now) :]] if moving else []
        due, amber = hand.reached(minutes, ahead), hand.reached(max(minutes - before, 0), ahead)
        if due is None and moving:
            due = WINDOW  # somewhere after the window
            amber = WINDOW if amber is None else amber
        end = hand.ended if hand.met and hand.ended is not None else now + 1
        if due is not None and due < end:
            return (hand.name, "breached", minutes, len(hand.counted), due, amber, hand.ended if hand.met else None)
        if hand.met:
            return (hand.name, "met", minutes, len(hand.counted), None, None, hand.ended)
        if moving and amber is not None:
            return (hand.name, "amber" if amber <= now else "green", minutes, len(hand.counted), due, amber, None)
        return (hand.name, "paused", minutes, len(hand.counted), None, None, None) if hand.name == "resolution" else None


@dataclass(frozen=True)
class Story:
    """A random ticket: minutes count from the start of the window."""

    start: str
    log: list[tuple[int, str, str]]
    policies: Mapping[str, Policy]
    default: str
    urgent: str
    now: int

    @property
    def first(self) -> datetime:
        return datetime.fromisoformat(self.start).replace(tzinfo=UTC)

    def clocks(self, now: int) -> tuple[Clock, ...]:
        def choose(priority: Priority) -> str:
            return self.urgent if priority is Priority.URGENT else self.default

        log = [LogEvent(self.first + at * MINUTE, kind, value) for at, kind, value in self.log]
        return clocks(log, self.policies, choose, self.first + now * MINUTE)


def slowly(story: Story) -> list[tuple[object, ...]]:
    created = min(at for at, kind, _ in story.log if kind == "created")
    if created > story.now:
        return []
    opened = {policy.id: open_minutes(policy.calendar, story.start) for policy in story.policies.values()}
    state = Reference(story.policies, story.default, story.urgent, opened)
    state.talked = any(kind == "created" and value == "agent" for at, kind, value in story.log if at <= story.now)
    begun = ["resolution"] if state.talked else ["first_reply", "resolution"]
    state.hands = {name: Hand(name, created) for name in begun}
    by_minute: dict[int, list[tuple[str, str]]] = {}
    for at, kind, value in sorted(story.log, key=lambda event: event[0]):
        if at <= story.now:
            by_minute.setdefault(max(at, created), []).append((kind, value))
    stops = sorted(by_minute)
    for at, following in zip(stops, [*stops[1:], story.now], strict=True):
        state.at(at, by_minute[at])
        state.count(at, following)
    if state.merged or state.status is Status.DELETED:
        return []
    told = (
        state.told(state.hands[name], story.now) for name in ("first_reply", "next_reply", "resolution") if name in state.hands
    )
    return [clock for clock in told if clock]


def quickly(story: Story) -> list[tuple[object, ...]]:
    """What the code says, in the words of the reference; everything after the window is the same to it."""

    def minute(at: datetime | None) -> int | None:
        return None if at is None else min((at - story.first) // MINUTE, WINDOW)

    return [
        (c.name, str(c.state), c.target // MINUTE, c.spent // MINUTE, minute(c.due_at), minute(c.amber_at), minute(c.met_at))
        for c in story.clocks(story.now)
    ]


# No shift begins or ends inside the hour a clock change repeats or leaves out: there the wall clock alone cannot tell.
CLOCK = (
    st.integers(0, 95).map(lambda n: n * 15).filter(lambda m: not 60 < m < 180 or m == 120).map(lambda m: time(m // 60, m % 60))
)
ON_DAYS = st.sets(st.integers(0, 6), min_size=2).map(lambda days: tuple(sorted(days)))
SHIFTS = st.lists(st.builds(Shift, ON_DAYS, CLOCK, CLOCK), min_size=1, max_size=4).map(tuple)
SHORT, LONG = (st.integers(1, most).map(lambda n: n * 4 * MINUTE) for most in (50, 300))
SPANS = st.sampled_from([st.none(), SHORT, LONG, LONG]).flatmap(lambda kind: kind)
TARGET = st.builds(Target, SPANS, SPANS, SPANS)
PAUSES = st.sampled_from([frozenset({Status.PENDING, Status.ON_HOLD}), frozenset({Status.PENDING}), frozenset[Status]()])
STATUSES = ["new", "open", "open", "open", "pending", "pending", "on_hold", "solved", "solved", "closed", "unknown"]
VALUES = {
    "created": st.sampled_from(["", "", "", "customer", "bot", "agent"]),
    "status": st.integers(0, 29).flatmap(lambda n: st.sampled_from(STATUSES) if n else st.just("deleted")),
    "priority": st.sampled_from([p.value for p in Priority]),
    "policy": st.sampled_from(["a", "b", "", "ghost"]),
}
KINDS = [*["human_reply", "customer_message"] * 3, "bot_reply", *["status"] * 4, *["priority"] * 2, "policy"]


FEW = st.integers(0, 30)
STEPS = FEW | st.integers(0, 300) | st.integers(0, 6 * 1440)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    start = draw(st.sampled_from(STARTS))
    first = date.fromisoformat(start)
    policies = {}
    for policy_id in "ab":
        holidays = draw(st.sets(st.integers(0, 8).map(lambda n: first + timedelta(n)), max_size=2))
        zone = draw(st.sampled_from([BERLIN, NEW_YORK, SYDNEY]))
        calendar = Calendar(policy_id, zone, draw(SHIFTS), tuple(sorted(holidays)))
        targets = draw(st.dictionaries(st.sampled_from(Priority), TARGET, max_size=3))
        targets.setdefault(Priority.UNKNOWN, draw(TARGET))
        before = draw(st.none() | st.integers(0, 200).map(lambda n: n * MINUTE))
        policies[policy_id] = Policy(policy_id, calendar, targets, draw(PAUSES), amber_before=before)
    created = draw(st.integers(60, 1440))
    log = [(created, "created", draw(VALUES["created"]))]
    for kind in draw(st.lists(st.sampled_from(KINDS), min_size=draw(st.integers(0, 10)), max_size=10)):
        # Steps of all sizes: several changes in one minute are usual, and now and then one is told before the creation.
        other = draw(st.sampled_from(log))[0]
        at = draw(st.sampled_from([other, other + draw(STEPS), created + draw(STEPS), created - draw(FEW)]))
        log.append((min(at, 8 * 1440), kind, draw(VALUES.get(kind, st.just("")))))
    if draw(st.integers(0, 29)) == 29:
        log.append((created + draw(STEPS), "merged", ""))
    now = max(at for at, _, _ in log) if draw(st.booleans()) else draw(st.sampled_from(log))[0]
    now += draw(st.just(0) | st.integers(0, 600) | st.integers(0, 3 * 1440))
    default, urgent = draw(st.sampled_from([("a", "b"), ("b", "a"), ("a", "a"), ("a", "nobody's")]))
    return Story(start, draw(st.permutations(log)), policies, default, urgent, now)


@pytest.mark.slow
@settings(max_examples=int(os.environ.get("SLA_EXAMPLES", "200")), deadline=None)
@given(stories())
def test_the_clocks_are_those_of_a_slow_reference(story: Story) -> None:
    assert quickly(story) == slowly(story)


@pytest.mark.slow
@settings(deadline=None)
@given(stories())
def test_nothing_changes_by_waiting_before_the_next_change(story: Story) -> None:
    last = max(at for at, _, _ in story.log)
    before = story.clocks(last)
    change = next_change(before)
    if change is None:
        change_at = last + 5 * 1440
    else:
        assert change > story.first + last * MINUTE
        change_at = (change - story.first) // MINUTE
        assert [c.state for c in story.clocks(change_at)] != [c.state for c in before]
    waited = story.clocks(change_at - 1)
    assert [(c.name, c.state, c.due_at) for c in waited] == [(c.name, c.state, c.due_at) for c in before]
    assert all(c.words and (c.state is ClockState.BREACHED) == c.late for c in waited)
