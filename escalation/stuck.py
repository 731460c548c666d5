"""Whether the owner of an unanswered handoff is gone for good enough that others have to be asked (domain.md §3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from escalation.away import Away, in_words
from escalation.hours import is_absent, is_on, next_on, stamp, stretches
from escalation.roster import Agent

_LOOKED_BACK = timedelta(days=35)  # for the end of somebody's last shift


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody does not work now. ``since`` None: for longer than anybody looks back; ``back`` None: not in a year."""

    since: datetime | None
    back: datetime | None
    words: str  # "Ada went off shift at Mon 17:00 Europe/Berlin"


def is_working(agent: Agent | None, now: datetime) -> bool:
    """True for somebody on the roster who is on shift."""
    return agent is not None and is_on(agent, now)[0]


def gone(agent: Agent | None, agent_id: str, said: Iterable[Away], connection: str, now: datetime) -> Gone | None:
    """Why an agent does not work on tickets of a connection now; None when they do.

    ``said``: who is away, by their own word or as a source shows them. Only the helpdesk of the ticket counts of these:
    whoever does not wish to be disturbed is at work.
    """
    if agent is None:
        return Gone(None, None, f"{agent_id} is not on the roster any more")
    on, why = is_on(agent, now)
    if not on:
        return _off(agent, why, now)
    mine = (one for one in said if one.agent == agent.id and one.until > now and one.source in ("", connection))
    found = min(mine, key=lambda one: one.source, default=None)  # their own word first
    if found is None:
        return None
    # What a helpdesk shows is read anew all the time and ends by nobody's word.
    return Gone(found.since, None if found.source else found.until, f"{agent.name} is {in_words(found, agent, now)}")


def _off(agent: Agent, why: str, now: datetime) -> Gone:
    ended = [closes for _, closes in stretches(agent, now - _LOOKED_BACK, now)]
    since, back = (ended[-1] if ended else None), next_on(agent, now)
    if since is None or is_absent(agent, now):
        return Gone(since, back, f"{agent.name} is {why}")
    zone = ZoneInfo(agent.time_zone)  # known, for there was a shift
    return Gone(since, back, f"{agent.name} went off shift at {stamp(since, now, zone)} {zone.key}")


def is_stuck(found: Gone, accepted_at: datetime, grace: timedelta, now: datetime) -> bool:
    """True once somebody is gone for longer than ``grace`` and is not back within as much.

    Whoever accepted while they were gone knew what they did: their time to reply is clock enough.
    """
    since = found.since or accepted_at
    back_soon = found.back is not None and found.back - now <= grace
    return accepted_at <= since and now >= since + grace and not back_soon
