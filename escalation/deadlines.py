"""The deadlines of one handoff: until when an offer stands and when the first reply is due, with their timers (domain.md §4).

A deadline that moves gets new timers under new keys; one that was set for its old moment is then of no effect (``is_current``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from escalation.actions import Timer, TimerKind
from escalation.clocks import Hours, ReplyClock, due, hours_of, left, reminder, zone_of
from escalation.events import Fired
from escalation.hop import Desk, Handoff, Offer
from escalation.hours import in_hours, stamp
from escalation.playbook import Level, QuietHours
from escalation.sla import why_standing

_ZERO = timedelta(0)


# ------------------------------------------------------------------ offers


def timed(offer: Offer, handoff: Handoff, desk: Desk) -> Offer:
    """The offer with the end that its clock gives it now; one without a span was given its end by a person and keeps it."""
    if offer.span is None:
        return offer
    found = due(offer_hours(offer, handoff, desk), offer.at, offer.span)
    return replace(offer, until=found.at, words=found.words)


def offer_hours(offer: Offer, handoff: Handoff, desk: Desk) -> Hours:
    """The hours in which an offer's time counts."""
    team = _level(offer, handoff).team or handoff.team
    return hours_of(offer.clock, offer.agent, team, desk.roster, desk.counting, handoff.path)


def offer_timers(offer: Offer, handoff: Handoff, desk: Desk, now: datetime) -> tuple[Timer, ...]:
    """Its reminder, where there is time for one, and its end."""
    expiry = Timer(key_of(offer, TimerKind.OFFER_EXPIRES), TimerKind.OFFER_EXPIRES, handoff.id, offer.until, offer.id)
    level = _level(offer, handoff)
    if not offer.agent or offer.span is None or level.remind_before >= offer.span:
        return (expiry,)
    hours, agent = offer_hours(offer, handoff, desk), desk.roster.agent(offer.agent)
    at = reminder(hours, offer.at, offer.span - level.remind_before, agent, _quiet(level, handoff, desk))
    if not now < at < offer.until:
        return (expiry,)
    return Timer(key_of(offer, TimerKind.ACK_REMINDER), TimerKind.ACK_REMINDER, handoff.id, at, offer.id), expiry


def time_of(offer: Offer) -> str:
    """How long somebody had to answer, in words: "15 min", "15 min + weekend"."""
    total, _, _ = offer.words.partition(" = ")
    return total if offer.span is not None and total else in_hours(offer.until - offer.at)


def _level(offer: Offer, handoff: Handoff) -> Level:
    return handoff.path.levels[min(offer.level, len(handoff.path.levels) - 1)]


def _quiet(level: Level, handoff: Handoff, desk: Desk) -> QuietHours:
    return QuietHours.OVERRIDE if desk.counting.overrides(handoff.path) else level.quiet


# ------------------------------------------------------------------ the first reply


def begun(handoff: Handoff, at: datetime, desk: Desk) -> tuple[Handoff, tuple[Timer, ...]]:
    """The handoff that was accepted at ``at`` with its reply clock, which stands still at once where the ticket is paused."""
    fresh = ReplyClock(due=None, words="", since=at)
    if desk.counting.pauses(handoff.path):
        paused = _paused(handoff, fresh, at, desk)
        return replace(handoff, reply=paused), ()
    return _running(handoff, fresh, at, desk)


def counted_again(handoff: Handoff, at: datetime, desk: Desk) -> tuple[Handoff, tuple[Timer, ...]]:
    """The handoff with its reply clock as it is counted now: paused, going on with what was left, moved, or as it was.

    ``at`` is when the ticket changed. A deadline that had passed by then is not paused any more.
    """
    clock = handoff.reply or _of_before(handoff)
    if clock is None:
        return handoff, ()
    pauses, mark = desk.counting.pauses(handoff.path), f":{handoff.steps}"
    if clock.since is None:
        if pauses:
            return handoff, ()
        goes_on = replace(clock, since=max(at, clock.paused_at or at), paused_at=None, mark=mark)
        return _running(handoff, goes_on, at, desk)
    found = due(reply_hours(handoff, desk), clock.since, handoff.path.first_reply_in - clock.spent)
    if pauses and found.at > at:
        return replace(handoff, reply=replace(_paused(handoff, clock, max(at, clock.since), desk), mark=mark)), ()
    if found.at == clock.due:
        return handoff, ()
    return _running(handoff, replace(clock, mark=mark), at, desk)


def reply_hours(handoff: Handoff, desk: Desk) -> Hours:
    """The hours in which the time to the first reply counts."""
    path = handoff.path
    return hours_of(path.reply_clock, handoff.accepted_by, handoff.team, desk.roster, desk.counting, path)


def reply_left(handoff: Handoff, now: datetime, desk: Desk) -> timedelta:
    """What is left until the reply is due, in the hours it counts in."""
    return left(reply_hours(handoff, desk), now, handoff.reply_due or now)


def _of_before(handoff: Handoff) -> ReplyClock | None:
    """The clock of a handoff that an earlier version accepted: it went round the clock."""
    at = handoff.accepted_at
    return ReplyClock(at + handoff.path.first_reply_in, "", at) if at else None


def _running(handoff: Handoff, clock: ReplyClock, at: datetime, desk: Desk) -> tuple[Handoff, tuple[Timer, ...]]:
    since, path = clock.since or at, handoff.path
    hours, time = reply_hours(handoff, desk), max(path.first_reply_in - clock.spent, _ZERO)
    found = due(hours, since, time)
    agent = desk.roster.agent(handoff.accepted_by)
    quiet = _quiet(handoff.current_level, handoff, desk)
    remind_at = reminder(hours, since, max(time - path.remind_reply_before, _ZERO), agent, quiet)
    words = f"{in_hours(path.first_reply_in)}, {in_hours(clock.spent)} of it before the pause: {found.words}"
    clock = replace(clock, due=found.at, words=words if clock.spent else found.words, remind_at=remind_at)
    goes_on = replace(handoff, reply=clock)
    expiry = Timer(_reply_key(goes_on, TimerKind.REPLY_OVERDUE), TimerKind.REPLY_OVERDUE, handoff.id, found.at)
    if remind_at >= found.at or (clock.mark and remind_at <= at):
        return goes_on, (expiry,)
    return goes_on, (
        Timer(_reply_key(goes_on, TimerKind.REPLY_REMINDER), TimerKind.REPLY_REMINDER, handoff.id, remind_at),
        expiry,
    )


def _paused(handoff: Handoff, clock: ReplyClock, at: datetime, desk: Desk) -> ReplyClock:
    hours = reply_hours(handoff, desk)
    spent = clock.spent + left(hours, clock.since or at, at)
    zone = zone_of(hours)
    rest = in_hours(max(handoff.path.first_reply_in - spent, _ZERO))
    words = f"paused since {stamp(at, at, zone)} {zone.key} {why_standing(desk.counting.status)}, {rest} left"
    return replace(clock, due=None, words=words, since=None, spent=spent, paused_at=at, remind_at=None)


# ------------------------------------------------------------------ timers


def is_current(handoff: Handoff, event: Fired) -> bool:
    """False for a timer that was set for a moment which its deadline has left, and for one of an earlier acceptance."""
    if not event.key or (not event.offer_id and handoff.reply is None):
        return True
    offer = handoff.offer(event.offer_id)
    return event.key == (key_of(offer, event.kind) if offer else _reply_key(handoff, event.kind))


_ENDS = {
    TimerKind.OFFER_EXPIRES: "expires",
    TimerKind.ACK_REMINDER: "remind",
    TimerKind.REPLY_OVERDUE: "overdue",
    TimerKind.REPLY_REMINDER: "remind",
}


def key_of(offer: Offer, kind: TimerKind) -> str:
    """The key of a timer of an offer as it stands now."""
    return f"{offer.id}:{_ENDS[kind]}{offer.mark}"


def _reply_key(handoff: Handoff, kind: TimerKind) -> str:
    accepted = int(handoff.accepted_at.timestamp() * 1000) if handoff.accepted_at else 0
    mark = handoff.reply.mark if handoff.reply else ""
    return f"{handoff.id}:{handoff.accepted_by}:{accepted}{mark}:{_ENDS[kind]}"
