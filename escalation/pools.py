"""A roster made ready for routing: who is in which pool with which skill, and who is on shift, each worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from escalation import hours
from escalation.decision import Candidate
from escalation.kept import Kept
from escalation.roster import Agent, Roster, Team

MOST_STRANGERS = 50  # people outside a pool up to which each is listed

_MOST_ROSTERS = 8
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Pool:
    """The people a handoff may go to. ``able`` are worth a look; ``barred`` lack the skill: agent id → how that is told."""

    members: tuple[Agent, ...]
    able: tuple[Agent, ...]
    barred: Mapping[str, Candidate]
    skill_needed: bool  # somebody has the skill, so nobody without it is asked
    strangers: tuple[Candidate, ...] = ()  # everybody else, each told
    others: str = ""  # or all of them in one sentence


@dataclass(frozen=True, slots=True)
class _Spell:
    """What ``hours.is_on`` says of an agent, and from when until when."""

    since: datetime
    until: datetime
    answer: tuple[bool, str]


class Pools:
    """The pools of one roster, by team and skill, in the order of agents' ids."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        agents = {agent.id: agent for agent in roster.agents}
        self._everybody = tuple(agents[agent_id] for agent_id in sorted(agents))
        self._members: dict[str, list[Agent]] = {}
        for agent in self._everybody:
            for team in dict.fromkeys(agent.teams):
                self._members.setdefault(team, []).append(agent)
        self._pools: dict[tuple[str, str], Pool] = {}
        self._weeks: dict[str, tuple[datetime, datetime, tuple[hours.Period, ...]]] = {}  # agent id → from, until, shifts
        self._spells: dict[str, _Spell] = {}
        self._on: dict[str, tuple[bool, str]] = {}  # what is said of an agent at work

    def members(self, team: Team | None) -> tuple[Agent, ...]:
        """The people of a team; everybody where there is none."""
        return self._everybody if team is None else tuple(self._members.get(team.id, ()))

    def pool(self, team: Team | None, issue_type: str) -> Pool:
        """The pool of a team for a kind of issue. Where nobody has the skill it is not asked for."""
        place = team.id if team else ""
        kept = self._pools.get((place, issue_type))
        if kept is None:
            members = self.members(team)
            able = tuple(a for a in members if a.skills.get(issue_type, 0) > 0) if issue_type else ()
            # Issue types come from tickets without end; those that somebody has as a skill are few.
            key = (place, issue_type if able else "")
            kept = self._pools.get(key) or self._pools.setdefault(key, self._made(members, able, issue_type, team))
        return kept

    def _made(self, members: tuple[Agent, ...], able: tuple[Agent, ...], issue_type: str, team: Team | None) -> Pool:
        inside, why = {agent.id for agent in members}, f"no skill {issue_type}"
        barred = {a.id: barring(a, why) for a in members if a.skills.get(issue_type, 0) <= 0} if able else {}
        outside = [agent for agent in self._everybody if agent.id not in inside]
        where = f"in team {team.id}" if team else ""
        if len(outside) > MOST_STRANGERS:
            return Pool(members, able or members, barred, bool(able), others=f"{len(outside)} other people are not {where}")
        return Pool(members, able or members, barred, bool(able), tuple(barring(a, f"not {where}") for a in outside))

    def is_on(self, agent: Agent, now: datetime) -> tuple[bool, str]:
        """``hours.is_on``, worked out again only when it may have changed."""
        now = now.astimezone(UTC)
        kept = self._spells.get(agent.id)
        if kept is None or not kept.since <= now < kept.until:
            kept = self._spells[agent.id] = self._spell(agent, now)
        return kept.answer

    def _spell(self, agent: Agent, now: datetime) -> _Spell:
        for opens, closes in self._week(agent, now):
            if now < opens:
                return _Spell(now, min(opens, *_midnights(agent, now)), hours.is_on(agent, now))
            if now < closes:
                on = self._on.get(agent.id) or self._on.setdefault(agent.id, hours.is_on(agent, now))
                return _Spell(opens, closes, on)
        return _Spell(now, min(_midnights(agent, now)), hours.is_on(agent, now))

    def _week(self, agent: Agent, now: datetime) -> tuple[hours.Period, ...]:
        """When the agent works in a week that holds ``now``; it ends with a midnight."""
        kept = self._weeks.get(agent.id)
        if kept is None or not kept[0] <= now < kept[1]:
            since = now.replace(hour=0, minute=0, second=0, microsecond=0)
            found = tuple(hours.stretches(agent, since, since + _WEEK))
            kept = self._weeks[agent.id] = (since, since + _WEEK, found)
        return kept[2]


def _midnights(agent: Agent, now: datetime) -> tuple[datetime, ...]:
    """The next midnights, ours and the agent's own: then what is said of somebody who is off may change."""
    ours = now.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    try:
        zone = ZoneInfo(agent.time_zone)
    except (KeyError, ValueError, OSError):  # see hours: nobody works in a zone that is not known
        return (ours,)
    return ours, datetime.combine(now.astimezone(zone).date() + _DAY, time(0), zone).astimezone(UTC)


def barring(agent: Agent, why: str) -> Candidate:
    """An agent who is not asked, with the reason."""
    return Candidate(agent.id, agent.name, 0.0, {}, why, why)


_POOLS: Kept[Roster, Pools] = Kept(Pools, most=_MOST_ROSTERS)


def pools_of(roster: Roster) -> Pools:
    """The pools of a roster, made once."""
    return _POOLS(roster)
