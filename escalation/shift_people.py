"""Who takes over at a shift's end, and when that is: the next on shift, the person on watch, the lead (domain.md §4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from escalation.hours import Period, next_on, stamp, stretches
from escalation.playbook import ShiftHandover
from escalation.roster import Agent, Roster, Team
from escalation.rotations import on_watch

_AHEAD = timedelta(days=400)
_ENDLESS = timedelta(days=30)  # somebody who works that long without a gap has no shift that ends


class Rung(StrEnum):
    NEXT = "next"  # who is on shift next in the team
    WATCH = "watch"  # the team's person on watch
    LEAD = "lead"  # the team's lead, else its channel


class Seen(Protocol):
    """What is looked at: the roster now, the playbook's times, and who is away by their own word."""

    @property
    def roster(self) -> Roster: ...
    @property
    def policy(self) -> ShiftHandover: ...
    @property
    def away(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody to ask; ``since``: from when their time counts (aware). ``agent`` "" is the team's channel."""

    rung: Rung
    agent: str
    since: datetime
    why: str


def ask(team_id: str, connection: str, passed: Sequence[str], rung: Rung, now: datetime, seen: Seen) -> Asking:
    """Whom to ask from ``rung`` on, without ``passed``: the outgoing person, then those who were asked.

    At the end it is the lead, asked before or not.
    """
    team, gone = seen.roster.team(team_id), frozenset(passed)
    if team is not None and rung is Rung.NEXT and (found := _next(team, connection, gone, now, seen)):
        return found
    if team is not None and rung is not Rung.LEAD and (found := _watch(team, connection, gone, now, seen)):
        return found
    lead = seen.roster.agent(team.lead) if team else None
    if team is None or lead is None:
        return Asking(Rung.LEAD, "", now, "the roster names no lead")
    return Asking(Rung.LEAD, "" if lead.id == passed[0] else lead.id, now, f"lead of {team.name}")


def may_take(team_id: str, agent_id: str, outgoing: str, tried: Iterable[str], roster: Roster) -> str:
    """Why somebody may not take an item over; "" when they may: who was asked, and everybody of the team."""
    agent, team = roster.agent(agent_id), roster.team(team_id)
    if agent_id == outgoing:
        return "It is yours already; somebody else has to take it over."
    if agent is not None and (agent_id in tried or team_id in agent.teams or (team and team.lead == agent_id)):
        return ""
    return f"Only people of {team.name if team else 'the team'}, and whoever is asked, can take it over."


def _next(team: Team, connection: str, gone: frozenset[str], now: datetime, seen: Seen) -> Asking | None:
    """The one of the team who works longest from now on, else the first to begin soon; shifts count before always-on."""
    known = [a for a in seen.roster.agents if team.id in a.teams and connection in a.ids and a.id not in gone]
    coming = [(at, a) for a in known if a.id not in seen.away and (at := next_on(a, now)) is not None]
    here = [a for at, a in coming if at <= now]
    if here:
        chosen = max(here, key=lambda a: (bool(a.shifts), _until(a, now, seen)))
        return Asking(Rung.NEXT, chosen.id, now, f"on shift in {team.name}")
    soon = [(at, a) for at, a in coming if at <= now + seen.policy.within]
    if not soon:
        return None
    at, chosen = min(soon, key=lambda one: one[0])
    zone = ZoneInfo(chosen.time_zone)
    return Asking(Rung.NEXT, chosen.id, at, f"next on shift in {team.name}, from {stamp(at, now, zone)} {zone.key}")


def _until(agent: Agent, now: datetime, seen: Seen) -> datetime:
    found = stretch(agent, now, seen.policy.breaks)
    return found[1] if found else datetime.max.replace(tzinfo=UTC)


def _watch(team: Team, connection: str, gone: frozenset[str], now: datetime, seen: Seen) -> Asking | None:
    agent = seen.roster.agent(on_watch(seen.roster, team, now)[0])
    if agent is None or agent.id in gone or agent.id in seen.away or connection not in agent.ids:
        return None
    return Asking(Rung.WATCH, agent.id, now, f"on watch for {team.name}")


# --- when a shift ends ---


@dataclass(frozen=True, slots=True)
class ShiftEnd:
    """The shift of an agent that runs, or comes next (UTC), as the roster of ``version`` has it."""

    agent: str
    starts: datetime
    ends: datetime
    version: int = 0


def stretch(agent: Agent, now: datetime, breaks: timedelta) -> Period | None:
    """The shift that runs at ``now`` (aware), else the next one, in UTC; gaps up to ``breaks`` are inside of it.

    A running one starts at ``now``. None for somebody who has no shifts, or works round the clock.
    """
    if not agent.shifts:
        return None
    found: Period | None = None
    for opens, closes in stretches(agent, now, now + _AHEAD):
        if found is not None and opens - found[1] > breaks:
            return found
        found = (found[0] if found else opens, closes)
        if found[1] - found[0] > _ENDLESS:
            return None
    return found


def shift_end(agent: Agent, now: datetime, breaks: timedelta, version: int) -> ShiftEnd | None:
    """The same as what is kept of it."""
    found = stretch(agent, now, breaks)
    return ShiftEnd(agent.id, *found, version) if found else None


def has_ended(known: ShiftEnd, coming: ShiftEnd | None, now: datetime, breaks: timedelta) -> bool:
    """Whether the shift that was ``known`` is over at ``now``, and its agent not at work again (``coming``: as it is now).

    Before its time it is over only where a changed roster, an absence for instance, has ended it.
    """
    if coming is None or known.starts > now:
        return False
    if known.ends <= now:
        return coming.starts > now
    return coming.starts > now + breaks
