"""``who handles X?`` answered by the routing a handoff would take (domain.md §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from escalation.decision import Route
from escalation.desks import Loads, Matter, route_for
from escalation.hours import is_on
from escalation.playbook import Level, Mode, Path, Playbook
from escalation.roster import Roster, Team
from escalation.rotations import on_watch
from escalation.routing import NOBODY
from escalation.thread import one_line
from escalation.ticket import Ticket
from escalation.words import NOT_KNOWN, issue_type_of

_MOST_FREE, _MOST_AWAY = 8, 4  # people named in words
_MOST_ISSUE = 60  # characters of an issue said back


@dataclass(frozen=True, slots=True)
class Person:
    """``agent`` "" for nobody; ``words``: whether they work now, and why it is them."""

    agent: str
    name: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Handling:
    """Who would be asked for an issue now. ``route`` has the people, best first; ``team`` is None without any team.

    ``recognised``: False where no issue type has a word of the issue, which then goes where everything else does.
    """

    issue: str
    issue_type: str
    recognised: bool
    path: str
    level: Level
    team: Team | None
    route: Route
    lead: Person
    watch: Person


def handling(
    issue: str,
    playbook: Playbook,
    roster: Roster,
    loads: Loads,
    now: datetime,
    *,
    connection: str = "",
    language: str = "",
    away: Mapping[str, str] = NOBODY,
) -> Handling:
    """Who handles an issue: an issue type, or words that a customer would write. ``connection`` "": on any helpdesk."""
    issue_type, recognised = type_of(issue, playbook, roster)
    path = path_of(issue_type, playbook)
    owner = roster.team_for(issue_type, playbook.default_team)
    matter = Matter(Ticket(connection, "", subject=issue, language=language), issue_type, owner.id if owner else "")
    route = route_for(matter, path.levels[0], roster, loads, now, weights=playbook.routing, away=away)
    team = roster.team(route.team)
    ends = (_lead(team, roster, now), _watch(team, roster, now))
    return Handling(issue, issue_type, recognised, path.id, path.levels[0], team, route, *ends)


def type_of(issue: str, playbook: Playbook, roster: Roster) -> tuple[str, bool]:
    """The issue type somebody means, by its name, written as they like, or by the playbook's words; False where by neither."""
    as_type = "_".join(issue.lower().replace("-", " ").replace("_", " ").split())
    known = {name for team in roster.teams for name in team.issue_types} | set(playbook.issue_words) | {NOT_KNOWN}
    if as_type in known:
        return as_type, True
    issue_type, hits = issue_type_of(Ticket("", "", subject=issue), playbook.issue_words)
    return issue_type, bool(hits)


def not_recognised(issue: str) -> str:
    """What people are told of an issue that no issue type has a word of."""
    return f"Nothing was recognised in “{one_line(issue, _MOST_ISSUE)}”: no issue type has that name or word. As everything else:"


def path_of(issue_type: str, playbook: Playbook) -> Path:
    """The path of the weightiest live rule that is about this issue type; of none, the usual one."""
    about = [r for r in playbook.rules if issue_type and r.issue_type == issue_type and r.mode is Mode.LIVE]
    named = max(about, key=lambda r: r.severity.rank).path if about else "default"
    return playbook.paths.get(named) or playbook.paths["default"]


def in_words(found: Handling) -> str:
    """The answer for people, a line for each thing."""
    about = found.issue_type.replace("_", " ") or found.issue
    free = found.route.available()
    away = [c for c in found.route.candidates if c.excluded][: _MOST_AWAY if free else _MOST_FREE]
    lines = [] if found.recognised else [not_recognised(found.issue)]
    lines += [f"{about} → {found.team.name if found.team else 'the whole roster'} (path {found.path}, level {found.level.name})"]
    lines += [f"{n}. {c.name}: {c.words}" for n, c in enumerate(free[:_MOST_FREE], 1)]
    lines += [f"and {len(free) - _MOST_FREE} more"] if len(free) > _MOST_FREE else []
    lines += ["Nobody is available now."] if not free else []
    lines += [f"Not now: {c.name}, {c.excluded}" for c in away]
    ends = [("Lead", found.lead), ("On watch", found.watch)]
    lines += [f"{what}: {who.name}{f' ({who.words})' if who.words else ''}" for what, who in ends if who.agent]
    lines += [f"Channel: {found.team.channel}"] if found.team and found.team.channel else []
    return "\n".join(lines)


def _lead(team: Team | None, roster: Roster, now: datetime) -> Person:
    agent = roster.agent(team.lead) if team else None
    return Person(agent.id, agent.name, is_on(agent, now)[1]) if agent else Person("", "")


def _watch(team: Team | None, roster: Roster, now: datetime) -> Person:
    agent_id, why = on_watch(roster, team, now) if team else ("", "")
    agent = roster.agent(agent_id)
    return Person(agent.id, agent.name, why) if agent else Person("", "", why)
