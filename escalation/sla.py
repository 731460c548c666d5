"""SLA clocks of a ticket, worked out anew from its event log at every look (domain.md §2).

Nothing is added up while events arrive. A pause, a reopening, another priority or policy, a merge or an event told late
therefore gives the deadline it would have given had it been known all along. Business time already spent is kept
whatever changes; the target in force applies to the whole of it, and further time counts in the calendar in force.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby, takewhile
from zoneinfo import ZoneInfo

from escalation.hours import Calendar, counted, due_in, gaps, in_hours, stamp, worked
from escalation.ticket import ClockState, Priority, Role, Status

FIRST_REPLY = "first_reply"  # from the creation by a customer to the first public reply by a human; never pauses
NEXT_REPLY = "next_reply"  # from the first customer message after a human's reply to the next one; never pauses
RESOLUTION = "resolution"  # from the creation until solved; pauses in the statuses the policy names

_ZERO = timedelta(0)
_STATUSES = {status.value: status for status in Status}
_PRIORITIES = {priority.value: priority for priority in Priority}
_ENDS = (Status.SOLVED, Status.CLOSED)  # not deleted: who is restored from the spam folder still waits
_STANDS = {
    Status.PENDING: "waiting for the customer",
    Status.ON_HOLD: "waiting for a third party",
    Status.SOLVED: "while solved",
    Status.CLOSED: "while closed",
    Status.DELETED: "while deleted",
}


class Happened(StrEnum):
    CREATED = "created"  # value: the role of who created it; the customer's, unless it says agent
    CUSTOMER_MESSAGE = "customer_message"
    HUMAN_REPLY = "human_reply"  # public, by a human agent
    BOT_REPLY = "bot_reply"  # public, by an automation: stops no clock
    STATUS = "status"  # value: our word; reopening is a change to new or open
    PRIORITY = "priority"  # value: our word
    POLICY = "policy"  # value: the policy somebody set by hand; "" gives the choice back
    MERGED = "merged"  # into another ticket, for good


@dataclass(frozen=True, slots=True)
class LogEvent:
    at: datetime  # aware
    kind: str  # a word of Happened; others are skipped
    value: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """The business time each clock has; None: this clock is not kept."""

    first_reply: timedelta | None = None
    next_reply: timedelta | None = None
    resolution: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Targets per priority in one calendar; the one of ``Priority.UNKNOWN`` serves every priority without its own."""

    id: str
    calendar: Calendar
    targets: Mapping[Priority, Target]
    pauses: frozenset[Status] = frozenset({Status.PENDING, Status.ON_HOLD})  # for the resolution only
    amber: float = 0.25  # share of the target that is left when a clock turns amber
    amber_before: timedelta | None = None  # or the business time left, whatever the target

    def target(self, name: str, priority: Priority) -> timedelta | None:
        """The business time of the clock called ``name``, None where it is not kept."""
        found = self.targets.get(priority) or self.targets.get(Priority.UNKNOWN) or Target()
        return {FIRST_REPLY: found.first_reply, NEXT_REPLY: found.next_reply, RESOLUTION: found.resolution}[name]

    def amber_after(self, target: timedelta) -> timedelta:
        """The business time spent at which a clock of this target turns amber; nothing: from its start."""
        left = target * self.amber if self.amber_before is None else self.amber_before
        return max(target - left, _ZERO)


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock at one moment; all times in UTC. It is breached from ``due_at`` on, and stopped in time until it (inclusive)."""

    name: str  # first_reply | next_reply | resolution
    state: ClockState  # breached is for good: a clock stopped late stays so, and one paused after its deadline too
    target: timedelta
    spent: timedelta  # business time until now, or until it stopped
    due_at: datetime | None  # when the target was or will be used up; None while paused, and where stopped in time
    amber_at: datetime | None  # None where due_at is
    late: bool = False  # past its deadline, running or stopped
    met_at: datetime | None = None  # when it stopped, in time or late
    words: str = ""  # "4 h from Fri 16:30 + weekend, paused 2 h waiting for the customer = Mon 14:30"


Choose = str | Callable[[Priority], str]


@dataclass(frozen=True, slots=True)
class _Stage:
    """A stretch of the ticket's life in which nothing that matters to a clock changed."""

    since: datetime
    until: datetime
    status: Status
    priority: Priority
    policy: Policy | None
    cause: str  # what began it, where priority or policy did

    def runs(self, name: str) -> bool:
        """Whether the clock called ``name`` counts time here; a ticket that is over owes nobody a reply."""
        if self.policy is None or self.status.is_over:
            return False
        return name != RESOLUTION or self.status not in self.policy.pauses

    def is_like(self, other: _Stage) -> bool:
        return (self.status, self.priority) == (other.status, other.priority) and self.policy is other.policy

    def target(self, name: str) -> timedelta | None:
        return self.policy.target(name, self.priority) if self.policy else None


@dataclass(frozen=True, slots=True)
class _Span:
    """From where to where a clock is kept."""

    name: str
    since: datetime
    until: datetime | None = None  # None: still kept
    done: bool = False  # ended by what it waits for, and not by solving without a reply


def clocks(log: Iterable[LogEvent], policies: Mapping[str, Policy], choose: Choose, now: datetime) -> tuple[Clock, ...]:
    """The clocks of a ticket at ``now`` (aware), from its log in any order; what happens after ``now`` is not looked at.

    ``choose`` is the id of the policy, or tells it from the priority; an id that ``policies`` lacks means no clocks.
    Left out: clocks without a target, every clock of a merged, deleted or never created ticket, and a reply nobody
    owes because the ticket was solved in time without one. ``ValueError`` for a calendar without any time.
    """
    now = now.astimezone(UTC)
    past = _in_order(log, now)
    stages = _stages(past, policies, choose, now)
    if not stages or stages[-1].status is Status.DELETED or any(e.kind == Happened.MERGED for e in past):
        return ()
    found = (_clock(span, _within(stages, span), now) for span in _spans(past, stages))
    return tuple(clock for clock in found if clock)


def next_change(clocks: Iterable[Clock]) -> datetime | None:
    """The earliest moment at which one of ``clocks`` changes its state by waiting alone, None if none will."""
    waiting = {ClockState.GREEN: lambda c: c.amber_at, ClockState.AMBER: lambda c: c.due_at}
    moments = (waiting[clock.state](clock) for clock in clocks if clock.state in waiting)
    return min((moment for moment in moments if moment), default=None)


def _in_order(log: Iterable[LogEvent], now: datetime) -> list[LogEvent]:
    """What happened until ``now``, oldest first, from the creation on; nothing without one.

    What is told to have happened before the creation counts from it: helpdesks' clocks differ by seconds, and a thread
    moved from another channel brings older messages along.
    """
    utc = sorted((replace(event, at=event.at.astimezone(UTC)) for event in log), key=lambda event: event.at)
    created = next((event.at for event in utc if event.kind == Happened.CREATED), None)
    return [replace(e, at=max(e.at, created)) for e in utc if e.at <= now] if created and created <= now else []


def _stages(past: list[LogEvent], policies: Mapping[str, Policy], choose: Choose, now: datetime) -> list[_Stage]:
    """The ticket's life in stretches; what happened at one moment counts as one change."""
    found: list[_Stage] = []
    status, priority, by_hand = Status.NEW, Priority.UNKNOWN, ""
    for at, events in groupby(past, key=lambda event: event.at):
        for event in events:
            if event.kind == Happened.STATUS:
                status = _STATUSES.get(event.value, Status.UNKNOWN)
            elif event.kind == Happened.PRIORITY:
                priority = _PRIORITIES.get(event.value, Priority.UNKNOWN)
            elif event.kind == Happened.POLICY:
                by_hand = event.value
        chosen = choose if isinstance(choose, str) else choose(priority)
        policy = policies.get(by_hand) or policies.get(chosen)
        stage = _Stage(at, now, status, priority, policy, "")
        if not found:
            found.append(stage)
        elif not found[-1].is_like(stage):
            found[-1:] = [replace(found[-1], until=at), replace(stage, cause=_cause(found[-1], stage))]
    return found


def _cause(before: _Stage, after: _Stage) -> str:
    if before.priority is not after.priority:
        return f"priority became {after.priority}"
    return f"the policy became {after.policy.id}" if after.policy and after.policy is not before.policy else ""


def _spans(past: list[LogEvent], stages: list[_Stage]) -> list[_Span]:
    """Where each clock is kept: the first reply, the latest wait for a next one, the resolution."""
    start, by_agent = stages[0].since, any(e.kind == Happened.CREATED and e.value == Role.AGENT for e in past)
    reply = next((e.at for e in past if e.kind == Happened.HUMAN_REPLY), None)
    # A ticket an agent opened has nobody waiting for a first reply; its first message is the agent's own.
    first = [] if by_agent else [_Span(FIRST_REPLY, start, reply, reply is not None)]
    over = [stage.since for stage in takewhile(lambda stage: stage.status.is_over, reversed(stages))][-1:]
    return [*first, *_waits(past, by_agent)[-1:], _Span(RESOLUTION, start, over[0] if over else None, bool(over))]


def _waits(past: list[LogEvent], replied: bool) -> list[_Span]:
    """Every wait for a next reply. Solving ends one without a reply: "thanks, it works" leaves nobody waiting."""
    found: list[_Span] = []
    for event in past:
        last = found[-1] if found else None
        if event.kind == Happened.HUMAN_REPLY:
            replied = True
            if last and last.until in (None, event.at):  # "submit as solved" may tell the status before the reply
                found[-1] = replace(last, until=event.at, done=True)
        elif event.kind == Happened.CUSTOMER_MESSAGE and replied and (last is None or last.until):
            found.append(_Span(NEXT_REPLY, event.at))
        elif event.kind == Happened.STATUS and event.value in _ENDS and last and last.until is None:
            found[-1] = replace(last, until=event.at)
    return found


def _within(stages: list[_Stage], span: _Span) -> list[_Stage]:
    """The stages a clock is kept in, cut to its span; at least the one it begins in."""
    end = stages[-1].until if span.until is None else span.until
    inside = [s for s in stages if s.until > span.since or s is stages[-1]]
    if span.until is not None:
        inside = [s for s in inside if s.since < end or s.since <= span.since]
    return [replace(s, since=max(s.since, span.since), until=min(s.until, end)) for s in inside]


def _clock(span: _Span, stages: list[_Stage], now: datetime) -> Clock | None:
    policy, target = stages[-1].policy, stages[-1].target(span.name)
    if policy is None or target is None:
        return None
    goes_on = span.until is None and stages[-1].runs(span.name)
    counts = [(s, worked(s.policy.calendar, s.since, s.until)) for s in stages if s.policy and s.runs(span.name)]
    due, amber = (_reached(counts, amount, stages, goes_on) for amount in (target, policy.amber_after(target)))
    late = due is not None and (due < span.until if span.done and span.until else due <= now)
    if late:
        state = ClockState.BREACHED
    elif span.done:
        state = ClockState.MET
    elif goes_on:
        state = ClockState.AMBER if amber and amber <= now else ClockState.GREEN
    elif span.name == RESOLUTION:
        state = ClockState.PAUSED
    else:
        return None
    due, amber = (due, amber) if late or goes_on else (None, None)
    spent, met_at = sum((time for _, time in counts), _ZERO), span.until if span.done else None
    clock = Clock(span.name, state, target, spent, due, amber, late, met_at)
    return replace(clock, words=_words(clock, stages, policy.calendar, now))


def _reached(counts: list[tuple[_Stage, timedelta]], amount: timedelta, stages: list[_Stage], goes_on: bool) -> datetime | None:
    """The first moment at which ``amount`` of business time was spent, or will be if the last stage goes on."""
    left = amount
    if left <= _ZERO:
        return stages[0].since
    for stage, time in counts:
        if stage.policy and time >= left:
            return due_in(stage.policy.calendar, stage.since, left).at
        left -= time
    last = stages[-1]
    return due_in(last.policy.calendar, last.until, left).at if goes_on and last.policy else None


def _words(clock: Clock, stages: list[_Stage], calendar: Calendar, now: datetime) -> str:
    def said(at: datetime) -> str:
        return stamp(at, now, ZoneInfo(calendar.time_zone))

    before, paused = stages, None
    if clock.state is ClockState.PAUSED:
        paused = list(takewhile(lambda s: s.status is stages[-1].status and not s.runs(clock.name), reversed(stages)))[-1].since
        before = [stage for stage in stages if stage.since < paused]
    first = next(target for stage in stages if (target := stage.target(clock.name)) is not None)
    start = " + ".join([f"{in_hours(first)} from {said(stages[0].since)}", *_gaps(clock, stages)])
    told = ", ".join([start, *_standing(clock, before), *_changes(clock, stages, now)])
    if paused:
        left = in_hours(clock.target - clock.spent)
        return f"{told}: paused since {said(paused)} {why_standing(stages[-1].status)}, {left} left"
    if clock.met_at and not clock.late:
        return f"{told}: met {said(clock.met_at)} after {in_hours(clock.spent)}"
    due = f"{told} = {said(clock.due_at)}" if clock.due_at else told
    return f"{due}, stopped {said(clock.met_at)}" if clock.met_at else due


def why_standing(status: Status) -> str:
    """Why a clock stands still in this status: "waiting for the customer"."""
    return _STANDS.get(status, f"while {status}")


def _gaps(clock: Clock, stages: list[_Stage]) -> list[str]:
    """The nights and weekends on the way to the deadline; without a deadline there is no sum to explain."""
    found: Counter[str] = Counter()
    if clock.due_at is None:
        return []
    # Stages in one calendar are one way: a change on a Sunday must not make two weekends of one.
    for calendar, group in groupby((s for s in stages if s.policy), key=lambda s: s.policy and s.policy.calendar):
        same = list(group)
        end = clock.due_at if same[-1] is stages[-1] else min(same[-1].until, clock.due_at)
        if calendar:
            found += gaps(calendar, same[0].since, end)
    return counted(found)


def _standing(clock: Clock, stages: list[_Stage]) -> list[str]:
    """How long it stood still on the way, in business time, so that the sum comes out."""
    found: dict[str, timedelta] = {}
    for stage in stages:
        if stage.policy and not stage.runs(clock.name):
            until = min(stage.until, clock.due_at) if clock.due_at else stage.until
            stood = worked(stage.policy.calendar, stage.since, until)
            found[why_standing(stage.status)] = found.get(why_standing(stage.status), _ZERO) + stood
    return [f"paused {in_hours(stood)} {why}" for why, stood in found.items() if stood]


def _changes(clock: Clock, stages: list[_Stage], now: datetime) -> list[str]:
    found: list[str] = []
    target, calendar = None, None
    for stage in stages:
        if stage.policy is None or (new := stage.target(clock.name)) is None:
            continue
        if target is not None and new != target:
            found.append(f"target {'cut' if new < target else 'raised'} to {in_hours(new)} when {stage.cause}")
        if calendar is not None and stage.policy.calendar != calendar:
            since = stamp(stage.since, now, ZoneInfo(stage.policy.calendar.time_zone))
            found.append(f"hours of {stage.policy.calendar.id} from {since} on")
        target, calendar = new, stage.policy.calendar
    return found
